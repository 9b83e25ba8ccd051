
/*
 * Certificate desk: private header of ngx_http_volunteer_module.
 *
 *   _module.c             directives, start and end of worker processes
 *   _handler.c            routes and verdicts of certificates, the form
 *   _negotiate.c          Accept headers
 *   _body.c               request bodies and the fields of forms
 *   _answer.c             page, JSON, token, QR code
 *   _number.c             certificates by number and holder's name
 *   _status_list.c        signed lists of the statuses of all certificates
 *   _metadata.c           documents made at configuration time
 *   _send.c               headers, problem documents, redirects
 *   _waiters.c            requests that wait for one event
 *   _log.c                what logs may hold of a code
 *   _db_conf.c            the directive volunteer_database
 *   _db.c                 queue of queries, deadlines
 *   _lookup.c             batches of lookups
 *   _statement.c          all that is asked of schema verify
 *   _connection.c         a connection and the statement in flight
 *   _session.c            one session of libpq inside the event loop
 *   _hosts.c              which host it is opened to
 *   _keys.c               pinned keys
 *   _token.c, _claims.c   signature and claims of a token
 *   _cache.c …            the zone in shared memory, see _cache.h
 *   _qr.c                 QR code as SVG and PNG
 *   _page.c, _templates.c pages, and the files that they are made of
 *   _variables.c, _fragments.c
 *                         what templates use: values, and markup
 *   _bulk.c, _lines.c     many certificates at once, a line for each
 *   _views.c              views of pages, counted for the registry
 *   _metrics.c, _metrics_text.c
 *                         counters and gauges of all workers, and their text
 */


#ifndef _NGX_HTTP_VOLUNTEER_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <openssl/evp.h>

#include <qrencode.h>

#include "certificate_code_parse.h"


/* where certificates live below the origin: part of every printed QR code */

#define NGX_HTTP_VOLUNTEER_PATH       "/c/"

#define NGX_HTTP_VOLUNTEER_JWKS_PATH  "/.well-known/jwks.json"

/* where the form of numbers is, and posts to */

#define NGX_HTTP_VOLUNTEER_NUMBER_PATH  "/n/"

/* where every certificate says that its status list is */

#define NGX_HTTP_VOLUNTEER_LIST_PATH  "/s/"

#define NGX_HTTP_VOLUNTEER_GONE         410    /* a status */

#define NGX_HTTP_VOLUNTEER_NO_STORE     "no-store"

/* seconds after which to ask again when the registry did not answer */

#define NGX_HTTP_VOLUNTEER_RETRY_AFTER  "5"


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
    NGX_HTTP_VOLUNTEER_PNG,
    NGX_HTTP_VOLUNTEER_PDF,
    NGX_HTTP_VOLUNTEER_NDJSON,         /* of a list of codes */
    NGX_HTTP_VOLUNTEER_STATUSLIST,
    NGX_HTTP_VOLUNTEER_FORMATS
} ngx_http_volunteer_format_e;


typedef enum {
    NGX_HTTP_VOLUNTEER_UNASKED = 0,
    NGX_HTTP_VOLUNTEER_MISS,           /* row from the database */
    NGX_HTTP_VOLUNTEER_KNOWN,          /* the same, token verified before */
    NGX_HTTP_VOLUNTEER_HIT,
    NGX_HTTP_VOLUNTEER_NEGATIVE
} ngx_http_volunteer_cache_status_e;


typedef struct ngx_http_volunteer_cache_s   ngx_http_volunteer_cache_t;
typedef struct ngx_http_volunteer_db_s      ngx_http_volunteer_db_t;
typedef struct ngx_http_volunteer_keys_s    ngx_http_volunteer_keys_t;
typedef struct ngx_http_volunteer_lists_s   ngx_http_volunteer_lists_t;
typedef struct ngx_http_volunteer_pages_s   ngx_http_volunteer_pages_t;
typedef struct ngx_http_volunteer_views_s   ngx_http_volunteer_views_t;

typedef struct ngx_http_volunteer_listener_s  ngx_http_volunteer_listener_t;
typedef struct ngx_http_volunteer_loc_conf_s  ngx_http_volunteer_loc_conf_t;


/* how old a row is, see _cache.c */

typedef struct {
    ngx_msec_t                      started;        /* when it was asked for */
    ngx_atomic_uint_t               epoch;          /* 0: not for keeping */
    uint32_t                        slot;           /* of its code */
    uint32_t                        replica;        /* a flag: of a standby */
} ngx_http_volunteer_stamp_t;


#define NGX_HTTP_VOLUNTEER_TIME       (sizeof("YYYY-MM-DDTHH:MM:SS+08:00") - 1)


/* one row of verify.certificates(); absent values have len 0 */

typedef struct {
    ngx_http_volunteer_verdict_e    status;         /* VALID … SUPERSEDED */
    ngx_str_t                       status_since;   /* RFC 3339, +08:00 */
    ngx_str_t                       reason;
    ngx_str_t                       token;
    ngx_str_t                       checked_at;     /* RFC 3339, +08:00 */
    ngx_http_volunteer_stamp_t      stamp;
    u_char                         *digest;         /* of a token that was
                                                       verified before */

    /* what the times point to */
    u_char                          times[2][NGX_HTTP_VOLUNTEER_TIME];
} ngx_http_volunteer_row_t;


#define NGX_HTTP_VOLUNTEER_STARS      5

/* served as type metadata; another meaning of the claims is another path */
#define NGX_HTTP_VOLUNTEER_TYPE_PATH  "/vct/volunteer-service/1"

/* templates: one for each verdict, and two that pages repeat */

#define NGX_HTTP_VOLUNTEER_LINE       (NGX_HTTP_VOLUNTEER_FORM + 1)
#define NGX_HTTP_VOLUNTEER_MORE       (NGX_HTTP_VOLUNTEER_FORM + 2)

/* the form of numbers, empty and after a number that was not found */

#define NGX_HTTP_VOLUNTEER_NUMBER          (NGX_HTTP_VOLUNTEER_FORM + 3)
#define NGX_HTTP_VOLUNTEER_NUMBER_UNKNOWN  (NGX_HTTP_VOLUNTEER_FORM + 4)

/* links to what a desk may offer or not */

#define NGX_HTTP_VOLUNTEER_BY_NUMBER_LINK  (NGX_HTTP_VOLUNTEER_FORM + 5)
#define NGX_HTTP_VOLUNTEER_PDF_LINK        (NGX_HTTP_VOLUNTEER_FORM + 6)

#define NGX_HTTP_VOLUNTEER_TEMPLATES       (NGX_HTTP_VOLUNTEER_FORM + 7)


typedef struct {
    ngx_str_t                       project;
    ngx_str_t                       organization;
    ngx_str_t                       hours;
} ngx_http_volunteer_line_t;


#define NGX_HTTP_VOLUNTEER_DIGEST     32       /* bytes of a SHA-256 */


typedef struct {
    ngx_str_t                       kid;
    ngx_str_t                       alg;
    ngx_str_t                       encoded;        /* payload in the token */
    u_char                          digest[NGX_HTTP_VOLUNTEER_DIGEST];
                                                    /* of it; with a zone */
    ngx_http_volunteer_cache_status_e  cache_status;

    /* of claims that were read only */

    ngx_str_t                       payload;        /* verbatim JSON bytes */

    ngx_str_t                       number;
    ngx_str_t                       name;           /* masked */
    ngx_str_t                       hours;          /* decimal, two places */
    ngx_uint_t                      star;
    ngx_str_t                       period_from;    /* YYYY-MM-DD */
    ngx_str_t                       period_to;      /* inclusive */
    ngx_str_t                       as_of;
    ngx_str_t                       issuer;
    ngx_str_t                       issuer_code;    /* may be empty */
    time_t                          issued_at;

    ngx_array_t                     lines;   /* ngx_http_volunteer_line_t */
    ngx_uint_t                      more_count;     /* lines not listed */
    ngx_str_t                       more_hours;
} ngx_http_volunteer_claims_t;


/*
 * Reads a JWK set (RFC 7517, 5) of public P-256 keys at configuration time.
 * NGX_ERROR when the file is missing, malformed, empty, or holds anything
 * else, a private key above all; the reason is in the log.
 */
ngx_int_t ngx_http_volunteer_keys_load(ngx_conf_t *cf, ngx_str_t *file,
    ngx_http_volunteer_keys_t **keys);

/* the key set as JSON, to be served */
ngx_str_t *ngx_http_volunteer_keys_document(ngx_http_volunteer_keys_t *keys);

/*
 * Verifies that a token was signed with a pinned key, for this origin and this
 * code.  Claims are zeroed by the caller, who may set cache_status to KNOWN
 * because it was verified before.  Of one that was, which the zone may know
 * too, all but alg, kid, encoded and digest are set only if read is.  They are
 * in the pool, what is encoded is in the token.
 *
 * NGX_OK        claims are set
 * NGX_DECLINED  the token is not ours or was altered; the reason is in the log
 * NGX_ERROR     no memory
 */
ngx_int_t ngx_http_volunteer_token_verify(ngx_http_request_t *r,
    ngx_pool_t *pool, ngx_str_t *code, ngx_str_t *token, ngx_uint_t read,
    ngx_http_volunteer_claims_t *claims);

/*
 * Reads the claims of a payload whose signature was verified.  NGX_DECLINED
 * when one is missing or of another type, or when they are for another origin,
 * another certificate or another type of credential.
 */
ngx_int_t ngx_http_volunteer_claims_parse(ngx_pool_t *pool,
    ngx_str_t *origin, ngx_str_t *code, ngx_http_volunteer_claims_t *claims);

/*
 * volunteer_cache zone=name:size [valid=time|off] [listen=on|off]
 * [listen_valid=time]
 */
char *ngx_http_volunteer_cache_create(ngx_conf_t *cf,
    ngx_http_volunteer_cache_t **cache);

/* whether what has this digest was verified before */
ngx_uint_t ngx_http_volunteer_cache_knows(ngx_http_volunteer_cache_t *cache,
    u_char *digest);
void ngx_http_volunteer_cache_learn(ngx_http_volunteer_cache_t *cache,
    u_char *digest);

/* keeps a token that was verified for this code, with its SHA-256 */
void ngx_http_volunteer_cache_put_token(ngx_http_volunteer_loc_conf_t *vlcf,
    ngx_str_t *code, u_char *digest, ngx_str_t *token);

#define NGX_HTTP_VOLUNTEER_QR_BLACK   0x01     /* in a byte of QRcode.data */

#define NGX_HTTP_VOLUNTEER_REALM      16

/* sets realm and listener of a location that has a cache */
ngx_int_t ngx_http_volunteer_cache_merge(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf);

/* adds a string, with its length, to a digest */
void ngx_http_volunteer_digest_add(EVP_MD_CTX *hash, ngx_str_t *s);

/*
 * Looks for the answer or the row of the code of the ctx, which may be any 27
 * bytes, and counts what it finds.
 *
 * NGX_OK        body is the whole answer, the verdict of the ctx is set
 * NGX_DONE      the row of the ctx is set
 * NGX_DECLINED  the database did not know the code a moment ago
 * NGX_AGAIN     none of these is there and fresh
 * NGX_ERROR     no memory
 */
ngx_int_t ngx_http_volunteer_cache_get(ngx_http_request_t *r,
    ngx_str_t *body);

/* keeps what was made of the row of the ctx, if that is for keeping */
void ngx_http_volunteer_cache_put(ngx_http_request_t *r, ngx_str_t *body);

/*
 * The page of the request, if one is there that was made of the same token,
 * status, reason and time of the status as the row of the ctx: with the time
 * of that row, and the verdict of the ctx is set.  NGX_OK, NGX_DECLINED or
 * NGX_ERROR.
 */
ngx_int_t ngx_http_volunteer_cache_page(ngx_http_request_t *r,
    ngx_str_t *body);

/* whether the page that the request asks for will be kept */
ngx_uint_t ngx_http_volunteer_cache_keeps_page(ngx_http_request_t *r);

/*
 * Fills in the blanks of a page, when the row was read.  A page that is kept
 * has zero bytes in their place, which no text has.
 */
#define NGX_HTTP_VOLUNTEER_BLANK      (sizeof("2026-11-22 15:04:05") - 1)

void ngx_http_volunteer_page_fill(ngx_str_t *html, u_char *checked_at);

/*
 * An image of the request's code does not change, so one that was kept is as
 * fresh as the row of the ctx.  NGX_OK, NGX_DECLINED or NGX_ERROR.
 */
ngx_int_t ngx_http_volunteer_cache_image(ngx_http_request_t *r,
    ngx_str_t *body);

/*
 * A sheet of paper that another request has had printed since the row of the
 * ctx was read.  NGX_OK, NGX_DECLINED or NGX_ERROR.
 */
ngx_int_t ngx_http_volunteer_cache_sheet(ngx_http_request_t *r,
    ngx_str_t *body);

/*
 * QR code of url, which ends with a zero byte: its modules, freed by
 * QRcode_free(); as SVG; as PNG with scale (1 .. 16) pixels a module
 */
QRcode *ngx_http_volunteer_qr_encode(ngx_pool_t *pool, ngx_str_t *url);
ngx_int_t ngx_http_volunteer_qr_svg(ngx_pool_t *pool, ngx_str_t *url,
    ngx_str_t *out);
ngx_int_t ngx_http_volunteer_qr_png(ngx_pool_t *pool, ngx_str_t *url,
    ngx_uint_t scale, ngx_str_t *out);

/*
 * Compiles the templates of a directory, see pages/README.md.
 * NGX_CONF_OK, or NGX_CONF_ERROR with the reason in the log.
 */
char *ngx_http_volunteer_pages_load(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_http_volunteer_pages_t **pages);

/* whether pages show nothing of a request but its code and its language */
ngx_uint_t ngx_http_volunteer_pages_constant(
    ngx_http_volunteer_pages_t *pages);

/* adds all that pages are made of to a digest */
void ngx_http_volunteer_pages_digest(ngx_http_volunteer_pages_t *pages,
    EVP_MD_CTX *hash);

/*
 * A file that pages load from below NGX_HTTP_VOLUNTEER_PATH, and its type:
 * style.css, disclosure.js.  NULL when none has this name.
 */
ngx_str_t *ngx_http_volunteer_pages_file(ngx_http_volunteer_pages_t *pages,
    ngx_str_t *name, ngx_str_t *type);

/*
 * Renders the page of a verdict in the language that Accept-Language
 * prefers (zh unless en).  Reads the request's ctx and location conf.
 */
ngx_int_t ngx_http_volunteer_page_render(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_uint_t verdict, ngx_str_t *html);

/* the number of that language */
ngx_uint_t ngx_http_volunteer_page_language(ngx_http_request_t *r);

/* renders a template that the page repeats, in the page's language */
ngx_int_t ngx_http_volunteer_page_fragment(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_uint_t template, ngx_str_t *html);

/* the words for a class of reasons; the class itself when there are none */
ngx_str_t *ngx_http_volunteer_page_reason(ngx_http_request_t *r,
    ngx_http_volunteer_pages_t *pages, ngx_str_t *reason);

/* variables of the templates; called before the configuration is parsed */
ngx_int_t ngx_http_volunteer_add_variables(ngx_conf_t *cf);

/* whether a name is that of one of them */
ngx_uint_t ngx_http_volunteer_is_variable(ngx_str_t *name);


typedef struct {
    ngx_array_t                     databases; /* ngx_http_volunteer_db_t * */
    ngx_array_t                     zones;   /* ngx_http_volunteer_zone_t * */
    ngx_array_t                     listeners;
                                         /* ngx_http_volunteer_listener_t * */
    ngx_shm_zone_t                 *metrics;   /* NULL: nothing to measure */
} ngx_http_volunteer_main_conf_t;


typedef struct {
    ngx_uint_t                      certificate;   /* flags: in a location */
    ngx_uint_t                      by_number;
} ngx_http_volunteer_srv_conf_t;


typedef struct ngx_http_volunteer_document_s  ngx_http_volunteer_document_t;

struct ngx_http_volunteer_loc_conf_s {
    ngx_http_volunteer_db_t        *db;
    ngx_http_volunteer_cache_t     *cache;          /* NULL: none */
    ngx_http_volunteer_listener_t  *listener;       /* NULL: none */

    /* digest of all that entries depend on, but for the code */
    u_char                          realm[NGX_HTTP_VOLUNTEER_REALM];

    ngx_http_volunteer_keys_t      *keys;
    ngx_http_volunteer_pages_t     *pages;
    ngx_str_t                       origin;         /* no trailing slash */

    ngx_http_handler_pt             handler;        /* NULL: not of ours */
    ngx_uint_t                      certificate;    /* a flag */
    ngx_uint_t                      by_number;      /* a flag */
    ngx_http_volunteer_lists_t     *lists;          /* of this worker */
    ngx_http_volunteer_document_t  *document;
    ngx_str_t                       body;           /* of the document */

    /*
     * answers with the certificate of the ctx on paper; NULL without
     * ngx_http_volunteer_pdf_module and its directive
     */
    ngx_int_t                     (*print)(ngx_http_request_t *r);
    ngx_str_t                       font;           /* that print uses */
};


/* a document that depends on the configuration alone */

struct ngx_http_volunteer_document_s {
    ngx_str_t                       type;
    const char                     *cache_control;
    char                         *(*make)(ngx_conf_t *cf,
                                          ngx_http_volunteer_loc_conf_t *conf);
};


/* what a request body is given to; returns what a content handler does */

typedef ngx_int_t (*ngx_http_volunteer_body_pt)(ngx_http_request_t *r,
    ngx_str_t *body);

#define NGX_HTTP_VOLUNTEER_FORM_MAX   1024     /* bytes of a posted form */
#define NGX_HTTP_VOLUNTEER_BULK_BODY  16384    /* bytes of a list of codes */


typedef struct {
    ngx_http_volunteer_verdict_e    verdict;
    ngx_http_volunteer_format_e     format;
    ngx_uint_t                      scale;          /* pixels a module */

    /* canonical; len 0 when none was given or it is wrong */
    ngx_str_t                       code;
    u_char                          canonical[CERTIFICATE_CODE_CHARS];

    size_t                          body_max;
    ngx_http_volunteer_body_pt      body_handler;

    ngx_http_volunteer_row_t        row;            /* token: until answered */
    ngx_http_volunteer_claims_t    *claims;         /* NULL unless verified */
    ngx_http_volunteer_cache_status_e  cache_status;

    /* of the page that is being rendered */

    ngx_uint_t                      language;
    ngx_uint_t                      blank;          /* a flag: without the
                                                       time of the row */
    ngx_http_volunteer_line_t      *line;
} ngx_http_volunteer_ctx_t;


/* content handlers */

ngx_int_t ngx_http_volunteer_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_volunteer_document_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_volunteer_number_handler(ngx_http_request_t *r);
ngx_int_t ngx_http_volunteer_status_list_handler(ngx_http_request_t *r);

/* an empty store of status lists; NULL: no memory */
ngx_http_volunteer_lists_t *ngx_http_volunteer_lists_create(ngx_conf_t *cf);

/* POST of a JSON array of codes; needs the request's ctx */
ngx_int_t ngx_http_volunteer_bulk(ngx_http_request_t *r);

/* sends the answer that the verdict and format of the ctx ask for */
ngx_int_t ngx_http_volunteer_answer(ngx_http_request_t *r);

/* the same, of a certificate, with a body that is made already */
ngx_int_t ngx_http_volunteer_answer_body(ngx_http_request_t *r,
    ngx_str_t *body);

/* makes the request wait, unless it fails; returns what a handler does */
ngx_int_t ngx_http_volunteer_wait(ngx_http_request_t *r,
    ngx_queue_t *waiters);

/* finalizes all who wait, each with what answer returns */
void ngx_http_volunteer_answer_waiters(ngx_queue_t *waiters,
    ngx_int_t (*answer)(ngx_http_request_t *r, void *data), void *data);

/*
 * Sends a problem document (RFC 9457) of title, status, rule and detail.
 * Its type is about:blank, so title is the phrase of the status.  The extension
 * member rule is a stable name of what stood in the way, for programs; detail
 * is a sentence for people.
 */
ngx_int_t ngx_http_volunteer_problem(ngx_http_request_t *r, ngx_uint_t status,
    const char *rule, const char *detail);

/* the same with status 503 and Retry-After */
ngx_int_t ngx_http_volunteer_busy(ngx_http_request_t *r, const char *rule,
    const char *detail);

ngx_int_t ngx_http_volunteer_method_not_allowed(ngx_http_request_t *r,
    const char *allow);

/*
 * Reads a body of up to max bytes into memory, then calls the handler with it
 * in one piece; a longer one is answered with 413.  Returns what a content
 * handler does.  Needs the request's ctx.
 */
ngx_int_t ngx_http_volunteer_body_read(ngx_http_request_t *r, size_t max,
    ngx_http_volunteer_body_pt handler);

/*
 * The first field of that name in a form (application/x-www-form-urlencoded),
 * with a zero byte behind it, len 0 when there is none.  The name has no
 * character that is encoded.
 */
ngx_int_t ngx_http_volunteer_form_field(ngx_http_request_t *r,
    ngx_str_t *body, const char *name, ngx_str_t *value);

/* 303 to the canonical URL of the code of the ctx */
ngx_int_t ngx_http_volunteer_see_other(ngx_http_request_t *r);

/* the canonical URL of the code of the ctx, with a zero byte behind it */
ngx_int_t ngx_http_volunteer_url(ngx_http_request_t *r, ngx_str_t *url);

/* key and value are not copied */
ngx_int_t ngx_http_volunteer_add_header(ngx_http_request_t *r,
    const char *key, const char *value);

ngx_int_t ngx_http_volunteer_send(ngx_http_request_t *r, ngx_uint_t status,
    ngx_str_t *type, const char *cache_control, ngx_str_t *body);

ngx_int_t ngx_http_volunteer_send_page(ngx_http_request_t *r,
    ngx_uint_t status, ngx_str_t *html);

/* what keeps pages out of search engines, frames and other sites' hands */
ngx_int_t ngx_http_volunteer_add_headers(ngx_http_request_t *r);

/* sets the format of the ctx that Accept prefers, and Vary */
ngx_int_t ngx_http_volunteer_set_negotiated(ngx_http_request_t *r);

/* sets the code of the ctx; NGX_DECLINED, and its verdict, when it is none */
ngx_int_t ngx_http_volunteer_parse(ngx_http_request_t *r, ngx_str_t *text);

/* the format that the Accept header prefers, a page if it knows none */
ngx_http_volunteer_format_e ngx_http_volunteer_negotiate(
    ngx_http_request_t *r);

/*
 * One element of Accept or Accept-Language: what is named and its weight in
 * thousandths.  Returns where the next one begins.
 */
u_char *ngx_http_volunteer_next_choice(u_char *p, u_char *last,
    ngx_str_t *choice, ngx_int_t *weight);

/* keeps codes out of logs */
ngx_int_t ngx_http_volunteer_log_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_volunteer_log_init(ngx_conf_t *cf);


/* the name of each verdict; the first four are those of the database */
extern ngx_str_t  ngx_http_volunteer_verdicts[];

extern ngx_http_volunteer_document_t  ngx_http_volunteer_jwks;
extern ngx_http_volunteer_document_t  ngx_http_volunteer_issuer_metadata;
extern ngx_http_volunteer_document_t  ngx_http_volunteer_type_metadata;

extern ngx_module_t  ngx_http_volunteer_module;


#endif /* _NGX_HTTP_VOLUNTEER_H_INCLUDED_ */
