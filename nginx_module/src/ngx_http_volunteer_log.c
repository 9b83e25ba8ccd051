
/*
 * A code opens a certificate, so no log holds more than its first six
 * characters: a variable for log_format, and error_log's own context.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_PREFIX  6


static ngx_int_t ngx_http_volunteer_log_prefix(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_log_verdict(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_log_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_volunteer_log_server(ngx_http_request_t *r);
static ngx_uint_t ngx_http_volunteer_log_below(ngx_http_request_t *r,
    const char *path);
static ngx_int_t ngx_http_volunteer_log_location(ngx_http_request_t *r);
static void ngx_http_volunteer_log_hide(ngx_http_request_t *r);
static u_char *ngx_http_volunteer_log_error(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static u_char *ngx_http_volunteer_log_subrequest(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len);
static void ngx_http_volunteer_log_cut(ngx_str_t *uri);


/* nginx's own, the same for all requests */

static ngx_http_log_handler_pt  ngx_http_volunteer_log_default;


static ngx_http_variable_t  ngx_http_volunteer_log_variables[] = {

    /* first six characters of the code that was asked for */
    { ngx_string("volunteer_code_prefix"), NULL,
      ngx_http_volunteer_log_prefix, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    /* valid, revoked, suspended, superseded, mismatch, unknown, … */
    { ngx_string("volunteer_verdict"), NULL,
      ngx_http_volunteer_log_verdict, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

    /* HIT, NEGATIVE: from the zone; KNOWN, MISS: from the database */
    { ngx_string("volunteer_cache_status"), NULL,
      ngx_http_volunteer_log_cache, 0, NGX_HTTP_VAR_NOCACHEABLE, 0 },

      ngx_http_null_variable
};


ngx_int_t
ngx_http_volunteer_log_add_variables(ngx_conf_t *cf)
{
    ngx_http_variable_t  *var, *v;

    for (v = ngx_http_volunteer_log_variables; v->name.len; v++) {

        var = ngx_http_add_variable(cf, &v->name, v->flags);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = v->get_handler;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_log_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    /* nginx refuses large bodies while it looks for the location */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_SERVER_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_volunteer_log_server;

    /* the first phase that knows the location, before limits can refuse */

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_REWRITE_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_volunteer_log_location;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_log_prefix(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL || ctx->code.len == 0) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->data = ctx->code.data;
    v->len = NGX_HTTP_VOLUNTEER_PREFIX;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_log_verdict(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                 *name;
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    /* of a list of codes each has its own, of a status list there is none */

    if (ctx == NULL
        || (ctx->format >= NGX_HTTP_VOLUNTEER_NDJSON
            && ctx->verdict == NGX_HTTP_VOLUNTEER_FORM))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    name = &ngx_http_volunteer_verdicts[ctx->verdict];

    v->data = name->data;
    v->len = name->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_log_cache(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data)
{
    ngx_str_t                 *status;
    ngx_http_volunteer_ctx_t  *ctx;

    static ngx_str_t  statuses[] = {
        ngx_string("MISS"),
        ngx_string("KNOWN"),
        ngx_string("HIT"),
        ngx_string("NEGATIVE")
    };

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL || ctx->cache_status == NGX_HTTP_VOLUNTEER_UNASKED) {
        v->not_found = 1;
        return NGX_OK;
    }

    status = &statuses[ctx->cache_status - NGX_HTTP_VOLUNTEER_MISS];

    v->data = status->data;
    v->len = status->len;
    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_log_server(ngx_http_request_t *r)
{
    ngx_http_volunteer_srv_conf_t  *vscf;

    vscf = ngx_http_get_module_srv_conf(r, ngx_http_volunteer_module);

    if ((vscf->certificate
         && ngx_http_volunteer_log_below(r, NGX_HTTP_VOLUNTEER_PATH))
        || (vscf->by_number
            && ngx_http_volunteer_log_below(r,
                                            NGX_HTTP_VOLUNTEER_NUMBER_PATH)))
    {
        ngx_http_volunteer_log_hide(r);
    }

    return NGX_DECLINED;
}


static ngx_uint_t
ngx_http_volunteer_log_below(ngx_http_request_t *r, const char *path)
{
    size_t  len;

    len = ngx_strlen(path);

    return r->uri.len >= len && ngx_memcmp(r->uri.data, path, len) == 0;
}


static ngx_int_t
ngx_http_volunteer_log_location(ngx_http_request_t *r)
{
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    if (vlcf->certificate || vlcf->by_number) {
        ngx_http_volunteer_log_hide(r);
    }

    return NGX_DECLINED;
}


/* of a subrequest nginx asks the handler of the main request */

static void
ngx_http_volunteer_log_hide(ngx_http_request_t *r)
{
    r->log_handler = ngx_http_volunteer_log_error;

    if (r->main->log_handler != ngx_http_volunteer_log_error
        && r->main->log_handler != ngx_http_volunteer_log_subrequest)
    {
        ngx_http_volunteer_log_default = r->main->log_handler;
        r->main->log_handler = ngx_http_volunteer_log_subrequest;
    }
}


static u_char *
ngx_http_volunteer_log_error(ngx_http_request_t *r, ngx_http_request_t *sr,
    u_char *buf, size_t len)
{
    ngx_str_t                  uri;
    ngx_http_core_srv_conf_t  *cscf;

    cscf = ngx_http_get_module_srv_conf(r, ngx_http_core_module);

    uri = r->unparsed_uri;
    ngx_http_volunteer_log_cut(&uri);

    return ngx_snprintf(buf, len, ", server: %V, request: \"%V %V\"",
                        &cscf->server_name, &r->method_name, &uri);
}


/* the main request is not for us: as nginx has it, but for the code */

static u_char *
ngx_http_volunteer_log_subrequest(ngx_http_request_t *r,
    ngx_http_request_t *sr, u_char *buf, size_t len)
{
    u_char     *p;
    ngx_str_t   uri;

    uri = sr->uri;

    if (sr->log_handler == ngx_http_volunteer_log_error) {
        ngx_http_volunteer_log_cut(&sr->uri);
    }

    p = ngx_http_volunteer_log_default(r, sr, buf, len);

    sr->uri = uri;

    return p;
}


/* however the path was spelled, these bytes hold no more of the code */

static void
ngx_http_volunteer_log_cut(ngx_str_t *uri)
{
    uri->len = ngx_min(uri->len, sizeof(NGX_HTTP_VOLUNTEER_PATH) - 1
                                 + NGX_HTTP_VOLUNTEER_PREFIX);
}
