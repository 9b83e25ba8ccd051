
/*
 * The document around the sheets: where its bytes go, what it says of itself.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf.h"


#define NGX_HTTP_VOLUNTEER_CATALOG     "/Type /Catalog"
#define NGX_HTTP_VOLUNTEER_STARTXREF   "startxref\n"
#define NGX_HTTP_VOLUNTEER_LANGUAGE    "\n   /Lang (zh-CN)"


static char *ngx_http_volunteer_sheet_last(GString *pdf, const char *text);


void
ngx_http_volunteer_sheet_describe(cairo_surface_t *surface,
    ngx_http_volunteer_sheet_t *sheet)
{
    GString   *value;
    ngx_tm_t   tm;

    /* as a whole: cairo takes no text that is cut within a character */

    value = g_string_new(NULL);

    g_string_printf(value, "志愿服务记录证明 %.*s",
                    ngx_http_volunteer_bytes(sheet->claims->number));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE,
                                   value->str);

    g_string_printf(value, "%.*s",
                    ngx_http_volunteer_bytes(sheet->claims->issuer));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR,
                                   value->str);

    /* the certificate's own time: otherwise no two files were the same */

    ngx_gmtime(sheet->claims->issued_at + NGX_HTTP_VOLUNTEER_UTC8, &tm);

    g_string_printf(value, "%04d-%02d-%02dT%02d:%02d:%02d+08:00",
                    tm.ngx_tm_year, tm.ngx_tm_mon, tm.ngx_tm_mday,
                    tm.ngx_tm_hour, tm.ngx_tm_min, tm.ngx_tm_sec);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE,
                                   value->str);

    g_string_free(value, TRUE);
}


cairo_status_t
ngx_http_volunteer_sheet_write(void *closure, const unsigned char *data,
    unsigned int len)
{
    (void) g_string_append_len(closure, (const char *) data, len);

    return CAIRO_STATUS_SUCCESS;
}


/*
 * Cairo has no way to name the language, which readers that speak need.  The
 * catalog is its last object: of all offsets only that of the table behind it
 * changes, which is the last number of the file.
 */

ngx_int_t
ngx_http_volunteer_sheet_set_language(GString *pdf)
{
    char    *catalog, *number;
    gssize   at;
    guint64  offset;

    catalog = ngx_http_volunteer_sheet_last(pdf, NGX_HTTP_VOLUNTEER_CATALOG);
    number = ngx_http_volunteer_sheet_last(pdf, NGX_HTTP_VOLUNTEER_STARTXREF);

    if (catalog == NULL || number == NULL) {
        return NGX_ERROR;
    }

    offset = g_ascii_strtoull(number, NULL, 10)
             + sizeof(NGX_HTTP_VOLUNTEER_LANGUAGE) - 1;
    at = catalog - pdf->str;

    g_string_truncate(pdf, number - pdf->str);
    g_string_append_printf(pdf, "%" G_GUINT64_FORMAT "\n%%%%EOF\n", offset);
    g_string_insert(pdf, at, NGX_HTTP_VOLUNTEER_LANGUAGE);

    return NGX_OK;
}


/* what is behind the last occurrence of the text */

static char *
ngx_http_volunteer_sheet_last(GString *pdf, const char *text)
{
    size_t   len;
    gssize   i;

    len = ngx_strlen(text);

    for (i = (gssize) (pdf->len - len); i >= 0; i--) {
        if (ngx_memcmp(pdf->str + i, text, len) == 0) {
            return pdf->str + i + len;
        }
    }

    return NULL;
}
