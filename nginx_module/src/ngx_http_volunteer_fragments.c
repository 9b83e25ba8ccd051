
/*
 * Variables of the page templates that are markup: templates of their own,
 * repeated or left out.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_page.h"


static ngx_int_t ngx_http_volunteer_set_fragment(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_uint_t template);


ngx_int_t
ngx_http_volunteer_lines_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                          len;
    u_char                         *p;
    ngx_str_t                      *rows, markup;
    ngx_uint_t                      i;
    ngx_array_t                    *lines;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_line_t      *line;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    /* line.html must not ask for all lines again */

    if (ctx == NULL || ctx->claims == NULL || ctx->line != NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    lines = &ctx->claims->lines;

    rows = ngx_palloc(r->pool, lines->nelts * sizeof(ngx_str_t));
    if (rows == NULL) {
        return NGX_ERROR;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
    line = lines->elts;
    len = 0;

    for (i = 0; i < lines->nelts; i++) {
        ctx->line = &line[i];

        if (ngx_http_volunteer_page_fragment(r, vlcf->pages,
                                             NGX_HTTP_VOLUNTEER_LINE,
                                             &rows[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        len += rows[i].len;
    }

    ctx->line = NULL;

    markup.len = len;
    markup.data = ngx_pnalloc(r->pool, len);
    if (markup.data == NULL) {
        return NGX_ERROR;
    }

    p = markup.data;

    for (i = 0; i < lines->nelts; i++) {
        p = ngx_cpymem(p, rows[i].data, rows[i].len);
    }

    ngx_http_volunteer_set_markup(v, &markup);

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_more_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_claims_t  *claims;

    claims = ngx_http_volunteer_page_claims(r);

    if (claims == NULL || claims->more_count == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_fragment(r, v, NGX_HTTP_VOLUNTEER_MORE);
}


ngx_int_t
ngx_http_volunteer_by_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_srv_conf_t  *vscf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vscf = ngx_http_get_module_srv_conf(r, ngx_http_volunteer_module);

    if (ctx == NULL || !vscf->by_number) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_fragment(r, v,
                                           NGX_HTTP_VOLUNTEER_BY_NUMBER_LINK);
}


/* only what is valid is printed */

ngx_int_t
ngx_http_volunteer_pdf_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (ctx == NULL || ctx->verdict != NGX_HTTP_VOLUNTEER_VALID
        || vlcf->print == NULL)
    {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_fragment(r, v, NGX_HTTP_VOLUNTEER_PDF_LINK);
}


static ngx_int_t
ngx_http_volunteer_set_fragment(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_uint_t template)
{
    ngx_str_t                       markup;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (ngx_http_volunteer_page_fragment(r, vlcf->pages, template, &markup)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_volunteer_set_markup(v, &markup);

    return NGX_OK;
}
