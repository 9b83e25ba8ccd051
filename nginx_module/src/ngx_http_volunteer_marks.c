
/*
 * What workers tell one another of their flights, and of sheets of paper that
 * they print: marks in the zone, and one event, that all of them watch, when
 * one has landed for which others wait.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
#include <sys/eventfd.h>

#include "ngx_http_volunteer_marks.h"


static ngx_http_volunteer_mark_t *ngx_http_volunteer_mark_find(
    ngx_http_volunteer_loc_conf_t *vlcf, ngx_http_volunteer_key_id_t *key,
    ngx_uint_t room);
static void ngx_http_volunteer_wake_handler(ngx_event_t *ev);


/* of all, from the first configuration on */

static ngx_fd_t           ngx_http_volunteer_wake_fd = -1;
static ngx_connection_t  *ngx_http_volunteer_wake_connection;

/* events of this worker process that wait for others */

static ngx_queue_t        ngx_http_volunteer_ground;


ngx_uint_t
ngx_http_volunteer_mark_others(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key)
{
    ngx_http_volunteer_mark_t  *mark;

    if (ngx_http_volunteer_wake_connection == NULL) {
        return 0;
    }

    mark = ngx_http_volunteer_mark_find(vlcf, key, 0);

    if (mark == NULL
        || mark->owner == ngx_process_slot
        || !ngx_http_volunteer_cache_intact(vlcf->cache->zone, &mark->stamp)
        || (ngx_msec_int_t) (ngx_current_msec - mark->stamp.started)
           >= (ngx_msec_int_t) vlcf->cache->valid)
    {
        return 0;
    }

    mark->awaited = 1;

    return 1;
}


void
ngx_http_volunteer_mark_set(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp)
{
    ngx_uint_t                  awaited;
    ngx_http_volunteer_mark_t  *mark;

    mark = ngx_http_volunteer_mark_find(vlcf, key, 0);

    /* who waits for an earlier flight now waits for this one */

    if (mark) {
        awaited = mark->awaited;

    } else {
        awaited = 0;
        mark = ngx_http_volunteer_mark_find(vlcf, key, 1);
    }

    if (mark == NULL) {
        return;
    }

    mark->stamp.epoch = 0;
    ngx_memory_barrier();

    mark->key = *key;
    mark->owner = ngx_process_slot;
    mark->awaited = awaited;
    mark->stamp.started = stamp->started;
    mark->stamp.slot = stamp->slot;
    ngx_memory_barrier();

    mark->stamp.epoch = stamp->epoch;
}


ngx_uint_t
ngx_http_volunteer_mark_clear(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp)
{
    ngx_http_volunteer_mark_t  *mark;

    mark = ngx_http_volunteer_mark_find(vlcf, key, 0);

    if (mark == NULL
        || mark->owner != ngx_process_slot
        || mark->stamp.epoch != stamp->epoch
        || mark->stamp.started != stamp->started)
    {
        return 0;
    }

    mark->stamp.epoch = 0;

    return mark->awaited;
}


/*
 * of this key; or room for it, if there is any.  The clock of another worker
 * may be a turn of its event loop ahead of ours.
 */

static ngx_http_volunteer_mark_t *
ngx_http_volunteer_mark_find(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_uint_t room)
{
    uint32_t                     hash;
    ngx_uint_t                   i;
    ngx_http_volunteer_mark_t   *set;
    ngx_msec_int_t               timeout;
    ngx_http_volunteer_shctx_t  *sh;

    timeout = vlcf->db->timeout;
    sh = vlcf->cache->zone->sh;

    hash = ngx_murmur_hash2((u_char *) key, sizeof(*key));
    set = &sh->marks[hash % sh->nmarks * NGX_HTTP_VOLUNTEER_WAYS];

    for (i = 0; i < NGX_HTTP_VOLUNTEER_WAYS; i++) {

        if (room ? set[i].stamp.epoch == 0
                   || (ngx_msec_int_t) (ngx_current_msec
                                        - set[i].stamp.started) > timeout
                 : set[i].stamp.epoch != 0
                   && ngx_memcmp(&set[i].key, key, sizeof(*key)) == 0)
        {
            return &set[i];
        }
    }

    return NULL;
}


ngx_int_t
ngx_http_volunteer_marks_init_module(ngx_cycle_t *cycle)
{
    if (ngx_http_volunteer_wake_fd != -1) {
        return NGX_OK;
    }

    ngx_http_volunteer_wake_fd = eventfd(0, EFD_NONBLOCK|EFD_CLOEXEC);

    if (ngx_http_volunteer_wake_fd == -1) {
        ngx_log_error(NGX_LOG_EMERG, cycle->log, ngx_errno,
                      "eventfd() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_marks_init_process(ngx_cycle_t *cycle)
{
    ngx_connection_t  *c;

    ngx_queue_init(&ngx_http_volunteer_ground);

    /* nobody reads it: by edges each write wakes all, by levels forever */

    if (!(ngx_event_flags & NGX_USE_CLEAR_EVENT)) {
        return NGX_OK;
    }

    c = ngx_get_connection(ngx_http_volunteer_wake_fd, cycle->log);
    if (c == NULL) {
        return NGX_ERROR;
    }

    c->read->handler = ngx_http_volunteer_wake_handler;
    c->read->log = cycle->log;

    if (ngx_add_event(c->read, NGX_READ_EVENT, NGX_CLEAR_EVENT) != NGX_OK) {
        ngx_free_connection(c);
        return NGX_ERROR;
    }

    ngx_http_volunteer_wake_connection = c;

    return NGX_OK;
}


void
ngx_http_volunteer_marks_exit_process(void)
{
    ngx_connection_t  *c;

    c = ngx_http_volunteer_wake_connection;

    if (c == NULL) {
        return;
    }

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
    ngx_http_volunteer_wake_connection = NULL;
}


void
ngx_http_volunteer_marks_forget(ngx_http_volunteer_zone_t *zone)
{
    ngx_uint_t                  i, awaited;
    ngx_http_volunteer_mark_t  *mark;

    awaited = 0;

    ngx_http_volunteer_zone_lock(zone);

    for (i = 0; i < zone->sh->nmarks * NGX_HTTP_VOLUNTEER_WAYS; i++) {

        mark = &zone->sh->marks[i];

        if (mark->stamp.epoch != 0 && mark->owner == ngx_process_slot) {
            mark->stamp.epoch = 0;
            awaited |= mark->awaited;
        }
    }

    ngx_http_volunteer_zone_unlock(zone);

    if (awaited) {
        ngx_http_volunteer_wake();
    }
}


void
ngx_http_volunteer_wake(void)
{
    uint64_t  value;

    value = 1;

    if (write(ngx_http_volunteer_wake_fd, &value, sizeof(value)) == -1) {
        ngx_log_error(NGX_LOG_ALERT, ngx_cycle->log, ngx_errno,
                      "write() to eventfd failed");
    }
}


static void
ngx_http_volunteer_wake_handler(ngx_event_t *ev)
{
    ngx_queue_t  *q, woken;
    ngx_event_t  *waiting;

    if (ngx_queue_empty(&ngx_http_volunteer_ground)) {
        return;
    }

    /* those that must wait go back to the ground */

    ngx_queue_init(&woken);
    ngx_queue_add(&woken, &ngx_http_volunteer_ground);
    ngx_queue_init(&ngx_http_volunteer_ground);

    while (!ngx_queue_empty(&woken)) {

        q = ngx_queue_head(&woken);
        ngx_queue_remove(q);

        waiting = ngx_queue_data(q, ngx_event_t, queue);
        waiting->handler(waiting);
    }
}


void
ngx_http_volunteer_mark_wait(ngx_event_t *ev, ngx_msec_t longest)
{
    ngx_queue_insert_tail(&ngx_http_volunteer_ground, &ev->queue);

    if (!ev->timer_set) {
        ngx_add_timer(ev, longest);
    }
}


ngx_uint_t
ngx_http_volunteer_mark_overdue(ngx_event_t *ev)
{
    if (!ev->timedout) {
        return 0;
    }

    ngx_queue_remove(&ev->queue);
    ev->timedout = 0;

    return 1;
}
