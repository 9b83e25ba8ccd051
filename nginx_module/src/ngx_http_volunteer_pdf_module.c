
/*
 * The directive volunteer_pdf.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf_print.h"


#if !(NGX_THREADS)
#error "ngx_http_volunteer_pdf_module needs nginx --with-threads"
#endif


#define NGX_HTTP_VOLUNTEER_FONT  "LXGW WenKai"


static void *ngx_http_volunteer_pdf_create_conf(ngx_conf_t *cf);
static char *ngx_http_volunteer_pdf_merge_conf(ngx_conf_t *cf, void *parent,
    void *child);
static char *ngx_http_volunteer_pdf(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);


static ngx_command_t  ngx_http_volunteer_pdf_commands[] = {

    /*
     * volunteer_pdf threads[=pool] [font=family];
     *
     * Prints certificates in a thread pool ("default"), with a font that is
     * installed (LXGW WenKai).  Give it a pool of its own, with a max_queue
     * that is short: a request waits there, one more is 503.
     */
    { ngx_string("volunteer_pdf"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE12,
      ngx_http_volunteer_pdf,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_volunteer_pdf_module_ctx = {
    NULL,                                  /* preconfiguration */
    NULL,                                  /* postconfiguration */

    NULL,                                  /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_volunteer_pdf_create_conf,    /* create location configuration */
    ngx_http_volunteer_pdf_merge_conf      /* merge location configuration */
};


ngx_module_t  ngx_http_volunteer_pdf_module = {
    NGX_MODULE_V1,
    &ngx_http_volunteer_pdf_module_ctx,    /* module context */
    ngx_http_volunteer_pdf_commands,       /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    NULL,                                  /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


static void *
ngx_http_volunteer_pdf_create_conf(ngx_conf_t *cf)
{
    /*
     * set by ngx_pcalloc():
     *
     *     conf->pool = NULL;
     */

    return ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_pdf_conf_t));
}


static char *
ngx_http_volunteer_pdf_merge_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_volunteer_pdf_conf_t  *prev = parent;
    ngx_http_volunteer_pdf_conf_t  *conf = child;

    if (conf->pool == NULL) {
        *conf = *prev;
    }

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_pdf(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_volunteer_pdf_conf_t *pcf = conf;

    ngx_str_t                      *value, name;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    if (pcf->pool) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "threads") == 0) {
        pcf->pool = ngx_thread_pool_add(cf, NULL);

    } else if (ngx_strncmp(value[1].data, "threads=", 8) == 0
               && value[1].len > 8)
    {
        name.len = value[1].len - 8;
        name.data = value[1].data + 8;

        pcf->pool = ngx_thread_pool_add(cf, &name);

    } else {
        return "invalid value";
    }

    if (pcf->pool == NULL) {
        return NGX_CONF_ERROR;
    }

    vlcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_volunteer_module);
    vlcf->print = ngx_http_volunteer_pdf_print;

    ngx_str_set(&vlcf->font, NGX_HTTP_VOLUNTEER_FONT);

    if (cf->args->nelts == 3) {

        if (ngx_strncmp(value[2].data, "font=", 5) != 0 || value[2].len == 5) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\"", &value[2]);
            return NGX_CONF_ERROR;
        }

        vlcf->font.len = value[2].len - 5;
        vlcf->font.data = value[2].data + 5;
    }

    return NGX_CONF_OK;
}
