
/*
 * Metrics of all workers, as
 *
 *   GET, HEAD   /metrics   Prometheus' text format 0.0.4
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_metrics.h"


/* of one line of text, and of what is said of a metric once */

#define NGX_HTTP_VOLUNTEER_LINE_MAX  160
#define NGX_HTTP_VOLUNTEER_HELP_MAX  400


typedef struct {
    const char                      *name;
    const char                      *labels;
    const char                      *help;     /* NULL: as the one before */
} ngx_http_volunteer_metric_t;


static u_char *ngx_http_volunteer_metrics_text(u_char *p,
    ngx_http_volunteer_metrics_t *total, ngx_uint_t workers);
static u_char *ngx_http_volunteer_metrics_help(u_char *p, const char *name,
    const char *type, const char *help);
static u_char *ngx_http_volunteer_metrics_table(u_char *p,
    ngx_http_volunteer_metric_t *metric, const char *type,
    ngx_atomic_t *values, ngx_uint_t n);
static u_char *ngx_http_volunteer_metrics_troubles(u_char *p,
    ngx_http_volunteer_metrics_t *total);
static u_char *ngx_http_volunteer_metrics_answers(u_char *p,
    ngx_http_volunteer_metrics_t *total);
static u_char *ngx_http_volunteer_metrics_histogram(u_char *p,
    const char *name, ngx_http_volunteer_histogram_t *histogram,
    const ngx_uint_t *bounds, ngx_uint_t unit);
static u_char *ngx_http_volunteer_metrics_number(u_char *p,
    ngx_uint_t value, ngx_uint_t unit);


static ngx_http_volunteer_metric_t  ngx_http_volunteer_counters[] = {

    { "volunteer_lookups_total", "{result=\"found\"}",
      "Codes asked of the database, by result." },
    { "volunteer_lookups_total", "{result=\"unknown\"}", NULL },
    { "volunteer_lookups_total", "{result=\"failed\"}", NULL },

    { "volunteer_lookups_coalesced_total", "",
      "Lookups answered by another one for the same code." },

    { "volunteer_connections_opened_total", "",
      "Attempts to connect to the database." },
    { "volunteer_connections_lost_total", "",
      "Connections to the database that failed or broke." },

    { "volunteer_cache_rows_total", "{result=\"hit\"}",
      "Rows asked of the shared zone, by result." },
    { "volunteer_cache_rows_total", "{result=\"negative\"}", NULL },
    { "volunteer_cache_rows_total", "{result=\"miss\"}", NULL },

    { "volunteer_cache_bodies_total", "{result=\"hit\"}",
      "Bodies of answers asked of the shared zone, by result." },
    { "volunteer_cache_bodies_total", "{result=\"miss\"}", NULL },

    { "volunteer_tokens_total", "{result=\"known\"}",
      "Tokens judged: known as verified, verified now, or refused." },
    { "volunteer_tokens_total", "{result=\"verified\"}", NULL },
    { "volunteer_tokens_total", "{result=\"refused\"}", NULL },

    { "volunteer_notifications_total", "",
      "Changes of status that the database notified of." },

    { "volunteer_sheets_total", "",
      "Certificates drawn as PDF." },

    { "volunteer_views_total", "",
      "Views of certificate pages to be counted in the registry." },
    { "volunteer_views_sent_total", "",
      "Views counted in the registry." },
    { "volunteer_views_lost_total", "",
      "Views that could not be counted in the registry." }
};


static ngx_http_volunteer_metric_t  ngx_http_volunteer_gauges[] = {

    { "volunteer_connections", "{state=\"closed\"}",
      "Connections of workers to the database, by state." },
    { "volunteer_connections", "{state=\"connecting\"}", NULL },
    { "volunteer_connections", "{state=\"preparing\"}", NULL },
    { "volunteer_connections", "{state=\"idle\"}", NULL },
    { "volunteer_connections", "{state=\"busy\"}", NULL },

    { "volunteer_queries_waiting", "",
      "Queries, lookups included, that wait for a connection." },
    { "volunteer_databases_away", "",
      "Databases of workers that are away, and refuse queries at once." },
    { "volunteer_listeners", "",
      "Listeners of workers that hear the notifications of a database." },
    { "volunteer_listeners_deaf", "",
      "Listeners of workers that hear none, as they cannot listen." }
};


/* in the order of ngx_http_volunteer_trouble_e; labelled by statement */

static ngx_http_volunteer_metric_t  ngx_http_volunteer_troubles[] = {

    { "volunteer_queries_retried_total", NULL,
      "Queries repeated after their connection was lost." },
    { "volunteer_queries_timed_out_total", NULL,
      "Queries that were not answered within the timeout." },
    { "volunteer_queries_refused_total", NULL,
      "Queries refused because the queue was full or the database away." }
};


/* those of OUTCOMES behind those of verdicts */

static ngx_str_t  ngx_http_volunteer_outcomes[] = {
    ngx_string("refused"),
    ngx_string("left"),
    ngx_string("served")
};


static ngx_str_t  ngx_http_volunteer_formats[] = {
    ngx_string("html"),
    ngx_string("json"),
    ngx_string("sdjwt"),
    ngx_string("jwt"),
    ngx_string("svg"),
    ngx_string("png"),
    ngx_string("pdf"),
    ngx_string("ndjson"),
    ngx_string("statuslist")
};


ngx_int_t
ngx_http_volunteer_metrics_handler(ngx_http_request_t *r)
{
    size_t                           size;
    ngx_int_t                        rc;
    ngx_str_t                        body;
    ngx_uint_t                       workers;
    ngx_http_volunteer_metrics_t     total;
    ngx_http_volunteer_main_conf_t  *vmcf;

    static ngx_str_t  type = ngx_string("text/plain; version=0.0.4");

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_volunteer_method_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    vmcf = ngx_http_get_module_main_conf(r, ngx_http_volunteer_module);

    workers = ngx_http_volunteer_metrics_sum(vmcf->metrics, &total);

    /* a slot is little else than the numbers that have a line each */

    size = sizeof(ngx_http_volunteer_metrics_t) / sizeof(ngx_atomic_t)
           * NGX_HTTP_VOLUNTEER_LINE_MAX
           + (NGX_HTTP_VOLUNTEER_COUNTERS + NGX_HTTP_VOLUNTEER_TROUBLES
              + NGX_HTTP_VOLUNTEER_GAUGES + 4)
             * NGX_HTTP_VOLUNTEER_HELP_MAX;

    body.data = ngx_pnalloc(r->pool, size);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.len = ngx_http_volunteer_metrics_text(body.data, &total, workers)
               - body.data;

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, &type, "no-store", &body);
}


static u_char *
ngx_http_volunteer_metrics_text(u_char *p,
    ngx_http_volunteer_metrics_t *total, ngx_uint_t workers)
{
    p = ngx_http_volunteer_metrics_answers(p, total);

    p = ngx_http_volunteer_metrics_table(p, ngx_http_volunteer_counters,
                                         "counter", total->counters,
                                         NGX_HTTP_VOLUNTEER_COUNTERS);

    p = ngx_http_volunteer_metrics_troubles(p, total);

    p = ngx_http_volunteer_metrics_table(p, ngx_http_volunteer_gauges, "gauge",
                                         total->gauges,
                                         NGX_HTTP_VOLUNTEER_GAUGES);

    p = ngx_http_volunteer_metrics_help(p, "volunteer_workers", "gauge",
                                        "Worker processes that live.");
    p = ngx_sprintf(p, "volunteer_workers %ui\n", workers);

    p = ngx_http_volunteer_metrics_help(p, "volunteer_batch_codes",
                                        "histogram",
                                        "Codes asked for by one statement.");
    p = ngx_http_volunteer_metrics_histogram(p, "volunteer_batch_codes",
                                             &total->batches,
                                             ngx_http_volunteer_batch_bounds,
                                             1);

    p = ngx_http_volunteer_metrics_help(p, "volunteer_lookup_duration_seconds",
                                        "histogram",
                                        "Time from when a lookup was asked "
                                        "for until it was answered.");

    return ngx_http_volunteer_metrics_histogram(p,
                                          "volunteer_lookup_duration_seconds",
                                          &total->lookups,
                                          ngx_http_volunteer_lookup_bounds,
                                          1000000);
}


static u_char *
ngx_http_volunteer_metrics_help(u_char *p, const char *name, const char *type,
    const char *help)
{
    return ngx_sprintf(p, "# HELP %s %s\n# TYPE %s %s\n",
                       name, help, name, type);
}


static u_char *
ngx_http_volunteer_metrics_table(u_char *p,
    ngx_http_volunteer_metric_t *metric, const char *type,
    ngx_atomic_t *values, ngx_uint_t n)
{
    for ( /* void */ ; n--; metric++, values++) {

        if (metric->help) {
            p = ngx_http_volunteer_metrics_help(p, metric->name, type,
                                                metric->help);
        }

        p = ngx_sprintf(p, "%s%s %uA\n", metric->name, metric->labels,
                        *values);
    }

    return p;
}


static u_char *
ngx_http_volunteer_metrics_troubles(u_char *p,
    ngx_http_volunteer_metrics_t *total)
{
    ngx_uint_t                    i, n;
    ngx_http_volunteer_metric_t  *metric;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_TROUBLES; i++) {

        metric = &ngx_http_volunteer_troubles[i];

        p = ngx_http_volunteer_metrics_help(p, metric->name, "counter",
                                            metric->help);

        for (n = 0; n < NGX_HTTP_VOLUNTEER_STATEMENTS; n++) {
            p = ngx_sprintf(p, "%s{statement=\"%s\"} %uA\n", metric->name,
                            ngx_http_volunteer_statements[n].name,
                            total->troubles[i][n]);
        }
    }

    return p;
}


static u_char *
ngx_http_volunteer_metrics_answers(u_char *p,
    ngx_http_volunteer_metrics_t *total)
{
    ngx_str_t   *verdict;
    ngx_uint_t   i, n;

    p = ngx_http_volunteer_metrics_help(p, "volunteer_answers_total",
                                        "counter",
                                        "Answers by verdict and format, of a "
                                        "list of codes one for each.");

    for (i = 0; i < NGX_HTTP_VOLUNTEER_OUTCOMES; i++) {

        verdict = i < NGX_HTTP_VOLUNTEER_REFUSED
                  ? &ngx_http_volunteer_verdicts[i]
                  : &ngx_http_volunteer_outcomes[i
                                                - NGX_HTTP_VOLUNTEER_REFUSED];

        for (n = 0; n < NGX_HTTP_VOLUNTEER_FORMATS; n++) {
            p = ngx_sprintf(p, "volunteer_answers_total{verdict=\"%V\","
                            "format=\"%V\"} %uA\n",
                            verdict, &ngx_http_volunteer_formats[n],
                            total->answers[i][n]);
        }
    }

    return p;
}


static u_char *
ngx_http_volunteer_metrics_histogram(u_char *p, const char *name,
    ngx_http_volunteer_histogram_t *histogram, const ngx_uint_t *bounds,
    ngx_uint_t unit)
{
    ngx_uint_t  i, count;

    count = 0;

    for (i = 0; bounds[i]; i++) {
        count += histogram->buckets[i];

        p = ngx_sprintf(p, "%s_bucket{le=\"", name);
        p = ngx_http_volunteer_metrics_number(p, bounds[i], unit);
        p = ngx_sprintf(p, "\"} %ui\n", count);
    }

    count += histogram->buckets[i];

    p = ngx_sprintf(p, "%s_bucket{le=\"+Inf\"} %ui\n%s_sum ",
                    name, count, name);
    p = ngx_http_volunteer_metrics_number(p, histogram->sum, unit);

    return ngx_sprintf(p, "\n%s_count %ui\n", name, count);
}


/* a whole number of units, as a decimal without needless zeros */

static u_char *
ngx_http_volunteer_metrics_number(u_char *p, ngx_uint_t value,
    ngx_uint_t unit)
{
    ngx_uint_t  rest;

    p = ngx_sprintf(p, "%ui", value / unit);

    rest = value % unit;

    if (rest == 0) {
        return p;
    }

    *p++ = '.';

    for ( /* void */ ; rest; rest = rest * 10 % unit) {
        *p++ = (u_char) ('0' + rest * 10 / unit);
    }

    return p;
}
