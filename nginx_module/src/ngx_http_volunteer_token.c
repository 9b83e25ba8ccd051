
/*
 * The verification of a token against the pinned keys.
 *
 * A token is a compact JWS (RFC 7515, 7.1) signed with ES256 (RFC 7518, 3.4).
 * The algorithm belongs to the key, never to the token (RFC 8725, 3.1).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "ngx_http_volunteer_keys.h"
#include "ngx_http_volunteer_metrics.h"
#include "base64url.h"


#define NGX_HTTP_VOLUNTEER_TOKEN_MAX  65536

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


static ngx_http_volunteer_key_t *ngx_http_volunteer_token_key(
    ngx_http_volunteer_keys_t *keys, ngx_str_t *token);
static ngx_int_t ngx_http_volunteer_token_split(ngx_http_volunteer_key_t *key,
    ngx_str_t *token, ngx_str_t *parts);
static ngx_int_t ngx_http_volunteer_token_digest(ngx_http_request_t *r,
    ngx_http_volunteer_key_t *key, ngx_str_t *code, ngx_str_t *token,
    u_char *inner, u_char *digest);
static ngx_int_t ngx_http_volunteer_token_signature(
    ngx_http_volunteer_keys_t *keys, ngx_http_volunteer_key_t *key,
    ngx_str_t *parts);
static u_char *ngx_http_volunteer_der_integer(u_char *p, u_char *number);
static ngx_int_t ngx_http_volunteer_token_payload(ngx_pool_t *pool,
    ngx_http_volunteer_claims_t *claims);


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

    if (vlcf->cache && claims->cache_status != NGX_HTTP_VOLUNTEER_KNOWN) {

        rc = ngx_http_volunteer_token_digest(r, key, code, token,
                                             claims->digest, digest);
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

    reason = "is of another certificate or volunteer_origin, or lacks claims";

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


/* of the token, and of all that the verdict depends on */

static ngx_int_t
ngx_http_volunteer_token_digest(ngx_http_request_t *r,
    ngx_http_volunteer_key_t *key, ngx_str_t *code, ngx_str_t *token,
    u_char *inner, u_char *digest)
{
    EVP_MD_CTX                     *hash;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    hash = vlcf->keys->hash;

    /* origins end with a zero byte */

    if (EVP_DigestInit_ex2(hash, vlcf->keys->sha256, NULL) != 1
        || EVP_DigestUpdate(hash, token->data, token->len) != 1
        || EVP_DigestFinal_ex(hash, inner, NULL) != 1
        || EVP_DigestInit_ex2(hash, NULL, NULL) != 1
        || EVP_DigestUpdate(hash, key->point, sizeof(key->point)) != 1
        || EVP_DigestUpdate(hash, vlcf->origin.data, vlcf->origin.len + 1) != 1
        || EVP_DigestUpdate(hash, code->data, code->len) != 1
        || EVP_DigestUpdate(hash, inner, NGX_HTTP_VOLUNTEER_DIGEST) != 1
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
