
/*
 * One session of libpq inside nginx's event loop.
 *
 * libpq reads one buffer a call and does not say whether the socket is
 * empty, so its events are level-triggered.  While connecting it may change
 * its socket, so the socket is watched anew after each PQconnectPoll().
 * Nothing here belongs to a request: neither memory nor log.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <openssl/ssl.h>

#include "ngx_http_volunteer_session.h"


#define NGX_HTTP_VOLUNTEER_BACKOFF_MIN    50
#define NGX_HTTP_VOLUNTEER_BACKOFF_HASTE  200
#define NGX_HTTP_VOLUNTEER_BACKOFF_MAX    2000


static void ngx_http_volunteer_session_poll(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_session_read(
    ngx_http_volunteer_session_t *session);
static ngx_int_t ngx_http_volunteer_session_flush(
    ngx_http_volunteer_session_t *session);
static ngx_int_t ngx_http_volunteer_session_watch(
    ngx_http_volunteer_session_t *session, ngx_int_t event);
static void ngx_http_volunteer_session_unwatch(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_session_handler(ngx_event_t *ev);
static void ngx_http_volunteer_session_notice(void *data, const char *message);


void
ngx_http_volunteer_session_open(ngx_http_volunteer_session_t *session,
    ngx_http_volunteer_hosts_t *hosts)
{
    static const char  *const keywords[] = {
        "gssencmode", "fallback_application_name", "dbname",
        "client_encoding", "host", "hostaddr", "port", NULL
    };

    const ngx_http_volunteer_order_t  *order = &hosts->orders[hosts->first];

    const char  *values[] = {
        "disable", "nginx", hosts->conninfo,
        "UTF8", order->host, order->hostaddr, order->port, NULL
    };

    session->hosts = hosts;
    session->order = hosts->first;
    session->connecting = 1;
    session->pg = PQconnectStartParams(keywords, values, 1);

    if (session->pg == NULL) {
        session->lost(session, "out of memory");
        return;
    }

    if (PQstatus(session->pg) == CONNECTION_BAD) {
        session->lost(session, PQerrorMessage(session->pg));
        return;
    }

    PQsetNoticeProcessor(session->pg, ngx_http_volunteer_session_notice, NULL);
    PQsetErrorVerbosity(session->pg, PQERRORS_TERSE);

    if (ngx_http_volunteer_session_watch(session, NGX_WRITE_EVENT) != NGX_OK) {
        session->lost(session, "no event");
    }
}


static void
ngx_http_volunteer_session_poll(ngx_http_volunteer_session_t *session)
{
    ngx_int_t                  event;
    PostgresPollingStatusType  status;

    ngx_http_volunteer_session_unwatch(session);

    status = PQconnectPoll(session->pg);

    if (status == PGRES_POLLING_FAILED
        || (status == PGRES_POLLING_OK
            && PQsetnonblocking(session->pg, 1) != 0))
    {
        session->lost(session, PQerrorMessage(session->pg));
        return;
    }

    event = (status == PGRES_POLLING_WRITING) ? NGX_WRITE_EVENT
                                              : NGX_READ_EVENT;

    if (ngx_http_volunteer_session_watch(session, event) != NGX_OK) {
        session->lost(session, "no event");
        return;
    }

    if (status == PGRES_POLLING_OK) {
        session->connecting = 0;
        session->started(session);
    }
}


static void
ngx_http_volunteer_session_read(ngx_http_volunteer_session_t *session)
{
    SSL  *ssl;

    ssl = PQsslStruct(session->pg, "OpenSSL");

    do {
        if (PQconsumeInput(session->pg) == 0) {
            session->lost(session, PQerrorMessage(session->pg));
            return;
        }

        /* what TLS has already taken from the socket raises no event */

    } while (ssl && SSL_pending(ssl) > 0);

    if (ngx_http_volunteer_session_flush(session) != NGX_OK) {
        session->lost(session, PQerrorMessage(session->pg));
        return;
    }

    session->input(session);
}


ngx_int_t
ngx_http_volunteer_session_send(ngx_http_volunteer_session_t *session,
    int sent)
{
    if (sent == 0 || ngx_http_volunteer_session_flush(session) != NGX_OK) {
        session->lost(session, PQerrorMessage(session->pg));
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_volunteer_session_flush(ngx_http_volunteer_session_t *session)
{
    ngx_event_t  *wev;

    wev = session->c->write;

    switch (PQflush(session->pg)) {

    case 0:
        return wev->active ? ngx_del_event(wev, NGX_WRITE_EVENT, 0) : NGX_OK;

    case 1:
        return wev->active ? NGX_OK
                           : ngx_add_event(wev, NGX_WRITE_EVENT,
                                           NGX_LEVEL_EVENT);

    default:
        return NGX_ERROR;
    }
}


void
ngx_http_volunteer_session_close(ngx_http_volunteer_session_t *session)
{
    ngx_http_volunteer_session_unwatch(session);

    PQfinish(session->pg);

    session->pg = NULL;
}


static ngx_int_t
ngx_http_volunteer_session_watch(ngx_http_volunteer_session_t *session,
    ngx_int_t event)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(PQsocket(session->pg), ngx_cycle->log);

    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = session;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    c->read->handler = ngx_http_volunteer_session_handler;
    c->read->log = ngx_cycle->log;

    c->write->handler = ngx_http_volunteer_session_handler;
    c->write->log = ngx_cycle->log;

    session->c = c;

    return ngx_add_event(event == NGX_READ_EVENT ? c->read : c->write, event,
                         NGX_LEVEL_EVENT);
}


static void
ngx_http_volunteer_session_unwatch(ngx_http_volunteer_session_t *session)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = session->c;

    if (c == NULL) {
        return;
    }

    /* libpq closes the socket of a broken connection at once */

    flags = (PQsocket(session->pg) == c->fd) ? 0 : NGX_CLOSE_EVENT;

    if (c->read->active) {
        ngx_del_event(c->read, NGX_READ_EVENT, flags);
    }

    if (c->write->active) {
        ngx_del_event(c->write, NGX_WRITE_EVENT, flags);
    }

    if (c->read->posted) {
        ngx_delete_posted_event(c->read);
    }

    if (c->write->posted) {
        ngx_delete_posted_event(c->write);
    }

    ngx_free_connection(c);

    c->fd = (ngx_socket_t) -1;
    session->c = NULL;
}


static void
ngx_http_volunteer_session_handler(ngx_event_t *ev)
{
    ngx_connection_t              *c;
    ngx_http_volunteer_session_t  *session;

    c = ev->data;
    session = c->data;

    if (c->close) {
        session->leave(session);
        return;
    }

    if (session->connecting) {
        ngx_http_volunteer_session_poll(session);
        return;
    }

    ngx_http_volunteer_session_read(session);
}


static void
ngx_http_volunteer_session_notice(void *data, const char *message)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "volunteer_database: %*s",
                  strcspn(message, "\n"), message);
}


ngx_msec_t
ngx_http_volunteer_session_pause(ngx_uint_t failures, ngx_uint_t haste)
{
    ngx_msec_t  pause, max;

    max = haste ? NGX_HTTP_VOLUNTEER_BACKOFF_HASTE
                : NGX_HTTP_VOLUNTEER_BACKOFF_MAX;

    pause = NGX_HTTP_VOLUNTEER_BACKOFF_MIN << ngx_min(failures, 8);
    pause = ngx_min(pause, max);

    /* lest all workers come at once */

    pause = pause / 2 + ngx_random() % (pause / 2);

    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0,
                  "volunteer_database tries again in %M ms", pause);

    return pause;
}
