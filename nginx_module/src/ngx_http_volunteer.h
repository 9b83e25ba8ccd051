
/*
 * Certificate desk: private header of ngx_http_volunteer_module.
 *
 *   _module.c    directives, configuration, process start and exit
 *   _handler.c   routing, negotiation, lookup and verdict of /c/
 *   _answer.c    headers, JSON, problem documents, tokens, QR codes
 *   _metadata.c  documents made at configuration time (JWKS, issuer, type)
 *   _db.c        queue of lookups, batches, deadlines
 *   _connection.c  one libpq connection inside the event loop
 *   _token.c, _claims.c  pinned keys, signature and claims of a token
 *   _qr.c        QR code as SVG and PNG
 *   _page.c      page templates and the variables they use
 */


#ifndef _NGX_HTTP_VOLUNTEER_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "certificate_code_parse.h"


/* where certificates live below the origin: part of every printed QR code */

#define NGX_HTTP_VOLUNTEER_PATH  "/c/"


typedef enum {
    NGX_HTTP_VOLUNTEER_VALID = 0,
    NGX_HTTP_VOLUNTEER_REVOKED,
    NGX_HTTP_VOLUNTEER_SUSPENDED,
    NGX_HTTP_VOLUNTEER_SUPERSEDED,
    NGX_HTTP_VOLUNTEER_MISMATCH,       /* the token is not what was signed */
    NGX_HTTP_VOLUNTEER_UNKNOWN,        /* no such certificate */
    NGX_HTTP_VOLUNTEER_MALFORMED,      /* cannot be a code */
    NGX_HTTP_VOLUNTEER_UNAVAILABLE,    /* the database did not answer */
    NGX_HTTP_VOLUNTEER_FORM            /* nothing asked yet */
} ngx_http_volunteer_verdict_e;


typedef enum {
    NGX_HTTP_VOLUNTEER_HTML = 0,
    NGX_HTTP_VOLUNTEER_JSON,
    NGX_HTTP_VOLUNTEER_SDJWT,
    NGX_HTTP_VOLUNTEER_JWT,
    NGX_HTTP_VOLUNTEER_SVG,
    NGX_HTTP_VOLUNTEER_PNG
} ngx_http_volunteer_format_e;


typedef struct ngx_http_volunteer_db_s      ngx_http_volunteer_db_t;
typedef struct ngx_http_volunteer_keys_s    ngx_http_volunteer_keys_t;
typedef struct ngx_http_volunteer_pages_s   ngx_http_volunteer_pages_t;


/* one row of verify.certificates(); absent values have len 0 */

typedef struct {
    ngx_http_volunteer_verdict_e    status;         /* VALID … SUPERSEDED */
    ngx_str_t                       status_since;   /* RFC 3339, +08:00 */
    ngx_str_t                       reason;
    ngx_str_t                       token;
    ngx_str_t                       checked_at;     /* RFC 3339, +08:00 */
} ngx_http_volunteer_row_t;


/* PAGE: claims and keys, begin */

typedef struct {
    ngx_str_t                       kid;
    ngx_str_t                       alg;
    ngx_str_t                       payload;        /* verbatim JSON bytes */
} ngx_http_volunteer_claims_t;


/*
 * Reads the pinned JWKS at configuration time; logs and returns NGX_ERROR
 * on anything but public keys of a known algorithm.
 */
ngx_int_t ngx_http_volunteer_keys_load(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t **keys);

/* the JWKS document that is served, public members only */
ngx_str_t *ngx_http_volunteer_keys_document(ngx_http_volunteer_keys_t *keys);

/*
 * NGX_OK, NGX_DECLINED when signature, kid, alg, typ, iss or jti are not
 * what this origin and code require, NGX_ERROR when memory is short.
 */
ngx_int_t ngx_http_volunteer_token_verify(ngx_pool_t *pool, ngx_log_t *log,
    ngx_http_volunteer_keys_t *keys, ngx_str_t *origin, ngx_str_t *code,
    ngx_str_t *token, ngx_http_volunteer_claims_t **claims);

/* QR code of url, error correction and quiet zone chosen for scanners */
ngx_int_t ngx_http_volunteer_qr_svg(ngx_pool_t *pool, ngx_str_t *url,
    ngx_str_t *out);
ngx_int_t ngx_http_volunteer_qr_png(ngx_pool_t *pool, ngx_str_t *url,
    ngx_uint_t scale, ngx_str_t *out);

/* compiles the templates of a directory; NGX_CONF_OK or NGX_CONF_ERROR */
char *ngx_http_volunteer_pages_load(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_http_volunteer_pages_t **pages);

/* renders the page of the verdict in the reader's language */
ngx_int_t ngx_http_volunteer_page_render(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_uint_t verdict, ngx_str_t *html);

/* variables of the templates; called before the configuration is parsed */
ngx_int_t ngx_http_volunteer_add_variables(ngx_conf_t *cf);

/* PAGE: claims and keys, end */


typedef struct {
    ngx_http_volunteer_db_t        *db;
    ngx_http_volunteer_keys_t      *keys;
    ngx_http_volunteer_pages_t     *pages;
    ngx_str_t                       origin;         /* no trailing slash */
} ngx_http_volunteer_loc_conf_t;


typedef struct {
    ngx_http_volunteer_verdict_e    verdict;
    ngx_http_volunteer_format_e     format;

    /* canonical, 27 characters; len 0 when none was given or it is wrong */
    ngx_str_t                       code;

    ngx_http_volunteer_row_t        row;
    ngx_http_volunteer_claims_t    *claims;         /* NULL unless verified */
} ngx_http_volunteer_ctx_t;


extern ngx_module_t  ngx_http_volunteer_module;


#endif /* _NGX_HTTP_VOLUNTEER_H_INCLUDED_ */
