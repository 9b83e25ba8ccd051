
/*
 * Views of certificate pages, counted for the registry.
 *
 * A page that was answered is counted when the request is over, in a table in
 * shared memory.  Each worker empties the table from time to time, by calls of
 * verify.count_views() with up to 200 codes; at once when there are as many,
 * and at last when it leaves.  Views are counted at most once: those of a
 * call that failed are lost, and so are those in the table when nginx does not
 * end gracefully.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_metrics.h"


#define NGX_HTTP_VOLUNTEER_VIEWS_MAX    4096     /* codes in the table */
#define NGX_HTTP_VOLUNTEER_VIEWS_BATCH  200      /* codes in a call */


/* entries of a bucket, the latest first; 0 ends the list */

typedef struct {
    u_char                           code[CERTIFICATE_CODE_CHARS];
    uint32_t                         views;
    uint32_t                         next;       /* number from 1 */
} ngx_http_volunteer_view_t;


typedef struct {
    ngx_uint_t                       n;
    uint32_t                         buckets[NGX_HTTP_VOLUNTEER_VIEWS_MAX];
    ngx_http_volunteer_view_t        entries[NGX_HTTP_VOLUNTEER_VIEWS_MAX];
} ngx_http_volunteer_views_shctx_t;


struct ngx_http_volunteer_views_s {
    ngx_http_volunteer_db_t         *db;
    ngx_msec_t                       interval;

    ngx_slab_pool_t                 *shpool;
    ngx_http_volunteer_views_shctx_t
                                    *sh;

    /* of this worker process: the call that is under way */

    ngx_event_t                      timer;
    ngx_http_volunteer_query_t       query;
    ngx_uint_t                       sending;    /* a flag */
    ngx_uint_t                       n;
    ngx_http_volunteer_view_t        sent[NGX_HTTP_VOLUNTEER_VIEWS_BATCH];
    u_char                           codes[sizeof("{}")
                                           + NGX_HTTP_VOLUNTEER_VIEWS_BATCH
                                             * (CERTIFICATE_CODE_CHARS + 1)];
    u_char                           views[sizeof("{}")
                                           + NGX_HTTP_VOLUNTEER_VIEWS_BATCH
                                             * (NGX_INT32_LEN + 1)];
};


static ngx_int_t ngx_http_volunteer_views_init_zone(ngx_shm_zone_t *shm_zone,
    void *data);
static ngx_int_t ngx_http_volunteer_views_log(ngx_http_request_t *r);
static ngx_uint_t ngx_http_volunteer_views_add(
    ngx_http_volunteer_views_t *views, u_char *code, uint32_t n);
static void ngx_http_volunteer_views_take(ngx_http_volunteer_views_t *views);
static void ngx_http_volunteer_views_timer(ngx_event_t *ev);
static void ngx_http_volunteer_views_handler(
    ngx_http_volunteer_query_t *query, ngx_int_t rc, PGresult *res);
static ngx_uint_t ngx_http_volunteer_views_total(
    ngx_http_volunteer_views_t *views);
static uint32_t *ngx_http_volunteer_views_bucket(
    ngx_http_volunteer_views_t *views, u_char *code);


char *
ngx_http_volunteer_views_create(ngx_conf_t *cf, ngx_http_volunteer_db_t *db,
    ngx_msec_t interval)
{
    u_char                      *p;
    ngx_str_t                    name;
    ngx_shm_zone_t              *shm_zone;
    ngx_http_volunteer_views_t  *views;

    /* what is counted for another database is not for this one */

    p = ngx_pnalloc(cf->pool, sizeof("volunteer_views_00000000"));
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    name.data = p;
    name.len = ngx_sprintf(p, "volunteer_views_%08xD",
                           ngx_crc32_long((u_char *) db->conninfo,
                                          ngx_strlen(db->conninfo)))
               - p;

    shm_zone = ngx_shared_memory_add(cf, &name,
                                     sizeof(ngx_http_volunteer_views_shctx_t)
                                     + 16 * ngx_pagesize,
                                     &ngx_http_volunteer_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (shm_zone->data == NULL) {

        views = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_views_t));
        if (views == NULL) {
            return NGX_CONF_ERROR;
        }

        views->db = db;
        views->interval = interval;

        shm_zone->data = views;
        shm_zone->init = ngx_http_volunteer_views_init_zone;
    }

    db->views = shm_zone->data;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_volunteer_views_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_volunteer_views_t *old = data;

    ngx_http_volunteer_views_t  *views;

    views = shm_zone->data;

    views->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (old) {
        views->sh = old->sh;
        return NGX_OK;
    }

    if (shm_zone->shm.exists) {
        views->sh = views->shpool->data;
        return NGX_OK;
    }

    views->sh = ngx_slab_calloc(views->shpool,
                                sizeof(ngx_http_volunteer_views_shctx_t));
    if (views->sh == NULL) {
        return NGX_ERROR;
    }

    views->shpool->data = views->sh;

    return NGX_OK;
}


ngx_int_t
ngx_http_volunteer_views_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_volunteer_views_log;

    return NGX_OK;
}


void
ngx_http_volunteer_views_start(ngx_cycle_t *cycle, ngx_http_volunteer_db_t *db)
{
    ngx_http_volunteer_views_t  *views;

    views = db->views;

    /* the same database by another directive */

    if (views == NULL || views->db != db) {
        return;
    }

    views->timer.handler = ngx_http_volunteer_views_timer;
    views->timer.data = views;
    views->timer.log = cycle->log;
    views->timer.cancelable = 1;

    ngx_add_timer(&views->timer, views->interval);
}


static ngx_int_t
ngx_http_volunteer_views_log(ngx_http_request_t *r)
{
    ngx_uint_t                      n;
    ngx_http_volunteer_ctx_t       *ctx;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);
    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    /* a page that somebody may have read, of a token that was verified */

    if (ctx == NULL || ctx->format != NGX_HTTP_VOLUNTEER_HTML
        || ctx->verdict > NGX_HTTP_VOLUNTEER_SUPERSEDED
        || r->method != NGX_HTTP_GET
        || r->headers_out.status != NGX_HTTP_OK
        || vlcf->db == NULL || vlcf->db->views == NULL)
    {
        return NGX_OK;
    }

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_VIEWS_COUNTED);

    n = ngx_http_volunteer_views_add(vlcf->db->views, ctx->code.data, 1);

    if (ngx_exiting || (n && n % NGX_HTTP_VOLUNTEER_VIEWS_BATCH == 0)) {
        ngx_http_volunteer_views_flush(vlcf->db);
    }

    return NGX_OK;
}


/* how many codes there are with this one, 0 when it is no new one */

static ngx_uint_t
ngx_http_volunteer_views_add(ngx_http_volunteer_views_t *views, u_char *code,
    uint32_t n)
{
    uint32_t                          *bucket, i;
    ngx_uint_t                         added;
    ngx_http_volunteer_view_t         *entry;
    ngx_http_volunteer_views_shctx_t  *sh;

    sh = views->sh;

    added = 0;
    bucket = ngx_http_volunteer_views_bucket(views, code);

    ngx_shmtx_lock(&views->shpool->mutex);

    for (i = *bucket; i; i = entry->next) {

        entry = &sh->entries[i - 1];

        if (ngx_memcmp(entry->code, code, CERTIFICATE_CODE_CHARS) == 0) {
            entry->views += n;
            goto done;
        }
    }

    if (sh->n == NGX_HTTP_VOLUNTEER_VIEWS_MAX) {
        ngx_http_volunteer_count_n(NGX_HTTP_VOLUNTEER_VIEWS_LOST, n);
        goto done;
    }

    entry = &sh->entries[sh->n];

    ngx_memcpy(entry->code, code, CERTIFICATE_CODE_CHARS);
    entry->views = n;
    entry->next = *bucket;

    /* whenever a worker dies, no bucket begins beyond the last entry */

    ngx_memory_barrier();
    added = ++sh->n;
    ngx_memory_barrier();

    *bucket = added;

done:

    ngx_shmtx_unlock(&views->shpool->mutex);

    return added;
}


void
ngx_http_volunteer_views_flush(ngx_http_volunteer_db_t *db)
{
    u_char                      *p, *q;
    ngx_uint_t                   i;
    ngx_http_volunteer_views_t  *views;

    views = db->views;

    if (views == NULL || views->sending) {
        return;
    }

    ngx_http_volunteer_views_take(views);

    if (views->n == 0) {
        return;
    }

    p = views->codes;
    q = views->views;

    for (i = 0; i < views->n; i++) {
        *p++ = (i == 0) ? '{' : ',';
        p = ngx_cpymem(p, views->sent[i].code, CERTIFICATE_CODE_CHARS);

        q = ngx_sprintf(q, "%c%uD", (i == 0) ? '{' : ',',
                        views->sent[i].views);
    }

    ngx_memcpy(p, "}", sizeof("}"));
    ngx_memcpy(q, "}", sizeof("}"));

    ngx_memzero(&views->query, sizeof(ngx_http_volunteer_query_t));

    views->query.statement = NGX_HTTP_VOLUNTEER_COUNT_VIEWS;
    views->query.params[0] = (char *) views->codes;
    views->query.params[1] = (char *) views->views;
    views->query.handler = ngx_http_volunteer_views_handler;
    views->query.data = views;

    if (ngx_http_volunteer_db_query(views->db, &views->query) == NGX_BUSY) {

        /* not now */

        for (i = 0; i < views->n; i++) {
            (void) ngx_http_volunteer_views_add(views, views->sent[i].code,
                                                views->sent[i].views);
        }

        return;
    }

    views->sending = 1;
}


/*
 * The last entries of the table, each the first one of its bucket by then:
 * those behind it are gone.
 */

static void
ngx_http_volunteer_views_take(ngx_http_volunteer_views_t *views)
{
    ngx_http_volunteer_view_t         *entry;
    ngx_http_volunteer_views_shctx_t  *sh;

    sh = views->sh;

    views->n = 0;

    ngx_shmtx_lock(&views->shpool->mutex);

    while (sh->n && views->n < NGX_HTTP_VOLUNTEER_VIEWS_BATCH) {
        entry = &sh->entries[sh->n - 1];

        views->sent[views->n++] = *entry;

        *ngx_http_volunteer_views_bucket(views, entry->code) = entry->next;
        ngx_memory_barrier();
        sh->n--;
    }

    ngx_shmtx_unlock(&views->shpool->mutex);
}


static void
ngx_http_volunteer_views_timer(ngx_event_t *ev)
{
    ngx_http_volunteer_views_t  *views;

    views = ev->data;

    ngx_http_volunteer_views_flush(views->db);

    if (!ngx_exiting) {
        ngx_add_timer(ev, views->interval);
    }
}


static void
ngx_http_volunteer_views_handler(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res)
{
    ngx_http_volunteer_views_t  *views;

    views = query->data;

    views->sending = 0;

    if (rc != NGX_OK) {
        ngx_http_volunteer_count_n(NGX_HTTP_VOLUNTEER_VIEWS_LOST,
                                   ngx_http_volunteer_views_total(views));
        return;
    }

    ngx_http_volunteer_count_n(NGX_HTTP_VOLUNTEER_VIEWS_SENT,
                               ngx_http_volunteer_views_total(views));

    if (ngx_exiting || views->sh->n >= NGX_HTTP_VOLUNTEER_VIEWS_BATCH) {
        ngx_http_volunteer_views_flush(views->db);
    }
}


static ngx_uint_t
ngx_http_volunteer_views_total(ngx_http_volunteer_views_t *views)
{
    ngx_uint_t  i, total;

    total = 0;

    for (i = 0; i < views->n; i++) {
        total += views->sent[i].views;
    }

    return total;
}


static uint32_t *
ngx_http_volunteer_views_bucket(ngx_http_volunteer_views_t *views,
    u_char *code)
{
    return &views->sh->buckets[ngx_murmur_hash2(code, CERTIFICATE_CODE_CHARS)
                               % NGX_HTTP_VOLUNTEER_VIEWS_MAX];
}
