
/*
 * Request bodies: read whole and into memory alone, as they hold codes and
 * names, and the fields of forms.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


static void ngx_http_volunteer_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_body_collect(ngx_http_request_t *r,
    size_t max, ngx_str_t *body);
static ngx_int_t ngx_http_volunteer_body_too_large(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_form_decode(ngx_http_request_t *r,
    u_char *p, u_char *last, ngx_str_t *value);


ngx_int_t
ngx_http_volunteer_body_read(ngx_http_request_t *r, size_t max,
    ngx_http_volunteer_body_pt handler)
{
    ngx_int_t                  rc;
    ngx_http_volunteer_ctx_t  *ctx;

    if (r->headers_in.content_length_n > (off_t) max) {

        rc = ngx_http_discard_request_body(r);

        return rc == NGX_OK ? ngx_http_volunteer_body_too_large(r) : rc;
    }

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    ctx->body_handler = handler;
    ctx->body_max = max;

    /* whatever client_body_in_file_only says */

    r->request_body_in_file_only = 0;

    rc = ngx_http_read_client_request_body(r, ngx_http_volunteer_body_handler);

    return rc >= NGX_HTTP_SPECIAL_RESPONSE ? rc : NGX_DONE;
}


static void
ngx_http_volunteer_body_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    ngx_str_t                  body;
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    rc = ngx_http_volunteer_body_collect(r, ctx->body_max, &body);

    if (rc == NGX_OK) {
        rc = ctx->body_handler(r, &body);

    } else if (rc == NGX_DECLINED) {
        rc = ngx_http_volunteer_body_too_large(r);

    } else {
        rc = NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_finalize_request(r, rc);
}


/* in one piece; NGX_DECLINED when it is too large */

static ngx_int_t
ngx_http_volunteer_body_collect(ngx_http_request_t *r, size_t max,
    ngx_str_t *body)
{
    size_t        size;
    u_char       *p, *last;
    ngx_chain_t  *cl;

    p = ngx_pnalloc(r->pool, max);
    if (p == NULL) {
        return NGX_ERROR;
    }

    body->data = p;
    last = p + max;

    /* a subrequest may have none */

    cl = r->request_body ? r->request_body->bufs : NULL;

    for ( /* void */ ; cl; cl = cl->next) {

        size = ngx_buf_size(cl->buf);

        if (cl->buf->in_file || size > (size_t) (last - p)) {
            return NGX_DECLINED;
        }

        p = ngx_cpymem(p, cl->buf->pos, size);
    }

    body->len = p - body->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_body_too_large(ngx_http_request_t *r)
{
    return ngx_http_volunteer_problem(r, NGX_HTTP_REQUEST_ENTITY_TOO_LARGE,
                                      "body_too_large",
                                      "The body of the request is larger than "
                                      "what belongs there.");
}


ngx_int_t
ngx_http_volunteer_form_field(ngx_http_request_t *r, ngx_str_t *body,
    const char *name, ngx_str_t *value)
{
    size_t   len;
    u_char  *p, *last, *end;

    len = ngx_strlen(name);

    p = body->data;
    last = p + body->len;

    for ( /* void */ ; p < last; p = end + 1) {

        end = ngx_strlchr(p, last, '&');
        if (end == NULL) {
            end = last;
        }

        if ((size_t) (end - p) > len
            && p[len] == '='
            && ngx_memcmp(p, name, len) == 0)
        {
            return ngx_http_volunteer_form_decode(r, p + len + 1, end, value);
        }
    }

    ngx_str_null(value);

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_form_decode(ngx_http_request_t *r, u_char *p, u_char *last,
    ngx_str_t *value)
{
    u_char  *dst, *src;

    value->data = ngx_pnalloc(r->pool, last - p + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (dst = value->data; p < last; p++) {
        *dst++ = (*p == '+') ? ' ' : *p;
    }

    src = value->data;
    last = dst;
    dst = src;

    ngx_unescape_uri(&dst, &src, last - src, 0);

    *dst = '\0';
    value->len = dst - value->data;

    return NGX_OK;
}
