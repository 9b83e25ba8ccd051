
/*
 * The claims of a token whose signature has been verified.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <jansson.h>

#include "ngx_http_volunteer.h"


typedef struct {
    const char          *object;
    const char          *name;
    size_t               offset;
} ngx_http_volunteer_claim_t;


static ngx_int_t ngx_http_volunteer_claims_read(ngx_pool_t *pool,
    json_t *root, ngx_http_volunteer_claims_t *claims);
static ngx_int_t ngx_http_volunteer_claims_lines(ngx_pool_t *pool,
    json_t *root, ngx_http_volunteer_claims_t *claims);
static ngx_int_t ngx_http_volunteer_claim_equal(json_t *root,
    const char *name, ngx_str_t *origin, const char *path, ngx_str_t *tail);
static ngx_int_t ngx_http_volunteer_claim_string(ngx_pool_t *pool,
    json_t *object, const char *name, ngx_str_t *value);


static ngx_http_volunteer_claim_t  ngx_http_volunteer_claims[] = {

    { NULL, "cert_no",
      offsetof(ngx_http_volunteer_claims_t, number) },

    { NULL, "name_masked",
      offsetof(ngx_http_volunteer_claims_t, name) },

    { NULL, "hours",
      offsetof(ngx_http_volunteer_claims_t, hours) },

    { "period", "from",
      offsetof(ngx_http_volunteer_claims_t, period_from) },

    { "period", "to",
      offsetof(ngx_http_volunteer_claims_t, period_to) },

    { NULL, "as_of",
      offsetof(ngx_http_volunteer_claims_t, as_of) },

    { "issuing_org", "name",
      offsetof(ngx_http_volunteer_claims_t, issuer) },

    { NULL, NULL, 0 }
};


ngx_int_t
ngx_http_volunteer_claims_parse(ngx_pool_t *pool, ngx_str_t *origin,
    ngx_str_t *code, ngx_http_volunteer_claims_t *claims)
{
    json_t     *root;
    ngx_int_t   rc;
    ngx_str_t   none = ngx_string("");

    root = json_loadb((char *) claims->payload.data, claims->payload.len,
                      JSON_REJECT_DUPLICATES, NULL);

    rc = NGX_DECLINED;

    if (ngx_http_volunteer_claim_equal(root, "iss", origin, "", &none)
        && ngx_http_volunteer_claim_equal(root, "jti", origin,
                                          NGX_HTTP_VOLUNTEER_PATH, code)
        && ngx_http_volunteer_claim_equal(root, "vct", origin,
                                          NGX_HTTP_VOLUNTEER_TYPE_PATH, &none))
    {
        rc = ngx_http_volunteer_claims_read(pool, root, claims);
    }

    json_decref(root);

    return rc;
}


static ngx_int_t
ngx_http_volunteer_claims_read(ngx_pool_t *pool, json_t *root,
    ngx_http_volunteer_claims_t *claims)
{
    json_t                      *object, *iat, *star;
    ngx_int_t                    rc;
    ngx_str_t                   *value;
    ngx_http_volunteer_claim_t  *claim;

    for (claim = ngx_http_volunteer_claims; claim->name; claim++) {
        object = claim->object ? json_object_get(root, claim->object) : root;
        value = (ngx_str_t *) ((u_char *) claims + claim->offset);

        rc = ngx_http_volunteer_claim_string(pool, object, claim->name, value);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    object = json_object_get(root, "issuing_org");

    if (json_object_get(object, "uscc") != NULL) {
        rc = ngx_http_volunteer_claim_string(pool, object, "uscc",
                                             &claims->issuer_code);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    iat = json_object_get(root, "iat");
    star = json_object_get(root, "star");

    if (!json_is_integer(iat) || !json_is_integer(star)
        || json_integer_value(star) < 0
        || json_integer_value(star) > NGX_HTTP_VOLUNTEER_STARS)
    {
        return NGX_DECLINED;
    }

    claims->issued_at = (time_t) json_integer_value(iat);
    claims->star = (ngx_uint_t) json_integer_value(star);

    return ngx_http_volunteer_claims_lines(pool, root, claims);
}


static ngx_int_t
ngx_http_volunteer_claims_lines(ngx_pool_t *pool, json_t *root,
    ngx_http_volunteer_claims_t *claims)
{
    size_t                      i;
    json_t                     *lines, *object, *count;
    ngx_int_t                   rc;
    ngx_http_volunteer_line_t  *line;

    lines = json_object_get(root, "lines");
    if (!json_is_array(lines)) {
        return NGX_DECLINED;
    }

    if (ngx_array_init(&claims->lines, pool, json_array_size(lines) + 1,
                       sizeof(ngx_http_volunteer_line_t))
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    json_array_foreach(lines, i, object) {

        line = ngx_array_push(&claims->lines);
        if (line == NULL) {
            return NGX_ERROR;
        }

        rc = ngx_http_volunteer_claim_string(pool, object, "project",
                                             &line->project);
        if (rc != NGX_OK) {
            return rc;
        }

        rc = ngx_http_volunteer_claim_string(pool, object, "org",
                                             &line->organization);
        if (rc != NGX_OK) {
            return rc;
        }

        rc = ngx_http_volunteer_claim_string(pool, object, "hours",
                                             &line->hours);
        if (rc != NGX_OK) {
            return rc;
        }
    }

    object = json_object_get(root, "lines_more");
    if (object == NULL) {
        return NGX_OK;
    }

    count = json_object_get(object, "count");

    if (!json_is_integer(count) || json_integer_value(count) <= 0) {
        return NGX_DECLINED;
    }

    claims->more_count = (ngx_uint_t) json_integer_value(count);

    return ngx_http_volunteer_claim_string(pool, object, "hours",
                                           &claims->more_hours);
}


static ngx_int_t
ngx_http_volunteer_claim_equal(json_t *root, const char *name,
    ngx_str_t *origin, const char *path, ngx_str_t *tail)
{
    size_t       len;
    json_t      *claim;
    const char  *p;

    claim = json_object_get(root, name);
    len = ngx_strlen(path);

    if (json_string_length(claim) != origin->len + len + tail->len) {
        return 0;
    }

    p = json_string_value(claim);

    return p != NULL
           && ngx_memcmp(p, origin->data, origin->len) == 0
           && ngx_memcmp(p + origin->len, path, len) == 0
           && ngx_memcmp(p + origin->len + len, tail->data, tail->len) == 0;
}


static ngx_int_t
ngx_http_volunteer_claim_string(ngx_pool_t *pool, json_t *object,
    const char *name, ngx_str_t *value)
{
    json_t  *claim;

    claim = json_object_get(object, name);
    if (!json_is_string(claim)) {
        return NGX_DECLINED;
    }

    value->len = json_string_length(claim);
    value->data = ngx_pnalloc(pool, value->len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(value->data, json_string_value(claim), value->len);

    return NGX_OK;
}
