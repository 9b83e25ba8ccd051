
/*
 * Proactive negotiation (RFC 9110, 12.5).
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer.h"


static ngx_int_t ngx_http_volunteer_choice_weight(u_char *p, u_char *last);
static ngx_uint_t ngx_http_volunteer_range_matches(ngx_str_t *range,
    ngx_str_t *type);


/* in order of our preference, indexes are formats */

static ngx_str_t  ngx_http_volunteer_types[] = {
    ngx_string("text/html"),
    ngx_string("application/json"),
    ngx_string("application/dc+sd-jwt"),
    ngx_string("application/jwt"),
};

#define NGX_HTTP_VOLUNTEER_TYPES                                              \
    (sizeof(ngx_http_volunteer_types) / sizeof(ngx_str_t))


ngx_http_volunteer_format_e
ngx_http_volunteer_negotiate(ngx_http_request_t *r)
{
    u_char      *p, *last;
    ngx_int_t    weight, weights[NGX_HTTP_VOLUNTEER_TYPES];
    ngx_str_t    range;
    ngx_uint_t   i, best, match, matches[NGX_HTTP_VOLUNTEER_TYPES];

    best = NGX_HTTP_VOLUNTEER_HTML;

    if (r->headers_in.accept == NULL) {
        return best;
    }

    ngx_memzero(weights, sizeof(weights));
    ngx_memzero(matches, sizeof(matches));

    p = r->headers_in.accept->value.data;
    last = p + r->headers_in.accept->value.len;

    while (p < last) {

        p = ngx_http_volunteer_next_choice(p, last, &range, &weight);

        for (i = 0; i < NGX_HTTP_VOLUNTEER_TYPES; i++) {

            match = ngx_http_volunteer_range_matches(&range,
                                                &ngx_http_volunteer_types[i]);

            if (match > matches[i]) {
                matches[i] = match;
                weights[i] = weight;
            }
        }
    }

    for (i = 0; i < NGX_HTTP_VOLUNTEER_TYPES; i++) {
        if (weights[i] > weights[best]) {
            best = i;
        }
    }

    return best;
}


/* 0: does not match; else the more specific, the higher */

static ngx_uint_t
ngx_http_volunteer_range_matches(ngx_str_t *range, ngx_str_t *type)
{
    if (range->len == 3 && ngx_memcmp(range->data, "*/*", 3) == 0) {
        return 1;
    }

    if (range->len > 2
        && range->data[range->len - 1] == '*'
        && type->len > range->len
        && ngx_strncasecmp(range->data, type->data, range->len - 1) == 0)
    {
        return range->data[range->len - 2] == '/' ? 2 : 0;
    }

    if (range->len == type->len
        && ngx_strncasecmp(range->data, type->data, type->len) == 0)
    {
        return 3;
    }

    return 0;
}


u_char *
ngx_http_volunteer_next_choice(u_char *p, u_char *last, ngx_str_t *choice,
    ngx_int_t *weight)
{
    u_char  *end, *stop;

    end = ngx_strlchr(p, last, ',');
    if (end == NULL) {
        end = last;
    }

    stop = ngx_strlchr(p, end, ';');
    if (stop == NULL) {
        stop = end;
    }

    *weight = ngx_http_volunteer_choice_weight(stop, end);

    while (p < stop && (*p == ' ' || *p == '\t')) {
        p++;
    }

    while (p < stop && (stop[-1] == ' ' || stop[-1] == '\t')) {
        stop--;
    }

    choice->data = p;
    choice->len = stop - p;

    return end < last ? end + 1 : last;
}


/* the parameter q in thousandths, 0 when it is malformed */

static ngx_int_t
ngx_http_volunteer_choice_weight(u_char *p, u_char *last)
{
    u_char     *end;
    ngx_int_t   weight;

    while (p < last) {

        do {
            p++;
        } while (p < last && (*p == ' ' || *p == '\t'));

        end = ngx_strlchr(p, last, ';');
        if (end == NULL) {
            end = last;
        }

        if (end - p >= 2 && (*p | 0x20) == 'q' && p[1] == '=') {

            p += 2;

            while (end[-1] == ' ' || end[-1] == '\t') {
                end--;
            }

            weight = ngx_atofp(p, end - p, 3);

            return (weight < 0 || weight > 1000) ? 0 : weight;
        }

        p = end;
    }

    return 1000;
}
