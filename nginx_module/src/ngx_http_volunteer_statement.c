
/*
 * The statements: all that the module asks of schema verify.
 */


#include <ngx_config.h>
#include <ngx_core.h>

#include "ngx_http_volunteer_db.h"


const ngx_http_volunteer_statement_t  ngx_http_volunteer_statements[] = {

    /* text[] → ngx_http_volunteer_db_row(), a row for each known code */
    { "volunteer_certificates",
      "SELECT code, status, status_since, reason, token, checked_at"
      " FROM verify.certificates($1)",
      1, 1, 1 },

    /* text[], with the SHA-256 of a token in the place of the token */
    { "volunteer_certificate_states",
      "SELECT code, status, status_since, reason, token_sha256, checked_at"
      " FROM verify.certificate_states($1)",
      1, 1, 1 },

    /* number, holder's full name → a ticket; counts a failure */
    { "volunteer_ask_by_number",
      "SELECT verify.ask_by_number($1, $2)",
      2, 0, 0 },

    /* the same, ticket → at most one code, which is no failure */
    { "volunteer_answer_by_number",
      "SELECT code FROM verify.answer_by_number($3, $1, $2)",
      3, 1, 0 },

    /* number of a list → at most one token, seconds fresh, seconds valid */
    { "volunteer_status_list",
      "SELECT token, fresh_for, expires_in"
      " FROM verify.status_list($1::integer)",
      1, 1, 0 },

    /* the numbers of all lists */
    { "volunteer_status_lists",
      "SELECT verify.status_lists()",
      0, 1, 0 },

    /* text[] of codes, integer[] of views */
    { "volunteer_count_views",
      "SELECT verify.count_views($1, $2)",
      2, 0, 0 }
};
