
/*
 * Listens to the channel volunteer_certificate, where the registry says, by
 * the SHA-256 of its code, which certificate has changed.
 *
 * A listener that hears nothing may be one that nothing reaches.  So it also
 * notifies itself, on a channel of its own: PostgreSQL delivers in the order of
 * commits, so with that notification it has heard all earlier ones.  Entries
 * age from when the last one that came back was sent, see _cache.c.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_listen.h"
#include "ngx_http_volunteer_metrics.h"


#define NGX_HTTP_VOLUNTEER_CHANNEL       "volunteer_certificate"
#define NGX_HTTP_VOLUNTEER_PAYLOAD_LEN   64      /* SHA-256 in hexadecimal */

/* milliseconds before a standby server is tried again */

#define NGX_HTTP_VOLUNTEER_STANDBY       10000


static void ngx_http_volunteer_listener_started(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_listener_input(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_listener_hear(
    ngx_http_volunteer_listener_t *listener, PGnotify *notify);
static void ngx_http_volunteer_listener_listen(
    ngx_http_volunteer_listener_t *listener);
static void ngx_http_volunteer_listener_standby(
    ngx_http_volunteer_listener_t *listener);
static void ngx_http_volunteer_listener_lost(
    ngx_http_volunteer_session_t *session, const char *why);
static void ngx_http_volunteer_listener_leave(
    ngx_http_volunteer_session_t *session);
static void ngx_http_volunteer_listener_set_deaf(
    ngx_http_volunteer_listener_t *listener, ngx_uint_t deaf);
static void ngx_http_volunteer_listener_timer(ngx_event_t *ev);


void
ngx_http_volunteer_listener_open(ngx_http_volunteer_listener_t *listener)
{
    listener->session.started = ngx_http_volunteer_listener_started;
    listener->session.input = ngx_http_volunteer_listener_input;
    listener->session.lost = ngx_http_volunteer_listener_lost;
    listener->session.leave = ngx_http_volunteer_listener_leave;
    listener->session.data = listener;

    listener->timer.handler = ngx_http_volunteer_listener_timer;
    listener->timer.data = listener;
    listener->timer.log = ngx_cycle->log;
    listener->timer.cancelable = 1;

    listener->sent = ngx_current_msec;
    listener->awaited = 1;

    ngx_http_volunteer_listener_set_deaf(listener, 1);

    ngx_add_timer(&listener->timer, listener->db->timeout);

    ngx_http_volunteer_session_open(&listener->session, &listener->db->hosts);
}


void
ngx_http_volunteer_listener_close(ngx_http_volunteer_listener_t *listener)
{
    if (listener->timer.timer_set) {
        ngx_del_timer(&listener->timer);
    }

    if (listener->listening) {
        listener->listening = 0;
        ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_LISTENERS, -1);
    }

    ngx_http_volunteer_session_close(&listener->session);
}


static void
ngx_http_volunteer_listener_started(ngx_http_volunteer_session_t *session)
{
    u_char                          sql[256];
    const char                     *standby;
    ngx_http_volunteer_listener_t  *listener;

    listener = session->data;

    standby = PQparameterStatus(session->pg, "in_hot_standby");

    if (standby != NULL && ngx_strcmp(standby, "on") == 0) {
        ngx_http_volunteer_listener_standby(listener);
        return;
    }

    session->c->idle = 1;

    ngx_sprintf(listener->channel, "volunteer_worker_%d%Z",
                PQbackendPID(session->pg));

    /* a heartbeat that a crash undoes is no loss */

    ngx_sprintf(sql, "SET synchronous_commit = off;"
                "LISTEN " NGX_HTTP_VOLUNTEER_CHANNEL ";"
                "LISTEN %s%Z", listener->channel);

    listener->sent = ngx_current_msec;

    (void) ngx_http_volunteer_session_send(session,
                                     PQsendQuery(session->pg, (char *) sql));
}


static void
ngx_http_volunteer_listener_input(ngx_http_volunteer_session_t *session)
{
    PGnotify                       *notify;
    PGresult                       *res;
    ExecStatusType                  status;
    ngx_http_volunteer_listener_t  *listener;

    listener = session->data;

    while (!PQisBusy(session->pg)) {

        res = PQgetResult(session->pg);

        if (res == NULL) {

            if (!listener->listening) {
                ngx_http_volunteer_listener_listen(listener);
            }

            break;
        }

        status = PQresultStatus(res);

        if (status != PGRES_COMMAND_OK) {
            ngx_http_volunteer_listener_lost(session,
                                             PQresultErrorMessage(res));
        }

        PQclear(res);

        if (status != PGRES_COMMAND_OK) {
            return;
        }
    }

    /* at last, since libpq reads on behind a result when that is taken */

    while ((notify = PQnotifies(session->pg)) != NULL) {
        ngx_http_volunteer_listener_hear(listener, notify);
        PQfreemem(notify);
    }
}


static void
ngx_http_volunteer_listener_hear(ngx_http_volunteer_listener_t *listener,
    PGnotify *notify)
{
    ngx_int_t  prefix;

    if (ngx_strcmp(notify->relname, listener->channel) == 0) {

        if (notify->be_pid == PQbackendPID(listener->session.pg)) {
            listener->heard = listener->sent;
            listener->awaited = 0;
            listener->failures = 0;
        }

        return;
    }

    ngx_http_volunteer_count(NGX_HTTP_VOLUNTEER_NOTIFICATIONS);

    if (ngx_strlen(notify->extra) != NGX_HTTP_VOLUNTEER_PAYLOAD_LEN) {
        return;
    }

    prefix = ngx_hextoi((u_char *) notify->extra,
                        NGX_HTTP_VOLUNTEER_PREFIX_LEN);

    if (prefix != NGX_ERROR) {
        ngx_http_volunteer_cache_invalidate(listener->zone, prefix);
    }
}


static void
ngx_http_volunteer_listener_listen(ngx_http_volunteer_listener_t *listener)
{
    ngx_http_volunteer_shctx_t  *sh;

    sh = listener->zone->sh;

    listener->listening = 1;
    listener->since = ngx_atomic_fetch_add(&sh->clock, 1) + 1;
    listener->heard = listener->sent;
    listener->awaited = 0;

    sh->standby = 0;

    ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_LISTENERS, 1);
    ngx_http_volunteer_listener_set_deaf(listener, 0);

    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "volunteer_cache listens to the database");

    ngx_http_volunteer_listener_timer(&listener->timer);
}


/* in a standby server nobody can listen */

static void
ngx_http_volunteer_listener_standby(ngx_http_volunteer_listener_t *listener)
{
    ngx_http_volunteer_listener_close(listener);

    if (ngx_atomic_cmp_set(&listener->zone->sh->standby, 0, 1)) {
        ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                      "volunteer_cache cannot listen to a standby server, "
                      "entries are valid for \"valid\" alone");
    }

    ngx_add_timer(&listener->timer, NGX_HTTP_VOLUNTEER_STANDBY);
}


static void
ngx_http_volunteer_listener_lost(ngx_http_volunteer_session_t *session,
    const char *why)
{
    ngx_http_volunteer_listener_t  *listener;

    listener = session->data;

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "volunteer_cache lost its listener: %*s",
                  strcspn(why, "\n"), why);

    ngx_http_volunteer_listener_close(listener);
    ngx_http_volunteer_listener_set_deaf(listener, 1);

    ngx_add_timer(&listener->timer,
                  ngx_http_volunteer_session_pause(listener->failures++, 0));
}


static void
ngx_http_volunteer_listener_leave(ngx_http_volunteer_session_t *session)
{
    ngx_http_volunteer_listener_t  *listener;

    listener = session->data;

    /* a worker that leaves hears nothing more, and has nothing to hear */

    ngx_http_volunteer_listener_close(listener);
    ngx_http_volunteer_listener_set_deaf(listener, 0);
}


static void
ngx_http_volunteer_listener_set_deaf(ngx_http_volunteer_listener_t *listener,
    ngx_uint_t deaf)
{
    if (listener->deaf != deaf) {
        listener->deaf = deaf;
        ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_LISTENERS_DEAF,
                                 deaf ? 1 : -1);
    }
}


static void
ngx_http_volunteer_listener_timer(ngx_event_t *ev)
{
    u_char                          sql[sizeof("NOTIFY volunteer_worker_")
                                        + NGX_INT_T_LEN];
    ngx_http_volunteer_listener_t  *listener;
    ngx_http_volunteer_session_t   *session;

    listener = ev->data;
    session = &listener->session;

    if (session->pg == NULL) {
        ngx_http_volunteer_listener_open(listener);
        return;
    }

    if (listener->awaited) {

        if (ngx_current_msec - listener->sent >= listener->db->timeout) {

            if (!listener->listening) {
                ngx_http_volunteer_hosts_pass_by(session->hosts,
                                                 session->order);
            }

            ngx_http_volunteer_listener_lost(session, "timed out");
            return;
        }

    } else {
        ngx_sprintf(sql, "NOTIFY %s%Z", listener->channel);

        listener->sent = ngx_current_msec;
        listener->awaited = 1;

        if (ngx_http_volunteer_session_send(session,
                                     PQsendQuery(session->pg, (char *) sql))
            != NGX_OK)
        {
            return;
        }
    }

    ngx_add_timer(&listener->timer, listener->valid / 2 + 1);
}
