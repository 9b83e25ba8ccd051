
/*
 * Counters, gauges and histograms of all workers, in shared memory.
 *
 * Each process writes to a slot of its own, so that to count is one addition:
 * no lock, no atomic instruction, no cache line in common.  A slot outlives
 * its process: what a worker counted stays counted after its end and over
 * reloads, and who comes next in the slot counts on.  Gauges are of living
 * processes alone.
 */


#ifndef _NGX_HTTP_VOLUNTEER_METRICS_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_METRICS_H_INCLUDED_


#include "ngx_http_volunteer_db.h"


/* each is described in the table of _metrics_text.c, in this order */

typedef enum {
    NGX_HTTP_VOLUNTEER_LOOKUPS_FOUND = 0,
    NGX_HTTP_VOLUNTEER_LOOKUPS_UNKNOWN,
    NGX_HTTP_VOLUNTEER_LOOKUPS_FAILED,
    NGX_HTTP_VOLUNTEER_LOOKUPS_COALESCED,
    NGX_HTTP_VOLUNTEER_CONNECTIONS_OPENED,
    NGX_HTTP_VOLUNTEER_CONNECTIONS_LOST,
    NGX_HTTP_VOLUNTEER_ROWS_HIT,
    NGX_HTTP_VOLUNTEER_ROWS_NEGATIVE,
    NGX_HTTP_VOLUNTEER_ROWS_MISS,
    NGX_HTTP_VOLUNTEER_BODIES_HIT,
    NGX_HTTP_VOLUNTEER_BODIES_MISS,
    NGX_HTTP_VOLUNTEER_TOKENS_KNOWN,
    NGX_HTTP_VOLUNTEER_TOKENS_VERIFIED,
    NGX_HTTP_VOLUNTEER_TOKENS_REFUSED,
    NGX_HTTP_VOLUNTEER_NOTIFICATIONS,
    NGX_HTTP_VOLUNTEER_SHEETS,
    NGX_HTTP_VOLUNTEER_VIEWS_COUNTED,
    NGX_HTTP_VOLUNTEER_VIEWS_SENT,
    NGX_HTTP_VOLUNTEER_VIEWS_LOST,
    NGX_HTTP_VOLUNTEER_COUNTERS
} ngx_http_volunteer_counter_e;


typedef enum {
    NGX_HTTP_VOLUNTEER_CONNECTIONS_CLOSED = 0,  /* as the states of _db.h */
    NGX_HTTP_VOLUNTEER_CONNECTIONS_CONNECTING,
    NGX_HTTP_VOLUNTEER_CONNECTIONS_PREPARING,
    NGX_HTTP_VOLUNTEER_CONNECTIONS_IDLE,
    NGX_HTTP_VOLUNTEER_CONNECTIONS_BUSY,
    NGX_HTTP_VOLUNTEER_QUERIES_WAITING,
    NGX_HTTP_VOLUNTEER_DATABASES_AWAY,
    NGX_HTTP_VOLUNTEER_LISTENERS,               /* that hear notifications */
    NGX_HTTP_VOLUNTEER_LISTENERS_DEAF,          /* that hear none */
    NGX_HTTP_VOLUNTEER_GAUGES
} ngx_http_volunteer_gauge_e;


/* what goes wrong with queries, lookups included, by statement */

typedef enum {
    NGX_HTTP_VOLUNTEER_QUERIES_RETRIED = 0,
    NGX_HTTP_VOLUNTEER_QUERIES_TIMED_OUT,
    NGX_HTTP_VOLUNTEER_QUERIES_REFUSED,
    NGX_HTTP_VOLUNTEER_TROUBLES
} ngx_http_volunteer_trouble_e;


/* answers are counted by verdict; what had none was one of these */

#define NGX_HTTP_VOLUNTEER_REFUSED   (NGX_HTTP_VOLUNTEER_FORM + 1)
#define NGX_HTTP_VOLUNTEER_LEFT      (NGX_HTTP_VOLUNTEER_FORM + 2)
#define NGX_HTTP_VOLUNTEER_SERVED    (NGX_HTTP_VOLUNTEER_FORM + 3)
#define NGX_HTTP_VOLUNTEER_OUTCOMES  (NGX_HTTP_VOLUNTEER_FORM + 4)

/* buckets of histograms, the last one without a bound */

#define NGX_HTTP_VOLUNTEER_BUCKETS   16


typedef struct {
    ngx_atomic_t                     buckets[NGX_HTTP_VOLUNTEER_BUCKETS];
    ngx_atomic_t                     sum;
} ngx_http_volunteer_histogram_t;


typedef struct {
    ngx_atomic_t                     pid;            /* 0: has ended */
    ngx_atomic_t                     gauges[NGX_HTTP_VOLUNTEER_GAUGES];
    ngx_atomic_t                     counters[NGX_HTTP_VOLUNTEER_COUNTERS];
    ngx_atomic_t                     troubles[NGX_HTTP_VOLUNTEER_TROUBLES]
                                             [NGX_HTTP_VOLUNTEER_STATEMENTS];
    ngx_atomic_t                     answers[NGX_HTTP_VOLUNTEER_OUTCOMES]
                                            [NGX_HTTP_VOLUNTEER_FORMATS];
    ngx_http_volunteer_histogram_t   batches;        /* codes */
    ngx_http_volunteer_histogram_t   lookups;        /* microseconds */
} ngx_http_volunteer_metrics_t;


/* upper bounds, 0 behind the last one */

extern const ngx_uint_t  ngx_http_volunteer_batch_bounds[];
extern const ngx_uint_t  ngx_http_volunteer_lookup_bounds[];

/* the slot of this process; before a worker starts, a place of no account */

extern ngx_http_volunteer_metrics_t  *ngx_http_volunteer_own_metrics;


/* the zone, asked for by every volunteer_database and the same for all */
char *ngx_http_volunteer_metrics_create(ngx_conf_t *cf);

ngx_int_t ngx_http_volunteer_metrics_init(ngx_conf_t *cf);

/* takes the slot of a worker, and gives it back */
void ngx_http_volunteer_metrics_start(ngx_shm_zone_t *shm_zone);
void ngx_http_volunteer_metrics_stop(void);

/* of all processes; the number of workers that live */
ngx_uint_t ngx_http_volunteer_metrics_sum(ngx_shm_zone_t *shm_zone,
    ngx_http_volunteer_metrics_t *total);

/* content handler: Prometheus' text format 0.0.4 */
ngx_int_t ngx_http_volunteer_metrics_handler(ngx_http_request_t *r);


static ngx_inline void
ngx_http_volunteer_count_n(ngx_http_volunteer_counter_e counter, ngx_uint_t n)
{
    ngx_http_volunteer_own_metrics->counters[counter] += n;
}


static ngx_inline void
ngx_http_volunteer_count(ngx_http_volunteer_counter_e counter)
{
    ngx_http_volunteer_count_n(counter, 1);
}


static ngx_inline void
ngx_http_volunteer_count_trouble(ngx_http_volunteer_trouble_e trouble,
    ngx_http_volunteer_query_t *query)
{
    ngx_http_volunteer_own_metrics->troubles[trouble][query->statement]++;
}


static ngx_inline void
ngx_http_volunteer_count_answer(ngx_uint_t outcome,
    ngx_http_volunteer_format_e format)
{
    ngx_http_volunteer_own_metrics->answers[outcome][format]++;
}


static ngx_inline void
ngx_http_volunteer_gauge(ngx_http_volunteer_gauge_e gauge, ngx_int_t change)
{
    ngx_http_volunteer_own_metrics->gauges[gauge] += change;
}


static ngx_inline void
ngx_http_volunteer_observe(ngx_http_volunteer_histogram_t *histogram,
    const ngx_uint_t *bounds, ngx_uint_t value)
{
    ngx_uint_t  i;

    for (i = 0; bounds[i] && value > bounds[i]; i++) { /* void */ }

    histogram->buckets[i]++;
    histogram->sum += value;
}


/* codes of one statement */

static ngx_inline void
ngx_http_volunteer_observe_batch(ngx_uint_t codes)
{
    ngx_http_volunteer_observe(&ngx_http_volunteer_own_metrics->batches,
                               ngx_http_volunteer_batch_bounds, codes);
}


/* microseconds from when a lookup was asked for until it was answered */

static ngx_inline void
ngx_http_volunteer_observe_lookup(ngx_uint_t usec)
{
    ngx_http_volunteer_observe(&ngx_http_volunteer_own_metrics->lookups,
                               ngx_http_volunteer_lookup_bounds, usec);
}


/* microseconds of a clock that never goes back */

static ngx_inline ngx_uint_t
ngx_http_volunteer_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (ngx_uint_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


#endif /* _NGX_HTTP_VOLUNTEER_METRICS_H_INCLUDED_ */
