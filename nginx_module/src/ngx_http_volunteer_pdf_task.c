
/*
 * A sheet of paper to be drawn: the task of a thread, and what it needs, in a
 * pool of its own.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf_print.h"


static ngx_int_t ngx_http_volunteer_printing_sheet(ngx_http_request_t *r,
    ngx_http_volunteer_printing_t *printing);
static void ngx_http_volunteer_printing_thread(void *data, ngx_log_t *log);
static void ngx_http_volunteer_printing_free(void *data);


ngx_http_volunteer_printing_t *
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


static void
ngx_http_volunteer_printing_thread(void *data, ngx_log_t *log)
{
    ngx_http_volunteer_printing_t *printing = data;

    printing->failure = ngx_http_volunteer_sheet_draw(&printing->sheet);
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
