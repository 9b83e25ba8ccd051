
/*
 * One lookup a code at a time.
 *
 * A flight is a lookup that belongs to no request: those that want its code
 * wait for it, and it ends, and its row is kept, even if they all went away.
 * While it is in the air a mark in the zone tells other workers, whose own
 * flights for this code stay on the ground.  When it ends, one event, that
 * all workers watch, wakes those that wait on the ground; they find the row
 * in the zone, or take off themselves.  So they do when the worker in the air
 * has died: the one that takes its place removes the marks, and a timer is
 * there for the worst.
 *
 * Nobody joins a flight that began before an invalidation of its code, or so
 * long ago that its row would not be fresh.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_marks.h"
#include "ngx_http_volunteer_metrics.h"


#define NGX_HTTP_VOLUNTEER_FLIGHTS      64

/* bytes, a token of 2 kB among them */

#define NGX_HTTP_VOLUNTEER_FLIGHT_POOL  4096


typedef struct {
    ngx_http_volunteer_lookup_t      lookup;
    ngx_http_volunteer_loc_conf_t   *vlcf;
    ngx_pool_t                      *pool;         /* of itself, its token */
    ngx_http_volunteer_key_id_t      key;
    ngx_http_volunteer_stamp_t       stamp;

    ngx_queue_t                      queue;        /* of its bucket */
    ngx_queue_t                      waiters;      /* lookups */
    ngx_msec_t                       joined;       /* by the last of them */

    ngx_event_t                      ground;       /* waits for another one */
    ngx_uint_t                       overdue;      /* waits no longer there */
} ngx_http_volunteer_flight_t;


static ngx_http_volunteer_flight_t *ngx_http_volunteer_flight_find(
    ngx_http_volunteer_loc_conf_t *vlcf, ngx_http_volunteer_key_id_t *key);
static ngx_http_volunteer_flight_t *ngx_http_volunteer_flight_create(
    ngx_http_volunteer_loc_conf_t *vlcf, ngx_http_volunteer_key_id_t *key);
static ngx_queue_t *ngx_http_volunteer_flight_bucket(
    ngx_http_volunteer_key_id_t *key);
static ngx_int_t ngx_http_volunteer_flight_take_off(
    ngx_http_volunteer_flight_t *flight);
static void ngx_http_volunteer_flight_land(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_flight_end(ngx_http_volunteer_flight_t *flight,
    ngx_int_t rc, ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_flight_look(ngx_event_t *ev);


/* of this worker process */

static ngx_queue_t  ngx_http_volunteer_flights[NGX_HTTP_VOLUNTEER_FLIGHTS];


ngx_int_t
ngx_http_volunteer_flight_lookup(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_lookup_t *lookup)
{
    ngx_int_t                     rc;
    ngx_http_volunteer_flight_t  *flight;
    ngx_http_volunteer_key_id_t   key;

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_ROWS_MISS);

    ngx_http_volunteer_cache_key(vlcf, lookup->code, &key);

    flight = ngx_http_volunteer_flight_find(vlcf, &key);

    if (flight != NULL) {
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_LOOKUPS_COALESCED);

    } else {

        flight = ngx_http_volunteer_flight_create(vlcf, &key);
        if (flight == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_http_volunteer_flight_take_off(flight);

        if (rc != NGX_AGAIN) {
            ngx_http_volunteer_flight_end(flight, rc, NULL);
            return rc;
        }
    }

    ngx_queue_insert_tail(&flight->waiters, &lookup->query.queue);
    lookup->query.waiting = 1;
    flight->joined = ngx_current_msec;

    return NGX_AGAIN;
}


void
ngx_http_volunteer_flight_cancel(void *data)
{
    ngx_http_volunteer_query_t  *query = data;

    if (query->waiting) {
        ngx_queue_remove(&query->queue);
        query->waiting = 0;
    }
}


static ngx_http_volunteer_flight_t *
ngx_http_volunteer_flight_find(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key)
{
    ngx_queue_t                  *q, *bucket;
    ngx_http_volunteer_zone_t    *zone;
    ngx_http_volunteer_flight_t  *flight;

    zone = vlcf->cache->zone;
    bucket = ngx_http_volunteer_flight_bucket(key);

    for (q = ngx_queue_head(bucket);
         q != ngx_queue_sentinel(bucket);
         q = ngx_queue_next(q))
    {
        flight = ngx_queue_data(q, ngx_http_volunteer_flight_t, queue);

        if (flight->vlcf->cache->zone == zone
            && ngx_memcmp(&flight->key, key, sizeof(*key)) == 0
            && ngx_http_volunteer_cache_intact(zone, &flight->stamp)
            && ngx_current_msec - flight->stamp.started < vlcf->cache->valid)
        {
            return flight;
        }
    }

    return NULL;
}


static ngx_http_volunteer_flight_t *
ngx_http_volunteer_flight_create(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key)
{
    ngx_pool_t                   *pool;
    ngx_http_volunteer_flight_t  *flight;

    pool = ngx_create_pool(NGX_HTTP_VOLUNTEER_FLIGHT_POOL, ngx_cycle->log);
    if (pool == NULL) {
        return NULL;
    }

    flight = ngx_pcalloc(pool, sizeof(ngx_http_volunteer_flight_t));
    if (flight == NULL) {
        ngx_destroy_pool(pool);
        return NULL;
    }

    flight->pool = pool;
    flight->vlcf = vlcf;
    flight->key = *key;

    ngx_memcpy(flight->lookup.code, key->code, CERTIFICATE_CODE_CHARS);
    flight->lookup.handler = ngx_http_volunteer_flight_land;
    flight->lookup.data = flight;

    if (ngx_http_volunteer_cache_token(vlcf, pool, &flight->lookup)
        == NGX_ERROR)
    {
        ngx_destroy_pool(pool);
        return NULL;
    }

    flight->ground.handler = ngx_http_volunteer_flight_look;
    flight->ground.data = flight;
    flight->ground.log = ngx_cycle->log;

    ngx_queue_init(&flight->waiters);
    ngx_queue_insert_head(ngx_http_volunteer_flight_bucket(key),
                          &flight->queue);

    return flight;
}


static ngx_queue_t *
ngx_http_volunteer_flight_bucket(ngx_http_volunteer_key_id_t *key)
{
    uint32_t  hash;

    hash = ngx_murmur_hash2((u_char *) key, sizeof(*key));

    return &ngx_http_volunteer_flights[hash % NGX_HTTP_VOLUNTEER_FLIGHTS];
}


/* or stays on the ground for one of another worker */

static ngx_int_t
ngx_http_volunteer_flight_take_off(ngx_http_volunteer_flight_t *flight)
{
    ngx_int_t                   rc;
    ngx_uint_t                  others;
    ngx_http_volunteer_zone_t  *zone;

    zone = flight->vlcf->cache->zone;

    ngx_http_volunteer_cache_stamp(zone, flight->lookup.code, &flight->stamp);

    ngx_http_volunteer_zone_lock(zone);

    others = !flight->overdue
             && ngx_http_volunteer_mark_others(flight->vlcf, &flight->key);

    if (!others) {
        ngx_http_volunteer_mark_set(flight->vlcf, &flight->key,
                                    &flight->stamp);
    }

    ngx_http_volunteer_zone_unlock(zone);

    if (others) {
        ngx_http_volunteer_mark_wait(&flight->ground,
                                     flight->vlcf->db->timeout / 2);
        return NGX_AGAIN;
    }

    if (flight->ground.timer_set) {
        ngx_del_timer(&flight->ground);
    }

    rc = ngx_http_volunteer_db_lookup(flight->vlcf->db, &flight->lookup);

    if (rc != NGX_AGAIN) {

        ngx_http_volunteer_zone_lock(zone);
        others = ngx_http_volunteer_mark_clear(flight->vlcf, &flight->key,
                                               &flight->stamp);
        ngx_http_volunteer_zone_unlock(zone);

        if (others) {
            ngx_http_volunteer_wake();
        }
    }

    return rc;
}


static void
ngx_http_volunteer_flight_land(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row)
{
    ngx_uint_t                    others;
    ngx_http_volunteer_row_t      stamped;
    ngx_http_volunteer_zone_t    *zone;
    ngx_http_volunteer_flight_t  *flight;

    flight = lookup->data;
    zone = flight->vlcf->cache->zone;

    /* the row itself is also for lookups of locations without this zone */

    if (rc == NGX_OK) {
        flight->stamp.replica = row->stamp.replica;

        stamped = *row;
        stamped.stamp = flight->stamp;
        row = &stamped;
    }

    ngx_http_volunteer_zone_lock(zone);

    if (rc == NGX_OK) {
        ngx_http_volunteer_cache_put_row(zone, &flight->key, row);

    } else if (rc == NGX_DECLINED) {
        ngx_http_volunteer_cache_put_negative(zone, &flight->key,
                                              &flight->stamp);
    }

    others = ngx_http_volunteer_mark_clear(flight->vlcf, &flight->key,
                                           &flight->stamp);

    ngx_http_volunteer_zone_unlock(zone);

    if (others) {
        ngx_http_volunteer_wake();
    }

    ngx_http_volunteer_flight_end(flight, rc, row);
}


static void
ngx_http_volunteer_flight_end(ngx_http_volunteer_flight_t *flight,
    ngx_int_t rc, ngx_http_volunteer_row_t *row)
{
    ngx_queue_t                  *q;
    ngx_http_volunteer_lookup_t  *lookup;

    ngx_queue_remove(&flight->queue);

    if (flight->ground.timer_set) {
        ngx_del_timer(&flight->ground);
    }

    /* a handler may cancel the lookups of other requests */

    while (!ngx_queue_empty(&flight->waiters)) {

        q = ngx_queue_head(&flight->waiters);
        ngx_queue_remove(q);

        lookup = ngx_queue_data(q, ngx_http_volunteer_lookup_t, query.queue);
        lookup->query.waiting = 0;

        lookup->handler(lookup, rc, row);
    }

    ngx_destroy_pool(flight->pool);
}


/* from the ground, which it has left, for what it was waiting for */

static void
ngx_http_volunteer_flight_look(ngx_event_t *ev)
{
    ngx_int_t                     rc;
    ngx_pool_t                   *pool;
    ngx_http_volunteer_row_t      row;
    ngx_http_volunteer_zone_t    *zone;
    ngx_http_volunteer_flight_t  *flight;

    flight = ev->data;

    if (ngx_http_volunteer_mark_overdue(ev)) {
        flight->overdue = 1;
    }

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, ngx_cycle->log);
    if (pool == NULL) {
        ngx_http_volunteer_flight_end(flight, NGX_ERROR, NULL);
        return;
    }

    zone = flight->vlcf->cache->zone;

    ngx_http_volunteer_zone_lock(zone);

    /* fresh for those who joined, however long the other one was in the air */

    rc = ngx_http_volunteer_cache_row(flight->vlcf, &flight->key,
                                      flight->joined, pool, &row);

    ngx_http_volunteer_zone_unlock(zone);

    if (rc == NGX_AGAIN) {
        rc = ngx_http_volunteer_flight_take_off(flight);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_volunteer_flight_end(flight, rc == NGX_DONE ? NGX_OK : rc,
                                      &row);
    }

    ngx_destroy_pool(pool);
}


ngx_int_t
ngx_http_volunteer_flight_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_FLIGHTS; i++) {
        ngx_queue_init(&ngx_http_volunteer_flights[i]);
    }

    return ngx_http_volunteer_marks_init_process(cycle);
}
