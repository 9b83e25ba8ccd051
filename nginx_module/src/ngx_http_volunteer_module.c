
/*
 * Directives, configuration, start and end of worker processes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_marks.h"
#include "ngx_http_volunteer_metrics.h"


static ngx_int_t ngx_http_volunteer_preconfiguration(ngx_conf_t *cf);
static void *ngx_http_volunteer_create_main_conf(ngx_conf_t *cf);
static void *ngx_http_volunteer_create_srv_conf(ngx_conf_t *cf);
static void *ngx_http_volunteer_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_volunteer_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_volunteer_database(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_cache(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_keys(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_origin(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_pages(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_certificate(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_volunteer_by_number(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_status_list(ngx_conf_t *cf,
    ngx_command_t *cmd, void *conf);
static char *ngx_http_volunteer_document(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_volunteer_metrics(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static void ngx_http_volunteer_set_handler(ngx_conf_t *cf,
    ngx_http_handler_pt handler);
static ngx_int_t ngx_http_volunteer_postconfiguration(ngx_conf_t *cf);
static ngx_int_t ngx_http_volunteer_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_volunteer_init_process(ngx_cycle_t *cycle);
static void ngx_http_volunteer_exit_process(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_volunteer_commands[] = {

    /*
     * volunteer_database "conninfo" [connections=N] [queue=N] [timeout=time]
     *                    [patience=time] [views=time];
     *
     * How each worker reaches schema verify: a libpq connection string, the
     * number of connections that a worker keeps open (2), how many lookups
     * may wait for them (1024; beyond: 503), and how long a request waits
     * for its answer (3s; beyond: 503).  That time begins anew after an
     * outage, of which requests wait out up to patience (10s).  With views,
     * views of pages are counted and the database is told of them that often.
     */
    { ngx_string("volunteer_database"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_1MORE,
      ngx_http_volunteer_database,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /*
     * volunteer_cache zone=name:size [valid=time|off] [listen=on|off]
     *                 [listen_valid=time];
     *
     * What all workers remember, also after a reload: tokens that were
     * verified, rows and the answers made of them.  The latter are served for
     * as long as valid says (2s; off or 0: every request asks the database).
     * With listen=on each worker also hears from the database when a
     * certificate changes: what changed is asked for again at once, and what
     * did not is served for as long as listen_valid says (10m).  A worker that
     * hears nothing, not even itself, goes by valid.
     */
    { ngx_string("volunteer_cache"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1234,
      ngx_http_volunteer_cache,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_keys file;  pinned public keys, a JWK set (RFC 7517) */
    { ngx_string("volunteer_keys"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_volunteer_keys,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_origin https://host;  issuer of tokens, base of QR codes */
    { ngx_string("volunteer_origin"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_volunteer_origin,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_pages directory;  page templates */
    { ngx_string("volunteer_pages"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_volunteer_pages,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_certificate;  in location /c/: certificates and the form */
    { ngx_string("volunteer_certificate"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_certificate,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_by_number;  in location = /n/: by number and holder's name */
    { ngx_string("volunteer_by_number"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_by_number,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_status_list;  in location /s/: Token Status Lists */
    { ngx_string("volunteer_status_list"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_status_list,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    /* volunteer_jwks;  in location = /.well-known/jwks.json */
    { ngx_string("volunteer_jwks"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_document,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_volunteer_jwks },

    /* volunteer_issuer_metadata;  in location = /.well-known/jwt-vc-issuer */
    { ngx_string("volunteer_issuer_metadata"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_document,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_volunteer_issuer_metadata },

    /* volunteer_type_metadata;  in location = /vct/volunteer-service/1 */
    { ngx_string("volunteer_type_metadata"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_document,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      &ngx_http_volunteer_type_metadata },

    /* volunteer_metrics;  in a location that the public cannot reach */
    { ngx_string("volunteer_metrics"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_volunteer_metrics,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_volunteer_module_ctx = {
    ngx_http_volunteer_preconfiguration,   /* preconfiguration */
    ngx_http_volunteer_postconfiguration,  /* postconfiguration */

    ngx_http_volunteer_create_main_conf,   /* create main configuration */
    NULL,                                  /* init main configuration */

    ngx_http_volunteer_create_srv_conf,    /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_volunteer_create_loc_conf,    /* create location configuration */
    ngx_http_volunteer_merge_loc_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_volunteer_module = {
    NGX_MODULE_V1,
    &ngx_http_volunteer_module_ctx,        /* module context */
    ngx_http_volunteer_commands,           /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_volunteer_init_module,        /* init module */
    ngx_http_volunteer_init_process,       /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_volunteer_exit_process,       /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static ngx_int_t
ngx_http_volunteer_preconfiguration(ngx_conf_t *cf)
{
    if (ngx_http_volunteer_log_add_variables(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_volunteer_add_variables(cf);
}


static ngx_int_t
ngx_http_volunteer_postconfiguration(ngx_conf_t *cf)
{
    if (ngx_http_volunteer_log_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_volunteer_views_init(cf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_volunteer_metrics_init(cf);
}


static void *
ngx_http_volunteer_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_volunteer_main_conf_t  *vmcf;

    /*
     * set by ngx_pcalloc():
     *
     *     vmcf->metrics = NULL;
     */

    vmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_main_conf_t));
    if (vmcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&vmcf->databases, cf->pool, 1,
                       sizeof(ngx_http_volunteer_db_t *))
        != NGX_OK
        || ngx_array_init(&vmcf->zones, cf->pool, 1,
                          sizeof(ngx_http_volunteer_zone_t *))
           != NGX_OK
        || ngx_array_init(&vmcf->listeners, cf->pool, 1,
                          sizeof(ngx_http_volunteer_listener_t *))
           != NGX_OK)
    {
        return NULL;
    }

    return vmcf;
}


static void *
ngx_http_volunteer_create_srv_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     vscf->certificate = 0;
     *     vscf->by_number = 0;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_srv_conf_t));
}


static void *
ngx_http_volunteer_create_loc_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     vlcf->db = NULL;
     *     vlcf->cache = NULL;
     *     vlcf->listener = NULL;
     *     vlcf->realm = { 0 };
     *     vlcf->keys = NULL;
     *     vlcf->pages = NULL;
     *     vlcf->origin = { 0, NULL };
     *     vlcf->handler = NULL;
     *     vlcf->certificate = 0;
     *     vlcf->by_number = 0;
     *     vlcf->lists = NULL;
     *     vlcf->document = NULL;
     *     vlcf->body = { 0, NULL };
     *     vlcf->print = NULL;
     *     vlcf->font = { 0, NULL };
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_loc_conf_t));
}


static char *
ngx_http_volunteer_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_volunteer_loc_conf_t  *prev = parent;
    ngx_http_volunteer_loc_conf_t  *conf = child;

    ngx_http_core_loc_conf_t  *clcf;

    /* nginx has the handler of the location for an "if", but not for this */

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);

    if (clcf->lmt_excpt && clcf->handler == NULL) {
        clcf->handler = prev->handler;
    }

    if (conf->db == NULL) {
        conf->db = prev->db;
    }

    if (conf->cache == NULL) {
        conf->cache = prev->cache;
    }

    if (conf->keys == NULL) {
        conf->keys = prev->keys;
    }

    if (conf->pages == NULL) {
        conf->pages = prev->pages;
    }

    ngx_conf_merge_str_value(conf->origin, prev->origin, "");

    conf->certificate |= prev->certificate;

    if (conf->print == NULL) {
        conf->print = prev->print;
        conf->font = prev->font;
    }

    if (conf->certificate
        && (conf->db == NULL || conf->keys == NULL || conf->pages == NULL
            || conf->origin.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_certificate\" needs "
                           "\"volunteer_database\", \"volunteer_keys\", "
                           "\"volunteer_pages\" and \"volunteer_origin\"");
        return NGX_CONF_ERROR;
    }

    if (conf->certificate && conf->cache
        && ngx_http_volunteer_cache_merge(cf, conf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    conf->by_number |= prev->by_number;

    /*
     * Bodies stay in memory, whatever client_body_buffer_size says.  Over
     * HTTP/2 nginx writes to a file what fills a buffer before it has ended.
     */

    if (conf->certificate) {
        clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                            NGX_HTTP_VOLUNTEER_BULK_BODY + 1);
    }

    if (conf->by_number) {
        clcf->client_body_buffer_size = ngx_max(clcf->client_body_buffer_size,
                                            NGX_HTTP_VOLUNTEER_FORM_MAX + 1);
    }

    if (conf->by_number
        && (conf->db == NULL || conf->pages == NULL || conf->origin.len == 0))
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_by_number\" needs "
                           "\"volunteer_database\", \"volunteer_pages\" "
                           "and \"volunteer_origin\"");
        return NGX_CONF_ERROR;
    }

    if (conf->lists == NULL) {
        conf->lists = prev->lists;
    }

    if (conf->lists && conf->db == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_status_list\" needs "
                           "\"volunteer_database\"");
        return NGX_CONF_ERROR;
    }

    if (conf->document) {
        return conf->document->make(cf, conf);
    }

    /* for an "if" or "limit_except" in the location */

    conf->document = prev->document;
    conf->body = prev->body;

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_database(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    ngx_http_volunteer_db_t         **db;
    ngx_http_volunteer_main_conf_t   *vmcf;

    if (vlcf->db) {
        return "is duplicate";
    }

    if (ngx_http_volunteer_db_create(cf, &vlcf->db) != NGX_CONF_OK) {
        return NGX_CONF_ERROR;
    }

    vmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_volunteer_module);

    db = ngx_array_push(&vmcf->databases);
    if (db == NULL) {
        return NGX_CONF_ERROR;
    }

    *db = vlcf->db;

    return ngx_http_volunteer_metrics_create(cf);
}


static char *
ngx_http_volunteer_cache(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    if (vlcf->cache) {
        return "is duplicate";
    }

    return ngx_http_volunteer_cache_create(cf, &vlcf->cache);
}


static char *
ngx_http_volunteer_keys(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    ngx_str_t  *value;

    if (vlcf->keys) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_volunteer_keys_load(cf, &value[1], &vlcf->keys) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_origin(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    u_char     *p, *last;
    ngx_str_t  *value;

    if (vlcf->origin.len) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = value[1].data;
    last = p + value[1].len;

    if (ngx_strncmp(p, "https://", 8) == 0) {
        p += 8;

    } else if (ngx_strncmp(p, "http://", 7) == 0) {
        p += 7;

    } else {
        goto invalid;
    }

    if (p == last) {
        goto invalid;
    }

    /* lower case, no path: what is compared with a token's issuer */

    for ( /* void */ ; p < last; p++) {
        if ((*p < 'a' || *p > 'z') && (*p < '0' || *p > '9')
            && ngx_strchr(".-:[]", *p) == NULL)
        {
            goto invalid;
        }
    }

    vlcf->origin = value[1];

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid origin \"%V\"",
                       &value[1]);
    return NGX_CONF_ERROR;
}


static char *
ngx_http_volunteer_pages(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    ngx_str_t  *value;

    if (vlcf->pages) {
        return "is duplicate";
    }

    value = cf->args->elts;

    return ngx_http_volunteer_pages_load(cf, &value[1], &vlcf->pages);
}


static char *
ngx_http_volunteer_certificate(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    ngx_http_volunteer_srv_conf_t  *vscf;

    vlcf->certificate = 1;

    vscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_volunteer_module);
    vscf->certificate = 1;

    ngx_http_volunteer_set_handler(cf, ngx_http_volunteer_handler);

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_by_number(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    ngx_http_volunteer_srv_conf_t  *vscf;

    vlcf->by_number = 1;

    vscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_volunteer_module);
    vscf->by_number = 1;

    ngx_http_volunteer_set_handler(cf, ngx_http_volunteer_number_handler);

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_status_list(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    if (vlcf->lists) {
        return "is duplicate";
    }

    vlcf->lists = ngx_http_volunteer_lists_create(cf);
    if (vlcf->lists == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_http_volunteer_set_handler(cf, ngx_http_volunteer_status_list_handler);

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_document(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_loc_conf_t *vlcf = conf;

    vlcf->document = cmd->post;

    ngx_http_volunteer_set_handler(cf, ngx_http_volunteer_document_handler);

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_metrics(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_set_handler(cf, ngx_http_volunteer_metrics_handler);

    return ngx_http_volunteer_metrics_create(cf);
}


static void
ngx_http_volunteer_set_handler(ngx_conf_t *cf, ngx_http_handler_pt handler)
{
    ngx_http_core_loc_conf_t       *clcf;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = handler;

    vlcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_volunteer_module);
    vlcf->handler = handler;
}


static ngx_int_t
ngx_http_volunteer_init_module(ngx_cycle_t *cycle)
{
    ngx_http_volunteer_main_conf_t  *vmcf;

    vmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_volunteer_module);

    if (vmcf == NULL || vmcf->zones.nelts == 0) {
        return NGX_OK;
    }

    return ngx_http_volunteer_marks_init_module(cycle);
}


static ngx_int_t
ngx_http_volunteer_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_db_t         **db;
    ngx_http_volunteer_main_conf_t   *vmcf;

    /* cache managers and loaders come here as well */

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    vmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_volunteer_module);
    if (vmcf == NULL) {
        return NGX_OK;
    }

    if (vmcf->metrics) {
        ngx_http_volunteer_metrics_start(vmcf->metrics);
    }

    db = vmcf->databases.elts;

    for (i = 0; i < vmcf->databases.nelts; i++) {
        if (ngx_http_volunteer_db_start(cycle, db[i]) != NGX_OK) {
            return NGX_ERROR;
        }

        ngx_http_volunteer_views_start(cycle, db[i]);
    }

    return ngx_http_volunteer_cache_start(cycle, vmcf);
}


static void
ngx_http_volunteer_exit_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_db_t         **db;
    ngx_http_volunteer_main_conf_t   *vmcf;

    vmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_volunteer_module);
    if (vmcf == NULL) {
        return;
    }

    ngx_http_volunteer_cache_stop(vmcf);

    db = vmcf->databases.elts;

    for (i = 0; i < vmcf->databases.nelts; i++) {
        ngx_http_volunteer_db_stop(db[i]);
    }

    ngx_http_volunteer_metrics_stop();
}
