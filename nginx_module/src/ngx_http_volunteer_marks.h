
/*
 * Marks of what a worker is about to put into the zone, for _flight.c and
 * _pdf_workers.c, and for the start and the end of processes.
 */


#ifndef _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_


#include "ngx_http_volunteer_cache.h"


/* with the zone locked */

/* whether another worker is about to, and is to wake us when it has */
ngx_uint_t ngx_http_volunteer_mark_others(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key);

void ngx_http_volunteer_mark_set(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp);

/* whether other workers wait, and are to be woken */
ngx_uint_t ngx_http_volunteer_mark_clear(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp);


/* and without */

void ngx_http_volunteer_wake(void);

/* calls the handler of ev once another worker wakes us, at last after a time */
void ngx_http_volunteer_mark_wait(ngx_event_t *ev, ngx_msec_t longest);

/* to be called by the handler: whether that time is over */
ngx_uint_t ngx_http_volunteer_mark_overdue(ngx_event_t *ev);

/* in the master; in a worker that starts; at its end */
ngx_int_t ngx_http_volunteer_marks_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_volunteer_marks_init_process(ngx_cycle_t *cycle);
void ngx_http_volunteer_marks_exit_process(void);

/* takes back what a worker, that had the place of this one, left in the zone */
void ngx_http_volunteer_marks_forget(ngx_http_volunteer_zone_t *zone);


#endif /* _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_ */
