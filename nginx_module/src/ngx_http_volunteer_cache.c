
/*
 * Tokens that were verified, remembered in shared memory.
 *
 * To verify a signature takes longer than all the rest of a request, and what
 * was signed does not change.  So the zone is one table of digests, each of a
 * token with the key, the origin and the code that it was verified for: what
 * is found needs no other check, and what is not, for want of room or of a
 * zone, is verified again.
 *
 * The table is divided into sets of a few cache lines.  A digest belongs to
 * one set, which forgets the one that was not asked for longest.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_CACHE_WAYS  4


typedef struct {
    u_char       digests[NGX_HTTP_VOLUNTEER_CACHE_WAYS]
                        [NGX_HTTP_VOLUNTEER_DIGEST];
} ngx_http_volunteer_cache_set_t;


typedef struct {
    ngx_uint_t                        nsets;
    ngx_http_volunteer_cache_set_t   *sets;
} ngx_http_volunteer_cache_shctx_t;


struct ngx_http_volunteer_cache_s {
    ngx_slab_pool_t                  *shpool;
    ngx_http_volunteer_cache_shctx_t *sh;
};


static ngx_int_t ngx_http_volunteer_cache_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_http_volunteer_cache_set_t *ngx_http_volunteer_cache_set(
    ngx_http_volunteer_cache_t *cache, u_char *digest);
static ngx_uint_t ngx_http_volunteer_cache_move(
    ngx_http_volunteer_cache_set_t *set, u_char *digest);


char *
ngx_http_volunteer_cache_create(ngx_conf_t *cf,
    ngx_http_volunteer_cache_t **cache)
{
    u_char          *p, *last;
    ssize_t          size;
    ngx_str_t       *value, name, s;
    ngx_shm_zone_t  *shm_zone;

    value = cf->args->elts;

    if (ngx_strncmp(value[1].data, "zone=", 5) != 0) {
        goto invalid;
    }

    last = value[1].data + value[1].len;
    name.data = value[1].data + 5;

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
                                     sizeof(ngx_http_volunteer_cache_t));
        if (shm_zone->data == NULL) {
            return NGX_CONF_ERROR;
        }

        shm_zone->init = ngx_http_volunteer_cache_init_zone;
    }

    *cache = shm_zone->data;

    return NGX_CONF_OK;

invalid:

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                       &value[1]);
    return NGX_CONF_ERROR;
}


static ngx_int_t
ngx_http_volunteer_cache_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_volunteer_cache_t *old = data;

    size_t                             size;
    ngx_http_volunteer_cache_t        *cache;
    ngx_http_volunteer_cache_shctx_t  *sh;

    cache = shm_zone->data;

    if (old) {
        *cache = *old;
        return NGX_OK;
    }

    cache->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        cache->sh = cache->shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(cache->shpool,
                         sizeof(ngx_http_volunteer_cache_shctx_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    /* a digest of zeros stands for none: nothing is known to have it */

    size = cache->shpool->pfree * ngx_pagesize;

    sh->nsets = size / sizeof(ngx_http_volunteer_cache_set_t);
    sh->sets = ngx_slab_calloc(cache->shpool, size);
    if (sh->sets == NULL) {
        return NGX_ERROR;
    }

    cache->sh = sh;
    cache->shpool->data = sh;

    return NGX_OK;
}


ngx_uint_t
ngx_http_volunteer_cache_knows(ngx_http_volunteer_cache_t *cache,
    u_char *digest)
{
    ngx_uint_t                       found;
    ngx_http_volunteer_cache_set_t  *set;

    set = ngx_http_volunteer_cache_set(cache, digest);

    ngx_shmtx_lock(&cache->shpool->mutex);

    found = ngx_http_volunteer_cache_move(set, digest);

    ngx_shmtx_unlock(&cache->shpool->mutex);

    return found;
}


void
ngx_http_volunteer_cache_learn(ngx_http_volunteer_cache_t *cache,
    u_char *digest)
{
    ngx_http_volunteer_cache_set_t  *set;

    set = ngx_http_volunteer_cache_set(cache, digest);

    ngx_shmtx_lock(&cache->shpool->mutex);

    /* another worker may have been faster */

    if (!ngx_http_volunteer_cache_move(set, digest)) {
        ngx_memmove(set->digests[1], set->digests[0],
                    sizeof(set->digests) - NGX_HTTP_VOLUNTEER_DIGEST);
        ngx_memcpy(set->digests[0], digest, NGX_HTTP_VOLUNTEER_DIGEST);
    }

    ngx_shmtx_unlock(&cache->shpool->mutex);
}


static ngx_http_volunteer_cache_set_t *
ngx_http_volunteer_cache_set(ngx_http_volunteer_cache_t *cache,
    u_char *digest)
{
    uint32_t  hash;

    ngx_memcpy(&hash, digest, sizeof(uint32_t));

    return &cache->sh->sets[hash % cache->sh->nsets];
}


/* to the front, if it is there */

static ngx_uint_t
ngx_http_volunteer_cache_move(ngx_http_volunteer_cache_set_t *set,
    u_char *digest)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_CACHE_WAYS; i++) {

        if (ngx_memcmp(set->digests[i], digest, NGX_HTTP_VOLUNTEER_DIGEST)
            == 0)
        {
            ngx_memmove(set->digests[1], set->digests[0],
                        i * NGX_HTTP_VOLUNTEER_DIGEST);
            ngx_memcpy(set->digests[0], digest, NGX_HTTP_VOLUNTEER_DIGEST);

            return 1;
        }
    }

    return 0;
}
