
/*
 * The database through libpq: what handlers ask of it, and what _db.c,
 * _lookup.c and _connection.c share.
 *
 *   query    one call of a prepared statement, alone
 *   lookup   one code, which travels with others as one statement
 *
 * Both wait in one queue for one of the worker's connections, and have one
 * deadline, the timeout of the database, which begins anew when an outage is
 * over.
 */


#ifndef _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_


#include "ngx_http_volunteer_session.h"


/* codes in one statement; verify.certificates() takes up to 200 */

#define NGX_HTTP_VOLUNTEER_BATCH   128

#define NGX_HTTP_VOLUNTEER_PARAMS  3


/* in the order of ngx_http_volunteer_statements[] */

typedef enum {
    NGX_HTTP_VOLUNTEER_CERTIFICATES = 0,
    NGX_HTTP_VOLUNTEER_CERTIFICATE_STATES,
    NGX_HTTP_VOLUNTEER_ASK_BY_NUMBER,
    NGX_HTTP_VOLUNTEER_ANSWER_BY_NUMBER,
    NGX_HTTP_VOLUNTEER_STATUS_LIST,
    NGX_HTTP_VOLUNTEER_STATUS_LISTS,
    NGX_HTTP_VOLUNTEER_COUNT_VIEWS,
    NGX_HTTP_VOLUNTEER_STATEMENTS
} ngx_http_volunteer_statement_e;


/*
 * A session prepares a statement when it is first asked for, so a database
 * that lacks one function serves the others.
 */

typedef struct {
    const char                         *name;
    const char                         *sql;
    int                                 nparams;
    ngx_uint_t                          idempotent;   /* a flag */
    int                                 binary;       /* a flag, of the rows */
} ngx_http_volunteer_statement_t;


typedef struct ngx_http_volunteer_query_s       ngx_http_volunteer_query_t;
typedef struct ngx_http_volunteer_lookup_s      ngx_http_volunteer_lookup_t;
typedef struct ngx_http_volunteer_connection_s  ngx_http_volunteer_connection_t;


/*
 * Called once for every query that was neither refused nor cancelled.
 *
 * NGX_OK        res has the rows and is valid during the call
 * NGX_ERROR     the database did not answer in time or refused the statement,
 *               the reason is in the log; res is NULL
 */
typedef void (*ngx_http_volunteer_query_pt)(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);

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


/* the place of a query in flight */

typedef struct {
    u_char                              code[CERTIFICATE_CODE_CHARS];
    ngx_http_volunteer_query_t         *query;    /* NULL once cancelled */
} ngx_http_volunteer_slot_t;


struct ngx_http_volunteer_query_s {
    ngx_http_volunteer_statement_e      statement;

    /* text in UTF-8, as long as the query lasts */
    const char                         *params[NGX_HTTP_VOLUNTEER_PARAMS];

    ngx_http_volunteer_query_pt         handler;
    void                               *data;

    /* set by ngx_http_volunteer_db_query() */

    ngx_http_volunteer_db_t            *db;
    ngx_http_volunteer_slot_t          *slot;     /* NULL unless in flight */
    ngx_queue_t                         queue;
    ngx_event_t                         deadline;
    ngx_msec_t                          ends;     /* the deadline, if over */
    ngx_uint_t                          after;    /* number of a connection */

    /* lookups in its statement; 0: a query that travels alone */
    ngx_uint_t                          batch;

    unsigned                            waiting:1;
    unsigned                            retried:1;
};


struct ngx_http_volunteer_lookup_s {
    ngx_http_volunteer_query_t          query;    /* first */
    u_char                              code[CERTIFICATE_CODE_CHARS];
    ngx_http_volunteer_lookup_pt        handler;
    void                               *data;

    /*
     * A token that was verified for the code: the database sends one only if
     * it has another now.  With len 0 it sends its own.
     */
    ngx_str_t                           token;
    u_char                              digest[NGX_HTTP_VOLUNTEER_DIGEST];

    /* set by ngx_http_volunteer_db_lookup() */

    ngx_uint_t                          asked;    /* microseconds */
};


typedef enum {
    NGX_HTTP_VOLUNTEER_CLOSED = 0,
    NGX_HTTP_VOLUNTEER_CONNECTING,
    NGX_HTTP_VOLUNTEER_STARTING,
    NGX_HTTP_VOLUNTEER_IDLE,
    NGX_HTTP_VOLUNTEER_PREPARING,
    NGX_HTTP_VOLUNTEER_BUSY
} ngx_http_volunteer_state_e;


struct ngx_http_volunteer_connection_s {
    ngx_http_volunteer_db_t            *db;
    ngx_http_volunteer_state_e          state;
    ngx_uint_t                          number;   /* in order of opening */
    ngx_uint_t                          failures; /* since the last answer */

    ngx_http_volunteer_session_t        session;
    ngx_event_t                         timer;
    ngx_uint_t                          prepared; /* bits of statements */

    /* in flight: one query, or lookups sorted by code */

    ngx_http_volunteer_statement_e      statement;
    ngx_uint_t                          alone;    /* a flag: no lookups */
    ngx_uint_t                          nslots;
    ngx_http_volunteer_slot_t           slots[NGX_HTTP_VOLUNTEER_BATCH];
};


struct ngx_http_volunteer_db_s {
    char                               *conninfo;
    ngx_http_volunteer_hosts_t          hosts;
    ngx_uint_t                          nconnections;
    ngx_uint_t                          queue_size;
    ngx_msec_t                          timeout;
    ngx_msec_t                          patience;

    ngx_http_volunteer_views_t         *views;     /* NULL: not counted */

    /* of this worker process */

    ngx_http_volunteer_connection_t    *connections;
    ngx_uint_t                          opened;
    ngx_queue_t                         queue;
    ngx_uint_t                          waiting;
    ngx_event_t                         dispatch;

    /* circuit breaker: without any session for as long as patience */

    ngx_event_t                         outage;
    ngx_uint_t                          away;     /* a flag */

    ngx_uint_t                          ended;    /* a flag: by the timeout of
                                                     the worker's shutdown */
};


/* volunteer_database "conninfo" [connections=] [queue=] [timeout=] … */
char *ngx_http_volunteer_db_create(ngx_conf_t *cf,
    ngx_http_volunteer_db_t **db);

ngx_int_t ngx_http_volunteer_db_start(ngx_cycle_t *cycle,
    ngx_http_volunteer_db_t *db);
void ngx_http_volunteer_db_stop(ngx_http_volunteer_db_t *db);

/*
 * Queues a query, zeroed but for its statement, params, handler and data.
 * NGX_AGAIN: the handler will be called, at the latest after the timeout of
 * the database and its patience.  NGX_BUSY: the queue is full, or the database
 * is away.
 */
ngx_int_t ngx_http_volunteer_db_query(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_query_t *query);

/*
 * In the handler of a query with NGX_OK: asks another statement, for which it
 * has set params, before all that waits.  The handler will be called again,
 * within the deadline that the query has had from the beginning.
 */
void ngx_http_volunteer_db_next(ngx_http_volunteer_query_t *query,
    ngx_http_volunteer_statement_e statement);

/* as a query; a lookup zeroed but for its code, handler, data and token */
ngx_int_t ngx_http_volunteer_db_lookup(ngx_http_volunteer_db_t *db,
    ngx_http_volunteer_lookup_t *lookup);

/*
 * Forgets a query, or a lookup by its query; harmless when it is over, so fit
 * for a cleanup.
 */
void ngx_http_volunteer_db_cancel(void *query);

/* puts what was in flight at the head of the queue */
void ngx_http_volunteer_db_again(ngx_http_volunteer_query_t *query);

/*
 * Reads row i of the statement CERTIFICATES; what it points to belongs to res.
 * NGX_ERROR when the status is not one of ours, which is in the log.
 */
ngx_int_t ngx_http_volunteer_db_row(PGresult *res, int i,
    ngx_http_volunteer_row_t *row);


/* what a connection tells its database */

void ngx_http_volunteer_db_wakeup(ngx_http_volunteer_db_t *db);

/* calls the handler */
void ngx_http_volunteer_db_finish(ngx_http_volunteer_query_t *query,
    ngx_int_t rc, PGresult *res);

/* the statement in flight is prepared: execute it */
void ngx_http_volunteer_db_execute(ngx_http_volunteer_connection_t *conn);

/* it has rows */
void ngx_http_volunteer_db_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res);

/* it was refused with this SQLSTATE, the session is well */
void ngx_http_volunteer_db_refused(ngx_http_volunteer_connection_t *conn,
    const char *sqlstate);

/* the session ended with it: it is for another one, once */
void ngx_http_volunteer_db_repeat(ngx_http_volunteer_connection_t *conn);

/* a session is there */
void ngx_http_volunteer_db_up(ngx_http_volunteer_db_t *db);

/* one was lost; attempts to open it before this one, 0: it had been open */
void ngx_http_volunteer_db_down(ngx_http_volunteer_db_t *db,
    ngx_uint_t attempts);


/* what a database tells its connections */

void ngx_http_volunteer_connection_open(ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_connection_close(
    ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_connection_prepare(
    ngx_http_volunteer_connection_t *conn);
void ngx_http_volunteer_connection_execute(
    ngx_http_volunteer_connection_t *conn, const char *const *params);

void ngx_http_volunteer_connection_idle(ngx_http_volunteer_connection_t *conn);


/* batches of lookups */

void ngx_http_volunteer_lookup_sort(ngx_http_volunteer_connection_t *conn);

/* an array of the codes in flight, each once, with a zero byte behind it */
void ngx_http_volunteer_lookup_array(ngx_http_volunteer_connection_t *conn,
    u_char *array);

void ngx_http_volunteer_lookup_answer(ngx_http_volunteer_connection_t *conn,
    PGresult *res);


/* counts views of pages from now on and tells the database of them */
char *ngx_http_volunteer_views_create(ngx_conf_t *cf,
    ngx_http_volunteer_db_t *db, ngx_msec_t interval);

ngx_int_t ngx_http_volunteer_views_init(ngx_conf_t *cf);
void ngx_http_volunteer_views_start(ngx_cycle_t *cycle,
    ngx_http_volunteer_db_t *db);

/* tells the database now, if there is anything to tell */
void ngx_http_volunteer_views_flush(ngx_http_volunteer_db_t *db);


extern const ngx_http_volunteer_statement_t  ngx_http_volunteer_statements[];


#endif /* _NGX_HTTP_VOLUNTEER_DB_H_INCLUDED_ */
