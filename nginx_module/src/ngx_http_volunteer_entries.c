
/*
 * Entries of any length in shared memory.
 *
 * The memory is divided into blocks of one size and an entry is a chain of
 * them, so that it never falls to pieces which nothing fits into.  When no
 * block is free, a hand goes round the blocks as that of a clock: it passes
 * by an entry that was asked for since it last came by and drops any other.
 * A hit writes one byte at most, so hits do not compete for cache lines.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_cache.h"


/* entries that the hand passes by at most before it drops one in use */

#define NGX_HTTP_VOLUNTEER_CHANCES  64


/* where no entry begins; where one does; where one was asked for */

typedef enum {
    NGX_HTTP_VOLUNTEER_INNER = 0,
    NGX_HTTP_VOLUNTEER_FIRST,
    NGX_HTTP_VOLUNTEER_ASKED
} ngx_http_volunteer_block_e;


static uint32_t *ngx_http_volunteer_entries_bucket(
    ngx_http_volunteer_entries_t *entries, ngx_http_volunteer_key_id_t *key);
static uint32_t *ngx_http_volunteer_entries_link(
    ngx_http_volunteer_entries_t *entries, ngx_http_volunteer_key_id_t *key);
static void ngx_http_volunteer_entries_room(
    ngx_http_volunteer_entries_t *entries, uint32_t n);
static void ngx_http_volunteer_entries_drop(
    ngx_http_volunteer_entries_t *entries, uint32_t *link);
static uint32_t ngx_http_volunteer_entries_take(
    ngx_http_volunteer_entries_t *entries);
static ngx_http_volunteer_entry_t *ngx_http_volunteer_entries_at(
    ngx_http_volunteer_entries_t *entries, uint32_t block);


void
ngx_http_volunteer_entries_clear(ngx_http_volunteer_entries_t *entries)
{
    ngx_memset(entries->buckets, 0xff, entries->nbuckets * sizeof(uint32_t));
    ngx_memzero(entries->marks, entries->used);

    entries->used = 0;
    entries->free = NGX_HTTP_VOLUNTEER_NONE;
    entries->nfree = 0;
    entries->hand = 0;
}


ngx_http_volunteer_entry_t *
ngx_http_volunteer_entries_find(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_key_id_t *key)
{
    uint32_t  block;

    block = *ngx_http_volunteer_entries_link(entries, key);

    if (block == NGX_HTTP_VOLUNTEER_NONE) {
        return NULL;
    }

    if (entries->marks[block] != NGX_HTTP_VOLUNTEER_ASKED) {
        entries->marks[block] = NGX_HTTP_VOLUNTEER_ASKED;
    }

    return ngx_http_volunteer_entries_at(entries, block);
}


void
ngx_http_volunteer_entries_read(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_entry_t *entry, u_char *to)
{
    u_char    *p, *end;
    size_t     size, rest;
    uint32_t   block;

    block = ((u_char *) entry - entries->blocks) / NGX_HTTP_VOLUNTEER_BLOCK;

    p = (u_char *) (entry + 1);
    end = (u_char *) entry + NGX_HTTP_VOLUNTEER_BLOCK;

    for (rest = entry->len; /* void */ ; rest -= size) {

        size = ngx_min(rest, (size_t) (end - p));
        to = ngx_cpymem(to, p, size);

        if (size == rest) {
            return;
        }

        block = entries->next[block];
        p = entries->blocks + (size_t) block * NGX_HTTP_VOLUNTEER_BLOCK;
        end = p + NGX_HTTP_VOLUNTEER_BLOCK;
    }
}


void
ngx_http_volunteer_entries_put(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_entry_t *head, ngx_str_t *parts, ngx_uint_t n)
{
    size_t                       len, size;
    u_char                      *p, *end, *data;
    uint32_t                     block, first, *bucket, *link;
    ngx_uint_t                   i;
    ngx_http_volunteer_entry_t  *entry;

    len = 0;

    for (i = 0; i < n; i++) {
        len += parts[i].len;
    }

    size = (sizeof(ngx_http_volunteer_entry_t) + len
            + NGX_HTTP_VOLUNTEER_BLOCK - 1)
           / NGX_HTTP_VOLUNTEER_BLOCK;

    if (size > entries->nblocks / 4) {
        return;
    }

    entries->broken = 1;
    ngx_memory_barrier();

    link = ngx_http_volunteer_entries_link(entries, &head->key);

    if (*link != NGX_HTTP_VOLUNTEER_NONE) {
        ngx_http_volunteer_entries_drop(entries, link);
    }

    ngx_http_volunteer_entries_room(entries, size);

    first = block = ngx_http_volunteer_entries_take(entries);
    entry = ngx_http_volunteer_entries_at(entries, block);
    bucket = ngx_http_volunteer_entries_bucket(entries, &head->key);

    *entry = *head;
    entry->len = len;
    entry->chain = *bucket;

    p = (u_char *) (entry + 1);
    end = (u_char *) entry + NGX_HTTP_VOLUNTEER_BLOCK;

    for (i = 0; i < n; i++) {

        data = parts[i].data;
        len = parts[i].len;

        while (len) {

            if (p == end) {
                entries->next[block] = ngx_http_volunteer_entries_take(entries);
                block = entries->next[block];
                p = entries->blocks + (size_t) block * NGX_HTTP_VOLUNTEER_BLOCK;
                end = p + NGX_HTTP_VOLUNTEER_BLOCK;
            }

            size = ngx_min(len, (size_t) (end - p));
            p = ngx_cpymem(p, data, size);
            data += size;
            len -= size;
        }
    }

    entries->next[block] = NGX_HTTP_VOLUNTEER_NONE;
    entries->marks[first] = NGX_HTTP_VOLUNTEER_FIRST;
    *bucket = first;

    ngx_memory_barrier();
    entries->broken = 0;
}


static uint32_t *
ngx_http_volunteer_entries_bucket(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_key_id_t *key)
{
    uint32_t  hash;

    /* only codes that exist have entries, so nobody can choose the hash */

    hash = ngx_murmur_hash2((u_char *) key,
                            sizeof(ngx_http_volunteer_key_id_t));

    return &entries->buckets[hash & (entries->nbuckets - 1)];
}


/* what leads to the entry, or to where it would be */

static uint32_t *
ngx_http_volunteer_entries_link(ngx_http_volunteer_entries_t *entries,
    ngx_http_volunteer_key_id_t *key)
{
    uint32_t                    *link;
    ngx_http_volunteer_entry_t  *entry;

    link = ngx_http_volunteer_entries_bucket(entries, key);

    while (*link != NGX_HTTP_VOLUNTEER_NONE) {

        entry = ngx_http_volunteer_entries_at(entries, *link);

        if (ngx_memcmp(&entry->key, key, sizeof(ngx_http_volunteer_key_id_t))
            == 0)
        {
            break;
        }

        link = &entry->chain;
    }

    return link;
}


static void
ngx_http_volunteer_entries_room(ngx_http_volunteer_entries_t *entries,
    uint32_t n)
{
    u_char                      *mark;
    ngx_uint_t                   chances;
    ngx_http_volunteer_entry_t  *entry;

    chances = NGX_HTTP_VOLUNTEER_CHANCES;

    while (entries->nfree + entries->nblocks - entries->used < n) {

        mark = &entries->marks[entries->hand];

        if (*mark == NGX_HTTP_VOLUNTEER_ASKED && chances > 0) {
            *mark = NGX_HTTP_VOLUNTEER_FIRST;
            chances--;

        } else if (*mark != NGX_HTTP_VOLUNTEER_INNER) {
            entry = ngx_http_volunteer_entries_at(entries, entries->hand);
            ngx_http_volunteer_entries_drop(entries,
                       ngx_http_volunteer_entries_link(entries, &entry->key));
        }

        entries->hand = (entries->hand + 1) % entries->nblocks;
    }
}


static void
ngx_http_volunteer_entries_drop(ngx_http_volunteer_entries_t *entries,
    uint32_t *link)
{
    uint32_t  block, last;

    block = *link;
    *link = ngx_http_volunteer_entries_at(entries, block)->chain;

    entries->marks[block] = NGX_HTTP_VOLUNTEER_INNER;
    entries->nfree++;

    for (last = block;
         entries->next[last] != NGX_HTTP_VOLUNTEER_NONE;
         last = entries->next[last])
    {
        entries->nfree++;
    }

    entries->next[last] = entries->free;
    entries->free = block;
}


/* after room was made */

static uint32_t
ngx_http_volunteer_entries_take(ngx_http_volunteer_entries_t *entries)
{
    uint32_t  block;

    if (entries->nfree) {
        block = entries->free;
        entries->free = entries->next[block];
        entries->nfree--;

    } else {
        block = entries->used++;
    }

    return block;
}


static ngx_http_volunteer_entry_t *
ngx_http_volunteer_entries_at(ngx_http_volunteer_entries_t *entries,
    uint32_t block)
{
    return (ngx_http_volunteer_entry_t *)
               (entries->blocks + (size_t) block * NGX_HTTP_VOLUNTEER_BLOCK);
}
