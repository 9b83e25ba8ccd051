
/*
 * Lines of JSON about certificates, for _bulk.c.
 */


#ifndef _NGX_HTTP_VOLUNTEER_LINES_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_LINES_H_INCLUDED_


#include "ngx_http_volunteer.h"


/* of a certificate whose token was verified */
ngx_int_t ngx_http_volunteer_line(ngx_pool_t *pool, ngx_str_t *code,
    ngx_http_volunteer_row_t *row, ngx_http_volunteer_claims_t *claims,
    ngx_str_t *line);

/* of one of which there is nothing to say but the verdict */
ngx_int_t ngx_http_volunteer_bare_line(ngx_pool_t *pool, ngx_str_t *code,
    ngx_http_volunteer_verdict_e verdict, ngx_str_t *line);


#endif /* _NGX_HTTP_VOLUNTEER_LINES_H_INCLUDED_ */
