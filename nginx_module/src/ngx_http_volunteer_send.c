
/*
 * What all answers are sent with: headers, problem documents, redirects.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


static const char *ngx_http_volunteer_title(ngx_uint_t status);


ngx_int_t
ngx_http_volunteer_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *rule, const char *detail)
{
    size_t       size;
    u_char      *p;
    ngx_str_t    body;
    const char  *title;

    static ngx_str_t  type = ngx_string("application/problem+json");

    title = ngx_http_volunteer_title(status);

    size = sizeof("{\"title\":\"\",\"status\":,\"rule\":\"\",\"detail\":\"\"}")
           + ngx_strlen(title) + NGX_INT_T_LEN + ngx_strlen(rule)
           + ngx_strlen(detail);

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;

    p = ngx_sprintf(p, "{\"title\":\"%s\",\"status\":%ui,\"rule\":\"%s\","
                    "\"detail\":\"%s\"}",
                    title, status, rule, detail);

    body.len = p - body.data;

    return ngx_http_volunteer_send(r, status, &type,
                                   NGX_HTTP_VOLUNTEER_NO_STORE, &body);
}


ngx_int_t
ngx_http_volunteer_busy(ngx_http_request_t *r, const char *rule,
    const char *detail)
{
    if (ngx_http_volunteer_add_header(r, "Retry-After",
                                      NGX_HTTP_VOLUNTEER_RETRY_AFTER)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_problem(r, NGX_HTTP_SERVICE_UNAVAILABLE, rule,
                                      detail);
}


/* the phrase of RFC 9110, 15 */

static const char *
ngx_http_volunteer_title(ngx_uint_t status)
{
    switch (status) {

    case NGX_HTTP_BAD_REQUEST:
        return "Bad Request";

    case NGX_HTTP_NOT_FOUND:
        return "Not Found";

    case NGX_HTTP_NOT_ALLOWED:
        return "Method Not Allowed";

    case NGX_HTTP_CONFLICT:
        return "Conflict";

    case NGX_HTTP_VOLUNTEER_GONE:
        return "Gone";

    case NGX_HTTP_REQUEST_ENTITY_TOO_LARGE:
        return "Content Too Large";

    case NGX_HTTP_UNSUPPORTED_MEDIA_TYPE:
        return "Unsupported Media Type";

    case NGX_HTTP_NOT_IMPLEMENTED:
        return "Not Implemented";

    case NGX_HTTP_BAD_GATEWAY:
        return "Bad Gateway";

    default: /* NGX_HTTP_SERVICE_UNAVAILABLE */
        return "Service Unavailable";
    }
}


ngx_int_t
ngx_http_volunteer_see_other(ngx_http_request_t *r)
{
    ngx_str_t  url;

    static ngx_str_t  type = ngx_string("text/plain");

    if (ngx_http_volunteer_url(r, &url) != NGX_OK
        || ngx_http_volunteer_add_header(r, "Location", (char *) url.data)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_send(r, NGX_HTTP_SEE_OTHER, &type, "no-store",
                                   &url);
}


ngx_int_t
ngx_http_volunteer_method_not_allowed(ngx_http_request_t *r, const char *allow)
{
    ngx_int_t  rc;

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (ngx_http_volunteer_add_header(r, "Allow", allow) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_problem(r, NGX_HTTP_NOT_ALLOWED,
                                      "method_not_allowed",
                                      "The method does not apply here.");
}


ngx_int_t
ngx_http_volunteer_url(ngx_http_request_t *r, ngx_str_t *url)
{
    u_char                         *p;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    url->len = vlcf->origin.len + sizeof(NGX_HTTP_VOLUNTEER_PATH) - 1
               + ctx->code.len;

    url->data = ngx_pnalloc(r->pool, url->len + 1);
    if (url->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_sprintf(url->data, "%V" NGX_HTTP_VOLUNTEER_PATH "%V",
                    &vlcf->origin, &ctx->code);
    *p = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_add_header(ngx_http_request_t *r, const char *key,
    const char *value)
{
    ngx_table_elt_t  *h;

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    h->hash = 1;
    h->key.len = ngx_strlen(key);
    h->key.data = (u_char *) key;
    h->value.len = ngx_strlen(value);
    h->value.data = (u_char *) value;

#if (nginx_version >= 1023000)
    h->next = NULL;
#endif

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, const char *cache_control, ngx_str_t *body)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    if (ngx_http_volunteer_add_header(r, "Cache-Control", cache_control)
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    r->headers_out.status = status;
    r->headers_out.content_length_n = body->len;
    r->headers_out.content_type = *type;
    r->headers_out.content_type_len = type->len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    b = ngx_calloc_buf(r->pool);
    if (b == NULL) {
        return NGX_ERROR;
    }

    b->pos = body->data;
    b->last = body->data + body->len;
    b->memory = (body->len > 0);
    b->sync = (body->len == 0);
    b->last_buf = (r == r->main);
    b->last_in_chain = 1;

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}
