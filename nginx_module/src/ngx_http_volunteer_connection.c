
/*
 * A worker's connection: a session that is opened again when it is lost, and
 * the statement in flight.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_metrics.h"


/* the server ends a slow statement itself: milliseconds to hear of it */

#define NGX_HTTP_VOLUNTEER_GRACE          500


static void ngx_http_volunteer_connection_started(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_connection_sent(
    ngx_http_volunteer_connection_t *conn, int sent);
static void ngx_http_volunteer_connection_input(
    ngx_http_volunteer_session_t *session);
static ngx_int_t ngx_http_volunteer_connection_result(
    ngx_http_volunteer_connection_t *conn, PGresult *res);
static ngx_uint_t ngx_http_volunteer_connection_stale(const char *sqlstate);
static void ngx_http_volunteer_connection_done(
    ngx_http_volunteer_connection_t *conn);
static void ngx_http_volunteer_connection_lost(
    ngx_http_volunteer_session_t *session, const char *why);
static void ngx_http_volunteer_connection_leave(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_connection_set(
    ngx_http_volunteer_connection_t *conn, ngx_http_volunteer_state_e state);
static void ngx_http_volunteer_connection_timer(ngx_event_t *ev);


void
ngx_http_volunteer_connection_open(ngx_http_volunteer_connection_t *conn)
{
    conn->session.started = ngx_http_volunteer_connection_started;
    conn->session.input = ngx_http_volunteer_connection_input;
    conn->session.lost = ngx_http_volunteer_connection_lost;
    conn->session.leave = ngx_http_volunteer_connection_leave;
    conn->session.data = conn;

    conn->timer.handler = ngx_http_volunteer_connection_timer;
    conn->timer.data = conn;
    conn->timer.log = ngx_cycle->log;

    /* requests have deadlines of their own, a leaving worker need not wait */
    conn->timer.cancelable = 1;

    conn->number = ++conn->db->opened;
    conn->prepared = 0;

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_CONNECTIONS_OPENED);

    ngx_add_timer(&conn->timer, conn->db->timeout);

    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_CONNECTING);
    ngx_http_volunteer_session_open(&conn->session, &conn->db->hosts);
}


static void
ngx_http_volunteer_connection_started(ngx_http_volunteer_session_t *session)
{
    u_char                            sql[sizeof("SET statement_timeout = ")
                                          + NGX_INT_T_LEN];
    ngx_http_volunteer_connection_t  *conn;

    conn = session->data;

    ngx_sprintf(sql, "SET statement_timeout = %M%Z", conn->db->timeout);

    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_STARTING);
    ngx_http_volunteer_session_send(session,
                                    PQsendQuery(session->pg, (char *) sql));
}


void
ngx_http_volunteer_connection_prepare(ngx_http_volunteer_connection_t *conn)
{
    const ngx_http_volunteer_statement_t  *st;

    st = &ngx_http_volunteer_statements[conn->statement];

    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_PREPARING);
    ngx_http_volunteer_connection_sent(conn,
                   PQsendPrepare(conn->session.pg, st->name, st->sql, 0, NULL));
}


void
ngx_http_volunteer_connection_execute(ngx_http_volunteer_connection_t *conn,
    const char *const *params)
{
    const ngx_http_volunteer_statement_t  *st;

    st = &ngx_http_volunteer_statements[conn->statement];

    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_BUSY);
    ngx_http_volunteer_connection_sent(conn,
                   PQsendQueryPrepared(conn->session.pg, st->name, st->nparams,
                                       params, NULL, NULL, st->binary));
}


static void
ngx_http_volunteer_connection_sent(ngx_http_volunteer_connection_t *conn,
    int sent)
{
    if (ngx_http_volunteer_session_send(&conn->session, sent) == NGX_OK) {
        ngx_add_timer(&conn->timer,
                      conn->db->timeout + NGX_HTTP_VOLUNTEER_GRACE);
    }
}


static void
ngx_http_volunteer_connection_input(ngx_http_volunteer_session_t *session)
{
    PGresult                         *res;
    ngx_int_t                         rc;
    ngx_http_volunteer_connection_t  *conn;

    conn = session->data;

    while (!PQisBusy(session->pg)) {

        res = PQgetResult(session->pg);

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
        ngx_http_volunteer_connection_lost(&conn->session,
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
        ngx_http_volunteer_connection_lost(&conn->session,
                                           "an answer without a result");
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

    if (ngx_exiting) {
        ngx_http_volunteer_views_flush(conn->db);
    }

    if (ngx_exiting && conn->db->waiting == 0) {
        ngx_http_volunteer_connection_close(conn);
        return;
    }

    if (conn->state == NGX_HTTP_VOLUNTEER_STARTING) {
        ngx_http_volunteer_db_up(conn->db);
    }

    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_IDLE);
    ngx_http_volunteer_db_wakeup(conn->db);
}


static void
ngx_http_volunteer_connection_lost(ngx_http_volunteer_session_t *session,
    const char *why)
{
    ngx_uint_t                        attempts;
    ngx_http_volunteer_connection_t  *conn;

    conn = session->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "volunteer_database lost a connection: %*s",
                  strcspn(why, "\n"), why);

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_CONNECTIONS_LOST);

    attempts = (conn->state >= NGX_HTTP_VOLUNTEER_IDLE) ? 0 : conn->failures;

    ngx_http_volunteer_connection_close(conn);
    ngx_http_volunteer_db_down(conn->db, attempts);

    if (!ngx_exiting || conn->db->waiting) {
        ngx_add_timer(&conn->timer,
                      ngx_http_volunteer_session_pause(conn->failures,
                                                conn->db->outage.timer_set));
    }

    conn->failures++;

    ngx_http_volunteer_db_repeat(conn);
}


/* a worker that is leaving ends its idle connections, and in the end all */

static void
ngx_http_volunteer_connection_leave(ngx_http_volunteer_session_t *session)
{
    ngx_uint_t                        idle;
    ngx_http_volunteer_connection_t  *conn;

    conn = session->data;

    idle = (conn->state == NGX_HTTP_VOLUNTEER_IDLE);

    if (!idle) {
        conn->db->ended = 1;
    }

    ngx_http_volunteer_connection_close(conn);
    ngx_http_volunteer_db_repeat(conn);

    if (idle) {
        ngx_http_volunteer_views_flush(conn->db);
    }
}


void
ngx_http_volunteer_connection_close(ngx_http_volunteer_connection_t *conn)
{
    if (conn->timer.timer_set) {
        ngx_del_timer(&conn->timer);
    }

    ngx_http_volunteer_session_close(&conn->session);
    ngx_http_volunteer_connection_set(conn, NGX_HTTP_VOLUNTEER_CLOSED);
}


static void
ngx_http_volunteer_connection_set(ngx_http_volunteer_connection_t *conn,
    ngx_http_volunteer_state_e state)
{
    static const ngx_http_volunteer_gauge_e  gauges[] = {
        NGX_HTTP_VOLUNTEER_CONNECTIONS_CLOSED,
        NGX_HTTP_VOLUNTEER_CONNECTIONS_CONNECTING,
        NGX_HTTP_VOLUNTEER_CONNECTIONS_CONNECTING,
        NGX_HTTP_VOLUNTEER_CONNECTIONS_IDLE,
        NGX_HTTP_VOLUNTEER_CONNECTIONS_PREPARING,
        NGX_HTTP_VOLUNTEER_CONNECTIONS_BUSY
    };

    ngx_http_volunteer_gauge(gauges[conn->state], -1);
    ngx_http_volunteer_gauge(gauges[state], 1);

    conn->state = state;

    if (conn->session.c) {
        conn->session.c->idle = (state == NGX_HTTP_VOLUNTEER_IDLE);
    }
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

    if (conn->state < NGX_HTTP_VOLUNTEER_IDLE) {
        ngx_http_volunteer_hosts_pass_by(conn->session.hosts,
                                         conn->session.order);
    }

    ngx_http_volunteer_connection_lost(&conn->session, "timed out");
}
