
/*
 * Lookups of certificates: queue, batches, deadlines.
 *
 * A lookup that finds an idle connection leaves in the same turn of the
 * event loop.  Those that arrive while all connections are busy wait and
 * leave together, as one statement with an array of codes.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"


static ngx_int_t ngx_http_volunteer_db_check(ngx_conf_t *cf,
    ngx_http_volunteer_db_t *db);
static ngx_uint_t ngx_http_volunteer_db_resolves(const char *hosts);
static void ngx_http_volunteer_db_dispatch(ngx_event_t *ev);
static void ngx_http_volunteer_db_send(ngx_http_volunteer_connection_t *conn);
static int ngx_libc_cdecl ngx_http_volunteer_db_compare(const void *one,
    const void *two);
static ngx_int_t ngx_http_volunteer_db_row(PGresult *res, int i,
    ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_db_wait(ngx_http_volunteer_lookup_t *lookup,
    ngx_queue_t *after);
static void ngx_http_volunteer_db_finish(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_db_deadline(ngx_event_t *ev);


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

    value = cf->args->elts;

    /* configuration strings end with a zero byte */

    db->conninfo = (char *) value[1].data;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "connections=", 12) == 0) {

            n = ngx_atoi(value[i].data + 12, value[i].len - 12);
            if (n == NGX_ERROR || n == 0) {
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
            if (n == NGX_ERROR || n == 0) {
                goto invalid;
            }

            db->timeout = n;
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
    char              *error;
    const char        *host, *hostaddr;
    PQconninfoOption  *option, *options;

    options = PQconninfoParse(db->conninfo, &error);

    if (options == NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "invalid conninfo: %*s",
                           error ? strcspn(error, "\n") : 0, error);
        PQfreemem(error);
        return NGX_ERROR;
    }

    host = NULL;
    hostaddr = NULL;

    for (option = options; option->keyword; option++) {

        if (ngx_strcmp(option->keyword, "host") == 0) {
            host = option->val;

        } else if (ngx_strcmp(option->keyword, "hostaddr") == 0) {
            hostaddr = option->val;
        }
    }

    if (host && hostaddr == NULL && ngx_http_volunteer_db_resolves(host)) {
        ngx_conf_log_error(NGX_LOG_WARN, cf, 0,
                           "libpq looks up the name \"%s\" while the worker "
                           "waits, set \"hostaddr\" or use a socket", host);
    }

    PQconninfoFree(options);

    return NGX_OK;
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
ngx_http_volunteer_db_lookup(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_lookup_t *lookup)
{
    if (db->waiting >= db->queue_size) {
        return NGX_BUSY;
    }

    lookup->db = db;
    lookup->slot = NULL;
    lookup->after = 0;
    lookup->retried = 0;

    ngx_memzero(&lookup->deadline, sizeof(ngx_event_t));

    lookup->deadline.handler = ngx_http_volunteer_db_deadline;
    lookup->deadline.data = lookup;
    lookup->deadline.log = ngx_cycle->log;

    ngx_add_timer(&lookup->deadline, db->timeout);

    ngx_http_volunteer_db_wait(lookup, ngx_queue_last(&db->queue));
    ngx_http_volunteer_db_wakeup(db);

    return NGX_AGAIN;
}


void
ngx_http_volunteer_db_cancel(void *data)
{
    ngx_http_volunteer_lookup_t  *lookup = data;

    if (lookup->waiting) {
        ngx_queue_remove(&lookup->queue);
        lookup->waiting = 0;
        lookup->db->waiting--;
    }

    if (lookup->slot) {
        lookup->slot->lookup = NULL;
        lookup->slot = NULL;
    }

    if (lookup->deadline.timer_set) {
        ngx_del_timer(&lookup->deadline);
    }
}


void
ngx_http_volunteer_db_wakeup(ngx_http_volunteer_db_t *db)
{
    /* at the end of this turn, so that all its lookups leave together */

    if (!ngx_queue_empty(&db->queue)) {
        ngx_post_event(&db->dispatch, &ngx_posted_events);
    }
}


static void
ngx_http_volunteer_db_dispatch(ngx_event_t *ev)
{
    ngx_uint_t                        i;
    ngx_http_volunteer_db_t          *db;
    ngx_http_volunteer_connection_t  *conn;

    db = ev->data;

    for (i = 0; i < db->nconnections && !ngx_queue_empty(&db->queue); i++) {

        conn = &db->connections[i];

        if (conn->state == NGX_HTTP_VOLUNTEER_IDLE) {
            ngx_http_volunteer_db_send(conn);

        } else if (conn->state == NGX_HTTP_VOLUNTEER_CLOSED
                   && !conn->timer.timer_set)
        {
            /* closed as idle by a worker that is leaving */
            ngx_http_volunteer_connection_open(conn);
        }
    }
}


static void
ngx_http_volunteer_db_send(ngx_http_volunteer_connection_t *conn)
{
    u_char                       *p;
    ngx_uint_t                    i, n;
    ngx_queue_t                  *q, *next;
    ngx_http_volunteer_db_t      *db;
    ngx_http_volunteer_slot_t    *slot;
    ngx_http_volunteer_lookup_t  *lookup;
    u_char                        codes[sizeof("{}")
                                        + NGX_HTTP_VOLUNTEER_BATCH
                                          * (CERTIFICATE_CODE_CHARS + 1)];

    db = conn->db;

    n = 0;

    for (q = ngx_queue_head(&db->queue);
         q != ngx_queue_sentinel(&db->queue) && n < NGX_HTTP_VOLUNTEER_BATCH;
         q = next)
    {
        next = ngx_queue_next(q);

        lookup = ngx_queue_data(q, ngx_http_volunteer_lookup_t, queue);

        if (lookup->after >= conn->number) {
            continue;
        }

        ngx_queue_remove(q);

        lookup->waiting = 0;
        db->waiting--;

        slot = &conn->slots[n++];
        slot->lookup = lookup;
        ngx_memcpy(slot->code, lookup->code, CERTIFICATE_CODE_CHARS);
    }

    if (n == 0) {
        return;
    }

    conn->nslots = n;

    ngx_qsort(conn->slots, n, sizeof(ngx_http_volunteer_slot_t),
              ngx_http_volunteer_db_compare);

    p = codes;

    for (i = 0; i < n; i++) {

        slot = &conn->slots[i];
        slot->lookup->slot = slot;

        if (i > 0 && ngx_http_volunteer_db_compare(slot - 1, slot) == 0) {
            continue;
        }

        /* canonical codes need no quotes in an array */

        *p++ = (i == 0) ? '{' : ',';
        p = ngx_cpymem(p, slot->code, CERTIFICATE_CODE_CHARS);
    }

    *p++ = '}';
    *p = '\0';

    ngx_log_debug1(NGX_LOG_DEBUG_HTTP, ngx_cycle->log, 0,
                   "volunteer batch of %ui", n);

    ngx_http_volunteer_connection_send(conn, (char *) codes);
}


static int ngx_libc_cdecl
ngx_http_volunteer_db_compare(const void *one, const void *two)
{
    const ngx_http_volunteer_slot_t  *a, *b;

    a = one;
    b = two;

    return ngx_memcmp(a->code, b->code, CERTIFICATE_CODE_CHARS);
}


void
ngx_http_volunteer_db_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res)
{
    int                           i;
    ngx_int_t                     rc;
    ngx_uint_t                    n;
    ngx_http_volunteer_row_t      row;
    ngx_http_volunteer_slot_t     key, *slot, *end;

    end = conn->slots + conn->nslots;

    for (i = 0; i < PQntuples(res); i++) {

        if (PQgetlength(res, i, 0) != CERTIFICATE_CODE_CHARS) {
            continue;
        }

        ngx_memcpy(key.code, PQgetvalue(res, i, 0), CERTIFICATE_CODE_CHARS);

        slot = bsearch(&key, conn->slots, conn->nslots,
                       sizeof(ngx_http_volunteer_slot_t),
                       ngx_http_volunteer_db_compare);
        if (slot == NULL) {
            continue;
        }

        rc = ngx_http_volunteer_db_row(res, i, &row);

        /* all who asked for the same code stand side by side */

        while (slot > conn->slots
               && ngx_http_volunteer_db_compare(slot - 1, &key) == 0)
        {
            slot--;
        }

        for ( /* void */ ;
             slot < end && ngx_http_volunteer_db_compare(slot, &key) == 0;
             slot++)
        {
            if (slot->lookup) {
                ngx_http_volunteer_db_finish(slot->lookup, rc, &row);
            }
        }
    }

    for (n = 0; n < conn->nslots; n++) {
        if (conn->slots[n].lookup) {
            ngx_http_volunteer_db_finish(conn->slots[n].lookup, NGX_DECLINED,
                                         NULL);
        }
    }

    conn->nslots = 0;
}


static ngx_int_t
ngx_http_volunteer_db_row(PGresult *res, int i, ngx_http_volunteer_row_t *row)
{
    ngx_str_t   field[6], *name;
    ngx_uint_t  n, status;

    /* a null has length 0 */

    for (n = 0; n < 6; n++) {
        field[n].data = (u_char *) PQgetvalue(res, i, n);
        field[n].len = PQgetlength(res, i, n);
    }

    row->status_since = field[2];
    row->reason = field[3];
    row->token = field[4];
    row->checked_at = field[5];

    for (status = 0; status <= NGX_HTTP_VOLUNTEER_SUPERSEDED; status++) {

        name = &ngx_http_volunteer_verdicts[status];

        if (field[1].len == name->len
            && ngx_memcmp(field[1].data, name->data, name->len) == 0)
        {
            row->status = status;
            return NGX_OK;
        }
    }

    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "volunteer_database returned a certificate of unknown "
                  "status");

    return NGX_ERROR;
}


void
ngx_http_volunteer_db_no_retry(ngx_http_volunteer_connection_t *conn)
{
    ngx_uint_t  n;

    for (n = 0; n < conn->nslots; n++) {
        if (conn->slots[n].lookup) {
            conn->slots[n].lookup->retried = 1;
        }
    }
}


void
ngx_http_volunteer_db_retry(ngx_http_volunteer_connection_t *conn)
{
    ngx_http_volunteer_lookup_t  *lookup;

    while (conn->nslots) {

        lookup = conn->slots[--conn->nslots].lookup;

        if (lookup == NULL) {
            continue;
        }

        if (lookup->retried) {
            ngx_http_volunteer_db_finish(lookup, NGX_ERROR, NULL);
            continue;
        }

        /* a server that ends one session may be about to end the others */

        lookup->slot = NULL;
        lookup->after = conn->db->opened;
        lookup->retried = 1;

        ngx_http_volunteer_db_wait(lookup, &conn->db->queue);
    }

    ngx_http_volunteer_db_wakeup(conn->db);
}


static void
ngx_http_volunteer_db_wait(ngx_http_volunteer_lookup_t *lookup,
    ngx_queue_t *after)
{
    ngx_queue_insert_after(after, &lookup->queue);
    lookup->waiting = 1;
    lookup->db->waiting++;
}


static void
ngx_http_volunteer_db_finish(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row)
{
    ngx_http_volunteer_db_cancel(lookup);

    lookup->handler(lookup, rc, row);
}


static void
ngx_http_volunteer_db_deadline(ngx_event_t *ev)
{
    ngx_http_volunteer_db_finish(ev->data, NGX_ERROR, NULL);
}
