
/*
 * Answers: the page, the JSON document, the token, the QR code, problems.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"
#include "base64url.h"


#define NGX_HTTP_VOLUNTEER_IMAGE_AGE    "private, max-age=86400"

#define ngx_http_volunteer_literal(p, text)                                   \
    ngx_cpymem(p, text, sizeof(text) - 1)


typedef struct {
    ngx_uint_t                    status;
    const char                   *rule;
    const char                   *detail;
} ngx_http_volunteer_problem_t;


static ngx_int_t ngx_http_volunteer_answer_page(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx);
static ngx_int_t ngx_http_volunteer_answer_json(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx);
static ngx_inline u_char *ngx_http_volunteer_append(u_char *p,
    ngx_str_t *value);
static ngx_int_t ngx_http_volunteer_answer_token(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx);
static ngx_int_t ngx_http_volunteer_answer_qr(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx);


ngx_str_t  ngx_http_volunteer_verdicts[] = {
    ngx_string("valid"),
    ngx_string("revoked"),
    ngx_string("suspended"),
    ngx_string("superseded"),
    ngx_string("mismatch"),
    ngx_string("unknown"),
    ngx_string("malformed"),
    ngx_string("unavailable"),
    ngx_string("form")
};


static ngx_str_t  ngx_http_volunteer_html = ngx_string("text/html");


/*
 * By verdict.  The first ones stand in the way of the bare token and of the
 * sheet of paper only: who holds them no longer sees the status.
 */

static ngx_http_volunteer_problem_t  ngx_http_volunteer_problems[] = {
    { NGX_HTTP_OK, NULL, NULL },
    { NGX_HTTP_VOLUNTEER_GONE, "certificate_revoked",
      "The certificate was revoked." },
    { NGX_HTTP_CONFLICT, "certificate_suspended",
      "The certificate is suspended while its records are checked." },
    { NGX_HTTP_VOLUNTEER_GONE, "certificate_superseded",
      "A later certificate took the place of this one." },
    { NGX_HTTP_BAD_GATEWAY, "signature_mismatch",
      "The stored certificate is not what was signed." },
    { NGX_HTTP_NOT_FOUND, "code_unknown",
      "No certificate has this code." },
    { NGX_HTTP_NOT_FOUND, "code_malformed",
      "A character of the code is wrong or missing." },
    { NGX_HTTP_SERVICE_UNAVAILABLE, "registry_unavailable",
      "The registry did not answer, nothing can be said now." },
    { NGX_HTTP_OK, NULL, NULL }
};


ngx_int_t
ngx_http_volunteer_answer(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_problem_t   *problem;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    ngx_log_debug2(NGX_LOG_DEBUG_HTTP, r->connection->log, 0,
                   "volunteer verdict %V, format %d",
                   &ngx_http_volunteer_verdicts[ctx->verdict], ctx->format);

    problem = &ngx_http_volunteer_problems[ctx->verdict];

    if (problem->status == NGX_HTTP_SERVICE_UNAVAILABLE
        && ngx_http_volunteer_add_header(r, "Retry-After",
                                         NGX_HTTP_VOLUNTEER_RETRY_AFTER)
           != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->format == NGX_HTTP_VOLUNTEER_HTML) {
        return ngx_http_volunteer_answer_page(r, ctx);
    }

    if (ctx->verdict >= NGX_HTTP_VOLUNTEER_UNKNOWN) {
        return ngx_http_volunteer_problem(r, problem->status, problem->rule,
                                          problem->detail);
    }

    switch (ctx->format) {

    case NGX_HTTP_VOLUNTEER_JSON:
        return ngx_http_volunteer_answer_json(r, ctx);

    case NGX_HTTP_VOLUNTEER_SVG:
    case NGX_HTTP_VOLUNTEER_PNG:
        return ngx_http_volunteer_answer_qr(r, ctx);

    default: /* NGX_HTTP_VOLUNTEER_{PDF,JWT,SDJWT} */
        break;
    }

    if (ctx->verdict != NGX_HTTP_VOLUNTEER_VALID) {
        return ngx_http_volunteer_problem(r, problem->status, problem->rule,
                                          problem->detail);
    }

    if (ctx->format == NGX_HTTP_VOLUNTEER_PDF) {
        vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
        return vlcf->print(r);
    }

    return ngx_http_volunteer_answer_token(r, ctx);
}


static ngx_int_t
ngx_http_volunteer_answer_page(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx)
{
    ngx_int_t                       rc;
    ngx_str_t                       html;
    ngx_uint_t                      kept;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    kept = ngx_http_volunteer_cache_keeps_page(r);

    ctx->blank = kept;
    rc = ngx_http_volunteer_page_render(r, vlcf->pages, ctx->verdict, &html);
    ctx->blank = 0;

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (kept) {
        ngx_http_volunteer_cache_put(r, &html);
        ngx_http_volunteer_page_fill(&html, ctx->row.checked_at.data);
    }

    if (ctx->verdict < NGX_HTTP_VOLUNTEER_UNKNOWN) {
        return ngx_http_volunteer_answer_body(r, &html);
    }

    return ngx_http_volunteer_send_page(r,
                             ngx_http_volunteer_problems[ctx->verdict].status,
                             &html);
}


ngx_int_t
ngx_http_volunteer_send_page(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *html)
{
    ngx_str_set(&r->headers_out.charset, "utf-8");

    return ngx_http_volunteer_send(r, status, &ngx_http_volunteer_html,
                                   NGX_HTTP_VOLUNTEER_NO_STORE, html);
}


/*
 * {"status":…,"checked_at":…,"status_since":…,"reason":…,
 *  "signature":{"alg":…,"kid":…,"verified":true},
 *  "certificate":{…},"token":…,"links":{…}}
 *
 * The certificate is the signed bytes themselves.  Of a token that does not
 * verify nothing is shown: no certificate, no token, no reason.
 */

static ngx_int_t
ngx_http_volunteer_answer_json(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx)
{
    size_t                          size, payload;
    u_char                         *p;
    ngx_str_t                       body, url, *origin, *status;
    ngx_http_volunteer_row_t       *row;
    ngx_http_volunteer_claims_t    *claims;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    row = &ctx->row;
    claims = ctx->claims;
    status = &ngx_http_volunteer_verdicts[ctx->verdict];

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
    origin = &vlcf->origin;

    if (ngx_http_volunteer_url(r, &url) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    /* all names, punctuation and constants fit into the first figure */

    size = 512 + 5 * url.len + origin->len + row->checked_at.len
           + row->status_since.len
           + row->reason.len
           + ngx_escape_json(NULL, row->reason.data, row->reason.len);

    payload = 0;

    if (claims) {
        payload = BASE64URL_BYTES(claims->encoded.len);
        size += claims->alg.len + claims->kid.len + payload + row->token.len;
    }

    p = ngx_pnalloc(r->pool, size);
    if (p == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = p;

    p = ngx_http_volunteer_literal(p, "{\"status\":\"");
    p = ngx_http_volunteer_append(p, status);
    p = ngx_http_volunteer_literal(p, "\",\"checked_at\":\"");
    p = ngx_http_volunteer_append(p, &row->checked_at);

    if (claims) {
        p = ngx_http_volunteer_literal(p, "\",\"status_since\":\"");
        p = ngx_http_volunteer_append(p, &row->status_since);

        if (row->reason.len) {
            p = ngx_http_volunteer_literal(p, "\",\"reason\":\"");
            p = (u_char *) ngx_escape_json(p, row->reason.data,
                                           row->reason.len);
        }

        p = ngx_http_volunteer_literal(p, "\",\"signature\":{\"alg\":\"");
        p = ngx_http_volunteer_append(p, &claims->alg);
        p = ngx_http_volunteer_literal(p, "\",\"kid\":\"");
        p = ngx_http_volunteer_append(p, &claims->kid);
        p = ngx_http_volunteer_literal(p, "\",\"verified\":true},"
                                          "\"certificate\":");

        if (!base64url_decode((char *) claims->encoded.data,
                              claims->encoded.len, p, payload))
        {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        p += payload;

        p = ngx_http_volunteer_literal(p, ",\"token\":\"");
        p = ngx_http_volunteer_append(p, &row->token);
        *p++ = '"';

    } else {
        p = ngx_http_volunteer_literal(p, "\",\"signature\":"
                                          "{\"verified\":false}");
    }

    p = ngx_http_volunteer_literal(p, ",\"links\":{\"page\":\"");
    p = ngx_http_volunteer_append(p, &url);
    p = ngx_http_volunteer_literal(p, "\",\"jwt\":\"");
    p = ngx_http_volunteer_append(p, &url);
    p = ngx_http_volunteer_literal(p, ".jwt\",\"sdjwt\":\"");
    p = ngx_http_volunteer_append(p, &url);
    p = ngx_http_volunteer_literal(p, ".sdjwt\",\"svg\":\"");
    p = ngx_http_volunteer_append(p, &url);
    p = ngx_http_volunteer_literal(p, ".svg\",\"png\":\"");
    p = ngx_http_volunteer_append(p, &url);
    p = ngx_http_volunteer_literal(p, ".png\",\"jwks\":\"");
    p = ngx_http_volunteer_append(p, origin);
    p = ngx_http_volunteer_literal(p, NGX_HTTP_VOLUNTEER_JWKS_PATH "\"}}");

    body.len = p - body.data;

    ngx_http_volunteer_cache_put(r, &body);

    return ngx_http_volunteer_answer_body(r, &body);
}


static ngx_inline u_char *
ngx_http_volunteer_append(u_char *p, ngx_str_t *value)
{
    return ngx_cpymem(p, value->data, value->len);
}


static ngx_int_t
ngx_http_volunteer_answer_token(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx)
{
    u_char     *p;
    ngx_str_t   body, *type;

    static ngx_str_t  jwt = ngx_string("application/jwt");
    static ngx_str_t  sdjwt = ngx_string("application/dc+sd-jwt");

    body.data = ngx_pnalloc(r->pool, ctx->row.token.len + 1);
    if (body.data == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = ngx_http_volunteer_append(body.data, &ctx->row.token);
    type = &jwt;

    /* the same with no disclosures (RFC 9901, 4) */

    if (ctx->format == NGX_HTTP_VOLUNTEER_SDJWT) {
        *p++ = '~';
        type = &sdjwt;
    }

    body.len = p - body.data;

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, type,
                                   NGX_HTTP_VOLUNTEER_NO_STORE, &body);
}


static ngx_int_t
ngx_http_volunteer_answer_qr(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_str_t   url, body;

    rc = ngx_http_volunteer_cache_image(r, &body);

    if (rc == NGX_OK) {
        return ngx_http_volunteer_answer_body(r, &body);
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_volunteer_url(r, &url) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ctx->format == NGX_HTTP_VOLUNTEER_SVG) {
        rc = ngx_http_volunteer_qr_svg(r->pool, &url, &body);

    } else {
        rc = ngx_http_volunteer_qr_png(r->pool, &url, ctx->scale, &body);
    }

    if (rc != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    ngx_http_volunteer_cache_put(r, &body);

    return ngx_http_volunteer_answer_body(r, &body);
}


ngx_int_t
ngx_http_volunteer_answer_body(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_str_t                 *type;
    const char                *cache_control;
    ngx_http_volunteer_ctx_t  *ctx;

    static ngx_str_t  json = ngx_string("application/json");
    static ngx_str_t  svg = ngx_string("image/svg+xml");
    static ngx_str_t  png = ngx_string("image/png");
    static ngx_str_t  pdf = ngx_string("application/pdf");

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    cache_control = NGX_HTTP_VOLUNTEER_NO_STORE;

    switch (ctx->format) {

    case NGX_HTTP_VOLUNTEER_JSON:
        type = &json;
        break;

    case NGX_HTTP_VOLUNTEER_SVG:
        type = &svg;
        cache_control = NGX_HTTP_VOLUNTEER_IMAGE_AGE;
        break;

    case NGX_HTTP_VOLUNTEER_PNG:
        type = &png;
        cache_control = NGX_HTTP_VOLUNTEER_IMAGE_AGE;
        break;

    case NGX_HTTP_VOLUNTEER_PDF:
        type = &pdf;
        break;

    default: /* NGX_HTTP_VOLUNTEER_HTML */
        type = &ngx_http_volunteer_html;
        ngx_str_set(&r->headers_out.charset, "utf-8");
    }

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, type, cache_control, body);
}
