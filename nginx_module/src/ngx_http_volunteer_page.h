
/*
 * Pages, for _templates.c, which loads them, _page.c, which renders them, and
 * _variables.c and _fragments.c, which fill them in.
 */


#ifndef _NGX_HTTP_VOLUNTEER_PAGE_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_PAGE_H_INCLUDED_


#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_LANGUAGES      2
#define NGX_HTTP_VOLUNTEER_FILES          2


typedef struct {
    ngx_http_complex_value_t       templates[NGX_HTTP_VOLUNTEER_TEMPLATES];
    ngx_array_t                    reasons;         /* ngx_keyval_t */
} ngx_http_volunteer_language_t;


struct ngx_http_volunteer_pages_s {
    ngx_http_volunteer_language_t  languages[NGX_HTTP_VOLUNTEER_LANGUAGES];
    ngx_str_t                      files[NGX_HTTP_VOLUNTEER_FILES];
    ngx_uint_t                     foreign;   /* variables of other modules */
};


/* whose values are markup */

ngx_int_t ngx_http_volunteer_lines_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_volunteer_more_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_volunteer_by_number_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
ngx_int_t ngx_http_volunteer_pdf_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);

/* what is safe to stand in a page */
void ngx_http_volunteer_set_markup(ngx_http_variable_value_t *v,
    ngx_str_t *markup);

/* NULL: the page is not of a verified certificate */
ngx_http_volunteer_claims_t *ngx_http_volunteer_page_claims(
    ngx_http_request_t *r);


extern ngx_str_t     ngx_http_volunteer_languages[];

/* that pages load: names and types */
extern ngx_keyval_t  ngx_http_volunteer_files[];


#endif /* _NGX_HTTP_VOLUNTEER_PAGE_H_INCLUDED_ */
