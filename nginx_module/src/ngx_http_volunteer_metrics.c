
/*
 * Metrics of all workers: their place in shared memory, the counting of
 * answers, and the sum of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_metrics.h"


typedef struct {
    size_t                           slot;     /* bytes from one to the next */
    ngx_uint_t                       nslots;   /* that were ever taken */
    u_char                          *slots;
} ngx_http_volunteer_metrics_shctx_t;


static ngx_int_t ngx_http_volunteer_metrics_init_zone(
    ngx_shm_zone_t *shm_zone, void *data);
static ngx_int_t ngx_http_volunteer_metrics_log(ngx_http_request_t *r);
static ngx_uint_t ngx_http_volunteer_metrics_outcome(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx);
static void ngx_http_volunteer_metrics_add(ngx_atomic_t *to,
    ngx_atomic_t *from, ngx_uint_t n);


const ngx_uint_t  ngx_http_volunteer_batch_bounds[] = {
    1, 2, 4, 8, 16, 32, 64, 128, 0
};


const ngx_uint_t  ngx_http_volunteer_lookup_bounds[] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 2500000, 0
};


static ngx_http_volunteer_metrics_t  ngx_http_volunteer_metrics_none;

ngx_http_volunteer_metrics_t  *ngx_http_volunteer_own_metrics =
    &ngx_http_volunteer_metrics_none;


char *
ngx_http_volunteer_metrics_create(ngx_conf_t *cf)
{
    size_t                           slot;
    ngx_str_t                        name;
    ngx_shm_zone_t                  *shm_zone;
    ngx_http_volunteer_main_conf_t  *vmcf;

    ngx_str_set(&name, "volunteer_metrics");

    slot = ngx_align(sizeof(ngx_http_volunteer_metrics_t), ngx_cacheline_size);

    /* a sixteenth for the slab allocator */

    shm_zone = ngx_shared_memory_add(cf, &name, slot * NGX_MAX_PROCESSES
                                                / 16 * 17,
                                     &ngx_http_volunteer_module);
    if (shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    shm_zone->init = ngx_http_volunteer_metrics_init_zone;

    vmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_volunteer_module);
    vmcf->metrics = shm_zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_volunteer_metrics_init_zone(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_slab_pool_t                     *shpool;
    ngx_http_volunteer_metrics_shctx_t  *sh;

    if (data) {
        shm_zone->data = data;
        return NGX_OK;
    }

    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        shm_zone->data = shpool->data;
        return NGX_OK;
    }

    sh = ngx_slab_calloc(shpool, sizeof(ngx_http_volunteer_metrics_shctx_t));
    if (sh == NULL) {
        return NGX_ERROR;
    }

    sh->slot = ngx_align(sizeof(ngx_http_volunteer_metrics_t),
                         ngx_cacheline_size);

    /* zeros already: not written, so that unused slots take no memory */

    sh->slots = ngx_slab_alloc(shpool, sh->slot * NGX_MAX_PROCESSES);
    if (sh->slots == NULL) {
        return NGX_ERROR;
    }

    shpool->data = sh;
    shm_zone->data = sh;

    return NGX_OK;
}


void
ngx_http_volunteer_metrics_start(ngx_shm_zone_t *shm_zone)
{
    ngx_slab_pool_t                     *shpool;
    ngx_http_volunteer_metrics_shctx_t  *sh;

    sh = shm_zone->data;
    shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    /* the living children of a master have different numbers */

    ngx_shmtx_lock(&shpool->mutex);

    sh->nslots = ngx_max(sh->nslots, (ngx_uint_t) ngx_process_slot + 1);

    ngx_shmtx_unlock(&shpool->mutex);

    ngx_http_volunteer_own_metrics = (ngx_http_volunteer_metrics_t *)
                                  (sh->slots + sh->slot * ngx_process_slot);

    /* of a worker that crashed */

    ngx_memzero((void *) ngx_http_volunteer_own_metrics->gauges,
                sizeof(ngx_http_volunteer_own_metrics->gauges));

    ngx_http_volunteer_own_metrics->pid = ngx_pid;
}


void
ngx_http_volunteer_metrics_stop(void)
{
    ngx_http_volunteer_own_metrics->pid = 0;
}


ngx_int_t
ngx_http_volunteer_metrics_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt        *h;
    ngx_http_core_main_conf_t  *cmcf;

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_LOG_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_volunteer_metrics_log;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_metrics_log(ngx_http_request_t *r)
{
    ngx_uint_t                 outcome;
    ngx_http_volunteer_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_volunteer_module);

    if (ctx == NULL) {
        return NGX_OK;
    }

    /* codes of a list were counted one by one */

    if (ctx->format == NGX_HTTP_VOLUNTEER_NDJSON
        && r->headers_out.status == NGX_HTTP_OK)
    {
        return NGX_OK;
    }

    outcome = ngx_http_volunteer_metrics_outcome(r, ctx);

    ngx_http_volunteer_count_answer(outcome, ctx->format);

    return NGX_OK;
}


static ngx_uint_t
ngx_http_volunteer_metrics_outcome(ngx_http_request_t *r,
    ngx_http_volunteer_ctx_t *ctx)
{
    if (r->headers_out.status == NGX_HTTP_CLIENT_CLOSED_REQUEST) {
        return NGX_HTTP_VOLUNTEER_LEFT;
    }

    /* nothing stands in the way of what is valid but the desk itself */

    if ((ctx->verdict == NGX_HTTP_VOLUNTEER_FORM
         || ctx->verdict == NGX_HTTP_VOLUNTEER_VALID)
        && r->headers_out.status >= NGX_HTTP_BAD_REQUEST)
    {
        return NGX_HTTP_VOLUNTEER_REFUSED;
    }

    if (ctx->verdict == NGX_HTTP_VOLUNTEER_FORM
        && ctx->format == NGX_HTTP_VOLUNTEER_STATUSLIST)
    {
        return NGX_HTTP_VOLUNTEER_SERVED;
    }

    return ctx->verdict;
}


ngx_uint_t
ngx_http_volunteer_metrics_sum(ngx_shm_zone_t *shm_zone,
    ngx_http_volunteer_metrics_t *total)
{
    ngx_uint_t                           i, workers;
    ngx_http_volunteer_metrics_t        *slot;
    ngx_http_volunteer_metrics_shctx_t  *sh;

    sh = shm_zone->data;

    ngx_memzero(total, sizeof(ngx_http_volunteer_metrics_t));

    workers = 0;

    for (i = 0; i < sh->nslots; i++) {

        slot = (ngx_http_volunteer_metrics_t *) (sh->slots + sh->slot * i);

        if (slot->pid && kill((pid_t) slot->pid, 0) == 0) {
            workers++;
            ngx_http_volunteer_metrics_add(total->gauges, slot->gauges,
                                           NGX_HTTP_VOLUNTEER_GAUGES);
        }

        /* all that follows the gauges are counters */

        ngx_http_volunteer_metrics_add(total->counters, slot->counters,
            (sizeof(ngx_http_volunteer_metrics_t)
             - offsetof(ngx_http_volunteer_metrics_t, counters))
            / sizeof(ngx_atomic_t));
    }

    return workers;
}


static void
ngx_http_volunteer_metrics_add(ngx_atomic_t *to, ngx_atomic_t *from,
    ngx_uint_t n)
{
    while (n--) {
        *to++ += *from++;
    }
}
