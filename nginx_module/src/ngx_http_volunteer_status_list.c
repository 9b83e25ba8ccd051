
/*
 * Status lists (Token Status List, draft-ietf-oauth-status-list):
 *
 *   GET, HEAD   /s/       {"status_lists":[…]}, the addresses of all
 *   GET, HEAD   /s/LIST   application/statuslist+jwt
 *
 * The registry signs, this hands out bytes.  A worker asks for a list once a
 * second at most, however many ask it, and whoever asks meanwhile waits for
 * the same answer.  A list that is unknown is 404, one that has expired or
 * that the database does not tell is 503, and so is a copy never.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_db.h"


#define NGX_HTTP_VOLUNTEER_LISTS        64     /* that a worker keeps */
#define NGX_HTTP_VOLUNTEER_LIST_VALID   1000   /* milliseconds */
#define NGX_HTTP_VOLUNTEER_LIST_DIGITS  9
#define NGX_HTTP_VOLUNTEER_LISTS_AGE    3600   /* of their addresses, seconds */
#define NGX_HTTP_VOLUNTEER_ETAG         22     /* characters: 128 bits */

/* in place of the number of a list: the addresses of all */
#define NGX_HTTP_VOLUNTEER_LIST_OF_ALL  0


typedef struct {
    ngx_http_volunteer_lists_t  *lists;
    ngx_uint_t                   number;
    ngx_msec_t                   asked;

    ngx_str_t                    body;         /* len 0: not known */
    ngx_msec_t                   valid_until;  /* asked for anew then */
    ngx_msec_t                   fresh_until;  /* no copy lives longer */

    ngx_http_volunteer_query_t   query;
    u_char                       param[NGX_HTTP_VOLUNTEER_LIST_DIGITS + 1];
    ngx_queue_t                  waiting;
    ngx_int_t                    rc;           /* of the last query */

    unsigned                     asking:1;
    unsigned                     answering:1;
} ngx_http_volunteer_list_t;


struct ngx_http_volunteer_lists_s {

    /* numbers are consecutive: where one is unknown, so are all above it */
    ngx_uint_t                   unknown;
    ngx_msec_t                   unknown_until;

    ngx_http_volunteer_list_t    lists[NGX_HTTP_VOLUNTEER_LISTS];
};


static void ngx_http_volunteer_lists_free(void *data);
static ngx_int_t ngx_http_volunteer_list_number(ngx_http_request_t *r,
    ngx_uint_t *number);
static ngx_http_volunteer_list_t *ngx_http_volunteer_list_get(
    ngx_http_volunteer_lists_t *lists, ngx_uint_t number);
static ngx_int_t ngx_http_volunteer_list_ask(ngx_http_request_t *r,
    ngx_http_volunteer_list_t *list);
static void ngx_http_volunteer_list_handler(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);
static ngx_int_t ngx_http_volunteer_list_answer(ngx_http_request_t *r,
    void *data);
static ngx_int_t ngx_http_volunteer_list_store(
    ngx_http_volunteer_list_t *list, PGresult *res);
static ngx_uint_t ngx_http_volunteer_list_is_token(u_char *p, size_t len);
static ngx_int_t ngx_http_volunteer_list_send(ngx_http_request_t *r,
    ngx_http_volunteer_list_t *list);
static ngx_int_t ngx_http_volunteer_list_etag(ngx_http_request_t *r,
    ngx_str_t *token);
static ngx_int_t ngx_http_volunteer_list_unknown(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_list_unavailable(ngx_http_request_t *r);


ngx_http_volunteer_lists_t *
ngx_http_volunteer_lists_create(ngx_conf_t *cf)
{
    ngx_uint_t                   i;
    ngx_pool_cleanup_t          *cln;
    ngx_http_volunteer_lists_t  *lists;

    lists = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_lists_t));
    if (lists == NULL) {
        return NULL;
    }

    for (i = 0; i < NGX_HTTP_VOLUNTEER_LISTS; i++) {
        lists->lists[i].lists = lists;
        ngx_queue_init(&lists->lists[i].waiting);
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_volunteer_lists_free;
    cln->data = lists;

    return lists;
}


static void
ngx_http_volunteer_lists_free(void *data)
{
    ngx_http_volunteer_lists_t *lists = data;

    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_LISTS; i++) {
        if (lists->lists[i].body.data) {
            ngx_free(lists->lists[i].body.data);
        }
    }
}


ngx_int_t
ngx_http_volunteer_status_list_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                       value;
    ngx_uint_t                      number;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_list_t      *list;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->verdict = NGX_HTTP_VOLUNTEER_FORM;
    ctx->format = NGX_HTTP_VOLUNTEER_STATUSLIST;

    ngx_http_set_ctx(r, ctx, ngx_http_volunteer_module);

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_volunteer_method_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    /* verifiers in browsers belong to other sites */

    if (ngx_http_volunteer_add_header(r, "Access-Control-Allow-Origin", "*")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_volunteer_list_number(r, &number) != NGX_OK) {
        return ngx_http_volunteer_list_unknown(r);
    }

    if (ngx_http_arg(r, (u_char *) "time", 4, &value) == NGX_OK) {
        return ngx_http_volunteer_problem(r, NGX_HTTP_NOT_IMPLEMENTED,
                                          "no_past_lists",
                                          "Only the present status list is "
                                          "kept.");
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (number >= vlcf->lists->unknown
        && (ngx_msec_int_t) (vlcf->lists->unknown_until - ngx_current_msec) > 0)
    {
        return ngx_http_volunteer_list_unknown(r);
    }

    list = ngx_http_volunteer_list_get(vlcf->lists, number);

    if (list == NULL) {
        return ngx_http_volunteer_list_unavailable(r);
    }

    if (list->body.len
        && (ngx_msec_int_t) (list->valid_until - ngx_current_msec) > 0)
    {
        return ngx_http_volunteer_list_send(r, list);
    }

    if (!list->asking && ngx_http_volunteer_list_ask(r, list) != NGX_OK) {
        return ngx_http_volunteer_list_unavailable(r);
    }

    return ngx_http_volunteer_wait(r, &list->waiting);
}


/* one spelling a list, so that no cache holds it twice */

static ngx_int_t
ngx_http_volunteer_list_number(ngx_http_request_t *r, ngx_uint_t *number)
{
    u_char     *p;
    size_t      len;
    ngx_int_t   n;

    len = sizeof(NGX_HTTP_VOLUNTEER_LIST_PATH) - 1;

    if (r->uri.len < len
        || ngx_memcmp(r->uri.data, NGX_HTTP_VOLUNTEER_LIST_PATH, len) != 0)
    {
        return NGX_DECLINED;
    }

    p = r->uri.data + len;
    len = r->uri.len - len;

    if (len == 0) {
        *number = NGX_HTTP_VOLUNTEER_LIST_OF_ALL;
        return NGX_OK;
    }

    if (len > NGX_HTTP_VOLUNTEER_LIST_DIGITS || *p == '0') {
        return NGX_DECLINED;
    }

    n = ngx_atoi(p, len);
    if (n == NGX_ERROR) {
        return NGX_DECLINED;
    }

    *number = n;

    return NGX_OK;
}


/* its place, or that of the one that nobody asked for the longest time */

static ngx_http_volunteer_list_t *
ngx_http_volunteer_list_get(ngx_http_volunteer_lists_t *lists,
    ngx_uint_t number)
{
    ngx_uint_t                  i;
    ngx_http_volunteer_list_t  *list, *oldest;

    oldest = NULL;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_LISTS; i++) {

        list = &lists->lists[i];

        if (list->number == number
            && (list->asking || list->answering || list->body.len))
        {
            list->asked = ngx_current_msec;
            return list;
        }

        if (list->asking || list->answering) {
            continue;
        }

        if (oldest == NULL
            || list->body.len == 0
            || (oldest->body.len
                && (ngx_msec_int_t) (list->asked - oldest->asked) < 0))
        {
            oldest = list;
        }
    }

    if (oldest) {
        oldest->number = number;
        oldest->asked = ngx_current_msec;
        oldest->body.len = 0;
    }

    return oldest;
}


static ngx_int_t
ngx_http_volunteer_list_ask(ngx_http_request_t *r,
    ngx_http_volunteer_list_t *list)
{
    ngx_http_volunteer_query_t     *query;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    query = &list->query;

    ngx_memzero(query, sizeof(ngx_http_volunteer_query_t));

    query->handler = ngx_http_volunteer_list_handler;
    query->data = list;

    if (list->number == NGX_HTTP_VOLUNTEER_LIST_OF_ALL) {
        query->statement = NGX_HTTP_VOLUNTEER_STATUS_LISTS;

    } else {
        query->statement = NGX_HTTP_VOLUNTEER_STATUS_LIST;
        query->params[0] = (char *) list->param;

        *ngx_sprintf(list->param, "%ui", list->number) = '\0';
    }

    if (ngx_http_volunteer_db_query(vlcf->db, query) == NGX_BUSY) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "volunteer_database has a full queue");
        return NGX_BUSY;
    }

    list->asking = 1;

    return NGX_OK;
}


static void
ngx_http_volunteer_list_handler(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res)
{
    ngx_http_volunteer_list_t  *list;

    list = query->data;

    list->asking = 0;
    list->answering = 1;
    list->body.len = 0;

    list->rc = (rc == NGX_OK) ? ngx_http_volunteer_list_store(list, res) : rc;

    ngx_http_volunteer_answer_waiters(&list->waiting,
                                      ngx_http_volunteer_list_answer, list);

    list->answering = 0;
}


static ngx_int_t
ngx_http_volunteer_list_answer(ngx_http_request_t *r, void *data)
{
    ngx_http_volunteer_list_t *list = data;

    switch (list->rc) {

    case NGX_OK:
        return ngx_http_volunteer_list_send(r, list);

    case NGX_DECLINED:
        return ngx_http_volunteer_list_unknown(r);

    default: /* NGX_ERROR */
        return ngx_http_volunteer_list_unavailable(r);
    }
}


/* NGX_DECLINED when there is no such list, NGX_ERROR when it says nothing */

static ngx_int_t
ngx_http_volunteer_list_store(ngx_http_volunteer_list_t *list, PGresult *res)
{
    size_t                       len;
    u_char                      *p;
    ngx_int_t                    fresh, expires;
    ngx_http_volunteer_lists_t  *lists;

    lists = list->lists;

    if (PQntuples(res) == 0) {

        if ((ngx_msec_int_t) (lists->unknown_until - ngx_current_msec) <= 0
            || list->number < lists->unknown)
        {
            lists->unknown = list->number;
            lists->unknown_until = ngx_current_msec
                                   + NGX_HTTP_VOLUNTEER_LIST_VALID;
        }

        return NGX_DECLINED;
    }

    p = (u_char *) PQgetvalue(res, 0, 0);
    len = PQgetlength(res, 0, 0);

    fresh = NGX_HTTP_VOLUNTEER_LISTS_AGE;
    expires = NGX_HTTP_VOLUNTEER_LISTS_AGE;

    if (list->number != NGX_HTTP_VOLUNTEER_LIST_OF_ALL) {

        fresh = ngx_atoi((u_char *) PQgetvalue(res, 0, 1),
                         PQgetlength(res, 0, 1));
        expires = ngx_atoi((u_char *) PQgetvalue(res, 0, 2),
                           PQgetlength(res, 0, 2));

        if (fresh < 0 || expires < 1
            || !ngx_http_volunteer_list_is_token(p, len))
        {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "volunteer_status_list: the database has no list %ui "
                          "that is in force", list->number);
            return NGX_ERROR;
        }
    }

    if (list->body.data) {
        ngx_free(list->body.data);
    }

    list->body.data = ngx_alloc(len, ngx_cycle->log);
    if (list->body.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(list->body.data, p, len);
    list->body.len = len;

    list->valid_until = ngx_current_msec
                        + ngx_min(expires * 1000,
                                  NGX_HTTP_VOLUNTEER_LIST_VALID);
    list->fresh_until = ngx_current_msec + ngx_min(fresh, expires) * 1000;

    return NGX_OK;
}


/* three parts in base64url, of which the last one is longer than an ETag */

static ngx_uint_t
ngx_http_volunteer_list_is_token(u_char *p, size_t len)
{
    u_char      *last, *dot;
    ngx_uint_t   ndots;

    ndots = 0;
    dot = p;

    for (last = p + len; p < last; p++) {

        if (*p == '.') {
            ndots++;
            dot = p;

        } else if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z')
                   && (*p < '0' || *p > '9') && *p != '-' && *p != '_')
        {
            return 0;
        }
    }

    return ndots == 2 && last - dot > NGX_HTTP_VOLUNTEER_ETAG;
}


static ngx_int_t
ngx_http_volunteer_list_send(ngx_http_request_t *r,
    ngx_http_volunteer_list_t *list)
{
    u_char          *cache_control;
    ngx_str_t        body, *type;
    ngx_msec_int_t   fresh;

    static ngx_str_t  token = ngx_string("application/statuslist+jwt");
    static ngx_str_t  json = ngx_string("application/json");

    /* the list may change before the client has it all */

    body.len = list->body.len;
    body.data = ngx_pstrdup(r->pool, &list->body);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    type = &json;

    if (list->number != NGX_HTTP_VOLUNTEER_LIST_OF_ALL) {
        type = &token;

        if (ngx_http_volunteer_list_etag(r, &body) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    fresh = (ngx_msec_int_t) (list->fresh_until - ngx_current_msec);

    cache_control = ngx_pnalloc(r->pool, sizeof("public, max-age=")
                                         + NGX_TIME_T_LEN);
    if (cache_control == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    *ngx_sprintf(cache_control, "public, max-age=%T",
                 (time_t) ngx_max(fresh, 0) / 1000)
        = '\0';

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, type,
                                   (char *) cache_control, &body);
}


/* the end of the signature: a list that is signed again has another */

static ngx_int_t
ngx_http_volunteer_list_etag(ngx_http_request_t *r, ngx_str_t *token)
{
    u_char           *p;
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    p = ngx_pnalloc(r->pool, NGX_HTTP_VOLUNTEER_ETAG + 2);
    if (p == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "ETag");
    h->value.data = p;
    h->value.len = NGX_HTTP_VOLUNTEER_ETAG + 2;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    *p++ = '"';
    p = ngx_cpymem(p, token->data + token->len - NGX_HTTP_VOLUNTEER_ETAG,
                   NGX_HTTP_VOLUNTEER_ETAG);
    *p = '"';

    r->headers_out.etag = h;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_list_unknown(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->verdict = NGX_HTTP_VOLUNTEER_UNKNOWN;

    return ngx_http_volunteer_problem(r, NGX_HTTP_NOT_FOUND, "list_unknown",
                                      "There is no such status list.");
}


static ngx_int_t
ngx_http_volunteer_list_unavailable(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;

    return ngx_http_volunteer_busy(r, "registry_unavailable",
                                   "The registry did not answer, nothing can "
                                   "be said now.");
}
