
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
 *
 * The tokens themselves are among the entries, each with its SHA-256, as long
 * as there is room.  The database says whether it has the same one still, so
 * they need not be fresh.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


static ngx_http_volunteer_tokens_t *ngx_http_volunteer_known_set(
    ngx_http_volunteer_shctx_t *sh, u_char *digest);
static ngx_uint_t ngx_http_volunteer_known_move(
    ngx_http_volunteer_tokens_t *set, u_char *digest);


ngx_int_t
ngx_http_volunteer_cache_token(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_pool_t *pool, ngx_http_volunteer_lookup_t *lookup)
{
    u_char                         *p;
    ngx_int_t                       rc;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_key_id_t     key;

    zone = vlcf->cache->zone;

    ngx_http_volunteer_cache_key(vlcf, lookup->code, &key);
    key.kind = NGX_HTTP_VOLUNTEER_KIND_TOKEN;

    ngx_http_volunteer_zone_lock(zone);

    entry = ngx_http_volunteer_entries_find(&zone->sh->entries, &key);

    if (entry == NULL) {
        rc = NGX_DECLINED;
        goto done;
    }

    p = ngx_pnalloc(pool, entry->len);
    if (p == NULL) {
        rc = NGX_ERROR;
        goto done;
    }

    ngx_http_volunteer_entries_read(&zone->sh->entries, entry, p);

    ngx_memcpy(lookup->digest, p, NGX_HTTP_VOLUNTEER_DIGEST);
    lookup->token.data = p + NGX_HTTP_VOLUNTEER_DIGEST;
    lookup->token.len = entry->len - NGX_HTTP_VOLUNTEER_DIGEST;

    rc = NGX_OK;

done:

    ngx_http_volunteer_zone_unlock(zone);

    return rc;
}


void
ngx_http_volunteer_cache_put_token(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_str_t *code, u_char *digest, ngx_str_t *token)
{
    ngx_str_t                   parts[2];
    ngx_http_volunteer_zone_t  *zone;
    ngx_http_volunteer_entry_t  entry;

    zone = vlcf->cache->zone;

    ngx_memzero(&entry, sizeof(ngx_http_volunteer_entry_t));

    ngx_http_volunteer_cache_key(vlcf, code->data, &entry.key);
    entry.key.kind = NGX_HTTP_VOLUNTEER_KIND_TOKEN;

    parts[0].data = digest;
    parts[0].len = NGX_HTTP_VOLUNTEER_DIGEST;
    parts[1] = *token;

    ngx_http_volunteer_zone_lock(zone);

    ngx_http_volunteer_entries_put(&zone->sh->entries, &entry, parts, 2);

    ngx_http_volunteer_zone_unlock(zone);
}


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
