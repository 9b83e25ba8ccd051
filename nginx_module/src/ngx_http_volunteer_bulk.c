
/*
 * Many certificates at once, for a school that checks a class:
 *
 *   POST   /c/   application/json: an array of up to 200 codes, as strings
 *
 * The answer is application/x-ndjson, one object a line, a line for each code
 * in the order of the array:
 *
 *   {"code":…,"status":…,"checked_at":…,"status_since":…,"reason":…,
 *    "cert_no":…,"name_masked":…,"hours":…,"star":…,
 *    "period":{"from":…,"to":…},"as_of":…}
 *
 * Statuses are those of /c/CODE.json, and "unknown", "malformed" (the code
 * stands as it was given) and "unavailable" (the database says what this
 * module does not understand), which have no more members.  Of a token that
 * does not verify ("mismatch") nothing is shown, reason is there when there
 * is one.  An answer without the database is 503 as a whole.
 *
 * All codes are one statement, each of them once.  Tokens are verified in
 * slices, with the rest of the worker's requests between them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_lines.h"
#include "ngx_http_volunteer_metrics.h"


#define NGX_HTTP_VOLUNTEER_BULK_MAX     200       /* codes */

/* a slice: microseconds, and the milliseconds that belong to others */

#define NGX_HTTP_VOLUNTEER_BULK_SLICE   1000
#define NGX_HTTP_VOLUNTEER_BULK_PAUSE   1

#define NGX_HTTP_VOLUNTEER_BULK_UNKNOWN (-1)      /* no row */


/* one certificate, however often its code stands in the array */

typedef struct {
    u_char                         code[CERTIFICATE_CODE_CHARS];
    int                            row;           /* of the result */
    ngx_http_volunteer_verdict_e   verdict;
    ngx_str_t                      line;
} ngx_http_volunteer_bulk_entry_t;


/* one place in the array */

typedef struct {
    u_char                         code[CERTIFICATE_CODE_CHARS];
    ngx_str_t                      line;          /* at once, if malformed */
} ngx_http_volunteer_bulk_code_t;


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_volunteer_query_t     query;
    PGresult                      *res;
    ngx_event_t                    slice;

    ngx_uint_t                     ncodes;
    ngx_http_volunteer_bulk_code_t
                                  *codes;

    ngx_uint_t                     nentries;
    ngx_uint_t                     done;
    ngx_http_volunteer_bulk_entry_t
                                  *entries;       /* sorted by code */
} ngx_http_volunteer_bulk_t;


static ngx_int_t ngx_http_volunteer_bulk_body(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_volunteer_bulk_parse(ngx_http_request_t *r,
    json_t *array, ngx_http_volunteer_bulk_t *bulk);
static ngx_int_t ngx_http_volunteer_bulk_start(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk);
static void ngx_http_volunteer_bulk_handler(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);
static void ngx_http_volunteer_bulk_slice(ngx_event_t *ev);
static void ngx_http_volunteer_bulk_cleanup(void *data);
static ngx_int_t ngx_http_volunteer_bulk_judge(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk, ngx_http_volunteer_bulk_entry_t *entry);
static ngx_int_t ngx_http_volunteer_bulk_answer(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk);
static int ngx_libc_cdecl ngx_http_volunteer_bulk_compare(const void *one,
    const void *two);


ngx_int_t
ngx_http_volunteer_bulk(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->format = NGX_HTTP_VOLUNTEER_NDJSON;

    return ngx_http_volunteer_body_read(r, NGX_HTTP_VOLUNTEER_BULK_BODY,
                                        ngx_http_volunteer_bulk_body);
}


static ngx_int_t
ngx_http_volunteer_bulk_body(ngx_http_request_t *r, ngx_str_t *body)
{
    json_t                     *array;
    ngx_int_t                   rc;
    ngx_http_volunteer_bulk_t  *bulk;

    bulk = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_bulk_t));
    if (bulk == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    bulk->request = r;

    array = json_loadb((char *) body->data, body->len, 0, NULL);

    if (array == NULL) {
        return ngx_http_volunteer_problem(r, NGX_HTTP_BAD_REQUEST,
                                          "body_not_json",
                                          "The body is not JSON.");
    }

    if (json_array_size(array) > NGX_HTTP_VOLUNTEER_BULK_MAX) {
        json_decref(array);
        return ngx_http_volunteer_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                          "too_many_codes",
                                          "At most 200 codes can be checked "
                                          "at once.");
    }

    rc = ngx_http_volunteer_bulk_parse(r, array, bulk);

    json_decref(array);

    if (rc == NGX_DECLINED) {
        return ngx_http_volunteer_problem(r, NGX_HTTP_BAD_REQUEST,
                                          "body_not_codes",
                                          "The body is not an array of "
                                          "strings.");
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return bulk->nentries ? ngx_http_volunteer_bulk_start(r, bulk)
                          : ngx_http_volunteer_bulk_answer(r, bulk);
}


/* NGX_DECLINED: not an array of strings */

static ngx_int_t
ngx_http_volunteer_bulk_parse(ngx_http_request_t *r, json_t *array,
    ngx_http_volunteer_bulk_t *bulk)
{
    size_t                           i, position;
    json_t                          *item;
    u_char                           bytes[CERTIFICATE_CODE_BYTES];
    ngx_str_t                        text;
    ngx_http_volunteer_bulk_code_t  *code;

    if (!json_is_array(array)) {
        return NGX_DECLINED;
    }

    bulk->ncodes = json_array_size(array);

    bulk->codes = ngx_pcalloc(r->pool, bulk->ncodes
                                     * sizeof(ngx_http_volunteer_bulk_code_t));
    bulk->entries = ngx_pcalloc(r->pool, bulk->ncodes
                                    * sizeof(ngx_http_volunteer_bulk_entry_t));

    if (bulk->codes == NULL || bulk->entries == NULL) {
        return NGX_ERROR;
    }

    json_array_foreach(array, i, item) {

        if (!json_is_string(item)) {
            return NGX_DECLINED;
        }

        code = &bulk->codes[i];

        text.len = json_string_length(item);
        text.data = (u_char *) json_string_value(item);

        if (certificate_code_parse((char *) text.data, text.len, bytes,
                                   &position)
            == CERTIFICATE_CODE_OK)
        {
            certificate_code_format(bytes, (char *) code->code);

            ngx_memcpy(bulk->entries[bulk->nentries++].code, code->code,
                       CERTIFICATE_CODE_CHARS);

        } else if (ngx_http_volunteer_bare_line(r->pool, &text,
                                                 NGX_HTTP_VOLUNTEER_MALFORMED,
                                                 &code->line)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_bulk_start(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk)
{
    u_char                           *p;
    ngx_uint_t                        i, n;
    ngx_http_cleanup_t               *cln;
    ngx_http_volunteer_ctx_t         *ctx;
    ngx_http_volunteer_loc_conf_t    *vlcf;
    ngx_http_volunteer_bulk_entry_t  *entries;

    entries = bulk->entries;

    ngx_qsort(entries, bulk->nentries,
              sizeof(ngx_http_volunteer_bulk_entry_t),
              ngx_http_volunteer_bulk_compare);

    p = ngx_pnalloc(r->pool, sizeof("{}")
                             + bulk->nentries * (CERTIFICATE_CODE_CHARS + 1));

    cln = ngx_http_cleanup_add(r, 0);

    if (p == NULL || cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    bulk->query.statement = NGX_HTTP_VOLUNTEER_CERTIFICATES;
    bulk->query.params[0] = (char *) p;
    bulk->query.handler = ngx_http_volunteer_bulk_handler;
    bulk->query.data = bulk;

    for (i = 0, n = 0; i < bulk->nentries; i++) {

        if (i > 0
            && ngx_http_volunteer_bulk_compare(&entries[n - 1], &entries[i])
               == 0)
        {
            continue;
        }

        entries[n] = entries[i];
        entries[n].row = NGX_HTTP_VOLUNTEER_BULK_UNKNOWN;

        /* canonical codes need no quotes in an array */

        *p++ = (n == 0) ? '{' : ',';
        p = ngx_cpymem(p, entries[n++].code, CERTIFICATE_CODE_CHARS);
    }

    *p++ = '}';
    *p = '\0';

    bulk->nentries = n;

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "volunteer list of %ui codes, %ui different",
                   bulk->ncodes, n);

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (ngx_http_volunteer_db_query(vlcf->db, &bulk->query) == NGX_BUSY) {

        ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
        ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;

        return ngx_http_volunteer_answer(r);
    }

    bulk->slice.handler = ngx_http_volunteer_bulk_slice;
    bulk->slice.data = bulk;
    bulk->slice.log = r->connection->log;

    cln->handler = ngx_http_volunteer_bulk_cleanup;
    cln->data = bulk;

    r->main->count++;
    r->read_event_handler = ngx_http_test_reading;

    return NGX_DONE;
}


static void
ngx_http_volunteer_bulk_handler(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res)
{
    int                               i;
    ngx_connection_t                 *c;
    ngx_http_request_t               *r;
    ngx_http_volunteer_ctx_t         *ctx;
    ngx_http_volunteer_bulk_t        *bulk;
    ngx_http_volunteer_bulk_entry_t  *entry;

    bulk = query->data;
    r = bulk->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (rc == NGX_OK) {

        /* rows are wanted longer than the call */

        bulk->res = PQcopyResult(res, PG_COPYRES_ATTRS|PG_COPYRES_TUPLES);

        if (bulk->res == NULL) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto done;
        }

        for (i = 0; i < PQntuples(res); i++) {

            if (PQgetlength(res, i, 0) != CERTIFICATE_CODE_CHARS) {
                continue;
            }

            entry = bsearch(PQgetvalue(res, i, 0), bulk->entries,
                            bulk->nentries,
                            sizeof(ngx_http_volunteer_bulk_entry_t),
                            ngx_http_volunteer_bulk_compare);
            if (entry) {
                entry->row = i;
            }
        }

        ngx_http_volunteer_bulk_slice(&bulk->slice);
        return;
    }

    ngx_log_error(NGX_LOG_ERR, c->log, 0, "volunteer_database did not answer");

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;

    rc = ngx_http_volunteer_answer(r);

done:

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_volunteer_bulk_slice(ngx_event_t *ev)
{
    ngx_int_t                   rc;
    ngx_uint_t                  end;
    ngx_connection_t           *c;
    ngx_http_request_t         *r;
    ngx_http_volunteer_bulk_t  *bulk;

    bulk = ev->data;
    r = bulk->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    end = ngx_http_volunteer_clock() + NGX_HTTP_VOLUNTEER_BULK_SLICE;

    while (bulk->done < bulk->nentries) {

        rc = ngx_http_volunteer_bulk_judge(r, bulk,
                                           &bulk->entries[bulk->done++]);
        if (rc != NGX_OK) {
            rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
            goto done;
        }

        if (ngx_http_volunteer_clock() >= end) {

            /* a timer, as a leaving worker waits for timers alone */

            ngx_add_timer(ev, NGX_HTTP_VOLUNTEER_BULK_PAUSE);
            return;
        }
    }

    rc = ngx_http_volunteer_bulk_answer(r, bulk);

done:

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static void
ngx_http_volunteer_bulk_cleanup(void *data)
{
    ngx_http_volunteer_bulk_t *bulk = data;

    ngx_http_volunteer_db_cancel(&bulk->query);

    if (bulk->slice.timer_set) {
        ngx_del_timer(&bulk->slice);
    }

    PQclear(bulk->res);
}


static ngx_int_t
ngx_http_volunteer_bulk_judge(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk, ngx_http_volunteer_bulk_entry_t *entry)
{
    ngx_int_t                     rc;
    ngx_str_t                     code;
    ngx_pool_t                   *pool;
    ngx_http_volunteer_row_t      row;
    ngx_http_volunteer_claims_t   claims;

    code.len = CERTIFICATE_CODE_CHARS;
    code.data = entry->code;

    if (entry->row == NGX_HTTP_VOLUNTEER_BULK_UNKNOWN) {
        entry->verdict = NGX_HTTP_VOLUNTEER_UNKNOWN;

    } else if (ngx_http_volunteer_db_row(bulk->res, entry->row, &row)
               != NGX_OK)
    {
        entry->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;

    } else {

        /* what a token takes goes with its line */

        pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, r->connection->log);
        if (pool == NULL) {
            return NGX_ERROR;
        }

        ngx_memzero(&claims, sizeof(ngx_http_volunteer_claims_t));

        entry->verdict = row.status;

        rc = ngx_http_volunteer_token_verify(r, pool, &code, &row.token, 1,
                                             &claims);

        if (rc == NGX_OK) {
            rc = ngx_http_volunteer_line(r->pool, &code, &row, &claims,
                                              &entry->line);

        } else if (rc == NGX_DECLINED) {
            entry->verdict = NGX_HTTP_VOLUNTEER_MISMATCH;
            rc = NGX_OK;
        }

        ngx_destroy_pool(pool);

        if (rc != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return entry->line.len ? NGX_OK
                           : ngx_http_volunteer_bare_line(r->pool, &code,
                                              entry->verdict, &entry->line);
}


static ngx_int_t
ngx_http_volunteer_bulk_answer(ngx_http_request_t *r,
    ngx_http_volunteer_bulk_t *bulk)
{
    size_t                            size;
    u_char                           *p;
    ngx_str_t                         body;
    ngx_uint_t                        i;
    ngx_http_volunteer_verdict_e      verdict;
    ngx_http_volunteer_bulk_code_t   *code;
    ngx_http_volunteer_bulk_entry_t  *entry;

    static ngx_str_t  type = ngx_string("application/x-ndjson");

    size = 0;

    for (i = 0; i < bulk->ncodes; i++) {

        code = &bulk->codes[i];
        verdict = NGX_HTTP_VOLUNTEER_MALFORMED;

        if (code->line.len == 0) {
            entry = bsearch(code->code, bulk->entries, bulk->nentries,
                            sizeof(ngx_http_volunteer_bulk_entry_t),
                            ngx_http_volunteer_bulk_compare);
            code->line = entry->line;
            verdict = entry->verdict;
        }

        size += code->line.len;

        ngx_http_volunteer_count_answer(verdict, NGX_HTTP_VOLUNTEER_NDJSON);
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;
    body.len = size;

    for (i = 0; i < bulk->ncodes; i++) {
        p = ngx_cpymem(p, bulk->codes[i].line.data, bulk->codes[i].line.len);
    }

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, &type, "no-store", &body);
}


/* codes come first in what is compared */

static int ngx_libc_cdecl
ngx_http_volunteer_bulk_compare(const void *one, const void *two)
{
    return ngx_memcmp(one, two, CERTIFICATE_CODE_CHARS);
}
