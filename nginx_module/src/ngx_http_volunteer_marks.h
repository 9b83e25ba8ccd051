
/*
 * Marks of flights, for _flight.c and for the start and the end of processes.
 */


#ifndef _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_


#include "ngx_http_volunteer_cache.h"


/* with the zone locked */

/* whether another worker is in the air, and is to wake us when it lands */
ngx_uint_t ngx_http_volunteer_mark_others(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key);

void ngx_http_volunteer_mark_set(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp);

/* whether other workers wait, and are to be woken */
ngx_uint_t ngx_http_volunteer_mark_clear(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp);


/* and without */

void ngx_http_volunteer_wake(void);

/* in the master; in a worker that starts, whom handler wakes; at its end */
ngx_int_t ngx_http_volunteer_marks_init_module(ngx_cycle_t *cycle);
ngx_int_t ngx_http_volunteer_marks_init_process(ngx_cycle_t *cycle,
    ngx_event_handler_pt handler);
void ngx_http_volunteer_marks_exit_process(void);

/* takes back what a worker, that had the place of this one, left in the zone */
void ngx_http_volunteer_marks_forget(ngx_http_volunteer_zone_t *zone);


#endif /* _NGX_HTTP_VOLUNTEER_MARKS_H_INCLUDED_ */
