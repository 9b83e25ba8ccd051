
/*
 * The zone of volunteer_cache: its directive and its layout.
 *
 * Each part of the zone has its share, so that unknown codes, which anyone
 * can make up, take no room from certificates.  A worker that dies while it
 * holds the lock may leave entries half linked: the next one to take it, which
 * the master has opened, finds the mark and forgets them all.  In the tables
 * a record is taken out before it is written, so they need no such care.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


/* what the parts that are tables have of the zone, as its size / share */

#define NGX_HTTP_VOLUNTEER_SHARE_TOKENS     4
#define NGX_HTTP_VOLUNTEER_SHARE_NEGATIVES  16
#define NGX_HTTP_VOLUNTEER_SHARE_SLOTS      64
#define NGX_HTTP_VOLUNTEER_SHARE_MARKS      64

#define NGX_HTTP_VOLUNTEER_SLOTS_MAX        65536
#define NGX_HTTP_VOLUNTEER_MARKS_MAX        1024

#define NGX_HTTP_VOLUNTEER_VALID            2000
#define NGX_HTTP_VOLUNTEER_LISTEN_VALID     (10 * 60 * 1000)


static char *ngx_http_volunteer_zone_add(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_volunteer_zone_t **zone);
static ngx_int_t ngx_http_volunteer_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);
static void ngx_http_volunteer_zone_layout(ngx_http_volunteer_shctx_t *sh,
    u_char *p, size_t size);
static void *ngx_http_volunteer_zone_table(u_char **p, size_t size);
static ngx_uint_t ngx_http_volunteer_zone_power(size_t n);


char *
ngx_http_volunteer_cache_create(ngx_conf_t *cf,
    ngx_http_volunteer_cache_t **cachep)
{
    ngx_int_t                    n;
    ngx_str_t                   *value, s;
    ngx_uint_t                   i;
    ngx_http_volunteer_cache_t  *cache;

    cache = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_cache_t));
    if (cache == NULL) {
        return NGX_CONF_ERROR;
    }

    cache->valid = NGX_HTTP_VOLUNTEER_VALID;
    cache->listen_valid = NGX_HTTP_VOLUNTEER_LISTEN_VALID;

    value = cf->args->elts;

    for (i = 1; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "zone=", 5) == 0) {

            if (ngx_http_volunteer_zone_add(cf, &value[i], &cache->zone)
                != NGX_CONF_OK)
            {
                return NGX_CONF_ERROR;
            }

            continue;
        }

        if (ngx_strcmp(value[i].data, "valid=off") == 0) {
            cache->valid = 0;
            continue;
        }

        if (ngx_strncmp(value[i].data, "valid=", 6) == 0) {

            s.data = value[i].data + 6;
            s.len = value[i].len - 6;

            n = ngx_parse_time(&s, 0);
            if (n == NGX_ERROR) {
                goto invalid;
            }

            cache->valid = n;
            continue;
        }

        if (ngx_strcmp(value[i].data, "listen=on") == 0) {
            cache->listen = 1;
            continue;
        }

        if (ngx_strcmp(value[i].data, "listen=off") == 0) {
            cache->listen = 0;
            continue;
        }

        if (ngx_strncmp(value[i].data, "listen_valid=", 13) == 0) {

            s.data = value[i].data + 13;
            s.len = value[i].len - 13;

            n = ngx_parse_time(&s, 0);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            cache->listen_valid = n;
            continue;
        }

    invalid:

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (cache->zone == NULL) {
        return "must have the \"zone\" parameter";
    }

    if (cache->listen && cache->valid == 0) {
        return "cannot have \"listen=on\" without \"valid\"";
    }

    *cachep = cache;

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_zone_add(ngx_conf_t *cf, ngx_str_t *value,
    ngx_http_volunteer_zone_t **zonep)
{
    u_char          *p, *last;
    ssize_t          size;
    ngx_str_t        name, s;
    ngx_shm_zone_t  *shm_zone;

    ngx_http_volunteer_zone_t       **zone;
    ngx_http_volunteer_main_conf_t   *vmcf;

    last = value->data + value->len;
    name.data = value->data + 5;

    p = ngx_strlchr(name.data, last, ':');
    if (p == NULL || p == name.data) {
        goto invalid;
    }

    name.len = p - name.data;

    s.data = p + 1;
    s.len = last - s.data;

    size = ngx_parse_size(&s);
    if (size == NGX_ERROR) {
        goto invalid;
    }

    if (size < (ssize_t) (8 * ngx_pagesize)) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "zone \"%V\" is too small",
                           &name);
        return NGX_CONF_ERROR;
    }

    shm_zone = ngx_shared_memory_add(cf, &name, size,
                                     &ngx_http_volunteer_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data == NULL) {

        shm_zone->data = ngx_pcalloc(cf->pool,
                                     sizeof(ngx_http_volunteer_zone_t));
        if (shm_zone->data == NULL) {
            return NGX_CONF_ERROR;
        }

        shm_zone->init = ngx_http_volunteer_zone_init;

        vmcf = ngx_http_conf_get_module_main_conf(cf,
                                                  ngx_http_volunteer_module);

        zone = ngx_array_push(&vmcf->zones);
        if (zone == NULL) {
            return NGX_CONF_ERROR;
        }

        *zone = shm_zone->data;
    }

    *zonep = shm_zone->data;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       value);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_volunteer_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_volunteer_zone_t *old = data;

    size_t                       size;
    u_char                      *p;
    ngx_http_volunteer_zone_t   *zone;
    ngx_http_volunteer_shctx_t  *sh;

    zone = shm_zone->data;

    if (old) {
        *zone = *old;
        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->sh = zone->shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(zone->shpool, sizeof(ngx_http_volunteer_shctx_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    size = zone->shpool->pfree * ngx_pagesize;

    p = ngx_slab_alloc(zone->shpool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_http_volunteer_zone_layout(sh, p, size);

    zone->sh = sh;
    zone->shpool->data = sh;

    return NGX_OK;
}


/* blocks are left as they are: their pages come when they are used */

static void
ngx_http_volunteer_zone_layout(ngx_http_volunteer_shctx_t *sh, u_char *p,
    size_t size)
{
    u_char                        *last;
    ngx_http_volunteer_entries_t  *entries;

    last = p + size;

    sh->clock = 1;

    sh->nslots = ngx_http_volunteer_zone_power(ngx_min(
                            size / NGX_HTTP_VOLUNTEER_SHARE_SLOTS
                            / sizeof(ngx_atomic_t),
                            NGX_HTTP_VOLUNTEER_SLOTS_MAX));
    sh->invalidated = ngx_http_volunteer_zone_table(&p,
                            sh->nslots * sizeof(ngx_atomic_t));

    sh->ntokens = size / NGX_HTTP_VOLUNTEER_SHARE_TOKENS
                  / sizeof(ngx_http_volunteer_tokens_t);
    sh->tokens = ngx_http_volunteer_zone_table(&p,
                            sh->ntokens * sizeof(ngx_http_volunteer_tokens_t));

    sh->nnegatives = size / NGX_HTTP_VOLUNTEER_SHARE_NEGATIVES
                     / (NGX_HTTP_VOLUNTEER_WAYS
                        * sizeof(ngx_http_volunteer_negative_t));
    sh->negatives = ngx_http_volunteer_zone_table(&p,
                            sh->nnegatives * NGX_HTTP_VOLUNTEER_WAYS
                            * sizeof(ngx_http_volunteer_negative_t));

    sh->nmarks = ngx_min(size / NGX_HTTP_VOLUNTEER_SHARE_MARKS
                         / (NGX_HTTP_VOLUNTEER_WAYS
                            * sizeof(ngx_http_volunteer_mark_t)),
                         NGX_HTTP_VOLUNTEER_MARKS_MAX);
    sh->nmarks = ngx_max(sh->nmarks, 1);
    sh->marks = ngx_http_volunteer_zone_table(&p,
                            sh->nmarks * NGX_HTTP_VOLUNTEER_WAYS
                            * sizeof(ngx_http_volunteer_mark_t));

    /* of a block: itself, its mark, what is next, and half a bucket */

    entries = &sh->entries;

    entries->nblocks = ngx_min((last - p - 4 * ngx_cacheline_size)
                               / (NGX_HTTP_VOLUNTEER_BLOCK + 1
                                  + sizeof(uint32_t) + sizeof(uint32_t) / 2),
                               NGX_HTTP_VOLUNTEER_NONE / 2);
    entries->nbuckets = ngx_http_volunteer_zone_power(entries->nblocks / 2);

    entries->buckets = ngx_http_volunteer_zone_table(&p,
                            entries->nbuckets * sizeof(uint32_t));
    entries->next = ngx_http_volunteer_zone_table(&p,
                            entries->nblocks * sizeof(uint32_t));
    entries->marks = ngx_http_volunteer_zone_table(&p, entries->nblocks);
    entries->blocks = p;

    ngx_http_volunteer_entries_clear(entries);
}


/* zeros, from a cache line to the next */

static void *
ngx_http_volunteer_zone_table(u_char **p, size_t size)
{
    u_char  *table;

    table = *p;
    *p = ngx_align_ptr(table + size, 64);

    ngx_memzero(table, size);

    return table;
}


/* the largest power of two that is not more */

static ngx_uint_t
ngx_http_volunteer_zone_power(size_t n)
{
    ngx_uint_t  power;

    for (power = 1; power <= n / 2; power *= 2) { /* void */ }

    return power;
}


void
ngx_http_volunteer_zone_lock(ngx_http_volunteer_zone_t *zone)
{
    ngx_http_volunteer_entries_t  *entries;

    ngx_shmtx_lock(&zone->shpool->mutex);

    entries = &zone->sh->entries;

    if (entries->broken) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "volunteer_cache was left by a worker while it wrote, "
                      "its entries are forgotten");

        ngx_http_volunteer_entries_clear(entries);
        entries->broken = 0;
    }
}


void
ngx_http_volunteer_zone_unlock(ngx_http_volunteer_zone_t *zone)
{
    ngx_shmtx_unlock(&zone->shpool->mutex);
}
