
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

#include "ngx_http_volunteer_metrics.h"
#include "ngx_http_volunteer_pdf_print.h"


#define NGX_HTTP_VOLUNTEER_PDF_LONG  60000     /* milliseconds */


static ngx_int_t ngx_http_volunteer_pdf_print_again(ngx_http_request_t *r,
    void *data);
static ngx_http_volunteer_printing_t *ngx_http_volunteer_printing_find(
    ngx_http_request_t *r);
static void ngx_http_volunteer_printing_handler(ngx_event_t *ev);
static ngx_int_t ngx_http_volunteer_printing_answer(ngx_http_request_t *r,
    void *data);
static void ngx_http_volunteer_printing_release(void *pdf);


/* in progress, of this worker process */

static ngx_queue_t  ngx_http_volunteer_printings = {
    &ngx_http_volunteer_printings, &ngx_http_volunteer_printings
};


ngx_int_t
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

        printing->task->event.handler = ngx_http_volunteer_printing_handler;

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


void
ngx_http_volunteer_printing_again(ngx_http_volunteer_printing_t *printing)
{
    ngx_queue_remove(&printing->queue);

    ngx_http_volunteer_answer_waiters(&printing->waiters,
                                      ngx_http_volunteer_pdf_print_again,
                                      NULL);

    ngx_destroy_pool(printing->pool);
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
