
/*
 * Lines of JSON: what a list of codes is answered with.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_lines.h"


static size_t ngx_http_volunteer_json_size(ngx_str_t *value);
static u_char *ngx_http_volunteer_json_member(u_char *p, const char *name,
    ngx_str_t *value);


ngx_int_t
ngx_http_volunteer_line(ngx_pool_t *pool, ngx_str_t *code,
    ngx_http_volunteer_row_t *row, ngx_http_volunteer_claims_t *claims,
    ngx_str_t *line)
{
    u_char  *p;

    /* all names, punctuation and constants fit into the first figure */

    p = ngx_pnalloc(pool, 256
                          + ngx_http_volunteer_json_size(&row->checked_at)
                          + ngx_http_volunteer_json_size(&row->status_since)
                          + ngx_http_volunteer_json_size(&row->reason)
                          + ngx_http_volunteer_json_size(&claims->number)
                          + ngx_http_volunteer_json_size(&claims->name)
                          + ngx_http_volunteer_json_size(&claims->hours)
                          + ngx_http_volunteer_json_size(&claims->period_from)
                          + ngx_http_volunteer_json_size(&claims->period_to)
                          + ngx_http_volunteer_json_size(&claims->as_of));
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->data = p;

    p = ngx_sprintf(p, "{\"code\":\"%V\",\"status\":\"%V\"", code,
                    &ngx_http_volunteer_verdicts[row->status]);

    p = ngx_http_volunteer_json_member(p, "checked_at", &row->checked_at);
    p = ngx_http_volunteer_json_member(p, "status_since", &row->status_since);

    if (row->reason.len) {
        p = ngx_http_volunteer_json_member(p, "reason", &row->reason);
    }

    p = ngx_http_volunteer_json_member(p, "cert_no", &claims->number);
    p = ngx_http_volunteer_json_member(p, "name_masked", &claims->name);
    p = ngx_http_volunteer_json_member(p, "hours", &claims->hours);
    p = ngx_sprintf(p, ",\"star\":%ui,\"period\":{\"from\":\"",
                    claims->star);
    p = (u_char *) ngx_escape_json(p, claims->period_from.data,
                                   claims->period_from.len);
    *p++ = '"';
    p = ngx_http_volunteer_json_member(p, "to", &claims->period_to);
    *p++ = '}';
    p = ngx_http_volunteer_json_member(p, "as_of", &claims->as_of);
    *p++ = '}';
    *p++ = '\n';

    line->len = p - line->data;

    return NGX_OK;
}


/* a code as it was given may hold anything */

ngx_int_t
ngx_http_volunteer_bare_line(ngx_pool_t *pool, ngx_str_t *code,
    ngx_http_volunteer_verdict_e verdict, ngx_str_t *line)
{
    u_char     *p;
    ngx_str_t  *status;

    status = &ngx_http_volunteer_verdicts[verdict];

    p = ngx_pnalloc(pool, sizeof("{\"code\":\"\",\"status\":\"\"}\n")
                          + ngx_http_volunteer_json_size(code) + status->len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    line->data = p;

    p = ngx_cpymem(p, "{\"code\":\"", sizeof("{\"code\":\"") - 1);
    p = (u_char *) ngx_escape_json(p, code->data, code->len);
    p = ngx_sprintf(p, "\",\"status\":\"%V\"}\n", status);

    line->len = p - line->data;

    return NGX_OK;
}


static size_t
ngx_http_volunteer_json_size(ngx_str_t *value)
{
    return value->len + ngx_escape_json(NULL, value->data, value->len);
}


static u_char *
ngx_http_volunteer_json_member(u_char *p, const char *name, ngx_str_t *value)
{
    p = ngx_sprintf(p, ",\"%s\":\"", name);
    p = (u_char *) ngx_escape_json(p, value->data, value->len);
    *p++ = '"';

    return p;
}
