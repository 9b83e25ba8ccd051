
/*
 * Pinned public keys, for _keys.c and _token.c.
 */


#ifndef _NGX_HTTP_VOLUNTEER_KEYS_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_KEYS_H_INCLUDED_


#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_ALG        "ES256"

#define NGX_HTTP_VOLUNTEER_P256       32       /* bytes of x, y, r and s */
#define NGX_HTTP_VOLUNTEER_POINT      (1 + 2 * NGX_HTTP_VOLUNTEER_P256)


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


#endif /* _NGX_HTTP_VOLUNTEER_KEYS_H_INCLUDED_ */
