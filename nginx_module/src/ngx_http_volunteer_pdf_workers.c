
/*
 * A sheet of paper is drawn by one worker of those that keep rows in the same
 * zone: its mark says so, and the others wait until it is in the zone.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf_print.h"


static void ngx_http_volunteer_printing_woken(ngx_event_t *ev);


ngx_uint_t
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
        printing->ground.data = printing;
        printing->ground.log = ngx_cycle->log;
        printing->ground.handler = ngx_http_volunteer_printing_woken;

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

    ngx_http_volunteer_printing_again(printing);
}


void
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
