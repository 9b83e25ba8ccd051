
/*
 * Documents that the configuration alone determines: the key set
 * (RFC 7517), the issuer metadata and the type metadata (SD-JWT VC).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


static char *ngx_http_volunteer_make_jwks(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf);
static char *ngx_http_volunteer_make_issuer(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf);
static char *ngx_http_volunteer_make_type(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf);


ngx_http_volunteer_document_t  ngx_http_volunteer_jwks = {
    ngx_string("application/jwk-set+json"),
    "public, max-age=600",
    ngx_http_volunteer_make_jwks
};


ngx_http_volunteer_document_t  ngx_http_volunteer_issuer_metadata = {
    ngx_string("application/json"),
    "public, max-age=3600",
    ngx_http_volunteer_make_issuer
};


ngx_http_volunteer_document_t  ngx_http_volunteer_type_metadata = {
    ngx_string("application/json"),
    "public, max-age=86400",
    ngx_http_volunteer_make_type
};


typedef struct {
    char                            *path;
    char                            *zh;
    char                            *en;
} ngx_http_volunteer_label_t;


static ngx_http_volunteer_label_t  ngx_http_volunteer_labels[] = {
    { "\"cert_no\"", "证书编号", "Certificate number" },
    { "\"name_masked\"", "姓名（隐去部分）", "Name (partly hidden)" },
    { "\"hours\"", "服务时长（小时）", "Service hours" },
    { "\"star\"", "星级", "Star rating" },
    { "\"period\",\"from\"", "服务起始日", "First day of service" },
    { "\"period\",\"to\"", "服务截止日", "Last day of service" },
    { "\"as_of\"", "记录统计截至", "Records counted up to" },
    { "\"issuing_org\",\"name\"", "出具单位", "Issued by" },
    { "\"issuing_org\",\"uscc\"", "出具单位统一社会信用代码",
      "Unified social credit code of the issuer" },
    { "\"lines\",null,\"project\"", "服务项目", "Project" },
    { "\"lines\",null,\"org\"", "记录单位", "Recorded by" },
    { "\"lines\",null,\"hours\"", "项目服务时长（小时）",
      "Hours in the project" },
    { NULL, NULL, NULL }
};


ngx_int_t
ngx_http_volunteer_document_handler(ngx_http_request_t *r)
{
    ngx_int_t                       rc;
    ngx_http_volunteer_loc_conf_t  *vlcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return ngx_http_volunteer_method_not_allowed(r, "GET, HEAD");
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    vlcf = ngx_http_get_module_loc_conf(r, ngx_http_volunteer_module);

    /* verifiers in browsers belong to other sites */

    if (ngx_http_volunteer_add_header(r, "Access-Control-Allow-Origin", "*")
        != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return ngx_http_volunteer_send(r, NGX_HTTP_OK, &vlcf->document->type,
                                   vlcf->document->cache_control,
                                   &vlcf->body);
}


static char *
ngx_http_volunteer_make_jwks(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf)
{
    if (conf->keys == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_jwks\" needs \"volunteer_keys\"");
        return NGX_CONF_ERROR;
    }

    conf->body = *ngx_http_volunteer_keys_document(conf->keys);

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_make_issuer(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf)
{
    size_t  size;

    if (conf->origin.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_issuer_metadata\" needs "
                           "\"volunteer_origin\"");
        return NGX_CONF_ERROR;
    }

    size = sizeof("{\"issuer\":\"\",\"jwks_uri\":\"\","
                  "\"status_list_aggregation_endpoint\":\"\"}"
                  NGX_HTTP_VOLUNTEER_JWKS_PATH NGX_HTTP_VOLUNTEER_LIST_PATH)
           + 3 * conf->origin.len;

    conf->body.data = ngx_pnalloc(cf->pool, size);
    if (conf->body.data == NULL) {
        return NGX_CONF_ERROR;
    }

    conf->body.len = ngx_snprintf(conf->body.data, size,
                                  "{\"issuer\":\"%V\",\"jwks_uri\":\"%V"
                                  NGX_HTTP_VOLUNTEER_JWKS_PATH "\","
                                  "\"status_list_aggregation_endpoint\":\"%V"
                                  NGX_HTTP_VOLUNTEER_LIST_PATH "\"}",
                                  &conf->origin, &conf->origin, &conf->origin)
                     - conf->body.data;

    return NGX_CONF_OK;
}


static char *
ngx_http_volunteer_make_type(ngx_conf_t *cf,
    ngx_http_volunteer_loc_conf_t *conf)
{
    u_char                      *p, *last;
    ngx_http_volunteer_label_t  *label;

    static const size_t  size = 8192;

    static const char  head[] =
        "{\"vct\":\"%V" NGX_HTTP_VOLUNTEER_TYPE_PATH "\","
        "\"name\":\"志愿服务记录证明\","
        "\"description\":\"《志愿服务记录与证明出具办法"
        "（试行）》（民政部令第67号）"
        "所称志愿服务记录证明\","
        "\"display\":["
        "{\"locale\":\"zh-CN\",\"name\":\"志愿服务记录证明\"},"
        "{\"locale\":\"en\","
        "\"name\":\"Certificate of volunteer service\"}],"
        "\"claims\":[";

    if (conf->origin.len == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"volunteer_type_metadata\" needs "
                           "\"volunteer_origin\"");
        return NGX_CONF_ERROR;
    }

    p = ngx_pnalloc(cf->pool, size);
    if (p == NULL) {
        return NGX_CONF_ERROR;
    }

    last = p + size;
    conf->body.data = p;

    p = ngx_slprintf(p, last, head, &conf->origin);

    for (label = ngx_http_volunteer_labels; label->path; label++) {
        p = ngx_slprintf(p, last,
                         "%s{\"path\":[%s],\"sd\":\"never\",\"display\":["
                         "{\"locale\":\"zh-CN\",\"label\":\"%s\"},"
                         "{\"locale\":\"en\",\"label\":\"%s\"}]}",
                         label == ngx_http_volunteer_labels ? "" : ",",
                         label->path, label->zh, label->en);
    }

    p = ngx_slprintf(p, last, "]}");

    conf->body.len = p - conf->body.data;

    return NGX_CONF_OK;
}
