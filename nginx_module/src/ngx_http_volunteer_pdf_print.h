
/*
 * Sheets of paper in progress, what _pdf_print.c, _pdf_task.c and
 * _pdf_workers.c share.
 */


#ifndef _NGX_HTTP_VOLUNTEER_PDF_PRINT_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_PDF_PRINT_H_INCLUDED_


#include "ngx_http_volunteer_marks.h"
#include "ngx_http_volunteer_pdf.h"


typedef struct {
    ngx_thread_pool_t              *pool;      /* NULL: nothing is printed */
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


/* the answer to a request for a valid certificate */
ngx_int_t ngx_http_volunteer_pdf_print(ngx_http_request_t *r);

/* one with all that it takes to draw the sheet, in a pool of its own */
ngx_http_volunteer_printing_t *ngx_http_volunteer_printing_create(
    ngx_http_request_t *r);

/* whether another worker draws it, and is to wake us; else it is for us */
ngx_uint_t ngx_http_volunteer_printing_elsewhere(
    ngx_http_volunteer_printing_t *printing);

/* it is for us no more, and who waits for it is woken */
void ngx_http_volunteer_printing_unmark(
    ngx_http_volunteer_printing_t *printing);

/* the end of one that another worker had: its requests start over */
void ngx_http_volunteer_printing_again(
    ngx_http_volunteer_printing_t *printing);


extern ngx_module_t  ngx_http_volunteer_pdf_module;


#endif /* _NGX_HTTP_VOLUNTEER_PDF_PRINT_H_INCLUDED_ */
