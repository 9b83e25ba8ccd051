
/*
 * Pages: a template rendered in the language of the request.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_page.h"


/* "2026-11-22T15:04:05+08:00" is shown as "2026-11-22 15:04:05" */

#define NGX_HTTP_VOLUNTEER_BLANK_SPACE  (sizeof("2026-11-22") - 1)


/* the first is the default */

ngx_str_t  ngx_http_volunteer_languages[] = {
    ngx_string("zh"),
    ngx_string("en")
};


/* names and types */

ngx_keyval_t  ngx_http_volunteer_files[] = {
    { ngx_string("style.css"), ngx_string("text/css") },
    { ngx_string("disclosure.js"), ngx_string("text/javascript") }
};


ngx_int_t
ngx_http_volunteer_page_render(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_uint_t verdict, ngx_str_t *html)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    ctx->language = ngx_http_volunteer_page_language(r);

    return ngx_http_volunteer_page_fragment(r, pages, verdict, html);
}


void
ngx_http_volunteer_page_fill(ngx_str_t *html, u_char *checked_at)
{
    u_char  *p, *last, *t;

    last = html->data + html->len;

    for (p = html->data; p < last; p = t) {

        p = memchr(p, '\0', last - p);

        if (p == NULL || (size_t) (last - p) < NGX_HTTP_VOLUNTEER_BLANK) {
            return;
        }

        t = ngx_cpymem(p, checked_at, NGX_HTTP_VOLUNTEER_BLANK);
        p[NGX_HTTP_VOLUNTEER_BLANK_SPACE] = ' ';
    }
}


ngx_int_t
ngx_http_volunteer_page_fragment(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_uint_t template, ngx_str_t *html)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_language_t  *language;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    language = &pages->languages[ctx->language];

    return ngx_http_complex_value(r, &language->templates[template], html);
}


ngx_str_t *
ngx_http_volunteer_page_reason(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_str_t *reason)
{
    ngx_uint_t                 i;
    ngx_array_t               *reasons;
    ngx_keyval_t              *kv;
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    reasons = &pages->languages[ctx->language].reasons;
    kv = reasons->elts;

    for (i = 0; i < reasons->nelts; i++) {
        if (kv[i].key.len == reason->len
            && ngx_memcmp(kv[i].key.data, reason->data, reason->len) == 0)
        {
            return &kv[i].value;
        }
    }

    return reason;
}


ngx_str_t *
ngx_http_volunteer_pages_file(ngx_http_volunteer_pages_t *pages,
    ngx_str_t *name, ngx_str_t *type)
{
    ngx_uint_t     i;
    ngx_keyval_t  *file;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_FILES; i++) {

        file = &ngx_http_volunteer_files[i];

        if (name->len == file->key.len
            && ngx_memcmp(name->data, file->key.data, name->len) == 0)
        {
            *type = file->value;
            return &pages->files[i];
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_volunteer_pages_constant(ngx_http_volunteer_pages_t *pages)
{
    return !pages->foreign;
}


void
ngx_http_volunteer_pages_digest(ngx_http_volunteer_pages_t *pages,
    EVP_MD_CTX *hash)
{
    ngx_uint_t                      i, n;
    ngx_keyval_t                   *kv;
    ngx_http_volunteer_language_t  *language;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_LANGUAGES; i++) {

        language = &pages->languages[i];

        for (n = 0; n < NGX_HTTP_VOLUNTEER_TEMPLATES; n++) {
            ngx_http_volunteer_digest_add(hash,
                                          &language->templates[n].value);
        }

        kv = language->reasons.elts;

        for (n = 0; n < language->reasons.nelts; n++) {
            ngx_http_volunteer_digest_add(hash, &kv[n].key);
            ngx_http_volunteer_digest_add(hash, &kv[n].value);
        }
    }
}


/* the language of the highest weight, of the first one among equals */

ngx_uint_t
ngx_http_volunteer_page_language(ngx_http_request_t *r)
{
    u_char      *p, *last, *hyphen;
    ngx_int_t    weight, best;
    ngx_str_t    range, *name;
    ngx_uint_t   i, language;

    language = 0;
    best = 0;

    if (r->headers_in.accept_language == NULL) {
        return language;
    }

    p = r->headers_in.accept_language->value.data;
    last = p + r->headers_in.accept_language->value.len;

    while (p < last) {

        p = ngx_http_volunteer_next_choice(p, last, &range, &weight);

        /* only the primary subtag counts (RFC 5646, 2.2.1) */

        hyphen = ngx_strlchr(range.data, range.data + range.len, '-');
        if (hyphen != NULL) {
            range.len = hyphen - range.data;
        }

        for (i = 0; i < NGX_HTTP_VOLUNTEER_LANGUAGES; i++) {

            name = &ngx_http_volunteer_languages[i];

            if (weight > best
                && range.len == name->len
                && ngx_strncasecmp(range.data, name->data, name->len) == 0)
            {
                language = i;
                best = weight;
            }
        }
    }

    return language;
}
