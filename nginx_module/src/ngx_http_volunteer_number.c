
/*
 * Certificates by number, for who has no code to scan:
 *
 *   GET, HEAD   /n/   the form
 *   POST        /n/   number=NUMBER&name=NAME: 303 to /c/CODE
 *
 * Name is the holder's full name, and both must match.  A wrong number, a
 * wrong name and a number that was tried too often are answered alike, 404.
 * Neither is ever in a query string, where logs would hold it.
 *
 * The database counts a try by one statement, which is never repeated, and
 * gives a ticket; for the ticket it answers by another one, which may be.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include <jansson.h>

#include "ngx_http_volunteer_db.h"


/* characters of a UUID, as PostgreSQL writes it */

#define NGX_HTTP_VOLUNTEER_TICKET  36


typedef struct {
    ngx_http_volunteer_query_t   query;
    ngx_http_request_t          *request;
    u_char                       ticket[NGX_HTTP_VOLUNTEER_TICKET + 1];
} ngx_http_volunteer_number_t;


static ngx_int_t ngx_http_volunteer_number_body(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_uint_t ngx_http_volunteer_number_is_text(ngx_str_t *value);
static ngx_int_t ngx_http_volunteer_number_ask(ngx_http_request_t *r,
    ngx_str_t *number, ngx_str_t *name);
static void ngx_http_volunteer_number_handle(
    ngx_http_volunteer_query_t *query, ngx_int_t rc, PGresult *res);
static ngx_int_t ngx_http_volunteer_number_counted(
    ngx_http_volunteer_number_t *ask, PGresult *res);
static ngx_int_t ngx_http_volunteer_number_answer(ngx_http_request_t *r,
    PGresult *res);
static ngx_int_t ngx_http_volunteer_number_unknown(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_number_unavailable(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_number_page(ngx_http_request_t *r,
    ngx_uint_t status, ngx_uint_t template);


ngx_int_t
ngx_http_volunteer_number_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_http_volunteer_ctx_t  *ctx;

    if (r->uri.len != sizeof(NGX_HTTP_VOLUNTEER_NUMBER_PATH) - 1
        || ngx_memcmp(r->uri.data, NGX_HTTP_VOLUNTEER_NUMBER_PATH, r->uri.len)
           != 0)
    {
        return NGX_HTTP_NOT_FOUND;
    }

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->verdict = NGX_HTTP_VOLUNTEER_FORM;

    ngx_http_set_ctx(r, ctx, ngx_http_volunteer_module);

    if (ngx_http_volunteer_add_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (r->method == NGX_HTTP_POST) {

        if (ngx_http_volunteer_set_negotiated(r) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_volunteer_body_read(r, NGX_HTTP_VOLUNTEER_FORM_MAX,
                                            ngx_http_volunteer_number_body);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_volunteer_method_not_allowed(r, "GET, HEAD, POST");
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_volunteer_add_header(r, "Vary", "Accept-Language") != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_number_page(r, NGX_HTTP_OK,
                                          NGX_HTTP_VOLUNTEER_NUMBER);
}


static ngx_int_t
ngx_http_volunteer_number_body(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_str_t  number, name;

    if (ngx_http_volunteer_form_field(r, body, "number", &number) != NGX_OK
        || ngx_http_volunteer_form_field(r, body, "name", &name) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_volunteer_number_is_text(&number)
        || !ngx_http_volunteer_number_is_text(&name))
    {
        return ngx_http_volunteer_number_unknown(r);
    }

    return ngx_http_volunteer_number_ask(r, &number, &name);
}


/* what PostgreSQL takes for text: an error is no answer */

static ngx_uint_t
ngx_http_volunteer_number_is_text(ngx_str_t *value)
{
    json_t  *string;

    if (value->len == 0 || ngx_strlen(value->data) != value->len) {
        return 0;
    }

    string = json_stringn((char *) value->data, value->len);
    json_decref(string);

    return string != NULL;
}


static ngx_int_t
ngx_http_volunteer_number_ask(ngx_http_request_t *r, ngx_str_t *number,
    ngx_str_t *name)
{
    ngx_http_cleanup_t             *cln;
    ngx_http_volunteer_number_t    *ask;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    ask = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_number_t));
    if (ask == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ask->request = r;
    ask->query.statement = NGX_HTTP_VOLUNTEER_ASK_BY_NUMBER;
    ask->query.params[0] = (char *) number->data;
    ask->query.params[1] = (char *) name->data;
    ask->query.handler = ngx_http_volunteer_number_handle;
    ask->query.data = ask;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_volunteer_db_query(vlcf->db, &ask->query) == NGX_BUSY) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "volunteer_database has a full queue");
        return ngx_http_volunteer_number_unavailable(r);
    }

    cln->handler = ngx_http_volunteer_db_cancel;
    cln->data = &ask->query;

    r->main->count++;

    r->read_event_handler = ngx_http_test_reading;

    return NGX_DONE;
}


static void
ngx_http_volunteer_number_handle(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res)
{
    ngx_connection_t             *c;
    ngx_http_request_t           *r;
    ngx_http_volunteer_number_t  *ask;

    ask = query->data;

    r = ask->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (rc == NGX_OK
        && query->statement == NGX_HTTP_VOLUNTEER_ASK_BY_NUMBER)
    {
        rc = ngx_http_volunteer_number_counted(ask, res);
        if (rc == NGX_OK) {
            return;
        }
    }

    rc = (rc == NGX_OK) ? ngx_http_volunteer_number_answer(r, res)
                        : ngx_http_volunteer_number_unavailable(r);

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


static ngx_int_t
ngx_http_volunteer_number_counted(ngx_http_volunteer_number_t *ask,
    PGresult *res)
{
    if (PQntuples(res) != 1
        || PQgetlength(res, 0, 0) != NGX_HTTP_VOLUNTEER_TICKET)
    {
        ngx_log_error(NGX_LOG_ERR, ask->request->connection->log, 0,
                      "volunteer_by_number: the database gave no ticket");
        return NGX_ERROR;
    }

    /* what has a result is committed; the zero byte is libpq's */

    ngx_memcpy(ask->ticket, PQgetvalue(res, 0, 0), sizeof(ask->ticket));

    ask->query.params[2] = (char *) ask->ticket;

    ngx_http_volunteer_db_next(&ask->query,
                               NGX_HTTP_VOLUNTEER_ANSWER_BY_NUMBER);

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_number_answer(ngx_http_request_t *r, PGresult *res)
{
    ngx_str_t  code;

    if (PQntuples(res) == 0) {
        return ngx_http_volunteer_number_unknown(r);
    }

    code.data = (u_char *) PQgetvalue(res, 0, 0);
    code.len = PQgetlength(res, 0, 0);

    if (ngx_http_volunteer_parse(r, &code) != NGX_OK) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "volunteer_by_number: the database answered no code");
        return ngx_http_volunteer_number_unavailable(r);
    }

    return ngx_http_volunteer_see_other(r);
}


static ngx_int_t
ngx_http_volunteer_number_unknown(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->verdict = NGX_HTTP_VOLUNTEER_UNKNOWN;

    if (ctx->format == NGX_HTTP_VOLUNTEER_HTML) {
        return ngx_http_volunteer_number_page(r, NGX_HTTP_NOT_FOUND,
                                           NGX_HTTP_VOLUNTEER_NUMBER_UNKNOWN);
    }

    return ngx_http_volunteer_problem(r, NGX_HTTP_NOT_FOUND, "number_unknown",
                                      "No certificate has this number and this "
                                      "holder.");
}


static ngx_int_t
ngx_http_volunteer_number_unavailable(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;

    return ngx_http_volunteer_answer(r);
}


static ngx_int_t
ngx_http_volunteer_number_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_uint_t template)
{
    ngx_str_t                       html;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (ngx_http_volunteer_page_render(r, vlcf->pages, template, &html)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_send_page(r, status, &html);
}
