
/*
 * What a location has in its zone: a realm, that tells its entries from those
 * of others, and from its own before it was configured otherwise; and a
 * listener, which it shares with others of the same database and zone.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_listen.h"
#include "ngx_http_volunteer_marks.h"


static ngx_int_t ngx_http_volunteer_cache_realm(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf);


ngx_int_t
ngx_http_volunteer_cache_merge(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_cache_t       *cache;
    ngx_http_volunteer_listener_t   **listener;
    ngx_http_volunteer_main_conf_t   *vmcf;

    if (ngx_http_volunteer_cache_realm(cf, conf) != NGX_OK) {
        return NGX_ERROR;
    }

    cache = conf->cache;

    if (!cache->listen) {
        return NGX_OK;
    }

    vmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_volunteer_module);

    listener = vmcf->listeners.elts;

    for (i = 0; i < vmcf->listeners.nelts; i++) {
        if (listener[i]->db == conf->db && listener[i]->zone == cache->zone) {
            listener[i]->valid = ngx_min(listener[i]->valid, cache->valid);
            conf->listener = listener[i];
            return NGX_OK;
        }
    }

    listener = ngx_array_push(&vmcf->listeners);
    if (listener == NULL) {
        return NGX_ERROR;
    }

    *listener = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_listener_t));
    if (*listener == NULL) {
        return NGX_ERROR;
    }

    (*listener)->db = conf->db;
    (*listener)->zone = cache->zone;
    (*listener)->valid = cache->valid;

    conf->listener = *listener;

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_cache_realm(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf)
{
    u_char                          digest[EVP_MAX_MD_SIZE];
    ngx_int_t                       rc;
    ngx_str_t                       conninfo;
    EVP_MD_CTX                     *hash;
    ngx_http_volunteer_srv_conf_t  *vscf;

    vscf = ngx_http_conf_get_module_srv_conf(cf, ngx_http_volunteer_module);

    hash = EVP_MD_CTX_new();

    if (hash == NULL || EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(hash);
        return NGX_ERROR;
    }

    conninfo.data = (u_char *) conf->db->conninfo;
    conninfo.len = ngx_strlen(conninfo.data);

    ngx_http_volunteer_digest_add(hash, &conninfo);
    ngx_http_volunteer_digest_add(hash, &conf->origin);
    ngx_http_volunteer_digest_add(hash,
                               ngx_http_volunteer_keys_document(conf->keys));
    ngx_http_volunteer_pages_digest(conf->pages, hash);
    ngx_http_volunteer_digest_add(hash, &conf->font);

    (void) EVP_DigestUpdate(hash, &vscf->by_number, sizeof(vscf->by_number));

    rc = (EVP_DigestFinal_ex(hash, digest, NULL) == 1) ? NGX_OK : NGX_ERROR;

    EVP_MD_CTX_free(hash);

    ngx_memcpy(conf->realm, digest, NGX_HTTP_VOLUNTEER_REALM);

    return rc;
}


ngx_int_t
ngx_http_volunteer_cache_start(ngx_cycle_t *cycle,
    ngx_http_volunteer_main_conf_t *vmcf)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_zone_t       **zone;
    ngx_http_volunteer_listener_t   **listener;

    if (vmcf->zones.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_http_volunteer_flight_init_process(cycle) != NGX_OK) {
        return NGX_ERROR;
    }

    zone = vmcf->zones.elts;

    for (i = 0; i < vmcf->zones.nelts; i++) {
        ngx_http_volunteer_marks_forget(zone[i]);
    }

    listener = vmcf->listeners.elts;

    for (i = 0; i < vmcf->listeners.nelts; i++) {
        ngx_http_volunteer_listener_open(listener[i]);
    }

    return NGX_OK;
}


void
ngx_http_volunteer_cache_stop(ngx_http_volunteer_main_conf_t *vmcf)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_zone_t       **zone;
    ngx_http_volunteer_listener_t   **listener;

    if (vmcf->zones.nelts == 0) {
        return;
    }

    listener = vmcf->listeners.elts;

    for (i = 0; i < vmcf->listeners.nelts; i++) {
        ngx_http_volunteer_listener_close(listener[i]);
    }

    zone = vmcf->zones.elts;

    for (i = 0; i < vmcf->zones.nelts; i++) {
        ngx_http_volunteer_marks_forget(zone[i]);
    }

    ngx_http_volunteer_marks_exit_process();
}


void
ngx_http_volunteer_digest_add(EVP_MD_CTX *hash, ngx_str_t *s)
{
    (void) EVP_DigestUpdate(hash, &s->len, sizeof(s->len));
    (void) EVP_DigestUpdate(hash, s->data, s->len);
}
