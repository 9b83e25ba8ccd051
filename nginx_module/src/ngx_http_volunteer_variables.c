
/*
 * Variables of the page templates.
 *
 * The values come from strangers: every variable is escaped for HTML text and
 * for attributes in double quotes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_page.h"


#define NGX_HTTP_VOLUNTEER_GROUP       5
#define NGX_HTTP_VOLUNTEER_UTC_OFFSET  (8 * 60 * 60)     /* Asia/Shanghai */


static ngx_int_t ngx_http_volunteer_ctx_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_code_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_origin_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_host_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_stars_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_issued_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_line_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *value);


/* not cacheable: those of a line change while its page is rendered */

#define ngx_http_volunteer_variable(name, handler, data)                     \
    { ngx_string("volunteer_" name), NULL, handler, data,                    \
      NGX_HTTP_VAR_NOCACHEABLE, 0 }


static ngx_http_variable_t  ngx_http_volunteer_variables[] = {

    /* of this service */

    ngx_http_volunteer_variable("origin",
        ngx_http_volunteer_origin_variable, 0),

    ngx_http_volunteer_variable("host",
        ngx_http_volunteer_host_variable, 0),

    /* of the answer: empty where the verdict has none */

    ngx_http_volunteer_variable("code",
        ngx_http_volunteer_ctx_variable,
        offsetof(ngx_http_volunteer_ctx_t, code)),

    ngx_http_volunteer_variable("code_grouped",
        ngx_http_volunteer_code_variable, 0),

    ngx_http_volunteer_variable("checked_at",
        ngx_http_volunteer_time_variable,
        offsetof(ngx_http_volunteer_ctx_t, row.checked_at)),

    ngx_http_volunteer_variable("status_since",
        ngx_http_volunteer_time_variable,
        offsetof(ngx_http_volunteer_ctx_t, row.status_since)),

    ngx_http_volunteer_variable("reason",
        ngx_http_volunteer_reason_variable, 0),

    /* of the certificate, from its verified token */

    ngx_http_volunteer_variable("number",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, number)),

    ngx_http_volunteer_variable("name",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, name)),

    ngx_http_volunteer_variable("hours",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, hours)),

    ngx_http_volunteer_variable("star",
        ngx_http_volunteer_number_variable,
        offsetof(ngx_http_volunteer_claims_t, star)),

    ngx_http_volunteer_variable("stars",
        ngx_http_volunteer_stars_variable, 0),

    ngx_http_volunteer_variable("period_from",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, period_from)),

    ngx_http_volunteer_variable("period_to",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, period_to)),

    ngx_http_volunteer_variable("as_of",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, as_of)),

    ngx_http_volunteer_variable("issuer",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, issuer)),

    ngx_http_volunteer_variable("issuer_code",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, issuer_code)),

    ngx_http_volunteer_variable("issued_on",
        ngx_http_volunteer_issued_variable, 0),

    ngx_http_volunteer_variable("alg",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, alg)),

    ngx_http_volunteer_variable("kid",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, kid)),

    /* markup: line.html once a line, more.html when lines were summed up */

    ngx_http_volunteer_variable("lines",
        ngx_http_volunteer_lines_variable, 0),

    ngx_http_volunteer_variable("more",
        ngx_http_volunteer_more_variable, 0),

    ngx_http_volunteer_variable("more_count",
        ngx_http_volunteer_number_variable,
        offsetof(ngx_http_volunteer_claims_t, more_count)),

    ngx_http_volunteer_variable("more_hours",
        ngx_http_volunteer_claim_variable,
        offsetof(ngx_http_volunteer_claims_t, more_hours)),

    /* markup: by_number.html and pdf.html, where that is offered */

    ngx_http_volunteer_variable("by_number",
        ngx_http_volunteer_by_number_variable, 0),

    ngx_http_volunteer_variable("pdf",
        ngx_http_volunteer_pdf_variable, 0),

    /* in line.html */

    ngx_http_volunteer_variable("line_project",
        ngx_http_volunteer_line_variable,
        offsetof(ngx_http_volunteer_line_t, project)),

    ngx_http_volunteer_variable("line_organization",
        ngx_http_volunteer_line_variable,
        offsetof(ngx_http_volunteer_line_t, organization)),

    ngx_http_volunteer_variable("line_hours",
        ngx_http_volunteer_line_variable,
        offsetof(ngx_http_volunteer_line_t, hours)),

    ngx_http_null_variable
};


ngx_int_t
ngx_http_volunteer_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_volunteer_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
        var->data = v->data;
    }

    return NGX_OK;
}


ngx_uint_t
ngx_http_volunteer_is_variable(ngx_str_t *name)
{
    ngx_http_variable_t  *v;

    for (v = ngx_http_volunteer_variables; v->name.len; v++) {
        if (v->name.len == name->len
            && ngx_strncasecmp(v->name.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_volunteer_ctx_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_variable(r, v,
                                  (ngx_str_t *) ((u_char *) ctx + data));
}


/* "2026-11-22T15:04:05+08:00" is shown as "2026-11-22 15:04:05" */

static ngx_int_t
ngx_http_volunteer_time_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                    *t;
    ngx_str_t                  time;
    ngx_http_volunteer_ctx_t  *ctx;

    static u_char  zeros[NGX_HTTP_VOLUNTEER_BLANK];

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    if (ctx->blank
        && data == offsetof(ngx_http_volunteer_ctx_t, row.checked_at))
    {
        time.data = zeros;
        time.len = sizeof(zeros);
        ngx_http_volunteer_set_markup(v, &time);

        /* what is logged later asks again */

        v->valid = 0;

        return NGX_OK;
    }

    time = *(ngx_str_t *) ((u_char *) ctx + data);
    time.len = ngx_min(time.len, sizeof("2026-11-22T15:04:05") - 1);
    time.data = ngx_pstrdup(r->pool, &time);
    if (time.data == NULL) {
        return NGX_ERROR;
    }

    t = ngx_strlchr(time.data, time.data + time.len, 'T');
    if (t != NULL) {
        *t = ' ';
    }

    return ngx_http_volunteer_set_variable(r, v, &time);
}


/* the words for the reason's class, or the class when there are none */

static ngx_int_t
ngx_http_volunteer_reason_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    return ngx_http_volunteer_set_variable(r, v,
                          ngx_http_volunteer_page_reason(r, vlcf->pages,
                                                         &ctx->row.reason));
}


/* in groups of five, as it is printed */

static ngx_int_t
ngx_http_volunteer_code_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    size_t                     i;
    u_char                    *p;
    ngx_str_t                  grouped;
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    grouped.data = ngx_pnalloc(r->pool, 2 * ctx->code.len);
    if (grouped.data == NULL) {
        return NGX_ERROR;
    }

    p = grouped.data;

    for (i = 0; i < ctx->code.len; i++) {

        if (i > 0 && i % NGX_HTTP_VOLUNTEER_GROUP == 0) {
            *p++ = '-';
        }

        *p++ = ctx->code.data[i];
    }

    grouped.len = p - grouped.data;

    return ngx_http_volunteer_set_variable(r, v, &grouped);
}


static ngx_int_t
ngx_http_volunteer_origin_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    return ngx_http_volunteer_set_variable(r, v, &vlcf->origin);
}


static ngx_int_t
ngx_http_volunteer_host_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                         *last;
    ngx_str_t                       host;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    last = vlcf->origin.data + vlcf->origin.len;

    host.data = ngx_strlcasestrn(vlcf->origin.data, last, (u_char *) "://",
                                 sizeof("://") - 2);

    if (host.data == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    host.data += sizeof("://") - 1;
    host.len = last - host.data;

    return ngx_http_volunteer_set_variable(r, v, &host);
}


static ngx_int_t
ngx_http_volunteer_claim_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_claims_t  *claims;

    claims = ngx_http_volunteer_page_claims(r);

    if (claims == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_variable(r, v,
                                  (ngx_str_t *) ((u_char *) claims + data));
}


static ngx_int_t
ngx_http_volunteer_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                     number;
    ngx_http_volunteer_claims_t  *claims;

    claims = ngx_http_volunteer_page_claims(r);

    if (claims == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    number.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN);
    if (number.data == NULL) {
        return NGX_ERROR;
    }

    number.len = ngx_sprintf(number.data, "%ui",
                             *(ngx_uint_t *) ((u_char *) claims + data))
                 - number.data;

    return ngx_http_volunteer_set_variable(r, v, &number);
}


static ngx_int_t
ngx_http_volunteer_stars_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    u_char                       *p;
    ngx_str_t                     stars;
    ngx_uint_t                    i;
    ngx_http_volunteer_claims_t  *claims;

    claims = ngx_http_volunteer_page_claims(r);

    if (claims == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    stars.len = NGX_HTTP_VOLUNTEER_STARS * (sizeof("★") - 1);
    stars.data = ngx_pnalloc(r->pool, stars.len);
    if (stars.data == NULL) {
        return NGX_ERROR;
    }

    p = stars.data;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_STARS; i++) {
        p = ngx_cpymem(p, i < claims->star ? "★" : "☆", sizeof("★") - 1);
    }

    return ngx_http_volunteer_set_variable(r, v, &stars);
}


static ngx_int_t
ngx_http_volunteer_issued_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_tm_t                      tm;
    ngx_str_t                     day;
    ngx_http_volunteer_claims_t  *claims;

    claims = ngx_http_volunteer_page_claims(r);

    if (claims == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_gmtime(claims->issued_at + NGX_HTTP_VOLUNTEER_UTC_OFFSET, &tm);

    day.data = ngx_pnalloc(r->pool, NGX_INT_T_LEN + sizeof("-11-22"));
    if (day.data == NULL) {
        return NGX_ERROR;
    }

    day.len = ngx_sprintf(day.data, "%04d-%02d-%02d",
                          tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday)
              - day.data;

    return ngx_http_volunteer_set_variable(r, v, &day);
}


static ngx_int_t
ngx_http_volunteer_line_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL || ctx->line == NULL) {
        v->not_found = 1;
        return NGX_OK;
    }

    return ngx_http_volunteer_set_variable(r, v,
                               (ngx_str_t *) ((u_char *) ctx->line + data));
}


ngx_http_volunteer_claims_t *
ngx_http_volunteer_page_claims(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    return (ctx != NULL) ? ctx->claims : NULL;
}


static ngx_int_t
ngx_http_volunteer_set_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, ngx_str_t *value)
{
    uintptr_t  escape;
    ngx_str_t  text;

    text = *value;
    escape = ngx_escape_html(NULL, value->data, value->len);

    if (escape) {
        text.len = value->len + escape;
        text.data = ngx_pnalloc(r->pool, text.len);
        if (text.data == NULL) {
            return NGX_ERROR;
        }

        (void) ngx_escape_html(text.data, value->data, value->len);
    }

    ngx_http_volunteer_set_markup(v, &text);

    return NGX_OK;
}


void
ngx_http_volunteer_set_markup(ngx_http_variable_value_t *v, ngx_str_t *markup)
{
    v->len = markup->len;
    v->data = markup->data;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
}
