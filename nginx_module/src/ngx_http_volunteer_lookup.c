
/*
 * Lookups: codes that leave together as one call of verify.certificates(),
 * and whose rows are matched by code.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_metrics.h"


static void ngx_http_volunteer_lookup_call(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_lookup_ended(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);
static int ngx_libc_cdecl ngx_http_volunteer_lookup_compare(const void *one,
    const void *two);


ngx_int_t
ngx_http_volunteer_db_lookup(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_lookup_t *lookup)
{
    lookup->query.statement = NGX_HTTP_VOLUNTEER_CERTIFICATES;
    lookup->query.batch = NGX_HTTP_VOLUNTEER_BATCH;
    lookup->query.handler = ngx_http_volunteer_lookup_ended;
    lookup->query.data = lookup;
    lookup->asked = ngx_http_volunteer_clock();

    return ngx_http_volunteer_db_query(db, &lookup->query);
}


/* without a row: NGX_DECLINED, NGX_ERROR */

static void
ngx_http_volunteer_lookup_ended(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res)
{
    ngx_http_volunteer_lookup_call(query->data, rc, NULL);
}


static void
ngx_http_volunteer_lookup_call(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row)
{
    ngx_http_volunteer_count(
        rc == NGX_OK ? NGX_HTTP_VOLUNTEER_LOOKUPS_FOUND
        : rc == NGX_DECLINED ? NGX_HTTP_VOLUNTEER_LOOKUPS_UNKNOWN
        : NGX_HTTP_VOLUNTEER_LOOKUPS_FAILED);

    ngx_http_volunteer_observe_lookup(ngx_http_volunteer_clock()
                                      - lookup->asked);

    lookup->handler(lookup, rc, row);
}


void
ngx_http_volunteer_lookup_sort(ngx_http_volunteer_connection_t *conn)
{
    ngx_qsort(conn->slots, conn->nslots, sizeof(ngx_http_volunteer_slot_t),
              ngx_http_volunteer_lookup_compare);
}


void
ngx_http_volunteer_lookup_array(ngx_http_volunteer_connection_t *conn,
    u_char *array)
{
    u_char                     *p;
    ngx_uint_t                  i;
    ngx_http_volunteer_slot_t  *slot;

    p = array;

    for (i = 0; i < conn->nslots; i++) {

        slot = &conn->slots[i];

        if (i > 0 && ngx_http_volunteer_lookup_compare(slot - 1, slot) == 0) {
            continue;
        }

        /* canonical codes need no quotes in an array */

        *p++ = (i == 0) ? '{' : ',';
        p = ngx_cpymem(p, slot->code, CERTIFICATE_CODE_CHARS);
    }

    *p++ = '}';
    *p = '\0';
}


void
ngx_http_volunteer_lookup_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res)
{
    int                           i;
    ngx_int_t                     rc;
    ngx_uint_t                    n, replica;
    const char                   *standby;
    ngx_http_volunteer_row_t      row;
    ngx_http_volunteer_slot_t     key, *slot, *end;
    ngx_http_volunteer_lookup_t  *lookup;

    end = conn->slots + conn->nslots;

    standby = PQparameterStatus(conn->session.pg, "in_hot_standby");
    replica = (standby != NULL && ngx_strcmp(standby, "on") == 0);

    for (i = 0; i < PQntuples(res); i++) {

        if (PQgetlength(res, i, 0) != CERTIFICATE_CODE_CHARS) {
            continue;
        }

        ngx_memcpy(key.code, PQgetvalue(res, i, 0), CERTIFICATE_CODE_CHARS);

        slot = bsearch(&key, conn->slots, conn->nslots,
                       sizeof(ngx_http_volunteer_slot_t),
                       ngx_http_volunteer_lookup_compare);
        if (slot == NULL) {
            continue;
        }

        rc = ngx_http_volunteer_db_row(res, i, &row);
        row.stamp.replica = replica;

        /* all who asked for the same code stand side by side */

        while (slot > conn->slots
               && ngx_http_volunteer_lookup_compare(slot - 1, &key) == 0)
        {
            slot--;
        }

        for ( /* void */ ;
             slot < end && ngx_http_volunteer_lookup_compare(slot, &key) == 0;
             slot++)
        {
            if (slot->query) {
                lookup = slot->query->data;

                ngx_http_volunteer_db_cancel(&lookup->query);
                ngx_http_volunteer_lookup_call(lookup, rc, &row);
            }
        }
    }

    for (n = 0; n < conn->nslots; n++) {
        if (conn->slots[n].query) {
            ngx_http_volunteer_db_finish(conn->slots[n].query, NGX_DECLINED,
                                         NULL);
        }
    }
}


ngx_int_t
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

    ngx_memzero(&row->stamp, sizeof(ngx_http_volunteer_stamp_t));

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


static int ngx_libc_cdecl
ngx_http_volunteer_lookup_compare(const void *one, const void *two)
{
    const ngx_http_volunteer_slot_t  *a, *b;

    a = one;
    b = two;

    return ngx_memcmp(a->code, b->code, CERTIFICATE_CODE_CHARS);
}
