
/*
 * The pinned public keys and the verification of a token against them.
 *
 * A token is a compact JWS (RFC 7515, 7.1) signed with ES256 (RFC 7518, 3.4).
 * The algorithm belongs to the key, never to the token (RFC 8725, 3.1).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "ngx_http_volunteer_metrics.h"
#include "base64url.h"


#define NGX_HTTP_VOLUNTEER_ALG        "ES256"
#define NGX_HTTP_VOLUNTEER_HEADER                                             \
    "{\"alg\":\"" NGX_HTTP_VOLUNTEER_ALG "\",\"typ\":\"dc+sd-jwt\","          \
    "\"kid\":\"%V\"}"

#define NGX_HTTP_VOLUNTEER_TOKEN_MAX  65536

#define NGX_HTTP_VOLUNTEER_P256       32       /* bytes of x, y, r and s */
#define NGX_HTTP_VOLUNTEER_POINT      (1 + 2 * NGX_HTTP_VOLUNTEER_P256)
#define NGX_HTTP_VOLUNTEER_DER        (8 + 2 * NGX_HTTP_VOLUNTEER_P256)

/* of r and s in base64url without padding */
#define NGX_HTTP_VOLUNTEER_SIGNATURE_LEN                                      \
    ((8 * 2 * NGX_HTTP_VOLUNTEER_P256 + 5) / 6)


typedef enum {
    NGX_HTTP_VOLUNTEER_SIGNED = 0,
    NGX_HTTP_VOLUNTEER_PAYLOAD,
    NGX_HTTP_VOLUNTEER_SIGNATURE,
    NGX_HTTP_VOLUNTEER_PARTS
} ngx_http_volunteer_part_e;


typedef struct {
    ngx_str_t            kid;
    ngx_str_t            header;     /* of its tokens, with the dot behind */
    u_char               point[NGX_HTTP_VOLUNTEER_POINT];
    EVP_PKEY_CTX        *verify;     /* ready for EVP_PKEY_verify() */
} ngx_http_volunteer_key_t;


struct ngx_http_volunteer_keys_s {
    ngx_array_t          keys;       /* ngx_http_volunteer_key_t */
    EVP_MD              *sha256;
    EVP_MD_CTX          *hash;
    ngx_str_t            document;
};


static ngx_int_t ngx_http_volunteer_key_add(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t *keys, json_t *jwk);
static EVP_PKEY_CTX *ngx_http_volunteer_key_parse(json_t *jwk,
    u_char *point);
static ngx_int_t ngx_http_volunteer_key_name(ngx_pool_t *pool,
    ngx_http_volunteer_key_t *key, const char *kid);
static ngx_http_volunteer_key_t *ngx_http_volunteer_key_find(
    ngx_http_volunteer_keys_t *keys, const char *kid);
static void ngx_http_volunteer_keys_cleanup(void *data);
static ngx_http_volunteer_key_t *ngx_http_volunteer_token_key(
    ngx_http_volunteer_keys_t *keys, ngx_str_t *token);
static ngx_int_t ngx_http_volunteer_token_split(ngx_http_volunteer_key_t *key,
    ngx_str_t *token, ngx_str_t *parts);
static ngx_int_t ngx_http_volunteer_token_digest(ngx_http_request_t *r,
    ngx_http_volunteer_key_t *key, ngx_str_t *code, ngx_str_t *token,
    u_char *digest);
static ngx_int_t ngx_http_volunteer_token_signature(
    ngx_http_volunteer_keys_t *keys, ngx_http_volunteer_key_t *key,
    ngx_str_t *parts);
static u_char *ngx_http_volunteer_der_integer(u_char *p, u_char *number);
static ngx_int_t ngx_http_volunteer_token_payload(ngx_pool_t *pool,
    ngx_http_volunteer_claims_t *claims);


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


ngx_int_t
ngx_http_volunteer_token_verify(ngx_http_request_t *r, ngx_pool_t *pool,
    ngx_str_t *code, ngx_str_t *token, ngx_uint_t read,
    ngx_http_volunteer_claims_t *claims)
{
    u_char                          digest[NGX_HTTP_VOLUNTEER_DIGEST];
    ngx_int_t                       rc;
    ngx_str_t                       parts[NGX_HTTP_VOLUNTEER_PARTS];
    const char                     *reason;
    ngx_http_volunteer_key_t       *key;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    rc = NGX_DECLINED;
    reason = "is not signed with a pinned key";

    key = ngx_http_volunteer_token_key(vlcf->keys, token);
    if (key == NULL) {
        goto failed;
    }

    reason = "is not a compact JWS";

    if (ngx_http_volunteer_token_split(key, token, parts) != NGX_OK) {
        goto failed;
    }

    claims->kid = key->kid;
    ngx_str_set(&claims->alg, NGX_HTTP_VOLUNTEER_ALG);
    claims->encoded = parts[NGX_HTTP_VOLUNTEER_PAYLOAD];

    if (vlcf->cache) {

        rc = ngx_http_volunteer_token_digest(r, key, code, token, digest);
        if (rc != NGX_OK) {
            return rc;
        }

        claims->cache_status = ngx_http_volunteer_cache_knows(vlcf->cache,
                                                              digest)
                               ? NGX_HTTP_VOLUNTEER_KNOWN
                               : NGX_HTTP_VOLUNTEER_MISS;
    }

    if (claims->cache_status == NGX_HTTP_VOLUNTEER_KNOWN) {

        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_TOKENS_KNOWN);

        if (!read) {
            return NGX_OK;
        }

    } else {
        reason = "has a signature that does not match";

        rc = ngx_http_volunteer_token_signature(vlcf->keys, key, parts);
        if (rc != NGX_OK) {
            goto failed;
        }
    }

    reason = "has claims of another certificate or none";

    rc = ngx_http_volunteer_token_payload(pool, claims);
    if (rc != NGX_OK) {
        goto failed;
    }

    rc = ngx_http_volunteer_claims_parse(pool, &vlcf->origin, code, claims);
    if (rc != NGX_OK) {
        goto failed;
    }

    if (claims->cache_status != NGX_HTTP_VOLUNTEER_KNOWN) {

        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_TOKENS_VERIFIED);

        if (vlcf->cache) {
            ngx_http_volunteer_cache_learn(vlcf->cache, digest);
        }
    }

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_TOKENS_VERIFIED);

    return NGX_OK;

failed:

    if (rc == NGX_DECLINED) {
        ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_TOKENS_REFUSED);

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "token of certificate %*s... %s",
                      (size_t) 6, code->data, reason);
    }

    return rc;
}


/* the algorithm is the key's: RFC 8725, 3.1 */

static ngx_http_volunteer_key_t *
ngx_http_volunteer_token_key(ngx_http_volunteer_keys_t *keys,
    ngx_str_t *token)
{
    ngx_uint_t                 i;
    ngx_http_volunteer_key_t  *key;

    key = keys->keys.elts;

    for (i = 0; i < keys->keys.nelts; i++) {
        if (token->len > key[i].header.len
            && ngx_memcmp(token->data, key[i].header.data, key[i].header.len)
               == 0)
        {
            return &key[i];
        }
    }

    return NULL;
}


/* the bytes that were signed, and after the header the parts still encoded */

static ngx_int_t
ngx_http_volunteer_token_split(ngx_http_volunteer_key_t *key,
    ngx_str_t *token, ngx_str_t *parts)
{
    u_char  *p, *last, *dot;

    if (token->len > NGX_HTTP_VOLUNTEER_TOKEN_MAX) {
        return NGX_DECLINED;
    }

    p = token->data + key->header.len;
    last = token->data + token->len;

    if (last - p < NGX_HTTP_VOLUNTEER_SIGNATURE_LEN + 1) {
        return NGX_DECLINED;
    }

    dot = last - NGX_HTTP_VOLUNTEER_SIGNATURE_LEN - 1;

    if (*dot != '.') {
        return NGX_DECLINED;
    }

    parts[NGX_HTTP_VOLUNTEER_SIGNED].data = token->data;
    parts[NGX_HTTP_VOLUNTEER_SIGNED].len = dot - token->data;

    parts[NGX_HTTP_VOLUNTEER_PAYLOAD].data = p;
    parts[NGX_HTTP_VOLUNTEER_PAYLOAD].len = dot - p;

    parts[NGX_HTTP_VOLUNTEER_SIGNATURE].data = dot + 1;
    parts[NGX_HTTP_VOLUNTEER_SIGNATURE].len = NGX_HTTP_VOLUNTEER_SIGNATURE_LEN;

    return NGX_OK;
}


/* of all that the verdict depends on; origins end with a zero byte */

static ngx_int_t
ngx_http_volunteer_token_digest(ngx_http_request_t *r,
    ngx_http_volunteer_key_t *key, ngx_str_t *code, ngx_str_t *token,
    u_char *digest)
{
    EVP_MD_CTX                     *hash;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    hash = vlcf->keys->hash;

    if (EVP_DigestInit_ex2(hash, vlcf->keys->sha256, NULL) != 1
        || EVP_DigestUpdate(hash, key->point, sizeof(key->point)) != 1
        || EVP_DigestUpdate(hash, vlcf->origin.data, vlcf->origin.len + 1) != 1
        || EVP_DigestUpdate(hash, code->data, code->len) != 1
        || EVP_DigestUpdate(hash, token->data, token->len) != 1
        || EVP_DigestFinal_ex(hash, digest, NULL) != 1)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_token_signature(ngx_http_volunteer_keys_t *keys,
    ngx_http_volunteer_key_t *key, ngx_str_t *parts)
{
    u_char      signature[2 * NGX_HTTP_VOLUNTEER_P256];
    u_char      hash[NGX_HTTP_VOLUNTEER_DIGEST];
    u_char      der[NGX_HTTP_VOLUNTEER_DER], *p;
    ngx_str_t  *encoded;

    encoded = &parts[NGX_HTTP_VOLUNTEER_SIGNATURE];

    if (!base64url_decode((char *) encoded->data, encoded->len, signature,
                          sizeof(signature)))
    {
        return NGX_DECLINED;
    }

    /* JWS has r and s side by side, OpenSSL wants them as ECDSA-Sig-Value */

    p = ngx_http_volunteer_der_integer(der + 2, signature);
    p = ngx_http_volunteer_der_integer(p, signature + NGX_HTTP_VOLUNTEER_P256);
    der[0] = 0x30;
    der[1] = (u_char) (p - der - 2);

    if (EVP_Digest(parts[NGX_HTTP_VOLUNTEER_SIGNED].data,
                   parts[NGX_HTTP_VOLUNTEER_SIGNED].len,
                   hash, NULL, keys->sha256, NULL)
        != 1)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    if (EVP_PKEY_verify(key->verify, der, p - der, hash, sizeof(hash)) != 1) {
        /* or the next TLS connection reports it as its own */
        ERR_clear_error();
        return NGX_DECLINED;
    }

    return NGX_OK;
}


static u_char *
ngx_http_volunteer_der_integer(u_char *p, u_char *number)
{
    size_t  len;

    for (len = NGX_HTTP_VOLUNTEER_P256; len > 1 && *number == 0; len--) {
        number++;
    }

    *p++ = 0x02;
    *p++ = (u_char) (len + (*number >> 7));

    if (*number & 0x80) {
        *p++ = 0;
    }

    return ngx_cpymem(p, number, len);
}


static ngx_int_t
ngx_http_volunteer_token_payload(ngx_pool_t *pool,
    ngx_http_volunteer_claims_t *claims)
{
    ngx_str_t  *encoded, *payload;

    encoded = &claims->encoded;
    payload = &claims->payload;

    payload->len = BASE64URL_BYTES(encoded->len);

    payload->data = ngx_pnalloc(pool, payload->len);
    if (payload->data == NULL) {
        return NGX_ERROR;
    }

    return base64url_decode((char *) encoded->data, encoded->len,
                            payload->data, payload->len)
           ? NGX_OK : NGX_DECLINED;
}
