
/*
 * The shared-memory zone: verified tokens, rows, answers made of them, codes
 * that are unknown, and lookups in flight.
 *
 *   _zone.c      directive volunteer_cache, layout of the zone
 *   _entries.c   entries of any length, the least recently used goes first
 *   _cache.c     what of them is fresh
 *   _flight.c    one lookup a code, however many requests wait for it
 *   _marks.c     what workers tell one another of their lookups
 *   _listen.c    hears from the database what is fresh no longer
 */


#ifndef _NGX_HTTP_VOLUNTEER_CACHE_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_CACHE_H_INCLUDED_


#include "ngx_http_volunteer_db.h"


#define NGX_HTTP_VOLUNTEER_WAYS         4
#define NGX_HTTP_VOLUNTEER_BLOCK        512
#define NGX_HTTP_VOLUNTEER_NONE         ((uint32_t) -1)


/* kinds of entries; a scale or a language is added to the last two */

#define NGX_HTTP_VOLUNTEER_KIND_ROW     0
#define NGX_HTTP_VOLUNTEER_KIND_JSON    1
#define NGX_HTTP_VOLUNTEER_KIND_SVG     2
#define NGX_HTTP_VOLUNTEER_KIND_PDF     3
#define NGX_HTTP_VOLUNTEER_KIND_TOKEN   4
#define NGX_HTTP_VOLUNTEER_KIND_PNG     16
#define NGX_HTTP_VOLUNTEER_KIND_PAGE    64


/* a row, a token, or an answer of a format that depends on a detail */

typedef struct {
    u_char                          realm[NGX_HTTP_VOLUNTEER_REALM];
    u_char                          code[CERTIFICATE_CODE_CHARS];
    u_char                          kind;
} ngx_http_volunteer_key_id_t;


/* blocks of one size, chained: no fragmentation, and any entry finds room */

typedef struct {
    uint32_t                        nblocks;
    uint32_t                        nbuckets;       /* a power of two */
    uint32_t                        used;           /* beyond: never used */
    uint32_t                        free;           /* chain of nfree blocks */
    uint32_t                        nfree;
    uint32_t                        hand;
    ngx_uint_t                      broken;         /* a writer is at work */

    uint32_t                       *buckets;
    uint32_t                       *next;           /* of each block */
    u_char                         *marks;          /* of each block */
    u_char                         *blocks;
} ngx_http_volunteer_entries_t;


typedef struct {
    uint32_t                        chain;          /* of the bucket */
    uint32_t                        len;            /* of the data */
    uint32_t                        status;         /* of the certificate */
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_stamp_t      stamp;
} ngx_http_volunteer_entry_t;


typedef struct {
    u_char                          digests[NGX_HTTP_VOLUNTEER_WAYS]
                                           [NGX_HTTP_VOLUNTEER_DIGEST];
} ngx_http_volunteer_tokens_t;


typedef struct {
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_stamp_t      stamp;          /* epoch 0: none */
} ngx_http_volunteer_negative_t;


typedef struct {
    ngx_http_volunteer_key_id_t     key;
    ngx_http_volunteer_stamp_t      stamp;          /* epoch 0: none */
    ngx_int_t                       owner;          /* ngx_process_slot */
    ngx_uint_t                      awaited;        /* by other workers */
} ngx_http_volunteer_mark_t;


typedef struct {
    /* counts invalidations and beginnings to listen, from 1 */
    ngx_atomic_t                    clock;

    ngx_atomic_t                    standby;        /* a flag: it was said */

    /* when the codes of a slot were last invalidated */
    ngx_uint_t                      nslots;         /* a power of two */
    ngx_atomic_t                   *invalidated;

    /* tables of sets, NGX_HTTP_VOLUNTEER_WAYS in a set */
    ngx_uint_t                      ntokens;
    ngx_http_volunteer_tokens_t    *tokens;
    ngx_uint_t                      nnegatives;
    ngx_http_volunteer_negative_t  *negatives;
    ngx_uint_t                      nmarks;
    ngx_http_volunteer_mark_t      *marks;

    ngx_http_volunteer_entries_t    entries;
} ngx_http_volunteer_shctx_t;


typedef struct {
    ngx_slab_pool_t                *shpool;
    ngx_http_volunteer_shctx_t     *sh;
} ngx_http_volunteer_zone_t;


/* the directive, where it stands */

struct ngx_http_volunteer_cache_s {
    ngx_http_volunteer_zone_t      *zone;
    ngx_msec_t                      valid;          /* 0: no rows */
    ngx_msec_t                      listen_valid;
    ngx_uint_t                      listen;         /* a flag */
};


/* the entries are sane between the two, whatever happened to other workers */
void ngx_http_volunteer_zone_lock(ngx_http_volunteer_zone_t *zone);
void ngx_http_volunteer_zone_unlock(ngx_http_volunteer_zone_t *zone);


/* all of these with the zone locked */

void ngx_http_volunteer_entries_clear(ngx_http_volunteer_entries_t *entries);
ngx_http_volunteer_entry_t *ngx_http_volunteer_entries_find(
    ngx_http_volunteer_entries_t *entries, ngx_http_volunteer_key_id_t *key);
void ngx_http_volunteer_entries_read(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_entry_t *entry, u_char *to);

/* in the place of one with its key; one that is too large is not stored */
void ngx_http_volunteer_entries_put(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_entry_t *entry, ngx_str_t *parts, ngx_uint_t n);

/* the code's row; NGX_DONE, NGX_DECLINED, NGX_AGAIN, NGX_ERROR, as get() */
ngx_int_t ngx_http_volunteer_cache_row(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_http_volunteer_key_id_t *key, ngx_msec_t now, ngx_pool_t *pool,
    ngx_http_volunteer_row_t *row);
void ngx_http_volunteer_cache_put_row(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_row_t *row);

ngx_http_volunteer_negative_t *ngx_http_volunteer_cache_negative(
    ngx_http_volunteer_zone_t *zone, ngx_http_volunteer_key_id_t *key);
void ngx_http_volunteer_cache_put_negative(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_key_id_t *key, ngx_http_volunteer_stamp_t *stamp);


/* and these without */

/* of the row of a code; another kind may be set */
void ngx_http_volunteer_cache_key(ngx_http_volunteer_loc_conf_t *vlcf,
    u_char *code, ngx_http_volunteer_key_id_t *key);

/*
 * Sets the token and the digest of a lookup whose code is set, if a token of
 * this code was verified here.  NGX_OK, NGX_DECLINED, NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_volunteer_cache_token(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_pool_t *pool, ngx_http_volunteer_lookup_t *lookup);

/* of a lookup that is about to begin */
void ngx_http_volunteer_cache_stamp(ngx_http_volunteer_zone_t *zone,
    u_char *code, ngx_http_volunteer_stamp_t *stamp);

/* hexadecimal digits that begin the SHA-256 of a code */
#define NGX_HTTP_VOLUNTEER_PREFIX_LEN   6

/* all that is stamped so far of codes whose SHA-256 begins like that */
void ngx_http_volunteer_cache_invalidate(ngx_http_volunteer_zone_t *zone,
    ngx_uint_t prefix);

/* whether nothing was invalidated since */
ngx_uint_t ngx_http_volunteer_cache_intact(ngx_http_volunteer_zone_t *zone,
    ngx_http_volunteer_stamp_t *stamp);


/* at the start and the end of a worker process */
ngx_int_t ngx_http_volunteer_cache_start(ngx_cycle_t *cycle,
    ngx_http_volunteer_main_conf_t *vmcf);
void ngx_http_volunteer_cache_stop(ngx_http_volunteer_main_conf_t *vmcf);


/*
 * As ngx_http_volunteer_db_lookup(), for requests that are content with a row
 * that somebody else asked for.  NGX_ERROR: no memory.
 */
ngx_int_t ngx_http_volunteer_flight_lookup(
    ngx_http_volunteer_loc_conf_t *vlcf, ngx_http_volunteer_lookup_t *lookup);

/* by its query, as ngx_http_volunteer_db_cancel() */
void ngx_http_volunteer_flight_cancel(void *query);

/* in a worker that starts */
ngx_int_t ngx_http_volunteer_flight_init_process(ngx_cycle_t *cycle);


#endif /* _NGX_HTTP_VOLUNTEER_CACHE_H_INCLUDED_ */
