
/*
 * The queue in front of a worker's connections, and the deadlines of what
 * waits in it.
 *
 * A lookup that finds an idle connection leaves in the same turn of the
 * event loop.  Those that arrive while all connections are busy wait and
 * leave together, as one statement with an array of codes.  Other queries
 * leave alone, in their turn.
 *
 * Requests wait out a short outage of the database, such as a restart or a
 * crash recovery: their deadlines begin when it is over.  In a longer one they
 * are refused at once until a session is there again: what tries whether the
 * database is back are the connections, not requests.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_metrics.h"


static void ngx_http_volunteer_db_wait(ngx_http_volunteer_query_t *query,
    ngx_queue_t *after);
static void ngx_http_volunteer_db_unwait(ngx_http_volunteer_query_t *query);
static void ngx_http_volunteer_db_dispatch(ngx_event_t *ev);
static ngx_uint_t ngx_http_volunteer_db_take(
    ngx_http_volunteer_connection_t *conn);
static ngx_uint_t ngx_http_volunteer_db_may_take(
    ngx_http_volunteer_connection_t *conn, ngx_http_volunteer_query_t *query);
static void ngx_http_volunteer_db_give_up(ngx_http_volunteer_db_t *db);
static void ngx_http_volunteer_db_outage(ngx_event_t *ev);
static void ngx_http_volunteer_db_deadline(ngx_event_t *ev);


ngx_int_t
ngx_http_volunteer_db_start(ngx_cycle_t *cycle, ngx_http_volunteer_db_t *db)
{
    ngx_uint_t  i;

    db->connections = ngx_pcalloc(cycle->pool, db->nconnections
                                     * sizeof(ngx_http_volunteer_connection_t));
    if (db->connections == NULL) {
        return NGX_ERROR;
    }

    ngx_queue_init(&db->queue);

    db->dispatch.handler = ngx_http_volunteer_db_dispatch;
    db->dispatch.data = db;
    db->dispatch.log = cycle->log;

    db->outage.handler = ngx_http_volunteer_db_outage;
    db->outage.data = db;
    db->outage.log = cycle->log;
    db->outage.cancelable = 1;

    ngx_add_timer(&db->outage, db->patience);

    ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_CONNECTIONS_CLOSED,
                             db->nconnections);

    for (i = 0; i < db->nconnections; i++) {
        db->connections[i].db = db;
        ngx_http_volunteer_connection_open(&db->connections[i]);
    }

    return NGX_OK;
}


void
ngx_http_volunteer_db_stop(ngx_http_volunteer_db_t *db)
{
    ngx_uint_t  i;

    if (db->connections == NULL) {
        return;
    }

    for (i = 0; i < db->nconnections; i++) {
        ngx_http_volunteer_connection_close(&db->connections[i]);
    }
}


ngx_int_t
ngx_http_volunteer_db_query(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_query_t *query)
{
    if (db->away || db->ended || db->waiting >= db->queue_size) {

        if (!db->away && !db->ended) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "volunteer_database has a full queue");
        }

        ngx_http_volunteer_count_trouble(NGX_HTTP_VOLUNTEER_QUERIES_REFUSED,
                                         query);

        return NGX_BUSY;
    }

    query->db = db;
    query->slot = NULL;
    query->after = 0;
    query->retried = 0;

    ngx_memzero(&query->deadline, sizeof(ngx_event_t));

    query->deadline.handler = ngx_http_volunteer_db_deadline;
    query->deadline.data = query;
    query->deadline.log = ngx_cycle->log;

    ngx_add_timer(&query->deadline, db->timeout);

    ngx_http_volunteer_db_wait(query, ngx_queue_last(&db->queue));
    ngx_http_volunteer_db_wakeup(db);

    return NGX_AGAIN;
}


void
ngx_http_volunteer_db_next(ngx_http_volunteer_query_t *query,
    ngx_http_volunteer_statement_e statement)
{
    ngx_msec_int_t  left;

    left = query->ends - ngx_current_msec;

    query->statement = statement;
    query->after = 0;
    query->retried = 0;

    ngx_add_timer(&query->deadline, ngx_max(left, 1));

    ngx_http_volunteer_db_again(query);
    ngx_http_volunteer_db_wakeup(query->db);
}


static void
ngx_http_volunteer_db_wait(ngx_http_volunteer_query_t *query,
    ngx_queue_t *after)
{
    ngx_queue_insert_after(after, &query->queue);
    query->waiting = 1;
    query->db->waiting++;

    ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_QUERIES_WAITING, 1);
}


static void
ngx_http_volunteer_db_unwait(ngx_http_volunteer_query_t *query)
{
    ngx_queue_remove(&query->queue);
    query->waiting = 0;
    query->db->waiting--;

    ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_QUERIES_WAITING, -1);
}


void
ngx_http_volunteer_db_cancel(void *data)
{
    ngx_http_volunteer_query_t  *query = data;

    if (query->waiting) {
        ngx_http_volunteer_db_unwait(query);
    }

    if (query->slot) {
        query->slot->query = NULL;
        query->slot = NULL;
    }

    if (query->deadline.timer_set) {
        ngx_del_timer(&query->deadline);
    }
}


void
ngx_http_volunteer_db_wakeup(ngx_http_volunteer_db_t *db)
{
    /* at the end of this turn, so that all its lookups leave together */

    /* but a worker begins to leave between two turns */

    if (!ngx_queue_empty(&db->queue)) {
        ngx_post_event(&db->dispatch, ngx_exiting ? &ngx_posted_next_events
                                                  : &ngx_posted_events);
    }
}


static void
ngx_http_volunteer_db_dispatch(ngx_event_t *ev)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_db_t          *db;
    ngx_http_volunteer_connection_t  *conn;

    db = ev->data;

    /* by now requests are closed, what is left belongs to none */

    if (db->ended) {
        ngx_http_volunteer_db_give_up(db);
        return;
    }

    for (i = 0; i < db->nconnections && !ngx_queue_empty(&db->queue); i++) {

        conn = &db->connections[i];

        if (conn->state == NGX_HTTP_VOLUNTEER_CLOSED && !conn->timer.timer_set)
        {
            /* closed as idle by a worker that is leaving */
            ngx_http_volunteer_connection_open(conn);
            continue;
        }

        if (conn->state != NGX_HTTP_VOLUNTEER_IDLE
            || ngx_http_volunteer_db_take(conn) == 0)
        {
            continue;
        }

        if (conn->prepared & (1 << conn->statement)) {
            ngx_http_volunteer_db_execute(conn);

        } else {
            ngx_http_volunteer_connection_prepare(conn);
        }
    }
}


/* moves one query, or as many lookups as may travel together, into flight */

static ngx_uint_t
ngx_http_volunteer_db_take(ngx_http_volunteer_connection_t *conn)
{
    ngx_uint_t                    i, n, limit;
    ngx_queue_t                  *q, *next;
    ngx_http_volunteer_db_t      *db;
    ngx_http_volunteer_query_t   *query;
    ngx_http_volunteer_lookup_t  *lookup;

    db = conn->db;

    n = 0;
    limit = NGX_HTTP_VOLUNTEER_BATCH;

    for (q = ngx_queue_head(&db->queue);
         q != ngx_queue_sentinel(&db->queue) && n < limit;
         q = next)
    {
        next = ngx_queue_next(q);

        query = ngx_queue_data(q, ngx_http_volunteer_query_t, queue);

        if ((n > 0 && (query->batch <= n
                       || query->statement != conn->statement))
            || !ngx_http_volunteer_db_may_take(conn, query))
        {
            continue;
        }

        if (n == 0) {
            conn->statement = query->statement;
            conn->alone = (query->batch == 0);
        }

        limit = conn->alone ? 1 : ngx_min(limit, query->batch);

        ngx_http_volunteer_db_unwait(query);

        if (!conn->alone) {
            lookup = query->data;
            ngx_memcpy(conn->slots[n].code, lookup->code,
                       CERTIFICATE_CODE_CHARS);
        }

        conn->slots[n++].query = query;
    }

    conn->nslots = n;

    if (n > 0 && !conn->alone) {
        ngx_http_volunteer_lookup_sort(conn);
        ngx_http_volunteer_observe_batch(n);
    }

    for (i = 0; i < n; i++) {
        conn->slots[i].query->slot = &conn->slots[i];
    }

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "volunteer batch of %ui", n);

    return n;
}


static ngx_uint_t
ngx_http_volunteer_db_may_take(ngx_http_volunteer_connection_t *conn,
    ngx_http_volunteer_query_t *query)
{
    ngx_uint_t                        i, n;
    ngx_http_volunteer_db_t          *db;
    ngx_http_volunteer_connection_t  *other;

    if (query->after >= conn->number) {
        return 0;
    }

    if (query->batch) {
        return 1;
    }

    /* however slow other queries are, lookups keep a connection */

    db = conn->db;
    n = 0;

    for (i = 0; i < db->nconnections; i++) {
        other = &db->connections[i];
        n += (other->nslots && other->alone);
    }

    return n == 0 || n < db->nconnections - 1;
}


void
ngx_http_volunteer_db_execute(ngx_http_volunteer_connection_t *conn)
{
    const char                  *params[1];
    ngx_http_volunteer_query_t  *query;
    u_char                       array[sizeof("{}")
                                       + NGX_HTTP_VOLUNTEER_BATCH
                                         * (CERTIFICATE_CODE_CHARS + 1)];

    if (!conn->alone) {
        ngx_http_volunteer_lookup_array(conn, array);

        params[0] = (char *) array;
        ngx_http_volunteer_connection_execute(conn, params);
        return;
    }

    query = conn->slots[0].query;

    if (query == NULL) {

        /* cancelled while the statement was prepared */

        conn->nslots = 0;
        ngx_http_volunteer_connection_idle(conn);
        return;
    }

    ngx_http_volunteer_connection_execute(conn, query->params);
}


void
ngx_http_volunteer_db_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res)
{
    if (!conn->alone) {
        ngx_http_volunteer_lookup_answer(conn, res);

    } else if (conn->slots[0].query) {
        ngx_http_volunteer_db_finish(conn->slots[0].query, NGX_OK, res);
    }

    conn->nslots = 0;
}


void
ngx_http_volunteer_db_refused(ngx_http_volunteer_connection_t *conn,
    const char *sqlstate)
{
    ngx_uint_t                   n, batch;
    ngx_http_volunteer_query_t  *query;

    /*
     * One of the codes may be the cause, so each half of the batch is tried
     * for itself; unless the function is missing or forbidden (42) or was
     * interrupted (57), which is not a matter of codes.
     */

    n = conn->nslots;
    batch = (n + 1) / 2;

    if (n < 2
        || ngx_strncmp(sqlstate, "42", 2) == 0
        || ngx_strncmp(sqlstate, "57", 2) == 0)
    {
        batch = 0;
    }

    while (conn->nslots) {

        query = conn->slots[--conn->nslots].query;

        if (query == NULL) {
            continue;
        }

        if (batch == 0) {
            ngx_http_volunteer_db_finish(query, NGX_ERROR, NULL);
            continue;
        }

        query->batch = batch;

        ngx_http_volunteer_db_again(query);
    }
}


void
ngx_http_volunteer_db_repeat(ngx_http_volunteer_connection_t *conn)
{
    ngx_http_volunteer_query_t  *query;

    while (conn->nslots) {

        query = conn->slots[--conn->nslots].query;

        if (query == NULL) {
            continue;
        }

        if (query->retried
            || !ngx_http_volunteer_statements[query->statement].idempotent)
        {
            ngx_http_volunteer_db_finish(query, NGX_ERROR, NULL);
            continue;
        }

        /* a server that ends one session may be about to end the others */

        query->after = conn->db->opened;
        query->retried = 1;

        ngx_http_volunteer_count_trouble(NGX_HTTP_VOLUNTEER_QUERIES_RETRIED,
                                         query);

        ngx_http_volunteer_db_again(query);
    }

    ngx_http_volunteer_db_wakeup(conn->db);
}


void
ngx_http_volunteer_db_again(ngx_http_volunteer_query_t *query)
{
    query->slot = NULL;

    ngx_http_volunteer_db_wait(query, &query->db->queue);
}


void
ngx_http_volunteer_db_up(ngx_http_volunteer_db_t *db)
{
    ngx_queue_t                 *q;
    ngx_http_volunteer_query_t  *query;

    if (db->outage.timer_set) {
        ngx_del_timer(&db->outage);

        for (q = ngx_queue_head(&db->queue);
             q != ngx_queue_sentinel(&db->queue);
             q = ngx_queue_next(q))
        {
            query = ngx_queue_data(q, ngx_http_volunteer_query_t, queue);

            ngx_add_timer(&query->deadline, db->timeout);
        }
    }

    if (db->away) {
        ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                      "volunteer_database is back");
        db->away = 0;
        ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_DATABASES_AWAY, -1);
    }
}


void
ngx_http_volunteer_db_down(ngx_http_volunteer_db_t *db, ngx_uint_t attempts)
{
    ngx_uint_t                        i, n;
    ngx_http_volunteer_connection_t  *conn;

    n = 0;

    for (i = 0; i < db->nconnections; i++) {

        conn = &db->connections[i];

        if (conn->state < NGX_HTTP_VOLUNTEER_IDLE) {
            continue;
        }

        n++;

        /*
         * What outlives two attempts to open another is not about to end, and
         * may repeat what that one had in flight.
         */

        if (attempts > 1) {
            conn->number = ++db->opened;
        }
    }

    if (n == 0 && !db->away && !db->outage.timer_set) {
        ngx_add_timer(&db->outage, db->patience);
    }
}


static void
ngx_http_volunteer_db_outage(ngx_event_t *ev)
{
    ngx_http_volunteer_db_t  *db;

    db = ev->data;

    ngx_log_error(NGX_LOG_ERR, ev->log, 0, "volunteer_database is away");

    db->away = 1;
    ngx_http_volunteer_gauge(NGX_HTTP_VOLUNTEER_DATABASES_AWAY, 1);

    ngx_http_volunteer_db_give_up(db);
}


static void
ngx_http_volunteer_db_give_up(ngx_http_volunteer_db_t *db)
{
    ngx_queue_t                 *q;
    ngx_http_volunteer_query_t  *query;

    while (!ngx_queue_empty(&db->queue)) {

        q = ngx_queue_head(&db->queue);
        query = ngx_queue_data(q, ngx_http_volunteer_query_t, queue);

        ngx_http_volunteer_db_finish(query, NGX_ERROR, NULL);
    }
}


void
ngx_http_volunteer_db_finish(ngx_http_volunteer_query_t *query, ngx_int_t rc,
    PGresult *res)
{
    query->ends = query->deadline.timer.key;

    ngx_http_volunteer_db_cancel(query);

    query->handler(query, rc, res);
}


static void
ngx_http_volunteer_db_deadline(ngx_event_t *ev)
{
    ngx_http_volunteer_db_t     *db;
    ngx_http_volunteer_query_t  *query;

    query = ev->data;
    db = query->db;

    if (query->waiting && db->outage.timer_set) {
        ngx_add_timer(ev, db->timeout);
        return;
    }

    ngx_http_volunteer_count_trouble(NGX_HTTP_VOLUNTEER_QUERIES_TIMED_OUT,
                                     query);

    ngx_http_volunteer_db_finish(query, NGX_ERROR, NULL);
}
