
/*
 * The directive volunteer_database.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"


#define NGX_HTTP_VOLUNTEER_CONNECTIONS_MAX  1024

/* milliseconds: PostgreSQL's statement_timeout is an int */

#define NGX_HTTP_VOLUNTEER_TIMEOUT_MAX      2147483647


static ngx_int_t ngx_http_volunteer_db_check(ngx_conf_t *cf,
    ngx_http_volunteer_db_t *db);
static ngx_uint_t ngx_http_volunteer_db_resolves(const char *hosts);


char *
ngx_http_volunteer_db_create(ngx_conf_t *cf, ngx_http_volunteer_db_t **dbp)
{
    ngx_int_t                 n;
    ngx_str_t                *value, s;
    ngx_uint_t                i;
    ngx_http_volunteer_db_t  *db;

    db = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_db_t));
    if (db == NULL) {
        return NGX_CONF_ERROR;
    }

    db->nconnections = 2;
    db->queue_size = 1024;
    db->timeout = 3000;
    db->patience = 10000;

    value = cf->args->elts;

    /* configuration strings end with a zero byte */

    db->conninfo = (char *) value[1].data;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "connections=", 12) == 0) {

            n = ngx_atoi(value[i].data + 12, value[i].len - 12);
            if (n < 1 || n > NGX_HTTP_VOLUNTEER_CONNECTIONS_MAX) {
                goto invalid;
            }

            db->nconnections = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "queue=", 6) == 0) {

            n = ngx_atoi(value[i].data + 6, value[i].len - 6);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            db->queue_size = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "timeout=", 8) == 0) {

            s.data = value[i].data + 8;
            s.len = value[i].len - 8;

            n = ngx_parse_time(&s, 0);
            if (n < 1 || n > NGX_HTTP_VOLUNTEER_TIMEOUT_MAX) {
                goto invalid;
            }

            db->timeout = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "patience=", 9) == 0) {

            s.data = value[i].data + 9;
            s.len = value[i].len - 9;

            n = ngx_parse_time(&s, 0);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            db->patience = n;
            continue;
        }

        if (ngx_strncmp(value[i].data, "views=", 6) == 0) {

            s.data = value[i].data + 6;
            s.len = value[i].len - 6;

            n = ngx_parse_time(&s, 0);
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            if (ngx_http_volunteer_views_create(cf, db, n) != NGX_CONF_OK) {
                return NGX_CONF_ERROR;
            }

            continue;
        }

    invalid:

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"",
                           &value[i]);
        return NGX_CONF_ERROR;
    }

    if (ngx_http_volunteer_db_check(cf, db) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *dbp = db;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_volunteer_db_check(ngx_conf_t *cf, ngx_http_volunteer_db_t *db)
{
    char                        *error;
    ngx_int_t                    rc;
    PQconninfoOption            *option, *options;
    ngx_http_volunteer_order_t   given;

    options = PQconninfoParse(db->conninfo, &error);

    if (options == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid conninfo: %*s",
                           error ? strcspn(error, "\n") : 0, error);
        PQfreemem(error);
        return NGX_ERROR;
    }

    ngx_memzero(&given, sizeof(ngx_http_volunteer_order_t));

    for (option = options; option->keyword; option++) {

        if (ngx_strcmp(option->keyword, "host") == 0) {
            given.host = option->val;

        } else if (ngx_strcmp(option->keyword, "hostaddr") == 0) {
            given.hostaddr = option->val;

        } else if (ngx_strcmp(option->keyword, "port") == 0) {
            given.port = option->val;
        }
    }

    if (given.host && given.hostaddr == NULL
        && ngx_http_volunteer_db_resolves(given.host))
    {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "libpq looks up the name \"%s\" while the worker "
                           "waits, set \"hostaddr\" or use a socket",
                           given.host);
    }

    rc = ngx_http_volunteer_hosts_create(cf->pool, db->conninfo, &given,
                                         &db->hosts);

    PQconninfoFree(options);

    return rc;
}


static ngx_uint_t
ngx_http_volunteer_db_resolves(const char *hosts)
{
    u_char      addr[16];
    size_t      len;
    const char  *p;

    for (p = hosts; *p; p += len + (p[len] == ',')) {

        len = strcspn(p, ",");

        if (len == 0 || *p == '/' || *p == '@'
            || ngx_inet_addr((u_char *) p, len) != INADDR_NONE
            || ngx_inet6_addr((u_char *) p, len, addr) == NGX_OK)
        {
            continue;
        }

        return 1;
    }

    return 0;
}
