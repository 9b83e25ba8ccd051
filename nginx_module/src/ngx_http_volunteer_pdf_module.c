
/*
 * GET, HEAD /c/CODE.pdf: the certificate on paper, drawn in a thread pool.
 *
 * Only a valid certificate is printed.  A sheet that is being drawn belongs to
 * no request: all who want it wait for it; if they keep rows in a zone, in
 * other workers too, and take it from there.  The queue of the pool bounds how
 * many sheets wait (max_queue, 503 beyond), its threads bound the memory:
 * about 20 MB for the font, and some for each thread.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_marks.h"
#include "ngx_http_volunteer_metrics.h"
#include "ngx_http_volunteer_pdf.h"


#if !(NGX_THREADS)
#error "ngx_http_volunteer_pdf_module needs nginx --with-threads"
#endif


#define NGX_HTTP_VOLUNTEER_FONT      "LXGW WenKai"
#define NGX_HTTP_VOLUNTEER_PDF_LONG  60000     /* milliseconds */


typedef struct {
    ngx_thread_pool_t            *pool;        /* NULL: nothing is printed */
} ngx_http_volunteer_pdf_conf_t;


typedef struct {
    ngx_queue_t                     queue;     /* of those in progress */
    ngx_queue_t                     waiters;
    ngx_pool_t                     *pool;
    ngx_http_volunteer_loc_conf_t  *vlcf;
    ngx_http_volunteer_claims_t     claims;
    ngx_thread_task_t              *task;

    ngx_http_volunteer_key_id_t     key;       /* of the sheet in the zone */
    ngx_http_volunteer_stamp_t      stamp;     /* epoch 0: not for keeping */
    ngx_event_t                     ground;    /* another worker draws it */

    /* what the thread reads and writes while the event loop leaves it alone */

    ngx_http_volunteer_sheet_t      sheet;
    const char                     *failure;
    GBytes                         *pdf;       /* the result, when it ended */
    ngx_uint_t                      kept;      /* a flag: in the zone */
} ngx_http_volunteer_printing_t;


static ngx_int_t ngx_http_volunteer_pdf_print(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_pdf_print_again(ngx_http_request_t *r,
    void *data);
static ngx_http_volunteer_printing_t *ngx_http_volunteer_printing_find(
    ngx_http_request_t *r);
static ngx_http_volunteer_printing_t *ngx_http_volunteer_printing_create(
    ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_printing_sheet(ngx_http_request_t *r,
    ngx_http_volunteer_printing_t *printing);
static ngx_uint_t ngx_http_volunteer_printing_elsewhere(
    ngx_http_volunteer_printing_t *printing);
static void ngx_http_volunteer_printing_woken(ngx_event_t *ev);
static void ngx_http_volunteer_printing_unmark(
    ngx_http_volunteer_printing_t *printing);
static void ngx_http_volunteer_printing_thread(void *data, ngx_log_t *log);
static void ngx_http_volunteer_printing_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_volunteer_printing_answer(ngx_http_request_t *r,
    void *data);
static void ngx_http_volunteer_printing_release(void *pdf);
static void ngx_http_volunteer_printing_free(void *data);
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


/* in progress, of this worker process */

static ngx_queue_t  ngx_http_volunteer_printings = {
    &ngx_http_volunteer_printings, &ngx_http_volunteer_printings
};


static ngx_int_t
ngx_http_volunteer_pdf_print(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_str_t                       body;
    ngx_http_volunteer_pdf_conf_t  *conf;
    ngx_http_volunteer_printing_t  *printing;

    rc = ngx_http_volunteer_cache_sheet(r, &body);

    if (rc == NGX_OK) {
        return ngx_http_volunteer_answer_body(r, &body);
    }

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    printing = ngx_http_volunteer_printing_find(r);

    if (printing) {
        return ngx_http_volunteer_wait(r, &printing->waiters);
    }

    printing = ngx_http_volunteer_printing_create(r);
    if (printing == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (!ngx_http_volunteer_printing_elsewhere(printing)) {

        /* another worker may have ended since we looked */

        rc = ngx_http_volunteer_cache_sheet(r, &body);

        if (rc != NGX_DECLINED) {
            ngx_http_volunteer_printing_unmark(printing);
            ngx_destroy_pool(printing->pool);

            return rc == NGX_OK ? ngx_http_volunteer_answer_body(r, &body)
                                : NGX_HTTP_INTERNAL_SERVER_ERROR;
        }

        conf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_pdf_module);

        if (ngx_thread_task_post(conf->pool, printing->task) != NGX_OK) {
            ngx_http_volunteer_printing_unmark(printing);
            ngx_destroy_pool(printing->pool);

            return ngx_http_volunteer_busy(r, "print_queue_full",
                                           "Too many certificates are being "
                                           "printed now.");
        }

        /* a worker leaves when it has no timers */

        ngx_add_timer(&printing->task->event, NGX_HTTP_VOLUNTEER_PDF_LONG);
    }

    ngx_queue_insert_head(&ngx_http_volunteer_printings, &printing->queue);

    return ngx_http_volunteer_wait(r, &printing->waiters);
}


static ngx_int_t
ngx_http_volunteer_pdf_print_again(ngx_http_request_t *r, void *data)
{
    return ngx_http_volunteer_pdf_print(r);
}


/* one of the same claims, for the same location */

static ngx_http_volunteer_printing_t *
ngx_http_volunteer_printing_find(ngx_http_request_t *r)
{
    ngx_str_t                      *payload;
    ngx_queue_t                    *q;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;
    ngx_http_volunteer_printing_t  *printing;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    payload = &ctx->claims->payload;

    for (q = ngx_queue_head(&ngx_http_volunteer_printings);
         q != ngx_queue_sentinel(&ngx_http_volunteer_printings);
         q = ngx_queue_next(q))
    {
        printing = ngx_queue_data(q, ngx_http_volunteer_printing_t, queue);

        if (printing->vlcf == vlcf
            && printing->claims.payload.len == payload->len
            && ngx_memcmp(printing->claims.payload.data, payload->data,
                          payload->len)
               == 0)
        {
            return printing;
        }
    }

    return NULL;
}


static ngx_http_volunteer_printing_t *
ngx_http_volunteer_printing_create(ngx_http_request_t *r)
{
    ngx_pool_t                     *pool;
    ngx_thread_task_t              *task;
    ngx_pool_cleanup_t             *cln;
    ngx_http_volunteer_printing_t  *printing;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_http_volunteer_printing_t));
    cln = ngx_pool_cleanup_add(pool, 0);

    if (task == NULL || cln == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    printing = task->ctx;
    printing->pool = pool;
    printing->task = task;
    printing->vlcf = ngx_http_get_module_loc_conf(r,
                                                  ngx_http_volunteer_module);
    ngx_queue_init(&printing->waiters);

    cln->handler = ngx_http_volunteer_printing_free;
    cln->data = printing;

    task->handler = ngx_http_volunteer_printing_thread;
    task->event.data = printing;
    task->event.log = ngx_cycle->log;
    task->event.handler = ngx_http_volunteer_printing_handler;

    printing->ground.data = printing;
    printing->ground.log = ngx_cycle->log;
    printing->ground.handler = ngx_http_volunteer_printing_woken;

    if (ngx_http_volunteer_printing_sheet(r, printing) != NGX_OK) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    return printing;
}


/* all of it in the pool of the printing */

static ngx_int_t
ngx_http_volunteer_printing_sheet(ngx_http_request_t *r,
    ngx_http_volunteer_printing_t *printing)
{
    ngx_str_t                       url, *payload;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_sheet_t     *sheet;
    ngx_http_volunteer_claims_t    *claims;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    vlcf = printing->vlcf;
    sheet = &printing->sheet;
    claims = &printing->claims;

    if (ngx_http_volunteer_url(r, &url) != NGX_OK) {
        return NGX_ERROR;
    }

    sheet->url.len = url.len;
    sheet->url.data = ngx_pnalloc(printing->pool, url.len + 1);

    payload = &ctx->claims->payload;

    claims->payload.len = payload->len;
    claims->payload.data = ngx_pstrdup(printing->pool, payload);

    if (sheet->url.data == NULL || claims->payload.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(sheet->url.data, url.data, url.len + 1);

    sheet->code.len = ctx->code.len;
    sheet->code.data = sheet->url.data + url.len - ctx->code.len;

    if (ngx_http_volunteer_claims_parse(printing->pool, &vlcf->origin,
                                        &sheet->code, claims)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    sheet->claims = claims;
    sheet->font = (const char *) vlcf->font.data;

    /* "http://" or "https://" */

    sheet->host = vlcf->origin;

    while (*sheet->host.data != '/') {
        sheet->host.data++;
        sheet->host.len--;
    }

    sheet->host.data += 2;
    sheet->host.len -= 2;

    sheet->qr = ngx_http_volunteer_qr_encode(printing->pool, &sheet->url);
    if (sheet->qr == NULL) {
        return NGX_ERROR;
    }

    sheet->pdf = g_string_new(NULL);

    /* a row that is for keeping makes a sheet for all workers */

    if (ctx->row.stamp.epoch != 0) {
        ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &printing->key);
        printing->key.kind = NGX_HTTP_VOLUNTEER_KIND_PDF;

        printing->stamp = ctx->row.stamp;
        printing->stamp.started = ngx_current_msec;
    }

    return NGX_OK;
}


/* whether another worker draws it, and is to wake us; else it is for us */

static ngx_uint_t
ngx_http_volunteer_printing_elsewhere(ngx_http_volunteer_printing_t *printing)
{
    ngx_uint_t                  others;
    ngx_http_volunteer_zone_t  *zone;

    if (printing->stamp.epoch == 0) {
        return 0;
    }

    zone = printing->vlcf->cache->zone;

    ngx_http_volunteer_zone_lock(zone);

    others = ngx_http_volunteer_mark_others(printing->vlcf, &printing->key);

    if (!others) {
        ngx_http_volunteer_mark_set(printing->vlcf, &printing->key,
                                    &printing->stamp);
    }

    ngx_http_volunteer_zone_unlock(zone);

    if (others) {
        ngx_http_volunteer_mark_wait(&printing->ground,
                                     printing->vlcf->db->timeout);
    }

    return others;
}


static void
ngx_http_volunteer_printing_woken(ngx_event_t *ev)
{
    ngx_uint_t                      others;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_printing_t  *printing;

    printing = ev->data;
    zone = printing->vlcf->cache->zone;

    if (ngx_http_volunteer_mark_overdue(ev)) {

        /* ours from here on */

        ngx_http_volunteer_zone_lock(zone);
        ngx_http_volunteer_mark_set(printing->vlcf, &printing->key,
                                    &printing->stamp);
        ngx_http_volunteer_zone_unlock(zone);

    } else {
        ngx_http_volunteer_zone_lock(zone);
        others = ngx_http_volunteer_mark_others(printing->vlcf,
                                                &printing->key);
        ngx_http_volunteer_zone_unlock(zone);

        if (others) {
            ngx_http_volunteer_mark_wait(ev, printing->vlcf->db->timeout);
            return;
        }
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_queue_remove(&printing->queue);

    ngx_http_volunteer_answer_waiters(&printing->waiters,
                                      ngx_http_volunteer_pdf_print_again,
                                      NULL);

    ngx_destroy_pool(printing->pool);
}


static void
ngx_http_volunteer_printing_unmark(ngx_http_volunteer_printing_t *printing)
{
    ngx_uint_t                  others;
    ngx_http_volunteer_zone_t  *zone;

    if (printing->stamp.epoch == 0) {
        return;
    }

    zone = printing->vlcf->cache->zone;

    ngx_http_volunteer_zone_lock(zone);
    others = ngx_http_volunteer_mark_clear(printing->vlcf, &printing->key,
                                           &printing->stamp);
    ngx_http_volunteer_zone_unlock(zone);

    if (others) {
        ngx_http_volunteer_wake();
    }
}


static void
ngx_http_volunteer_printing_thread(void *data, ngx_log_t *log)
{
    ngx_http_volunteer_printing_t *printing = data;

    printing->failure = ngx_http_volunteer_sheet_draw(&printing->sheet);
}


static void
ngx_http_volunteer_printing_handler(ngx_event_t *ev)
{
    ngx_http_volunteer_printing_t  *printing;

    printing = ev->data;

    if (ev->timedout) {
        ngx_log_error(NGX_LOG_ALERT, ev->log, 0,
                      "printing a certificate took too long");
        ev->timedout = 0;
        return;
    }

    if (ev->timer_set) {
        ngx_del_timer(ev);
    }

    ngx_queue_remove(&printing->queue);

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_SHEETS);

    printing->pdf = g_string_free_to_bytes(printing->sheet.pdf);
    printing->sheet.pdf = NULL;

    if (printing->failure) {
        ngx_log_error(NGX_LOG_ERR, ev->log, 0,
                      "certificate could not be printed: %s",
                      printing->failure);
    }

    ngx_http_volunteer_answer_waiters(&printing->waiters,
                                      ngx_http_volunteer_printing_answer,
                                      printing);

    ngx_http_volunteer_printing_unmark(printing);
    ngx_destroy_pool(printing->pool);
}


static ngx_int_t
ngx_http_volunteer_printing_answer(ngx_http_request_t *r, void *data)
{
    ngx_http_volunteer_printing_t *printing = data;

    gsize                size;
    ngx_str_t            body;
    ngx_pool_cleanup_t  *cln;

    cln = ngx_pool_cleanup_add(r->pool, 0);

    if (cln == NULL || printing->failure) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln->handler = ngx_http_volunteer_printing_release;
    cln->data = g_bytes_ref(printing->pdf);

    body.data = (u_char *) g_bytes_get_data(printing->pdf, &size);
    body.len = size;

    if (!printing->kept) {
        ngx_http_volunteer_cache_put(r, &body);
        printing->kept = 1;
    }

    return ngx_http_volunteer_answer_body(r, &body);
}


static void
ngx_http_volunteer_printing_release(void *pdf)
{
    g_bytes_unref(pdf);
}


static void
ngx_http_volunteer_printing_free(void *data)
{
    ngx_http_volunteer_printing_t *printing = data;

    QRcode_free(printing->sheet.qr);

    if (printing->sheet.pdf) {
        g_string_free(printing->sheet.pdf, TRUE);
    }

    if (printing->pdf) {
        g_bytes_unref(printing->pdf);
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
