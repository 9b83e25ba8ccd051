
/*
 * Requests that wait for one event, in the order in which they came.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


typedef struct {
    ngx_queue_t          queue;
    ngx_http_request_t  *request;              /* NULL: it waits no more */
} ngx_http_volunteer_waiter_t;


static void ngx_http_volunteer_waiter_leave(void *data);


ngx_int_t
ngx_http_volunteer_wait(ngx_http_request_t *r, ngx_queue_t *waiters)
{
    ngx_http_cleanup_t           *cln;
    ngx_http_volunteer_waiter_t  *waiter;

    waiter = ngx_palloc(r->pool, sizeof(ngx_http_volunteer_waiter_t));
    if (waiter == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    cln = ngx_http_cleanup_add(r, 0);
    if (cln == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    waiter->request = r;
    ngx_queue_insert_tail(waiters, &waiter->queue);

    cln->handler = ngx_http_volunteer_waiter_leave;
    cln->data = waiter;

    r->main->count++;

    if (!r->discard_body) {
        r->read_event_handler = ngx_http_test_reading;
    }

    return NGX_DONE;
}


static void
ngx_http_volunteer_waiter_leave(void *data)
{
    ngx_http_volunteer_waiter_t *waiter = data;

    if (waiter->request) {
        ngx_queue_remove(&waiter->queue);
    }
}


void
ngx_http_volunteer_answer_waiters(ngx_queue_t *waiters,
    ngx_int_t (*answer)(ngx_http_request_t *r, void *data), void *data)
{
    ngx_int_t                     rc;
    ngx_queue_t                   now, *q;
    ngx_connection_t             *c;
    ngx_http_request_t           *r;
    ngx_http_volunteer_waiter_t  *waiter;

    /* who asks from here on is not for this answer */

    ngx_queue_init(&now);

    if (!ngx_queue_empty(waiters)) {
        ngx_queue_add(&now, waiters);
        ngx_queue_init(waiters);
    }

    /* one may end others, of its own connection */

    while (!ngx_queue_empty(&now)) {

        q = ngx_queue_head(&now);
        ngx_queue_remove(q);

        waiter = ngx_queue_data(q, ngx_http_volunteer_waiter_t, queue);

        r = waiter->request;
        c = r->connection;

        waiter->request = NULL;

        ngx_http_set_log_request(c->log, r);

        rc = answer(r, data);

        ngx_http_finalize_request(r, rc);
        ngx_http_run_posted_requests(c);
    }
}
