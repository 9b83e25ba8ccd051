
/*
 * Requests for certificates, below the origin:
 *
 *   GET, HEAD   /c/             the form
 *   POST        /c/             code=CODE: 303 to /c/CODE, 404 if malformed
 *   POST        /c/             a JSON array of codes: see _bulk.c
 *   GET, HEAD   /c/CODE         page, JSON or token, as Accept prefers
 *   GET, HEAD   /c/CODE.json    status, signature, claims, token, links
 *   GET, HEAD   /c/CODE.jwt     the token as a JWS (RFC 7515)
 *   GET, HEAD   /c/CODE.sdjwt   the token as an SD-JWT (RFC 9901)
 *   GET, HEAD   /c/CODE.svg     QR code of the canonical address
 *   GET, HEAD   /c/CODE.png     the same, ?scale=1..16 pixels a module (8)
 *   GET, HEAD   /c/CODE.pdf     the certificate on paper (volunteer_pdf)
 *   GET, HEAD   /c/style.css, /c/disclosure.js   what the pages load
 *
 * A code may be in lower case and hold hyphens.  One that is malformed is 404
 * without a lookup, one that is unknown is 404, no answer from the database
 * in time is 503.  Problems are documents of RFC 9457, or pages.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


#define NGX_HTTP_VOLUNTEER_SCALE_MAX      16
#define NGX_HTTP_VOLUNTEER_SCALE_DEFAULT  8


typedef struct {
    ngx_str_t                      name;
    ngx_http_volunteer_format_e    format;
} ngx_http_volunteer_suffix_t;


static ngx_int_t ngx_http_volunteer_file(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_int_t ngx_http_volunteer_post(ngx_http_request_t *r);
static ngx_uint_t ngx_http_volunteer_posted(ngx_http_request_t *r,
    const char *type);
static ngx_int_t ngx_http_volunteer_form(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_form_handler(ngx_http_request_t *r,
    ngx_str_t *body);
static ngx_int_t ngx_http_volunteer_set_format(ngx_http_request_t *r,
    ngx_str_t *name);
static ngx_uint_t ngx_http_volunteer_scale(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_certificate(ngx_http_request_t *r,
    ngx_str_t *text);
static ngx_int_t ngx_http_volunteer_lookup(ngx_http_request_t *r);
static void ngx_http_volunteer_lookup_handler(
    ngx_http_volunteer_lookup_t *lookup, ngx_int_t rc,
    ngx_http_volunteer_row_t *row);
static ngx_int_t ngx_http_volunteer_judge(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_copy_row(ngx_http_request_t *r,
    ngx_http_volunteer_row_t *row);
static ngx_int_t ngx_http_volunteer_copy(ngx_http_request_t *r, ngx_str_t *to,
    ngx_str_t *from);


static ngx_http_volunteer_suffix_t  ngx_http_volunteer_suffixes[] = {
    { ngx_string(".pdf"), NGX_HTTP_VOLUNTEER_PDF },
    { ngx_string(".json"), NGX_HTTP_VOLUNTEER_JSON },
    { ngx_string(".jwt"), NGX_HTTP_VOLUNTEER_JWT },
    { ngx_string(".sdjwt"), NGX_HTTP_VOLUNTEER_SDJWT },
    { ngx_string(".svg"), NGX_HTTP_VOLUNTEER_SVG },
    { ngx_string(".png"), NGX_HTTP_VOLUNTEER_PNG },
    { ngx_null_string, NGX_HTTP_VOLUNTEER_HTML }
};


ngx_int_t
ngx_http_volunteer_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                       name;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    name.len = sizeof(NGX_HTTP_VOLUNTEER_PATH) - 1;

    if (r->uri.len < name.len
        || ngx_memcmp(r->uri.data, NGX_HTTP_VOLUNTEER_PATH, name.len) != 0)
    {
        return NGX_HTTP_NOT_FOUND;
    }

    name.data = r->uri.data + name.len;
    name.len = r->uri.len - name.len;

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_ctx_t));
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ctx->verdict = NGX_HTTP_VOLUNTEER_FORM;

    ngx_http_set_ctx(r, ctx, ngx_http_volunteer_module);

    if (ngx_http_volunteer_add_headers(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (name.len == 0 && r->method == NGX_HTTP_POST) {
        return ngx_http_volunteer_post(r);
    }

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_volunteer_method_not_allowed(r,
                                  name.len ? "GET, HEAD" : "GET, HEAD, POST");
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    if (name.len == 0) {

        if (ngx_http_volunteer_add_header(r, "Vary", "Accept-Language")
            != NGX_OK)
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        return ngx_http_volunteer_answer(r);
    }

    rc = ngx_http_volunteer_file(r, &name);

    if (rc != NGX_DECLINED) {
        return rc;
    }

    if (ngx_http_volunteer_set_format(r, &name) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->format == NGX_HTTP_VOLUNTEER_PNG) {

        ctx->scale = ngx_http_volunteer_scale(r);

        if (ctx->scale == 0) {
            return ngx_http_volunteer_problem(r, NGX_HTTP_BAD_REQUEST,
                                              "scale_out_of_range",
                                              "The scale is a whole number "
                                              "from 1 to 16.");
        }
    }

    if (ctx->format == NGX_HTTP_VOLUNTEER_PDF) {

        vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

        if (vlcf->print == NULL) {
            return ngx_http_volunteer_problem(r, NGX_HTTP_NOT_FOUND,
                                              "pdf_not_offered",
                                              "Certificates are not printed "
                                              "here.");
        }
    }

    return ngx_http_volunteer_certificate(r, &name);
}


ngx_int_t
ngx_http_volunteer_add_headers(ngx_http_request_t *r)
{
    ngx_uint_t  i;

    static const char  *headers[][2] = {
        { "X-Robots-Tag", "noindex, nofollow, noarchive, nosnippet" },
        { "Referrer-Policy", "no-referrer" },
        { "X-Content-Type-Options", "nosniff" },
        { "Cross-Origin-Opener-Policy", "same-origin" },
        { "Content-Security-Policy",
          "default-src 'none'; script-src 'self'; style-src 'self'; "
          "img-src 'self' data:; connect-src 'self'; form-action 'self'; "
          "base-uri 'none'; frame-ancestors 'none'" }
    };

    for (i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (ngx_http_volunteer_add_header(r, headers[i][0], headers[i][1])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_file(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_str_t                      *body, type;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    body = ngx_http_volunteer_pages_file(vlcf->pages, name, &type);

    if (body == NULL) {
        return NGX_DECLINED;
    }

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, &type,
                                   "public, max-age=600", body);
}


static ngx_int_t
ngx_http_volunteer_post(ngx_http_request_t *r)
{
    ngx_int_t  rc;

    if (ngx_http_volunteer_posted(r, "application/json")) {
        return ngx_http_volunteer_bulk(r);
    }

    if (r->headers_in.content_type == NULL
        || ngx_http_volunteer_posted(r, "application/x-www-form-urlencoded"))
    {
        return ngx_http_volunteer_form(r);
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    return ngx_http_volunteer_problem(r, NGX_HTTP_UNSUPPORTED_MEDIA_TYPE,
                                      "type_unsupported",
                                      "The body is neither a form nor JSON.");
}


/* whether the body is of this media type, whatever its parameters */

static ngx_uint_t
ngx_http_volunteer_posted(ngx_http_request_t *r, const char *type)
{
    size_t      len;
    ngx_str_t  *value;

    if (r->headers_in.content_type == NULL) {
        return 0;
    }

    value = &r->headers_in.content_type->value;
    len = ngx_strlen(type);

    return value->len >= len
           && ngx_strncasecmp(value->data, (u_char *) type, len) == 0
           && (value->len == len || value->data[len] == ';'
               || value->data[len] == ' ');
}


static ngx_int_t
ngx_http_volunteer_form(ngx_http_request_t *r)
{
    if (ngx_http_volunteer_set_negotiated(r) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_body_read(r, NGX_HTTP_VOLUNTEER_FORM_MAX,
                                        ngx_http_volunteer_form_handler);
}


static ngx_int_t
ngx_http_volunteer_form_handler(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_str_t  code;

    if (ngx_http_volunteer_form_field(r, body, "code", &code) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_parse(r, &code) == NGX_OK
           ? ngx_http_volunteer_see_other(r) : ngx_http_volunteer_answer(r);
}


/* takes a known suffix off the name, else asks the Accept header */

static ngx_int_t
ngx_http_volunteer_set_format(ngx_http_request_t *r, ngx_str_t *name)
{
    ngx_http_volunteer_ctx_t     *ctx;
    ngx_http_volunteer_suffix_t  *suffix;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    for (suffix = ngx_http_volunteer_suffixes; suffix->name.len; suffix++) {

        if (name->len >= suffix->name.len
            && ngx_memcmp(name->data + name->len - suffix->name.len,
                          suffix->name.data, suffix->name.len)
               == 0)
        {
            name->len -= suffix->name.len;
            ctx->format = suffix->format;

            return NGX_OK;
        }
    }

    return ngx_http_volunteer_set_negotiated(r);
}


ngx_int_t
ngx_http_volunteer_set_negotiated(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    ctx->format = ngx_http_volunteer_negotiate(r);

    return ngx_http_volunteer_add_header(r, "Vary", "Accept, Accept-Language");
}


/* pixels a module, 0 when the argument is no such number */

static ngx_uint_t
ngx_http_volunteer_scale(ngx_http_request_t *r)
{
    ngx_int_t  n;
    ngx_str_t  value;

    if (ngx_http_arg(r, (u_char *) "scale", 5, &value) != NGX_OK) {
        return NGX_HTTP_VOLUNTEER_SCALE_DEFAULT;
    }

    n = ngx_atoi(value.data, value.len);

    return (n < 1 || n > NGX_HTTP_VOLUNTEER_SCALE_MAX) ? 0 : n;
}


ngx_int_t
ngx_http_volunteer_parse(ngx_http_request_t *r, ngx_str_t *text)
{
    size_t                     position;
    u_char                     bytes[CERTIFICATE_CODE_BYTES];
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (certificate_code_parse((char *) text->data, text->len, bytes,
                               &position)
        != CERTIFICATE_CODE_OK)
    {
        ctx->verdict = NGX_HTTP_VOLUNTEER_MALFORMED;
        return NGX_DECLINED;
    }

    certificate_code_format(bytes, (char *) ctx->canonical);

    ctx->code.len = CERTIFICATE_CODE_CHARS;
    ctx->code.data = ctx->canonical;

    return NGX_OK;
}


/* from the zone, if it is there and fresh */

static ngx_int_t
ngx_http_volunteer_certificate(ngx_http_request_t *r, ngx_str_t *text)
{
    ngx_int_t                       rc;
    ngx_str_t                       body;
    ngx_uint_t                      cached;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    rc = NGX_AGAIN;
    cached = (vlcf->cache != NULL && vlcf->cache->valid != 0);

    /* what the zone has under these very characters was parsed before */

    if (cached && text->len == CERTIFICATE_CODE_CHARS) {
        ngx_memcpy(ctx->canonical, text->data, CERTIFICATE_CODE_CHARS);

        ctx->code.len = CERTIFICATE_CODE_CHARS;
        ctx->code.data = ctx->canonical;

        rc = ngx_http_volunteer_cache_get(r, &body);
    }

    if (rc == NGX_AGAIN) {
        ctx->code.len = 0;

        if (ngx_http_volunteer_parse(r, text) != NGX_OK) {
            return ngx_http_volunteer_answer(r);
        }

        if (cached
            && (text->len != CERTIFICATE_CODE_CHARS
                || ngx_memcmp(text->data, ctx->canonical, text->len) != 0))
        {
            rc = ngx_http_volunteer_cache_get(r, &body);
        }
    }

    switch (rc) {

    case NGX_OK:
        return ngx_http_volunteer_answer_body(r, &body);

    case NGX_DONE:
        rc = ngx_http_volunteer_judge(r);

        return rc == NGX_OK ? ngx_http_volunteer_answer(r) : rc;

    case NGX_DECLINED:
        ctx->verdict = NGX_HTTP_VOLUNTEER_UNKNOWN;

        return ngx_http_volunteer_answer(r);

    case NGX_AGAIN:
        return ngx_http_volunteer_lookup(r);

    default: /* NGX_ERROR */
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_volunteer_lookup(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_cleanup_t             *cln;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_lookup_t    *lookup;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    lookup = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_lookup_t));
    if (lookup == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_memcpy(lookup->code, ctx->code.data, CERTIFICATE_CODE_CHARS);
    lookup->handler = ngx_http_volunteer_lookup_handler;
    lookup->data = r;

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (vlcf->cache && !vlcf->cache->valid
        && ngx_http_volunteer_cache_token(vlcf, r->pool, lookup) == NGX_ERROR)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (vlcf->cache && vlcf->cache->valid) {
        ctx->cache_status = NGX_HTTP_VOLUNTEER_MISS;

        rc = ngx_http_volunteer_flight_lookup(vlcf, lookup);
        cln->handler = ngx_http_volunteer_flight_cancel;

    } else {
        rc = ngx_http_volunteer_db_lookup(vlcf->db, lookup);
        cln->handler = ngx_http_volunteer_db_cancel;
    }

    cln->data = &lookup->query;

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_BUSY) {
        ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;
        return ngx_http_volunteer_answer(r);
    }

    r->main->count++;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    return NGX_DONE;
}


static void
ngx_http_volunteer_lookup_handler(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row)
{
    ngx_str_t                  body;
    ngx_connection_t          *c;
    ngx_http_request_t        *r;
    ngx_http_volunteer_ctx_t  *ctx;

    r = lookup->data;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    switch (rc) {

    case NGX_OK:
        rc = ngx_http_volunteer_copy_row(r, row);

        if (rc != NGX_OK) {
            break;
        }

        rc = ngx_http_volunteer_cache_page(r, &body);

        if (rc == NGX_OK) {
            rc = ngx_http_volunteer_answer_body(r, &body);
            goto done;
        }

        rc = (rc == NGX_DECLINED) ? ngx_http_volunteer_judge(r)
                                  : NGX_HTTP_INTERNAL_SERVER_ERROR;

        break;

    case NGX_DECLINED:
        ctx->verdict = NGX_HTTP_VOLUNTEER_UNKNOWN;
        rc = NGX_OK;
        break;

    default: /* NGX_ERROR */
        ngx_log_error(NGX_LOG_ERR, c->log, 0,
                      "volunteer_database did not answer");

        ctx->verdict = NGX_HTTP_VOLUNTEER_UNAVAILABLE;
        rc = NGX_OK;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_volunteer_answer(r);
    }

done:

    ngx_str_null(&ctx->row.token);
    ctx->row.digest = NULL;

    ngx_http_finalize_request(r, rc);
    ngx_http_run_posted_requests(c);
}


/* the row says what the status is, the token alone what was certified */

static ngx_int_t
ngx_http_volunteer_judge(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_uint_t                      read;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_claims_t    *claims;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    ctx->verdict = ctx->row.status;

    claims = ngx_pcalloc(r->pool, sizeof(ngx_http_volunteer_claims_t));
    if (claims == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->row.digest) {
        claims->cache_status = NGX_HTTP_VOLUNTEER_KNOWN;
        ngx_memcpy(claims->digest, ctx->row.digest, NGX_HTTP_VOLUNTEER_DIGEST);
    }

    read = ctx->format == NGX_HTTP_VOLUNTEER_HTML
           || ctx->format == NGX_HTTP_VOLUNTEER_PDF;

    rc = ngx_http_volunteer_token_verify(r, r->pool, &ctx->code,
                                         &ctx->row.token, read, claims);

    /* where the row came from says more */

    ctx->cache_status = ngx_max(ctx->cache_status, claims->cache_status);

    switch (rc) {

    case NGX_OK:
        ctx->claims = claims;

        if (vlcf->cache && ctx->row.digest == NULL
            && ctx->cache_status != NGX_HTTP_VOLUNTEER_HIT)
        {
            ngx_http_volunteer_cache_put_token(vlcf, &ctx->code,
                                               claims->digest,
                                               &ctx->row.token);
        }

        return NGX_OK;

    case NGX_DECLINED:
        ctx->verdict = NGX_HTTP_VOLUNTEER_MISMATCH;
        return NGX_OK;

    default: /* NGX_ERROR */
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}


static ngx_int_t
ngx_http_volunteer_copy_row(ngx_http_request_t *r,
    ngx_http_volunteer_row_t *row)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    ctx->row.status = row->status;
    ctx->row.stamp = row->stamp;
    ctx->row.digest = row->digest;
    ctx->row.token = row->token;

    if (ngx_http_volunteer_copy(r, &ctx->row.status_since, &row->status_since)
            != NGX_OK
        || ngx_http_volunteer_copy(r, &ctx->row.reason, &row->reason) != NGX_OK
        || ngx_http_volunteer_copy(r, &ctx->row.checked_at, &row->checked_at)
            != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_copy(ngx_http_request_t *r, ngx_str_t *to, ngx_str_t *from)
{
    if (from->len == 0) {
        return NGX_OK;
    }

    to->len = from->len;
    to->data = ngx_pstrdup(r->pool, from);

    return to->data ? NGX_OK : NGX_ERROR;
}
