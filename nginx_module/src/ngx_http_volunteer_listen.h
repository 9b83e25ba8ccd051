
/*
 * Who hears of certificates that changed: in each worker one session a
 * database and zone.
 */


#ifndef _NGX_HTTP_VOLUNTEER_LISTEN_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_LISTEN_H_INCLUDED_


#include "ngx_http_volunteer_cache.h"
#include "ngx_http_volunteer_session.h"


struct ngx_http_volunteer_listener_s {
    ngx_http_volunteer_db_t            *db;
    ngx_http_volunteer_zone_t          *zone;
    ngx_msec_t                          valid;      /* the least of them */

    /* of this worker process */

    ngx_uint_t                          listening;  /* a flag */
    ngx_uint_t                          deaf;       /* a flag, counted */
    ngx_atomic_uint_t                   since;      /* the zone's clock */
    ngx_msec_t                          heard;      /* all, until then */

    ngx_http_volunteer_session_t        session;
    ngx_event_t                         timer;
    ngx_uint_t                          failures;   /* since it last heard */
    ngx_msec_t                          sent;
    ngx_uint_t                          awaited;    /* a flag: what was sent */
    u_char                              channel[sizeof("volunteer_worker_")
                                                + NGX_INT_T_LEN];
};


void ngx_http_volunteer_listener_open(
    ngx_http_volunteer_listener_t *listener);
void ngx_http_volunteer_listener_close(
    ngx_http_volunteer_listener_t *listener);


#endif /* _NGX_HTTP_VOLUNTEER_LISTEN_H_INCLUDED_ */
