
/*
 * Template files, compiled at configuration time by nginx's script engine.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_page.h"


#define NGX_HTTP_VOLUNTEER_INCLUDE        "<!--# include file=\""
#define NGX_HTTP_VOLUNTEER_INCLUDE_END    "\" -->"
#define NGX_HTTP_VOLUNTEER_INCLUDE_DEPTH  4


static ngx_int_t ngx_http_volunteer_language_load(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_http_volunteer_language_t *language);
static ngx_uint_t ngx_http_volunteer_language_foreign(
    ngx_http_volunteer_language_t *language);
static ngx_uint_t ngx_http_volunteer_page_foreign(ngx_str_t *text);
static ngx_int_t ngx_http_volunteer_reasons_load(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_array_t *reasons);
static char *ngx_http_volunteer_reason(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf);
static ngx_int_t ngx_http_volunteer_page_compile(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_str_t *name, ngx_http_complex_value_t *template);
static ngx_int_t ngx_http_volunteer_page_expand(ngx_conf_t *cf,
    ngx_str_t *dir, ngx_str_t *name, ngx_array_t *text, ngx_uint_t depth);
static ngx_int_t ngx_http_volunteer_page_append(ngx_array_t *text,
    u_char *data, size_t len);
static ngx_int_t ngx_http_volunteer_page_read(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, ngx_str_t *text);
static ngx_int_t ngx_http_volunteer_page_path(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, ngx_str_t *path);


/* in the order of ngx_http_volunteer_verdict_e */

static ngx_str_t  ngx_http_volunteer_templates[] = {
    ngx_string("valid.html"),
    ngx_string("revoked.html"),
    ngx_string("suspended.html"),
    ngx_string("superseded.html"),
    ngx_string("mismatch.html"),
    ngx_string("unknown.html"),
    ngx_string("malformed.html"),
    ngx_string("unavailable.html"),
    ngx_string("form.html"),
    ngx_string("line.html"),
    ngx_string("more.html"),
    ngx_string("number.html"),
    ngx_string("number_unknown.html"),
    ngx_string("by_number.html"),
    ngx_string("pdf.html")
};


char *
ngx_http_volunteer_pages_load(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_http_volunteer_pages_t **pages)
{
    ngx_str_t   root, path;
    ngx_uint_t  i;

    /* dir may be an argument of the directive: reasons.conf replaces those */
    root = *dir;

    if (ngx_conf_full_name(cf->cycle, &root, 0) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    *pages = ngx_pcalloc(cf->pool, sizeof(ngx_http_volunteer_pages_t));
    if (*pages == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < NGX_HTTP_VOLUNTEER_LANGUAGES; i++) {

        if (ngx_http_volunteer_page_path(cf, &root,
                                         &ngx_http_volunteer_languages[i],
                                         &path)
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        if (ngx_http_volunteer_language_load(cf, &path,
                                             &(*pages)->languages[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        (*pages)->foreign |= ngx_http_volunteer_language_foreign(
                                                     &(*pages)->languages[i]);
    }

    for (i = 0; i < NGX_HTTP_VOLUNTEER_FILES; i++) {
        if (ngx_http_volunteer_page_read(cf, &root,
                                         &ngx_http_volunteer_files[i].key,
                                         &(*pages)->files[i])
            != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_volunteer_language_load(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_http_volunteer_language_t *language)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_TEMPLATES; i++) {
        if (ngx_http_volunteer_page_compile(cf, dir,
                                            &ngx_http_volunteer_templates[i],
                                            &language->templates[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_volunteer_reasons_load(cf, dir, &language->reasons);
}


static ngx_uint_t
ngx_http_volunteer_language_foreign(ngx_http_volunteer_language_t *language)
{
    ngx_uint_t  i;

    for (i = 0; i < NGX_HTTP_VOLUNTEER_TEMPLATES; i++) {
        if (ngx_http_volunteer_page_foreign(&language->templates[i].value)) {
            return 1;
        }
    }

    return 0;
}


/* whether the text has a variable that is not one of templates alone */

static ngx_uint_t
ngx_http_volunteer_page_foreign(ngx_str_t *text)
{
    u_char     *p, *last;
    ngx_str_t   name;

    last = text->data + text->len;

    for (p = ngx_strlchr(text->data, last, '$');
         p != NULL;
         p = ngx_strlchr(name.data, last, '$'))
    {
        name.data = p + 1;

        if (name.data < last && *name.data == '{') {
            name.data++;
        }

        for (p = name.data; p < last; p++) {
            if ((*p < 'a' || *p > 'z') && (*p < 'A' || *p > 'Z')
                && (*p < '0' || *p > '9') && *p != '_')
            {
                break;
            }
        }

        name.len = p - name.data;

        if (!ngx_http_volunteer_is_variable(&name)) {
            return 1;
        }
    }

    return 0;
}


/* classes and their words, in nginx's own syntax */

static ngx_int_t
ngx_http_volunteer_reasons_load(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_array_t *reasons)
{
    char        *rv;
    ngx_str_t    path, name = ngx_string("reasons.conf");
    ngx_conf_t   save;

    if (ngx_array_init(reasons, cf->pool, 4, sizeof(ngx_keyval_t)) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_volunteer_page_path(cf, dir, &name, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    save = *cf;

    cf->handler = ngx_http_volunteer_reason;
    cf->handler_conf = (void *) reasons;

    rv = ngx_conf_parse(cf, &path);

    *cf = save;

    return (rv == NGX_CONF_OK) ? NGX_OK : NGX_ERROR;
}


static char *
ngx_http_volunteer_reason(ngx_conf_t *cf, ngx_command_t *dummy, void *conf)
{
    ngx_array_t *reasons = conf;

    ngx_str_t     *value;
    ngx_keyval_t  *kv;

    if (cf->args->nelts != 2) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of parameters");
        return NGX_CONF_ERROR;
    }

    kv = ngx_array_push(reasons);
    if (kv == NULL) {
        return NGX_CONF_ERROR;
    }

    value = cf->args->elts;

    kv->key = value[0];
    kv->value = value[1];

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_volunteer_page_compile(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, ngx_http_complex_value_t *template)
{
    ngx_str_t                          value;
    ngx_array_t                        text;
    ngx_http_compile_complex_value_t   ccv;

    if (ngx_array_init(&text, cf->pool, ngx_pagesize, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_http_volunteer_page_expand(cf, dir, name, &text, 0) != NGX_OK) {
        return NGX_ERROR;
    }

    /* the compiler looks one byte beyond a "$" */

    if (ngx_http_volunteer_page_append(&text, (u_char *) "", 1) != NGX_OK) {
        return NGX_ERROR;
    }

    value.len = text.nelts - 1;
    value.data = text.elts;

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value;
    ccv.complex_value = template;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid template \"%V/%V\"", dir, name);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* appends the template with the files that it includes, in their places */

static ngx_int_t
ngx_http_volunteer_page_expand(ngx_conf_t *cf, ngx_str_t *dir,
    ngx_str_t *name, ngx_array_t *text, ngx_uint_t depth)
{
    u_char     *p, *include, *end;
    ngx_str_t   file, included;

    if (depth > NGX_HTTP_VOLUNTEER_INCLUDE_DEPTH) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "\"%V/%V\" is included too deep", dir, name);
        return NGX_ERROR;
    }

    if (ngx_http_volunteer_page_read(cf, dir, name, &file) != NGX_OK) {
        return NGX_ERROR;
    }

    p = file.data;

    for ( ;; ) {
        include = (u_char *) ngx_strstr(p, NGX_HTTP_VOLUNTEER_INCLUDE);

        if (include == NULL) {
            return ngx_http_volunteer_page_append(text, p,
                                             file.data + file.len - p);
        }

        if (ngx_http_volunteer_page_append(text, p, include - p) != NGX_OK) {
            return NGX_ERROR;
        }

        included.data = include + sizeof(NGX_HTTP_VOLUNTEER_INCLUDE) - 1;

        end = (u_char *) ngx_strstr(included.data,
                                    NGX_HTTP_VOLUNTEER_INCLUDE_END);
        if (end == NULL) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "include without end in \"%V/%V\"",
                               dir, name);
            return NGX_ERROR;
        }

        included.len = end - included.data;

        if (ngx_http_volunteer_page_expand(cf, dir, &included, text, depth + 1)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        p = end + sizeof(NGX_HTTP_VOLUNTEER_INCLUDE_END) - 1;
    }
}


static ngx_int_t
ngx_http_volunteer_page_append(ngx_array_t *text, u_char *data, size_t len)
{
    u_char  *p;

    p = ngx_array_push_n(text, len);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, data, len);

    return NGX_OK;
}


/* the text is terminated with a null byte beyond its length */

static ngx_int_t
ngx_http_volunteer_page_read(ngx_conf_t *cf, ngx_str_t *dir, ngx_str_t *name,
    ngx_str_t *text)
{
    ssize_t          n;
    ngx_fd_t         fd;
    ngx_int_t        rc;
    ngx_str_t        path;
    ngx_file_info_t  fi;

    if (ngx_http_volunteer_page_path(cf, dir, name, &path) != NGX_OK) {
        return NGX_ERROR;
    }

    fd = ngx_open_file(path.data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_open_file_n " \"%V\" failed", &path);
        return NGX_ERROR;
    }

    rc = NGX_ERROR;

    if (ngx_fd_info(fd, &fi) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_fd_info_n " \"%V\" failed", &path);
        goto done;
    }

    text->len = (size_t) ngx_file_size(&fi);
    text->data = ngx_pcalloc(cf->pool, text->len + 1);
    if (text->data == NULL) {
        goto done;
    }

    n = ngx_read_fd(fd, text->data, text->len);

    if (n != (ssize_t) text->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
                           ngx_read_fd_n " \"%V\" failed", &path);
        goto done;
    }

    rc = NGX_OK;

done:

    if (ngx_close_file(fd) == NGX_FILE_ERROR) {
        ngx_log_error(NGX_LOG_ALERT, cf->log, ngx_errno,
                      ngx_close_file_n " \"%V\" failed", &path);
    }

    return rc;
}


static ngx_int_t
ngx_http_volunteer_page_path(ngx_conf_t *cf, ngx_str_t *dir, ngx_str_t *name,
    ngx_str_t *path)
{
    u_char  *p;

    path->len = dir->len + 1 + name->len;
    path->data = ngx_pnalloc(cf->pool, path->len + 1);
    if (path->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(path->data, dir->data, dir->len);
    *p++ = '/';
    p = ngx_cpymem(p, name->data, name->len);
    *p = '\0';

    return NGX_OK;
}
