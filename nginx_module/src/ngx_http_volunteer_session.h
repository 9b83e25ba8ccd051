
/*
 * One session of libpq inside nginx's event loop: opened, watched, read and
 * flushed without waiting.  What is asked in it is for its owner.
 */


#ifndef _NGX_HTTP_VOLUNTEER_SESSION_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_SESSION_H_INCLUDED_


#include <libpq-fe.h>

#include "ngx_http_volunteer.h"


/* lists of libpq's; NULL: as in the connection string */

typedef struct {
    const char                         *host;
    const char                         *hostaddr;
    const char                         *port;
} ngx_http_volunteer_order_t;


typedef struct {
    const char                         *conninfo;
    ngx_uint_t                          n;
    ngx_http_volunteer_order_t         *orders;       /* of the n hosts */
    ngx_uint_t                          first;        /* order, of a worker */
} ngx_http_volunteer_hosts_t;


typedef struct ngx_http_volunteer_session_s  ngx_http_volunteer_session_t;

typedef void (*ngx_http_volunteer_session_pt)(
    ngx_http_volunteer_session_t *session);
typedef void (*ngx_http_volunteer_session_lost_pt)(
    ngx_http_volunteer_session_t *session, const char *why);


struct ngx_http_volunteer_session_s {

    /* set by its owner; each of them may close the session */

    ngx_http_volunteer_session_pt       started;  /* statements may be sent */
    ngx_http_volunteer_session_pt       input;    /* libpq has read */
    ngx_http_volunteer_session_lost_pt  lost;     /* to be closed */
    ngx_http_volunteer_session_pt       leave;    /* idle, the worker ends */
    void                               *data;

    /* set by ngx_http_volunteer_session_open() */

    ngx_http_volunteer_hosts_t         *hosts;
    ngx_uint_t                          order;
    PGconn                             *pg;       /* NULL: closed */
    ngx_connection_t                   *c;        /* its socket */
    ngx_uint_t                          connecting;   /* a flag */
};


/* the hosts of a connection string, whose own lists are given */
ngx_int_t ngx_http_volunteer_hosts_create(ngx_pool_t *pool,
    const char *conninfo, ngx_http_volunteer_order_t *given,
    ngx_http_volunteer_hosts_t *hosts);

/* who began with this order waited in vain: the next host is the first one */
void ngx_http_volunteer_hosts_pass_by(ngx_http_volunteer_hosts_t *hosts,
    ngx_uint_t order);

/*
 * Begins to connect.  started() or lost() follows, lost() perhaps before this
 * function returns; how long that may take is for its owner to say.
 */
void ngx_http_volunteer_session_open(ngx_http_volunteer_session_t *session,
    ngx_http_volunteer_hosts_t *hosts);

void ngx_http_volunteer_session_close(ngx_http_volunteer_session_t *session);

/*
 * Milliseconds until a session that was lost is opened again: they double with
 * each failure, up to HASTE while requests wait and up to MAX otherwise.
 */
ngx_msec_t ngx_http_volunteer_session_pause(ngx_uint_t failures,
    ngx_uint_t haste);

/*
 * Behind each PQsend...(), whose result is sent: writes what the socket takes,
 * and the rest when it takes more.  NGX_ERROR: lost() was called.
 */
ngx_int_t ngx_http_volunteer_session_send(
    ngx_http_volunteer_session_t *session, int sent);


#endif /* _NGX_HTTP_VOLUNTEER_SESSION_H_INCLUDED_ */
