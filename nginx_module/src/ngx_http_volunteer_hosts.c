
/*
 * The hosts of a connection string, in each order that begins with another
 * one.
 *
 * While nothing waits for it libpq goes on to the next host only when one
 * refuses, and knows no timeout.  A host that is silent, such as one that has
 * lost its power, must not be the first one of each attempt.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_volunteer_session.h"


static ngx_uint_t ngx_http_volunteer_hosts_count(const char *list);
static char *ngx_http_volunteer_hosts_turn(ngx_pool_t *pool, const char *list,
    ngx_uint_t n, ngx_uint_t first);


ngx_int_t
ngx_http_volunteer_hosts_create(ngx_pool_t *pool, const char *conninfo,
    ngx_http_volunteer_order_t *given, ngx_http_volunteer_hosts_t *hosts)
{
    ngx_uint_t                   i, n;
    ngx_http_volunteer_order_t  *order;

    n = ngx_http_volunteer_hosts_count(given->hostaddr && *given->hostaddr
                                       ? given->hostaddr : given->host);

    hosts->orders = ngx_pcalloc(pool, n * sizeof(ngx_http_volunteer_order_t));
    if (hosts->orders == NULL) {
        return NGX_ERROR;
    }

    hosts->conninfo = conninfo;
    hosts->n = n;
    hosts->first = 0;

    /* the first order is that of the connection string */

    for (i = 1; i < n; i++) {

        order = &hosts->orders[i];

        order->host = ngx_http_volunteer_hosts_turn(pool, given->host, n, i);
        order->hostaddr = ngx_http_volunteer_hosts_turn(pool, given->hostaddr,
                                                        n, i);
        order->port = ngx_http_volunteer_hosts_turn(pool, given->port, n, i);

        if ((given->host && order->host == NULL)
            || (given->hostaddr && order->hostaddr == NULL)
            || (given->port && order->port == NULL))
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_uint_t
ngx_http_volunteer_hosts_count(const char *list)
{
    ngx_uint_t  n;

    for (n = 1; list && *list; list++) {
        n += (*list == ',');
    }

    return n;
}


/* a list of another length, such as one port for all, stays as it is */

static char *
ngx_http_volunteer_hosts_turn(ngx_pool_t *pool, const char *list,
    ngx_uint_t n, ngx_uint_t first)
{
    char        *turned, *p;
    size_t       len, rest;
    const char  *tail;

    if (list == NULL) {
        return NULL;
    }

    len = ngx_strlen(list);

    turned = ngx_pnalloc(pool, len + 1);
    if (turned == NULL) {
        return NULL;
    }

    if (ngx_http_volunteer_hosts_count(list) != n) {
        ngx_memcpy(turned, list, len + 1);
        return turned;
    }

    for (tail = list; first; tail++) {
        first -= (*tail == ',');
    }

    rest = list + len - tail;

    p = (char *) ngx_cpymem(turned, tail, rest);
    *p++ = ',';
    p = (char *) ngx_cpymem(p, list, tail - list - 1);
    *p = '\0';

    return turned;
}


void
ngx_http_volunteer_hosts_pass_by(ngx_http_volunteer_hosts_t *hosts,
    ngx_uint_t order)
{
    /* the other sessions of this attempt wait for the same one */

    if (hosts->n == 1 || hosts->first != order) {
        return;
    }

    hosts->first = (order + 1) % hosts->n;

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "volunteer_database tries host %ui of %ui first from now on",
                  hosts->first + 1, hosts->n);
}
