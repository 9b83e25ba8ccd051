
/*
 * The pinned public keys: a JWK set (RFC 7517), read at configuration time.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ngx_http_volunteer_keys.h"
#include "base64url.h"


#define NGX_HTTP_VOLUNTEER_HEADER                                             \
    "{\"alg\":\"" NGX_HTTP_VOLUNTEER_ALG "\",\"typ\":\"dc+sd-jwt\","          \
    "\"kid\":\"%V\"}"


static ngx_int_t ngx_http_volunteer_key_add(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t *keys, json_t *jwk);
static EVP_PKEY_CTX *ngx_http_volunteer_key_parse(json_t *jwk,
    u_char *point);
static ngx_int_t ngx_http_volunteer_key_name(ngx_pool_t *pool,
    ngx_http_volunteer_key_t *key, const char *kid);
static ngx_http_volunteer_key_t *ngx_http_volunteer_key_find(
    ngx_http_volunteer_keys_t *keys, const char *kid);
static void ngx_http_volunteer_keys_cleanup(void *data);


ngx_int_t
ngx_http_volunteer_keys_load(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t **keys)
{
    char                *text;
    size_t               i;
    json_t              *root, *list, *jwk;
    ngx_int_t            rc;
    json_error_t         error;
    ngx_pool_cleanup_t  *cln;

    if (ngx_conf_full_name(cf->cycle, file, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    root = json_load_file((char *) file->data, JSON_REJECT_DUPLICATES, &error);

    if (root == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid key set \"%V\": %s",
                           file, error.text);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;
    text = NULL;
    list = json_object_get(root, "keys");

    if (json_array_size(list) == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "no keys in \"%V\"", file);
        goto done;
    }

    *keys = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_keys_t));
    if (*keys == NULL) {
        goto done;
    }

    if (ngx_array_init(&(*keys)->keys, cf->pool, json_array_size(list),
                       sizeof(ngx_http_volunteer_key_t))
        != NGX_OK)
    {
        goto done;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        goto done;
    }

    cln->handler = ngx_http_volunteer_keys_cleanup;
    cln->data = *keys;

    /* fetched once: to look for an implementation costs as much as to hash */

    (*keys)->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    (*keys)->hash = EVP_MD_CTX_new();

    if ((*keys)->sha256 == NULL || (*keys)->hash == NULL) {
        goto done;
    }

    json_array_foreach(list, i, jwk) {
        if (ngx_http_volunteer_key_add(cf, file, *keys, jwk) != NGX_OK) {
            goto done;
        }
    }

    text = json_dumps(root, JSON_COMPACT);
    if (text == NULL) {
        goto done;
    }

    (*keys)->document.len = ngx_strlen(text);
    (*keys)->document.data = ngx_pnalloc(cf->pool, (*keys)->document.len);
    if ((*keys)->document.data == NULL) {
        goto done;
    }

    ngx_memcpy((*keys)->document.data, text, (*keys)->document.len);

    rc = NGX_OK;

done:

    free(text);
    json_decref(root);

    return rc;
}


ngx_str_t *
ngx_http_volunteer_keys_document(ngx_http_volunteer_keys_t *keys)
{
    return &keys->document;
}


static ngx_int_t
ngx_http_volunteer_key_add(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t *keys, json_t *jwk)
{
    u_char                     point[NGX_HTTP_VOLUNTEER_POINT];
    const char                *kid;
    EVP_PKEY_CTX              *verify;
    ngx_http_volunteer_key_t  *key;

    if (json_object_get(jwk, "d") != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "private key in \"%V\"", file);
        return NGX_ERROR;
    }

    verify = ngx_http_volunteer_key_parse(jwk, point);

    if (verify == NULL) {
        ERR_clear_error();
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "key %ui in \"%V\" is not a public P-256 key "
                           "for ES256 with a \"kid\"",
                           keys->keys.nelts + 1, file);
        return NGX_ERROR;
    }

    kid = json_string_value(json_object_get(jwk, "kid"));

    if (ngx_http_volunteer_key_find(keys, kid) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate key \"%s\" in \"%V\"", kid, file);
        EVP_PKEY_CTX_free(verify);
        return NGX_ERROR;
    }

    key = ngx_array_push(&keys->keys);
    if (key == NULL) {
        EVP_PKEY_CTX_free(verify);
        return NGX_ERROR;
    }

    key->verify = verify;
    ngx_memcpy(key->point, point, sizeof(point));

    return ngx_http_volunteer_key_name(cf->pool, key, kid);
}


static EVP_PKEY_CTX *
ngx_http_volunteer_key_parse(json_t *jwk, u_char *point)
{
    size_t         i;
    EVP_PKEY      *pkey;
    OSSL_PARAM     params[3];
    const char    *kty, *crv, *kid, *alg, *use, *coordinate[2];
    EVP_PKEY_CTX  *ctx;

    alg = NGX_HTTP_VOLUNTEER_ALG;
    use = "sig";

    if (json_unpack(jwk, "{s:s, s:s, s:s, s:s, s:s, s?s, s?s}",
                    "kty", &kty, "crv", &crv, "kid", &kid,
                    "x", &coordinate[0], "y", &coordinate[1],
                    "alg", &alg, "use", &use)
        != 0)
    {
        return NULL;
    }

    if (ngx_strcmp(kty, "EC") != 0
        || ngx_strcmp(crv, "P-256") != 0
        || ngx_strcmp(alg, NGX_HTTP_VOLUNTEER_ALG) != 0
        || ngx_strcmp(use, "sig") != 0
        || *kid == '\0'
        || ngx_escape_json(NULL, (u_char *) kid, ngx_strlen(kid)) != 0)
    {
        return NULL;
    }

    point[0] = POINT_CONVERSION_UNCOMPRESSED;

    for (i = 0; i < 2; i++) {
        if (!base64url_decode(coordinate[i], ngx_strlen(coordinate[i]),
                              &point[1 + i * NGX_HTTP_VOLUNTEER_P256],
                              NGX_HTTP_VOLUNTEER_P256))
        {
            return NULL;
        }
    }

    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
                                                 "prime256v1", 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  point,
                                                  NGX_HTTP_VOLUNTEER_POINT);
    params[2] = OSSL_PARAM_construct_end();

    ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx == NULL) {
        return NULL;
    }

    pkey = NULL;

    /* a point that is not on the curve fails here */

    if (EVP_PKEY_fromdata_init(ctx) == 1) {
        (void) EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    }

    EVP_PKEY_CTX_free(ctx);

    if (pkey == NULL) {
        return NULL;
    }

    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);

    EVP_PKEY_free(pkey);

    if (ctx != NULL && EVP_PKEY_verify_init(ctx) != 1) {
        EVP_PKEY_CTX_free(ctx);
        return NULL;
    }

    return ctx;
}


/* the header that the registry writes, byte by byte, is the only one we take */

static ngx_int_t
ngx_http_volunteer_key_name(ngx_pool_t *pool, ngx_http_volunteer_key_t *key,
    const char *kid)
{
    u_char     *p;
    ngx_str_t   header;

    key->kid.len = ngx_strlen(kid);
    key->kid.data = ngx_pnalloc(pool, key->kid.len);

    header.data = ngx_pnalloc(pool, sizeof(NGX_HTTP_VOLUNTEER_HEADER) - 1
                                    + key->kid.len);

    if (key->kid.data == NULL || header.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(key->kid.data, kid, key->kid.len);

    p = ngx_sprintf(header.data, NGX_HTTP_VOLUNTEER_HEADER, &key->kid);
    header.len = p - header.data;

    key->header.data = ngx_pnalloc(pool, ngx_base64_encoded_length(header.len)
                                         + 1);
    if (key->header.data == NULL) {
        return NGX_ERROR;
    }

    ngx_encode_base64url(&key->header, &header);
    key->header.data[key->header.len++] = '.';

    return NGX_OK;
}


static ngx_http_volunteer_key_t *
ngx_http_volunteer_key_find(ngx_http_volunteer_keys_t *keys, const char *kid)
{
    size_t                     len;
    ngx_uint_t                 i;
    ngx_http_volunteer_key_t  *key;

    len = ngx_strlen(kid);
    key = keys->keys.elts;

    for (i = 0; i < keys->keys.nelts; i++) {
        if (key[i].kid.len == len
            && ngx_memcmp(key[i].kid.data, kid, len) == 0)
        {
            return &key[i];
        }
    }

    return NULL;
}


static void
ngx_http_volunteer_keys_cleanup(void *data)
{
    ngx_http_volunteer_keys_t *keys = data;

    ngx_uint_t                 i;
    ngx_http_volunteer_key_t  *key;

    key = keys->keys.elts;

    for (i = 0; i < keys->keys.nelts; i++) {
        EVP_PKEY_CTX_free(key[i].verify);
    }

    EVP_MD_CTX_free(keys->hash);
    EVP_MD_free(keys->sha256);
}
