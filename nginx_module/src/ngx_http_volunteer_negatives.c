
/*
 * Codes that the database does not know, in a table of their own: whoever
 * makes up codes displaces other made-up codes and nothing else.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


static ngx_http_volunteer_negative_t *ngx_http_volunteer_negatives_set(
    ngx_http_volunteer_zone_t *zone, ngx_http_volunteer_key_id_t *key);


ngx_http_volunteer_negative_t *
ngx_http_volunteer_cache_negative(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key)
{
    ngx_uint_t                      i;
    ngx_http_volunteer_negative_t  *set;

    set = ngx_http_volunteer_negatives_set(zone, key);

    for (i = 0; i < NGX_HTTP_VOLUNTEER_WAYS; i++) {

        if (set[i].stamp.epoch != 0
            && ngx_memcmp(&set[i].key, key, sizeof(*key)) == 0)
        {
            return &set[i];
        }
    }

    return NULL;
}


void
ngx_http_volunteer_cache_put_negative(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp)
{
    ngx_uint_t                      i;
    ngx_http_volunteer_negative_t  *set, *negative;

    negative = ngx_http_volunteer_cache_negative(zone, key);

    if (negative == NULL) {

        set = ngx_http_volunteer_negatives_set(zone, key);
        negative = set;

        for (i = 1; i < NGX_HTTP_VOLUNTEER_WAYS; i++) {
            if (set[i].stamp.epoch < negative->stamp.epoch
                || (set[i].stamp.epoch == negative->stamp.epoch
                    && (ngx_msec_int_t) (set[i].stamp.started
                                         - negative->stamp.started)
                       < 0))
            {
                negative = &set[i];
            }
        }
    }

    /* none while it is being written */

    negative->stamp.epoch = 0;
    ngx_memory_barrier();

    negative->key = *key;
    negative->stamp.started = stamp->started;
    ngx_memory_barrier();

    negative->stamp.epoch = stamp->epoch;
}


static ngx_http_volunteer_negative_t *
ngx_http_volunteer_negatives_set(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key)
{
    uint32_t  hash;

    hash = ngx_murmur_hash2((u_char *) key, sizeof(*key));

    return &zone->sh->negatives[hash % zone->sh->nnegatives
                                * NGX_HTTP_VOLUNTEER_WAYS];
}
