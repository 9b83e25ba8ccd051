
/*
 * Lookups: codes that leave together as one call of verify.certificates(),
 * and whose rows are matched by code.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>

#include "ngx_http_volunteer_db.h"
#include "ngx_http_volunteer_metrics.h"


/* seconds from 1970 to 2000, where PostgreSQL counts microseconds from */

#define NGX_HTTP_VOLUNTEER_2000        946684800

#define NGX_HTTP_VOLUNTEER_YEAR_10000  253402300800

#define NGX_HTTP_VOLUNTEER_UTC_OFFSET  (8 * 3600)


static void ngx_http_volunteer_lookup_call(ngx_http_volunteer_lookup_t *lookup,
    ngx_int_t rc, ngx_http_volunteer_row_t *row);
static void ngx_http_volunteer_lookup_ended(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);
static ngx_uint_t ngx_http_volunteer_lookup_known(
    ngx_http_volunteer_lookup_t *lookup, ngx_str_t *digest);
static void ngx_http_volunteer_lookup_time(ngx_str_t *value, u_char *buf,
    ngx_str_t *text);
static u_char *ngx_http_volunteer_lookup_digits(u_char *p, ngx_uint_t n);
static int ngx_libc_cdecl ngx_http_volunteer_lookup_compare(const void *one,
    const void *two);


ngx_int_t
ngx_http_volunteer_db_lookup(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_lookup_t *lookup)
{
    lookup->query.statement = lookup->token.len
                              ? NGX_HTTP_VOLUNTEER_CERTIFICATE_STATES
                              : NGX_HTTP_VOLUNTEER_CERTIFICATES;
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
    ngx_str_t                     digest;
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
        digest = row.token;

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
            if (slot->query == NULL) {
                continue;
            }

            lookup = slot->query->data;

            if (conn->statement == NGX_HTTP_VOLUNTEER_CERTIFICATE_STATES) {

                if (!ngx_http_volunteer_lookup_known(lookup, &digest)) {
                    slot->query = NULL;
                    lookup->query.statement = NGX_HTTP_VOLUNTEER_CERTIFICATES;
                    ngx_http_volunteer_db_again(&lookup->query);
                    continue;
                }

                row.token = lookup->token;
                row.digest = lookup->digest;
            }

            ngx_http_volunteer_db_cancel(&lookup->query);
            ngx_http_volunteer_lookup_call(lookup, rc, &row);
        }
    }

    for (n = 0; n < conn->nslots; n++) {
        if (conn->slots[n].query) {
            ngx_http_volunteer_db_finish(conn->slots[n].query, NGX_DECLINED,
                                         NULL);
        }
    }
}


/* whether its token is the one that has this digest */

static ngx_uint_t
ngx_http_volunteer_lookup_known(ngx_http_volunteer_lookup_t *lookup,
    ngx_str_t *digest)
{
    return digest->len == NGX_HTTP_VOLUNTEER_DIGEST
           && ngx_memcmp(digest->data, lookup->digest, digest->len) == 0;
}


ngx_int_t
ngx_http_volunteer_db_row(PGresult *res, int i, ngx_http_volunteer_row_t *row)
{
    ngx_str_t   field[6], *name;
    ngx_uint_t  n, status;

    /* in binary a text is what it is, and a null has length 0 */

    for (n = 0; n < 6; n++) {
        field[n].data = (u_char *) PQgetvalue(res, i, n);
        field[n].len = PQgetlength(res, i, n);
    }

    row->reason = field[3];
    row->token = field[4];
    row->digest = NULL;

    ngx_http_volunteer_lookup_time(&field[2], row->times[0],
                                   &row->status_since);
    ngx_http_volunteer_lookup_time(&field[5], row->times[1],
                                   &row->checked_at);

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


/*
 * A timestamptz as local time; empty if it is null, infinite or not in a year
 * from 1970 to 9999.
 */

static void
ngx_http_volunteer_lookup_time(ngx_str_t *value, u_char *buf, ngx_str_t *text)
{
    u_char     *p;
    int64_t     usec;
    uint64_t    n;
    ngx_tm_t    tm;
    ngx_uint_t  i;

    text->len = 0;
    text->data = buf;

    if (value->len != sizeof(int64_t)) {
        return;
    }

    n = 0;

    for (i = 0; i < sizeof(int64_t); i++) {
        n = n << 8 | value->data[i];
    }

    usec = (int64_t) n;

    if (usec < -NGX_HTTP_VOLUNTEER_2000 * (int64_t) 1000000
        || usec >= (NGX_HTTP_VOLUNTEER_YEAR_10000 - NGX_HTTP_VOLUNTEER_2000
                    - NGX_HTTP_VOLUNTEER_UTC_OFFSET) * (int64_t) 1000000)
    {
        return;
    }

    usec += (NGX_HTTP_VOLUNTEER_2000 + NGX_HTTP_VOLUNTEER_UTC_OFFSET)
            * (int64_t) 1000000;

    ngx_gmtime(usec / 1000000, &tm);

    p = ngx_http_volunteer_lookup_digits(buf, tm.ngx_tm_year / 100);
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_year % 100);
    *p++ = '-';
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_mon);
    *p++ = '-';
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_mday);
    *p++ = 'T';
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_hour);
    *p++ = ':';
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_min);
    *p++ = ':';
    p = ngx_http_volunteer_lookup_digits(p, tm.ngx_tm_sec);
    p = ngx_cpymem(p, "+08:00", 6);

    text->len = p - buf;
}


static u_char *
ngx_http_volunteer_lookup_digits(u_char *p, ngx_uint_t n)
{
    *p++ = (u_char) ('0' + n / 10);
    *p++ = (u_char) ('0' + n % 10);

    return p;
}


static int ngx_libc_cdecl
ngx_http_volunteer_lookup_compare(const void *one, const void *two)
{
    const ngx_http_volunteer_slot_t  *a, *b;

    a = one;
    b = two;

    return ngx_memcmp(a->code, b->code, CERTIFICATE_CODE_CHARS);
}
