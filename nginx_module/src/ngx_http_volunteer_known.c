
/*
 * Tokens that were verified, remembered in the zone.
 *
 * To verify a signature takes longer than all the rest of a request, and what
 * was signed does not change.  So the table holds digests, each of a token
 * with the key, the origin and the code that it was verified for: what is
 * found needs no other check, and what is not, for want of room or of a
 * zone, is verified again.
 *
 * The table is divided into sets of a few cache lines.  A digest belongs to
 * one set, which forgets the one that was not asked for longest.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


static ngx_http_volunteer_tokens_t *ngx_http_volunteer_known_set(
    ngx_http_volunteer_shctx_t *sh, u_char *digest);
static ngx_uint_t ngx_http_volunteer_known_move(
    ngx_http_volunteer_tokens_t *set, u_char *digest);


ngx_uint_t
ngx_http_volunteer_cache_knows(ngx_http_volunteer_cache_t *cache,
    u_char *digest)
{
    ngx_uint_t                    found;
    ngx_http_volunteer_tokens_t  *set;

    set = ngx_http_volunteer_known_set(cache->zone->sh, digest);

    ngx_shmtx_lock(&cache->zone->shpool->mutex);

    found = ngx_http_volunteer_known_move(set, digest);

    ngx_shmtx_unlock(&cache->zone->shpool->mutex);

    return found;
}


void
ngx_http_volunteer_cache_learn(ngx_http_volunteer_cache_t *cache,
    u_char *digest)
{
    ngx_http_volunteer_tokens_t  *set;

    set = ngx_http_volunteer_known_set(cache->zone->sh, digest);

    ngx_shmtx_lock(&cache->zone->shpool->mutex);

    /* another worker may have been faster */

    if (!ngx_http_volunteer_known_move(set, digest)) {
        ngx_memmove(set->digests[1], set->digests[0],
                    sizeof(set->digests) - NGX_HTTP_VOLUNTEER_DIGEST);
        ngx_memcpy(set->digests[0], digest, NGX_HTTP_VOLUNTEER_DIGEST);
    }

    ngx_shmtx_unlock(&cache->zone->shpool->mutex);
}


static ngx_http_volunteer_tokens_t *
ngx_http_volunteer_known_set(ngx_http_volunteer_shctx_t *sh, u_char *digest)
{
    uint32_t  hash;

    ngx_memcpy(&hash, digest, sizeof(uint32_t));

    return &sh->tokens[hash % sh->ntokens];
}


/* to the front, if it is there */

static ngx_uint_t
ngx_http_volunteer_known_move(ngx_http_volunteer_tokens_t *set, u_char *digest)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_WAYS; i++) {

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
