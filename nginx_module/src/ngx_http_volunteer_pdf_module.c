
/*
 * GET, HEAD /c/CODE.pdf: the certificate on paper, drawn in a thread pool.
 *
 * Only a valid certificate is printed.  The queue of the pool bounds how many
 * requests wait (max_queue, 503 beyond), its threads bound the memory: about
 * 20 MB for the font, and some for each thread.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf.h"


#if !(NGX_THREADS)
#error "ngx_http_volunteer_pdf_module needs nginx --with-threads"
#endif


#define NGX_HTTP_VOLUNTEER_FONT      "LXGW WenKai"
#define NGX_HTTP_VOLUNTEER_PDF_LONG  60000     /* milliseconds */


typedef struct {
    ngx_thread_pool_t            *pool;        /* NULL: nothing is printed */
} ngx_http_volunteer_pdf_conf_t;


/* what a task reads and writes while the event loop leaves it alone */

typedef struct {
    ngx_http_request_t           *request;
    ngx_http_volunteer_sheet_t    sheet;
    const char                   *failure;
} ngx_http_volunteer_pdf_job_t;


static ngx_int_t ngx_http_volunteer_pdf_print(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_pdf_sheet(ngx_http_request_t *r,
    ngx_http_volunteer_sheet_t *sheet);
static void ngx_http_volunteer_pdf_thread(void *data, ngx_log_t *log);
static void ngx_http_volunteer_pdf_event_handler(ngx_event_t *ev);
static void ngx_http_volunteer_pdf_write_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_pdf_send(ngx_http_request_t *r,
    ngx_http_volunteer_pdf_job_t *job);
static void ngx_http_volunteer_pdf_cleanup(void *data);
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


static ngx_int_t
ngx_http_volunteer_pdf_print(ngx_http_request_t *r)
{
    ngx_thread_task_t              *task;
    ngx_pool_cleanup_t             *cln;
    ngx_http_volunteer_pdf_job_t   *job;
    ngx_http_volunteer_pdf_conf_t  *conf;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    conf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_pdf_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    task = ngx_thread_task_alloc(r->pool,
                                 sizeof(ngx_http_volunteer_pdf_job_t));
    if (task == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    job = task->ctx;
    job->request = r;
    job->sheet.font = (const char *) vlcf->font.data;

    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_volunteer_pdf_cleanup;
    cln->data = &job->sheet;

    if (ngx_http_volunteer_pdf_sheet(r, &job->sheet) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    task->handler = ngx_http_volunteer_pdf_thread;
    task->event.data = task;
    task->event.log = r->connection->log;
    task->event.handler = ngx_http_volunteer_pdf_event_handler;

    if (ngx_thread_task_post(conf->pool, task) != NGX_OK) {
        return ngx_http_volunteer_busy(r, "print_queue_full",
                                       "Too many certificates are being "
                                       "printed now.");
    }

    /*
     * "blocked" keeps the request and its pool until the task has ended, also
     * when the client has gone
     */

    r->main->blocked++;
    r->main->count++;
    r->aio = 1;

    /* a worker leaves when it has no timers */

    ngx_add_timer(&task->event, NGX_HTTP_VOLUNTEER_PDF_LONG);

    ngx_http_set_ctx(r, task, ngx_http_volunteer_pdf_module);
    r->write_event_handler = ngx_http_volunteer_pdf_write_handler;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_volunteer_pdf_sheet(ngx_http_request_t *r,
    ngx_http_volunteer_sheet_t *sheet)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    sheet->claims = ctx->claims;
    sheet->code = ctx->code;

    /* "http://" or "https://" */

    sheet->host = vlcf->origin;

    while (*sheet->host.data != '/') {
        sheet->host.data++;
        sheet->host.len--;
    }

    sheet->host.data += 2;
    sheet->host.len -= 2;

    if (ngx_http_volunteer_url(r, &sheet->url) != NGX_OK) {
        return NGX_ERROR;
    }

    sheet->qr = ngx_http_volunteer_qr_encode(r->pool, &sheet->url);
    if (sheet->qr == NULL) {
        return NGX_ERROR;
    }

    sheet->pdf = g_string_new(NULL);

    return NGX_OK;
}


static void
ngx_http_volunteer_pdf_thread(void *data, ngx_log_t *log)
{
    ngx_http_volunteer_pdf_job_t *job = data;

    job->failure = ngx_http_volunteer_sheet_draw(&job->sheet);
}


static void
ngx_http_volunteer_pdf_event_handler(ngx_event_t *ev)
{
    ngx_connection_t              *c;
    ngx_thread_task_t             *task;
    ngx_http_request_t            *r;
    ngx_http_volunteer_pdf_job_t  *job;

    task = ev->data;
    job = task->ctx;
    r = job->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, c->log, 0,
                      "printing a certificate took too long");
        ev->timedout = 0;
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    r->main->blocked--;
    r->aio = 0;

    r->write_event_handler(r);

    ngx_http_run_posted_requests(c);
}


/* also called when the client could take bytes while there are none yet */

static void
ngx_http_volunteer_pdf_write_handler(ngx_http_request_t *r)
{
    ngx_thread_task_t  *task;

    task = ngx_http_get_module_ctx(r, ngx_http_volunteer_pdf_module);

    if (!task->event.complete) {
        return;
    }

    r->write_event_handler = ngx_http_request_empty_handler;

    ngx_http_finalize_request(r, ngx_http_volunteer_pdf_send(r, task->ctx));
}


static ngx_int_t
ngx_http_volunteer_pdf_send(ngx_http_request_t *r,
    ngx_http_volunteer_pdf_job_t *job)
{
    ngx_str_t  body;

    if (job->failure) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "certificate could not be printed: %s", job->failure);

        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    body.data = (u_char *) job->sheet.pdf->str;
    body.len = job->sheet.pdf->len;

    ngx_http_volunteer_cache_put(r, &body);

    return ngx_http_volunteer_answer_body(r, &body);
}


static void
ngx_http_volunteer_pdf_cleanup(void *data)
{
    ngx_http_volunteer_sheet_t *sheet = data;

    QRcode_free(sheet->qr);

    if (sheet->pdf) {
        g_string_free(sheet->pdf, TRUE);
    }
}


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
