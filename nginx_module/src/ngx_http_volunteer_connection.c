
/*
 * One libpq connection inside nginx's event loop.
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

#include "ngx_http_volunteer_db.h"


/* milliseconds before a lost connection is opened again */

#define NGX_HTTP_VOLUNTEER_BACKOFF_MIN  50
#define NGX_HTTP_VOLUNTEER_BACKOFF_MAX  2000

/* the server ends a slow statement itself: milliseconds to hear of it */

#define NGX_HTTP_VOLUNTEER_GRACE        500


static void ngx_http_volunteer_connection_poll(
    ngx_http_volunteer_connection_t *conn);
static void ngx_http_volunteer_connection_start(
    ngx_http_volunteer_connection_t *conn);
static void ngx_http_volunteer_connection_sent(
    ngx_http_volunteer_connection_t *conn, int sent);
static void ngx_http_volunteer_connection_read(
    ngx_http_volunteer_connection_t *conn);
static ngx_int_t ngx_http_volunteer_connection_flush(
    ngx_http_volunteer_connection_t *conn);
static ngx_int_t ngx_http_volunteer_connection_result(
    ngx_http_volunteer_connection_t *conn, PGresult *res);
static ngx_uint_t ngx_http_volunteer_connection_stale(const char *sqlstate);
static void ngx_http_volunteer_connection_done(
    ngx_http_volunteer_connection_t *conn);
static void ngx_http_volunteer_connection_lost(
    ngx_http_volunteer_connection_t *conn, const char *why);
static ngx_int_t ngx_http_volunteer_connection_watch(
    ngx_http_volunteer_connection_t *conn, ngx_int_t event);
static void ngx_http_volunteer_connection_unwatch(
    ngx_http_volunteer_connection_t *conn);
static void ngx_http_volunteer_connection_handler(ngx_event_t *ev);
static void ngx_http_volunteer_connection_timer(ngx_event_t *ev);
static void ngx_http_volunteer_connection_notice(void *data,
    const char *message);


void
ngx_http_volunteer_connection_open(ngx_http_volunteer_connection_t *conn)
{
    static const char  *const keywords[] = {
        "gssencmode", "fallback_application_name", "dbname",
        "client_encoding", NULL
    };

    const char  *values[] = {
        "disable", "nginx", conn->db->conninfo, "UTF8", NULL
    };

    conn->timer.handler = ngx_http_volunteer_connection_timer;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;

    /* requests have deadlines of their own, a leaving worker need not wait */
    conn->timer.cancelable = 1;

    conn->number = ++conn->db->opened;
    conn->prepared = 0;
    conn->state = NGX_HTTP_VOLUNTEER_CONNECTING;
    conn->pg = PQconnectStartParams(keywords, values, 1);

    if (conn->pg == NULL) {
        ngx_http_volunteer_connection_lost(conn, "out of memory");
        return;
    }

    if (PQstatus(conn->pg) == CONNECTION_BAD) {
        ngx_http_volunteer_connection_lost(conn, PQerrorMessage(conn->pg));
        return;
    }

    PQsetNoticeProcessor(conn->pg, ngx_http_volunteer_connection_notice, NULL);
    PQsetErrorVerbosity(conn->pg, PQERRORS_TERSE);

    ngx_add_timer(&conn->timer, conn->db->timeout);

    if (ngx_http_volunteer_connection_watch(conn, NGX_WRITE_EVENT) != NGX_OK) {
        ngx_http_volunteer_connection_lost(conn, "no event");
    }
}


static void
ngx_http_volunteer_connection_poll(ngx_http_volunteer_connection_t *conn)
{
    ngx_int_t  event;

    ngx_http_volunteer_connection_unwatch(conn);

    switch (PQconnectPoll(conn->pg)) {

    case PGRES_POLLING_READING:
        event = NGX_READ_EVENT;
        break;

    case PGRES_POLLING_WRITING:
        event = NGX_WRITE_EVENT;
        break;

    case PGRES_POLLING_OK:
        ngx_http_volunteer_connection_start(conn);
        return;

    default:
        ngx_http_volunteer_connection_lost(conn, PQerrorMessage(conn->pg));
        return;
    }

    if (ngx_http_volunteer_connection_watch(conn, event) != NGX_OK) {
        ngx_http_volunteer_connection_lost(conn, "no event");
    }
}


static void
ngx_http_volunteer_connection_start(ngx_http_volunteer_connection_t *conn)
{
    u_char  sql[sizeof("SET statement_timeout = ") + NGX_INT_T_LEN];

    conn->state = NGX_HTTP_VOLUNTEER_STARTING;

    if (ngx_http_volunteer_connection_watch(conn, NGX_READ_EVENT) != NGX_OK) {
        ngx_http_volunteer_connection_lost(conn, "no event");
        return;
    }

    if (PQsetnonblocking(conn->pg, 1) != 0) {
        ngx_http_volunteer_connection_lost(conn, PQerrorMessage(conn->pg));
        return;
    }

    ngx_sprintf(sql, "SET statement_timeout = %M%Z", conn->db->timeout);

    ngx_http_volunteer_connection_sent(conn,
                                       PQsendQuery(conn->pg, (char *) sql));
}


void
ngx_http_volunteer_connection_prepare(ngx_http_volunteer_connection_t *conn)
{
    const ngx_http_volunteer_statement_t  *st;

    st = &ngx_http_volunteer_statements[conn->statement];

    conn->state = NGX_HTTP_VOLUNTEER_PREPARING;
    conn->c->idle = 0;

    ngx_http_volunteer_connection_sent(conn,
                   PQsendPrepare(conn->pg, st->name, st->sql, 0, NULL));
}


void
ngx_http_volunteer_connection_execute(ngx_http_volunteer_connection_t *conn,
    const char *const *params)
{
    const ngx_http_volunteer_statement_t  *st;

    st = &ngx_http_volunteer_statements[conn->statement];

    conn->state = NGX_HTTP_VOLUNTEER_BUSY;
    conn->c->idle = 0;

    ngx_http_volunteer_connection_sent(conn,
                   PQsendQueryPrepared(conn->pg, st->name, st->nparams, params,
                                       NULL, NULL, 0));
}


static void
ngx_http_volunteer_connection_sent(ngx_http_volunteer_connection_t *conn,
    int sent)
{
    if (sent == 0 || ngx_http_volunteer_connection_flush(conn) != NGX_OK) {
        ngx_http_volunteer_connection_lost(conn, PQerrorMessage(conn->pg));
        return;
    }

    ngx_add_timer(&conn->timer, conn->db->timeout + NGX_HTTP_VOLUNTEER_GRACE);
}


static void
ngx_http_volunteer_connection_read(ngx_http_volunteer_connection_t *conn)
{
    SSL        *ssl;
    PGresult   *res;
    ngx_int_t   rc;

    ssl = PQsslStruct(conn->pg, "OpenSSL");

    do {
        if (PQconsumeInput(conn->pg) == 0) {
            ngx_http_volunteer_connection_lost(conn,
                                               PQerrorMessage(conn->pg));
            return;
        }

        /* what TLS has already taken from the socket raises no event */

    } while (ssl && SSL_pending(ssl) > 0);

    if (ngx_http_volunteer_connection_flush(conn) != NGX_OK) {
        ngx_http_volunteer_connection_lost(conn, PQerrorMessage(conn->pg));
        return;
    }

    while (!PQisBusy(conn->pg)) {

        res = PQgetResult(conn->pg);

        if (res == NULL) {
            ngx_http_volunteer_connection_done(conn);
            return;
        }

        rc = ngx_http_volunteer_connection_result(conn, res);

        PQclear(res);

        if (rc != NGX_OK) {
            return;
        }
    }
}


static ngx_int_t
ngx_http_volunteer_connection_flush(ngx_http_volunteer_connection_t *conn)
{
    ngx_event_t  *wev;

    wev = conn->c->write;

    switch (PQflush(conn->pg)) {

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


static ngx_int_t
ngx_http_volunteer_connection_result(ngx_http_volunteer_connection_t *conn,
    PGresult *res)
{
    const char      *message, *severity, *sqlstate;
    ngx_uint_t       waited_for;
    ExecStatusType   status;

    status = PQresultStatus(res);

    if (conn->state == NGX_HTTP_VOLUNTEER_STARTING
        && status == PGRES_COMMAND_OK)
    {
        return NGX_OK;
    }

    if (conn->state == NGX_HTTP_VOLUNTEER_PREPARING
        && status == PGRES_COMMAND_OK)
    {
        conn->prepared |= 1 << conn->statement;
        return NGX_OK;
    }

    if (conn->state == NGX_HTTP_VOLUNTEER_BUSY && status == PGRES_TUPLES_OK) {
        conn->failures = 0;
        ngx_http_volunteer_db_answer(conn, res);
        return NGX_OK;
    }

    /* an error of the statement leaves the session well, others end it */

    message = PQresultErrorMessage(res);
    severity = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
    sqlstate = PQresultErrorField(res, PG_DIAG_SQLSTATE);

    waited_for = (conn->state == NGX_HTTP_VOLUNTEER_PREPARING
                  || conn->state == NGX_HTTP_VOLUNTEER_BUSY);

    if (!waited_for
        || severity == NULL || ngx_strcmp(severity, "ERROR") != 0
        || sqlstate == NULL || ngx_http_volunteer_connection_stale(sqlstate))
    {
        ngx_http_volunteer_connection_lost(conn,
                              *message ? message : "an unexpected answer");
        return NGX_ERROR;
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "volunteer_database refused \"%s\": %*s",
                  ngx_http_volunteer_statements[conn->statement].name,
                  strcspn(message, "\n"), message);

    conn->failures = 0;
    ngx_http_volunteer_db_refused(conn, sqlstate);

    return NGX_OK;
}


/*
 * What was prepared is there no more (26000), or the function returns other
 * columns now (0A000): both are right again in a new session.
 */

static ngx_uint_t
ngx_http_volunteer_connection_stale(const char *sqlstate)
{
    return ngx_strcmp(sqlstate, "26000") == 0
           || ngx_strcmp(sqlstate, "0A000") == 0;
}


/* the server waits for the next statement */

static void
ngx_http_volunteer_connection_done(ngx_http_volunteer_connection_t *conn)
{
    if (conn->state == NGX_HTTP_VOLUNTEER_PREPARING && conn->nslots) {
        ngx_http_volunteer_db_execute(conn);
        return;
    }

    if (conn->nslots) {
        ngx_http_volunteer_connection_lost(conn, "an answer without a result");
        return;
    }

    if (conn->state != NGX_HTTP_VOLUNTEER_IDLE) {
        ngx_http_volunteer_connection_idle(conn);
    }
}


void
ngx_http_volunteer_connection_idle(ngx_http_volunteer_connection_t *conn)
{
    ngx_del_timer(&conn->timer);

    if (ngx_exiting && conn->db->waiting == 0) {
        ngx_http_volunteer_connection_close(conn);
        return;
    }

    conn->state = NGX_HTTP_VOLUNTEER_IDLE;
    conn->c->idle = 1;

    ngx_http_volunteer_db_wakeup(conn->db);
}


static void
ngx_http_volunteer_connection_lost(ngx_http_volunteer_connection_t *conn,
    const char *why)
{
    ngx_msec_t  delay;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "volunteer_database lost a connection: %*s",
                  strcspn(why, "\n"), why);

    ngx_http_volunteer_connection_close(conn);

    if (!ngx_exiting || conn->db->waiting) {
        delay = ngx_min(NGX_HTTP_VOLUNTEER_BACKOFF_MIN
                        << ngx_min(conn->failures, 8),
                        NGX_HTTP_VOLUNTEER_BACKOFF_MAX);

        ngx_add_timer(&conn->timer, delay / 2 + ngx_random() % (delay / 2));
    }

    conn->failures++;

    ngx_http_volunteer_db_lost(conn);
}


void
ngx_http_volunteer_connection_close(ngx_http_volunteer_connection_t *conn)
{
    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    ngx_http_volunteer_connection_unwatch(conn);

    PQfinish(conn->pg);

    conn->pg = NULL;
    conn->state = NGX_HTTP_VOLUNTEER_CLOSED;
}


static ngx_int_t
ngx_http_volunteer_connection_watch(ngx_http_volunteer_connection_t *conn,
    ngx_int_t event)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(PQsocket(conn->pg), ngx_cycle->log);

    if (c == NULL) {
        return NGX_ERROR;
    }

    c->data = conn;
    c->number = ngx_atomic_fetch_add(ngx_connection_counter, 1);

    c->read->handler = ngx_http_volunteer_connection_handler;
    c->read->log = ngx_cycle->log;

    c->write->handler = ngx_http_volunteer_connection_handler;
    c->write->log = ngx_cycle->log;

    conn->c = c;

    return ngx_add_event(event == NGX_READ_EVENT ? c->read : c->write, event,
                         NGX_LEVEL_EVENT);
}


static void
ngx_http_volunteer_connection_unwatch(ngx_http_volunteer_connection_t *conn)
{
    ngx_uint_t         flags;
    ngx_connection_t  *c;

    c = conn->c;

    if (c == NULL) {
        return;
    }

    /* libpq closes the socket of a broken connection at once */

    flags = (PQsocket(conn->pg) == c->fd) ? 0 : NGX_CLOSE_EVENT;

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
    conn->c = NULL;
}


static void
ngx_http_volunteer_connection_handler(ngx_event_t *ev)
{
    ngx_connection_t                 *c;
    ngx_http_volunteer_connection_t  *conn;

    c = ev->data;
    conn = c->data;

    if (c->close) {
        ngx_http_volunteer_connection_close(conn);
        return;
    }

    if (conn->state == NGX_HTTP_VOLUNTEER_CONNECTING) {
        ngx_http_volunteer_connection_poll(conn);
        return;
    }

    ngx_http_volunteer_connection_read(conn);
}


static void
ngx_http_volunteer_connection_timer(ngx_event_t *ev)
{
    ngx_http_volunteer_connection_t  *conn;

    conn = ev->data;

    if (conn->state == NGX_HTTP_VOLUNTEER_CLOSED) {
        ngx_http_volunteer_connection_open(conn);
        return;
    }

    ngx_http_volunteer_connection_lost(conn, "timed out");
}


static void
ngx_http_volunteer_connection_notice(void *data, const char *message)
{
    ngx_log_error(NGX_LOG_INFO, ngx_cycle->log, 0, "volunteer_database: %*s",
                  strcspn(message, "\n"), message);
}
