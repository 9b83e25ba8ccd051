
/*
 * Lookups through libpq: what the handler asks for, and what _db.c and
 * _connection.c share.
 */


#ifndef _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_


#include <libpq-fe.h>

#include "ngx_http_volunteer.h"


/* codes in one statement; verify.certificates() takes up to 200 */

#define NGX_HTTP_VOLUNTEER_BATCH  128


typedef struct ngx_http_volunteer_lookup_s      ngx_http_volunteer_lookup_t;
typedef struct ngx_http_volunteer_connection_s  ngx_http_volunteer_connection_t;


/*
 * Called once for every lookup that was neither refused nor cancelled.
 *
 * NGX_OK        row is set and valid during the call
 * NGX_DECLINED  the database knows no such code
 * NGX_ERROR     the database did not answer in time
 */
typedef void (*ngx_http_volunteer_lookup_pt)(
    ngx_http_volunteer_lookup_t *lookup, ngx_int_t rc,
    ngx_http_volunteer_row_t *row);


typedef struct {
    u_char                              code[CERTIFICATE_CODE_CHARS];
    ngx_http_volunteer_lookup_t        *lookup;   /* NULL once cancelled */
} ngx_http_volunteer_slot_t;


struct ngx_http_volunteer_lookup_s {
    u_char                              code[CERTIFICATE_CODE_CHARS];
    ngx_http_volunteer_lookup_pt        handler;
    void                               *data;

    /* set by ngx_http_volunteer_db_lookup() */

    ngx_http_volunteer_db_t            *db;
    ngx_http_volunteer_slot_t          *slot;     /* NULL unless in flight */
    ngx_queue_t                         queue;
    ngx_event_t                         deadline;
    ngx_uint_t                          after;    /* number of a connection */

    unsigned                            waiting:1;
    unsigned                            retried:1;
};


typedef enum {
    NGX_HTTP_VOLUNTEER_CLOSED = 0,
    NGX_HTTP_VOLUNTEER_CONNECTING,
    NGX_HTTP_VOLUNTEER_PREPARING,
    NGX_HTTP_VOLUNTEER_IDLE,
    NGX_HTTP_VOLUNTEER_BUSY
} ngx_http_volunteer_state_e;


struct ngx_http_volunteer_connection_s {
    ngx_http_volunteer_db_t            *db;
    ngx_http_volunteer_state_e          state;
    ngx_uint_t                          number;   /* in order of opening */
    ngx_uint_t                          failures; /* since the last answer */

    PGconn                             *pg;
    ngx_connection_t                   *c;        /* the socket of pg */
    ngx_event_t                         timer;

    /* the batch in flight, sorted by code */

    ngx_uint_t                          nslots;
    ngx_http_volunteer_slot_t           slots[NGX_HTTP_VOLUNTEER_BATCH];
};


struct ngx_http_volunteer_db_s {
    char                               *conninfo;
    ngx_uint_t                          nconnections;
    ngx_uint_t                          queue_size;
    ngx_msec_t                          timeout;

    /* of this worker process */

    ngx_http_volunteer_connection_t    *connections;
    ngx_uint_t                          opened;
    ngx_queue_t                         queue;
    ngx_uint_t                          waiting;
    ngx_event_t                         dispatch;
};


/* volunteer_database "conninfo" [connections=] [queue=] [timeout=] */
char *ngx_http_volunteer_db_create(ngx_conf_t *cf,
    ngx_http_volunteer_db_t **db);

ngx_int_t ngx_http_volunteer_db_start(ngx_cycle_t *cycle,
    ngx_http_volunteer_db_t *db);
void ngx_http_volunteer_db_stop(ngx_http_volunteer_db_t *db);

/*
 * Queues the lookup.  NGX_AGAIN: the handler will be called, at the latest
 * after the timeout of the database.  NGX_BUSY: the queue is full.
 */
ngx_int_t ngx_http_volunteer_db_lookup(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_lookup_t *lookup);

/* forgets a lookup; harmless when it is over, so fit for a cleanup */
void ngx_http_volunteer_db_cancel(void *data);


/* what a connection tells its database */

void ngx_http_volunteer_db_wakeup(ngx_http_volunteer_db_t *db);
void ngx_http_volunteer_db_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res);
void ngx_http_volunteer_db_no_retry(
    ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_db_retry(ngx_http_volunteer_connection_t *conn);


/* what a database tells its connections */

void ngx_http_volunteer_connection_open(ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_connection_close(
    ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_connection_send(ngx_http_volunteer_connection_t *conn,
    const char *codes);


#endif /* _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_ */
