
/*
 * Rows, and answers made of them, for as long as they are fresh.
 *
 * What is kept bears the stamp of the row that it was made of: when its lookup
 * began, by the clock on the wall and by the count of invalidations.  Both are
 * taken before the database is asked, so an entry is older than it seems,
 * never younger.  What was invalidated since its lookup began is neither stored
 * nor served.
 *
 * An entry may be served for as long as volunteer_cache says with "valid".  A
 * worker whose listener has heard its own notification knows that until it
 * sent that one no other was lost, so the entry's age counts from there, if the
 * listener was there before the lookup began.  Unknown codes and rows of a
 * standby server do not have that: nobody notifies of them, or too early.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <openssl/sha.h>

#include "ngx_http_volunteer_cache.h"
#include "ngx_http_volunteer_listen.h"
#include "ngx_http_volunteer_metrics.h"


#define NGX_HTTP_VOLUNTEER_FIELDS     4

/* bytes of the longest reason of a page that is kept */

#define NGX_HTTP_VOLUNTEER_REASON     32


/* what a page was made of stands before it, what is shorter with zero bytes */

typedef struct {
    u_char                          digest[NGX_HTTP_VOLUNTEER_DIGEST];
    u_char                          status_since[NGX_HTTP_VOLUNTEER_TIME];
    u_char                          reason[NGX_HTTP_VOLUNTEER_REASON];
    u_char                          checked_at[NGX_HTTP_VOLUNTEER_TIME];
} ngx_http_volunteer_basis_t;


static ngx_uint_t ngx_http_volunteer_cache_slot(
    ngx_http_volunteer_shctx_t *sh, ngx_uint_t prefix);
static ngx_uint_t ngx_http_volunteer_cache_fresh(
    ngx_http_volunteer_loc_conf_t *vlcf, ngx_http_volunteer_stamp_t *stamp,
    ngx_msec_t now);
static u_char ngx_http_volunteer_cache_kind(ngx_http_request_t *r);
static ngx_int_t ngx_http_volunteer_cache_body(ngx_http_request_t *r,
    ngx_http_volunteer_entries_t *entries, ngx_http_volunteer_entry_t *entry,
    ngx_str_t *body);
static void ngx_http_volunteer_cache_basis(ngx_http_volunteer_row_t *row,
    u_char *digest, ngx_http_volunteer_basis_t *basis);
static void ngx_http_volunteer_cache_fields(ngx_http_volunteer_row_t *row,
    ngx_str_t **fields);


void
ngx_http_volunteer_cache_key(ngx_http_volunteer_loc_conf_t *vlcf, u_char *code,
    ngx_http_volunteer_key_id_t *key)
{
    ngx_memcpy(key->realm, vlcf->realm, NGX_HTTP_VOLUNTEER_REALM);
    ngx_memcpy(key->code, code, CERTIFICATE_CODE_CHARS);
    key->kind = NGX_HTTP_VOLUNTEER_KIND_ROW;
}


void
ngx_http_volunteer_cache_stamp(ngx_http_volunteer_zone_t *zone, u_char *code,
    ngx_http_volunteer_stamp_t *stamp)
{
    u_char                       digest[SHA256_DIGEST_LENGTH];
    ngx_http_volunteer_shctx_t  *sh;

    sh = zone->sh;

    SHA256(code, CERTIFICATE_CODE_CHARS, digest);

    stamp->started = ngx_current_msec;
    stamp->epoch = sh->clock;
    stamp->slot = ngx_http_volunteer_cache_slot(sh, digest[0] << 16
                                                    | digest[1] << 8
                                                    | digest[2]);
    stamp->replica = 0;
}


static ngx_uint_t
ngx_http_volunteer_cache_slot(ngx_http_volunteer_shctx_t *sh,
    ngx_uint_t prefix)
{
    return prefix & (sh->nslots - 1);
}


void
ngx_http_volunteer_cache_invalidate(ngx_http_volunteer_zone_t *zone,
    ngx_uint_t prefix)
{
    ngx_uint_t                   slot;
    ngx_http_volunteer_shctx_t  *sh;

    sh = zone->sh;
    slot = ngx_http_volunteer_cache_slot(sh, prefix);

    sh->invalidated[slot] = ngx_atomic_fetch_add(&sh->clock, 1) + 1;
}


ngx_uint_t
ngx_http_volunteer_cache_intact(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_stamp_t *stamp)
{
    return stamp->epoch >= zone->sh->invalidated[stamp->slot];
}


static ngx_uint_t
ngx_http_volunteer_cache_fresh(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_stamp_t *stamp, ngx_msec_t now)
{
    ngx_msec_int_t                  age, valid;
    ngx_http_volunteer_cache_t     *cache;
    ngx_http_volunteer_listener_t  *listener;

    cache = vlcf->cache;

    /* of a row that was not for keeping */

    if (stamp->epoch == 0) {
        return 0;
    }

    if (!ngx_http_volunteer_cache_intact(cache->zone, stamp)) {
        return 0;
    }

    age = now - stamp->started;
    valid = cache->valid;

    if (age < valid) {
        return 1;
    }

    listener = vlcf->listener;

    return listener != NULL
           && listener->listening
           && stamp->epoch >= listener->since
           && !stamp->replica
           && age < (ngx_msec_int_t) cache->listen_valid
           && (ngx_msec_int_t) (now - listener->heard) < valid;
}


ngx_int_t
ngx_http_volunteer_cache_get(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t                       rc;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_entries_t   *entries;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    zone = vlcf->cache->zone;
    entries = &zone->sh->entries;

    ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &key);
    key.kind = ngx_http_volunteer_cache_kind(r);

    ngx_http_volunteer_zone_lock(zone);

    if (key.kind != NGX_HTTP_VOLUNTEER_KIND_ROW) {

        entry = ngx_http_volunteer_entries_find(entries, &key);

        if (entry
            && ngx_http_volunteer_cache_fresh(vlcf, &entry->stamp,
                                              ngx_current_msec))
        {
            rc = ngx_http_volunteer_cache_body(r, entries, entry, body);
            goto done;
        }

        key.kind = NGX_HTTP_VOLUNTEER_KIND_ROW;
    }

    rc = ngx_http_volunteer_cache_row(vlcf, &key, ngx_current_msec, r->pool,
                                      &ctx->row);

done:

    ngx_http_volunteer_zone_unlock(zone);

    switch (rc) {

    case NGX_OK:
        ctx->cache_status = NGX_HTTP_VOLUNTEER_HIT;
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_BODIES_HIT);
        break;

    case NGX_DONE:
        ctx->cache_status = NGX_HTTP_VOLUNTEER_HIT;
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_ROWS_HIT);

        /* a token is in the row, no answer is kept of it */

        if (ngx_http_volunteer_cache_kind(r) != NGX_HTTP_VOLUNTEER_KIND_ROW) {
            ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_BODIES_MISS);
        }

        break;

    case NGX_DECLINED:
        ctx->cache_status = NGX_HTTP_VOLUNTEER_NEGATIVE;
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_ROWS_NEGATIVE);
        break;

    default: /* NGX_AGAIN, NGX_ERROR */
        break;
    }

    return rc;
}


/* row if not what, if anything, is made of it and kept */

static u_char
ngx_http_volunteer_cache_kind(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    switch (ctx->format) {

    case NGX_HTTP_VOLUNTEER_HTML:
        vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

        return ngx_http_volunteer_pages_constant(vlcf->pages)
               ? NGX_HTTP_VOLUNTEER_KIND_PAGE
                 + ngx_http_volunteer_page_language(r)
               : NGX_HTTP_VOLUNTEER_KIND_ROW;

    case NGX_HTTP_VOLUNTEER_JSON:
        return NGX_HTTP_VOLUNTEER_KIND_JSON;

    case NGX_HTTP_VOLUNTEER_SVG:
        return NGX_HTTP_VOLUNTEER_KIND_SVG;

    case NGX_HTTP_VOLUNTEER_PNG:
        return NGX_HTTP_VOLUNTEER_KIND_PNG + ctx->scale;

    case NGX_HTTP_VOLUNTEER_PDF:
        return NGX_HTTP_VOLUNTEER_KIND_PDF;

    default:
        return NGX_HTTP_VOLUNTEER_KIND_ROW;
    }
}


static ngx_int_t
ngx_http_volunteer_cache_body(ngx_http_request_t *r,
    ngx_http_volunteer_entries_t *entries, ngx_http_volunteer_entry_t *entry,
    ngx_str_t *body)
{
    ngx_http_volunteer_ctx_t    *ctx;
    ngx_http_volunteer_basis_t  *basis;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    body->len = entry->len;
    body->data = ngx_pnalloc(r->pool, body->len);
    if (body->data == NULL) {
        return NGX_ERROR;
    }

    ngx_http_volunteer_entries_read(entries, entry, body->data);

    if (entry->key.kind >= NGX_HTTP_VOLUNTEER_KIND_PAGE) {
        basis = (ngx_http_volunteer_basis_t *) body->data;

        body->data += sizeof(ngx_http_volunteer_basis_t);
        body->len -= sizeof(ngx_http_volunteer_basis_t);

        ngx_http_volunteer_page_fill(body, basis->checked_at);
    }

    ctx->verdict = entry->status;

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_cache_row(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_msec_t now, ngx_pool_t *pool,
    ngx_http_volunteer_row_t *row)
{
    u_char                         *p;
    uint32_t                        lens[NGX_HTTP_VOLUNTEER_FIELDS];
    ngx_str_t                      *fields[NGX_HTTP_VOLUNTEER_FIELDS];
    ngx_uint_t                      i;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_negative_t  *negative;

    zone = vlcf->cache->zone;

    entry = ngx_http_volunteer_entries_find(&zone->sh->entries, key);

    if (entry && ngx_http_volunteer_cache_fresh(vlcf, &entry->stamp, now)) {

        p = ngx_pnalloc(pool, entry->len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        ngx_http_volunteer_entries_read(&zone->sh->entries, entry, p);

        ngx_memcpy(lens, p, sizeof(lens));
        p += sizeof(lens);

        ngx_http_volunteer_cache_fields(row, fields);

        for (i = 0; i < NGX_HTTP_VOLUNTEER_FIELDS; i++) {
            fields[i]->data = p;
            fields[i]->len = lens[i];
            p += lens[i];
        }

        row->status = entry->status;
        row->stamp = entry->stamp;
        row->digest = NULL;

        return NGX_DONE;
    }

    negative = ngx_http_volunteer_cache_negative(zone, key);

    if (negative
        && (ngx_msec_int_t) (now - negative->stamp.started)
           < (ngx_msec_int_t) vlcf->cache->valid)
    {
        return NGX_DECLINED;
    }

    return NGX_AGAIN;
}


void
ngx_http_volunteer_cache_put_row(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_row_t *row)
{
    uint32_t                    lens[NGX_HTTP_VOLUNTEER_FIELDS];
    ngx_str_t                  *fields[NGX_HTTP_VOLUNTEER_FIELDS];
    ngx_str_t                   parts[1 + NGX_HTTP_VOLUNTEER_FIELDS];
    ngx_uint_t                  i;
    ngx_http_volunteer_entry_t  entry;

    if (!ngx_http_volunteer_cache_intact(zone, &row->stamp)) {
        return;
    }

    ngx_http_volunteer_cache_fields(row, fields);

    parts[0].data = (u_char *) lens;
    parts[0].len = sizeof(lens);

    for (i = 0; i < NGX_HTTP_VOLUNTEER_FIELDS; i++) {
        lens[i] = fields[i]->len;
        parts[1 + i] = *fields[i];
    }

    entry.status = row->status;
    entry.key = *key;
    entry.stamp = row->stamp;

    ngx_http_volunteer_entries_put(&zone->sh->entries, &entry, parts,
                                   1 + NGX_HTTP_VOLUNTEER_FIELDS);
}


static void
ngx_http_volunteer_cache_fields(ngx_http_volunteer_row_t *row,
    ngx_str_t **fields)
{
    fields[0] = &row->status_since;
    fields[1] = &row->reason;
    fields[2] = &row->token;
    fields[3] = &row->checked_at;
}


void
ngx_http_volunteer_cache_put(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_str_t                       parts[2];
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t      entry;
    ngx_http_volunteer_basis_t      basis;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    /* without claims the row is bad */

    if (vlcf->cache == NULL || ctx->claims == NULL) {
        return;
    }

    zone = vlcf->cache->zone;

    ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &entry.key);
    entry.key.kind = ngx_http_volunteer_cache_kind(r);

    parts[0].len = 0;
    parts[1] = *body;

    if (entry.key.kind >= NGX_HTTP_VOLUNTEER_KIND_PAGE) {
        ngx_http_volunteer_cache_basis(&ctx->row, ctx->claims->digest, &basis);

        parts[0].data = (u_char *) &basis;
        parts[0].len = sizeof(basis);

    } else if (entry.key.kind == NGX_HTTP_VOLUNTEER_KIND_ROW
               || ctx->row.stamp.epoch == 0)
    {
        /* without a stamp a row is not for keeping */
        return;
    }

    entry.status = ctx->row.status;
    entry.stamp = ctx->row.stamp;

    ngx_http_volunteer_zone_lock(zone);

    if (entry.stamp.epoch == 0
        || ngx_http_volunteer_cache_intact(zone, &entry.stamp))
    {
        ngx_http_volunteer_entries_put(&zone->sh->entries, &entry, parts, 2);
    }

    ngx_http_volunteer_zone_unlock(zone);
}


static void
ngx_http_volunteer_cache_basis(ngx_http_volunteer_row_t *row, u_char *digest,
    ngx_http_volunteer_basis_t *basis)
{
    ngx_memzero(basis, sizeof(ngx_http_volunteer_basis_t));

    ngx_memcpy(basis->digest, digest, NGX_HTTP_VOLUNTEER_DIGEST);
    ngx_memcpy(basis->status_since, row->status_since.data,
               row->status_since.len);
    ngx_memcpy(basis->reason, row->reason.data, row->reason.len);
    ngx_memcpy(basis->checked_at, row->checked_at.data, row->checked_at.len);
}


ngx_uint_t
ngx_http_volunteer_cache_keeps_page(ngx_http_request_t *r)
{
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    return vlcf->cache != NULL
           && ctx->claims != NULL
           && ctx->row.checked_at.len == NGX_HTTP_VOLUNTEER_TIME
           && ctx->row.reason.len <= NGX_HTTP_VOLUNTEER_REASON
           && ngx_http_volunteer_cache_kind(r) >= NGX_HTTP_VOLUNTEER_KIND_PAGE;
}


ngx_int_t
ngx_http_volunteer_cache_page(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t                       rc;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_row_t       *row;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_basis_t      basis, *kept;
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    row = &ctx->row;

    if (ctx->format != NGX_HTTP_VOLUNTEER_HTML
        || row->digest == NULL
        || row->checked_at.len != NGX_HTTP_VOLUNTEER_TIME
        || row->reason.len > NGX_HTTP_VOLUNTEER_REASON)
    {
        return NGX_DECLINED;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
    zone = vlcf->cache->zone;

    ngx_http_volunteer_cache_basis(row, row->digest, &basis);

    ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &key);
    key.kind = ngx_http_volunteer_cache_kind(r);

    if (key.kind == NGX_HTTP_VOLUNTEER_KIND_ROW) {
        return NGX_DECLINED;
    }

    ngx_http_volunteer_zone_lock(zone);

    entry = ngx_http_volunteer_entries_find(&zone->sh->entries, &key);

    if (entry == NULL) {
        rc = NGX_DECLINED;
        goto done;
    }

    /* in the first block, as a whole */

    kept = (ngx_http_volunteer_basis_t *) (entry + 1);

    if (entry->status != row->status
        || ngx_memcmp(kept, &basis,
                      offsetof(ngx_http_volunteer_basis_t, checked_at))
           != 0)
    {
        rc = NGX_DECLINED;
        goto done;
    }

    zone->sh->entries.broken = 1;
    ngx_memory_barrier();

    *kept = basis;

    /* as fresh as the row, if that is for keeping */

    if (row->stamp.epoch != 0
        && ngx_http_volunteer_cache_intact(zone, &row->stamp))
    {
        entry->stamp = row->stamp;
    }

    ngx_memory_barrier();
    zone->sh->entries.broken = 0;

    rc = ngx_http_volunteer_cache_body(r, &zone->sh->entries, entry, body);

done:

    ngx_http_volunteer_zone_unlock(zone);

    if (rc == NGX_OK) {
        ctx->cache_status = ngx_max(ctx->cache_status,
                                    NGX_HTTP_VOLUNTEER_KNOWN);
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_TOKENS_KNOWN);
    }

    return rc;
}


ngx_int_t
ngx_http_volunteer_cache_image(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t                       rc;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx->row.stamp.epoch == 0 || ctx->claims == NULL) {
        return NGX_DECLINED;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
    zone = vlcf->cache->zone;

    ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &key);
    key.kind = ngx_http_volunteer_cache_kind(r);

    ngx_http_volunteer_zone_lock(zone);

    entry = ngx_http_volunteer_entries_find(&zone->sh->entries, &key);

    if (entry) {
        rc = ngx_http_volunteer_cache_body(r, &zone->sh->entries, entry, body);

        /* the stamp is checked when it is read, so it need not be intact */

        entry->stamp = ctx->row.stamp;
        entry->status = ctx->row.status;

    } else {
        rc = NGX_DECLINED;
    }

    ngx_http_volunteer_zone_unlock(zone);

    return rc;
}


ngx_int_t
ngx_http_volunteer_cache_sheet(ngx_http_request_t *r, ngx_str_t *body)
{
    ngx_int_t                       rc;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_zone_t      *zone;
    ngx_http_volunteer_entry_t     *entry;
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx->row.stamp.epoch == 0) {
        return NGX_DECLINED;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);
    zone = vlcf->cache->zone;

    ngx_http_volunteer_cache_key(vlcf, ctx->code.data, &key);
    key.kind = NGX_HTTP_VOLUNTEER_KIND_PDF;

    ngx_http_volunteer_zone_lock(zone);

    entry = ngx_http_volunteer_entries_find(&zone->sh->entries, &key);

    rc = (entry && ngx_http_volunteer_cache_fresh(vlcf, &entry->stamp,
                                                  ngx_current_msec))
         ? ngx_http_volunteer_cache_body(r, &zone->sh->entries, entry, body)
         : NGX_DECLINED;

    ngx_http_volunteer_zone_unlock(zone);

    return rc;
}
