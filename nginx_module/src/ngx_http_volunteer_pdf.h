
/*
 * Printable certificates: private header of ngx_http_volunteer_pdf_module.
 *
 *   _pdf_module.c    the directive
 *   _pdf_print.c     requests, which wait for a sheet
 *   _pdf_task.c      a sheet to be drawn by a thread
 *   _pdf_workers.c   one worker draws, the others wait
 *   _pdf_sheet.c     what is on the paper, and where
 *   _pdf_document.c  the document around it
 *   _pdf_pen.c       text, lines and QR codes, with pango and cairo
 *
 * A module of its own: a worker that prints nothing carries no fonts.
 */


#ifndef _NGX_HTTP_VOLUNTEER_PDF_H_INCLUDED_
#define _NGX_HTTP_VOLUNTEER_PDF_H_INCLUDED_


#include <cairo-pdf.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include "ngx_http_volunteer.h"


/* A4 in points (1/72 inch), which all lengths are in */

#define NGX_HTTP_VOLUNTEER_PAPER_WIDTH   595.276
#define NGX_HTTP_VOLUNTEER_PAPER_HEIGHT  841.890

#define NGX_HTTP_VOLUNTEER_UTC8          (8 * 3600)

/* a claim as arguments of "%.*s" */
#define ngx_http_volunteer_bytes(s)      (int) (s).len, (s).data


typedef struct {
    const char                   *font;        /* family */
    ngx_http_volunteer_claims_t  *claims;
    ngx_str_t                     code;
    ngx_str_t                     url;         /* with a zero byte behind it */
    ngx_str_t                     host;        /* what to trust */
    QRcode                       *qr;          /* of the url */
    GString                      *pdf;         /* the result */
} ngx_http_volunteer_sheet_t;


typedef enum {
    NGX_HTTP_VOLUNTEER_INK = 0,
    NGX_HTTP_VOLUNTEER_GREY,
    NGX_HTTP_VOLUNTEER_RED,
    NGX_HTTP_VOLUNTEER_GOLD
} ngx_http_volunteer_colour_e;


typedef struct {
    double                        size;
    PangoWeight                   weight;
    PangoAlignment                align;
    ngx_http_volunteer_colour_e   colour;
    double                        spacing;     /* between letters */
    double                        indent;      /* of the first line */
} ngx_http_volunteer_type_t;


typedef struct {
    cairo_t                      *cr;
    PangoLayout                  *layout;
    PangoFontDescription         *font;
    GString                      *text;        /* to be written next */
    PangoAttrList                *marks;       /* what stands out in it */
    ngx_uint_t                    down;        /* 0: only measures */
} ngx_http_volunteer_pen_t;


/*
 * Draws the sheet, in any thread: it shares nothing, and equal sheets give
 * equal bytes.  Returns NULL, or what went wrong.
 */
const char *ngx_http_volunteer_sheet_draw(ngx_http_volunteer_sheet_t *sheet);

/* to be called by cairo with bytes of the document, a GString */
cairo_status_t ngx_http_volunteer_sheet_write(void *pdf,
    const unsigned char *data, unsigned int len);

/* title, author and time of the document */
void ngx_http_volunteer_sheet_describe(cairo_surface_t *surface,
    ngx_http_volunteer_sheet_t *sheet);

/* and its language, once all of it is written */
ngx_int_t ngx_http_volunteer_sheet_set_language(GString *pdf);

/* a pen for the surface; it has to be put away */
void ngx_http_volunteer_pen_take(ngx_http_volunteer_pen_t *pen,
    cairo_surface_t *surface, const char *family);
void ngx_http_volunteer_pen_put_away(ngx_http_volunteer_pen_t *pen);

/* appends to the text; printf formats of GLib */
void ngx_http_volunteer_pen_say(ngx_http_volunteer_pen_t *pen,
    const char *format, ...) G_GNUC_PRINTF(2, 3);

/* the same, in bold */
void ngx_http_volunteer_pen_stress(ngx_http_volunteer_pen_t *pen,
    const char *format, ...) G_GNUC_PRINTF(2, 3);

/* writes the text into a column, below y, and empties it; its lower edge */
double ngx_http_volunteer_pen_write(ngx_http_volunteer_pen_t *pen,
    const ngx_http_volunteer_type_t *type, double x, double y, double width);

void ngx_http_volunteer_pen_rule(ngx_http_volunteer_pen_t *pen,
    ngx_http_volunteer_colour_e colour, double thickness, double x, double y,
    double width);

/* the border of a sheet, at this distance from the edges of the paper */
void ngx_http_volunteer_pen_frame(ngx_http_volunteer_pen_t *pen,
    double distance);

/* the modules of a QR code, in a square with this side */
void ngx_http_volunteer_pen_qr(ngx_http_volunteer_pen_t *pen, QRcode *qr,
    double x, double y, double side);


#endif /* _NGX_HTTP_VOLUNTEER_PDF_H_INCLUDED_ */
