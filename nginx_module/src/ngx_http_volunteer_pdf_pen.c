
/*
 * Text, lines and QR codes, with pango and cairo.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf.h"


static void ngx_http_volunteer_pen_colour(ngx_http_volunteer_pen_t *pen,
    ngx_http_volunteer_colour_e colour);
static void ngx_http_volunteer_pen_corner(cairo_t *cr, double distance);


void
ngx_http_volunteer_pen_take(ngx_http_volunteer_pen_t *pen,
    cairo_surface_t *surface, const char *family)
{
    PangoFontMap          *map;
    PangoContext          *context;
    cairo_font_options_t  *options;

    /* paper has no pixels to which shapes or widths could be fitted */

    options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);

    /* a map of one's own: maps are not shared between threads */

    map = pango_cairo_font_map_new();
    context = pango_font_map_create_context(map);

    pango_cairo_context_set_font_options(context, options);
    pango_context_set_language(context, pango_language_from_string("zh-cn"));

    pen->cr = cairo_create(surface);
    pen->layout = pango_layout_new(context);
    pen->font = pango_font_description_new();
    pen->text = g_string_new(NULL);
    pen->marks = pango_attr_list_new();
    pen->down = 1;

    pango_font_description_set_family_static(pen->font, family);
    pango_layout_set_wrap(pen->layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_single_paragraph_mode(pen->layout, TRUE);

    g_object_unref(context);
    g_object_unref(map);
    cairo_font_options_destroy(options);
}


void
ngx_http_volunteer_pen_put_away(ngx_http_volunteer_pen_t *pen)
{
    pango_attr_list_unref(pen->marks);
    g_string_free(pen->text, TRUE);
    pango_font_description_free(pen->font);
    g_object_unref(pen->layout);
    cairo_destroy(pen->cr);
}


void
ngx_http_volunteer_pen_say(ngx_http_volunteer_pen_t *pen, const char *format,
    ...)
{
    va_list  args;

    va_start(args, format);
    g_string_append_vprintf(pen->text, format, args);
    va_end(args);
}


void
ngx_http_volunteer_pen_stress(ngx_http_volunteer_pen_t *pen,
    const char *format, ...)
{
    va_list          args;
    PangoAttribute  *mark;

    mark = pango_attr_weight_new(PANGO_WEIGHT_BOLD);
    mark->start_index = pen->text->len;

    va_start(args, format);
    g_string_append_vprintf(pen->text, format, args);
    va_end(args);

    mark->end_index = pen->text->len;

    pango_attr_list_insert(pen->marks, mark);
}


double
ngx_http_volunteer_pen_write(ngx_http_volunteer_pen_t *pen,
    const ngx_http_volunteer_type_t *type, double x, double y, double width)
{
    int              height;
    PangoAttribute  *spacing;

    pango_font_description_set_absolute_size(pen->font,
                                             type->size * PANGO_SCALE);
    pango_font_description_set_weight(pen->font, type->weight);

    spacing = pango_attr_letter_spacing_new(type->spacing * PANGO_SCALE);
    pango_attr_list_insert(pen->marks, spacing);

    pango_layout_set_font_description(pen->layout, pen->font);
    pango_layout_set_attributes(pen->layout, pen->marks);
    pango_layout_set_alignment(pen->layout, type->align);
    pango_layout_set_indent(pen->layout, type->indent * PANGO_SCALE);
    pango_layout_set_line_spacing(pen->layout, type->indent > 0 ? 1.5 : 0);
    pango_layout_set_width(pen->layout, width * PANGO_SCALE);
    pango_layout_set_text(pen->layout, pen->text->str, pen->text->len);

    if (pen->down) {
        ngx_http_volunteer_pen_colour(pen, type->colour);
        cairo_move_to(pen->cr, x, y);
        pango_cairo_show_layout(pen->cr, pen->layout);
    }

    pango_layout_get_size(pen->layout, NULL, &height);

    g_string_truncate(pen->text, 0);
    pango_attr_list_unref(pen->marks);
    pen->marks = pango_attr_list_new();

    return y + (double) height / PANGO_SCALE;
}


static void
ngx_http_volunteer_pen_colour(ngx_http_volunteer_pen_t *pen,
    ngx_http_volunteer_colour_e colour)
{
    static const double  colours[][3] = {
        { .08, .08, .10 },
        { .33, .33, .36 },
        { .62, .10, .09 },
        { .70, .56, .33 }
    };

    cairo_set_source_rgb(pen->cr, colours[colour][0], colours[colour][1],
                         colours[colour][2]);
}


void
ngx_http_volunteer_pen_rule(ngx_http_volunteer_pen_t *pen,
    ngx_http_volunteer_colour_e colour, double thickness, double x, double y,
    double width)
{
    if (pen->down) {
        ngx_http_volunteer_pen_colour(pen, colour);
        cairo_set_line_width(pen->cr, thickness);
        cairo_move_to(pen->cr, x, y);
        cairo_rel_line_to(pen->cr, width, 0);
        cairo_stroke(pen->cr);
    }
}


void
ngx_http_volunteer_pen_frame(ngx_http_volunteer_pen_t *pen, double distance)
{
    cairo_t  *cr;

    cr = pen->cr;

    ngx_http_volunteer_pen_colour(pen, NGX_HTTP_VOLUNTEER_GOLD);

    cairo_set_line_width(cr, 2);
    cairo_rectangle(cr, distance, distance,
                    NGX_HTTP_VOLUNTEER_PAPER_WIDTH - 2 * distance,
                    NGX_HTTP_VOLUNTEER_PAPER_HEIGHT - 2 * distance);
    cairo_stroke(cr);

    /* the four corners are one, mirrored */

    cairo_set_line_width(cr, .7);

    cairo_save(cr);
    ngx_http_volunteer_pen_corner(cr, distance);
    cairo_translate(cr, NGX_HTTP_VOLUNTEER_PAPER_WIDTH, 0);
    cairo_scale(cr, -1, 1);
    ngx_http_volunteer_pen_corner(cr, distance);
    cairo_translate(cr, 0, NGX_HTTP_VOLUNTEER_PAPER_HEIGHT);
    cairo_scale(cr, 1, -1);
    ngx_http_volunteer_pen_corner(cr, distance);
    cairo_translate(cr, NGX_HTTP_VOLUNTEER_PAPER_WIDTH, 0);
    cairo_scale(cr, -1, 1);
    ngx_http_volunteer_pen_corner(cr, distance);
    cairo_restore(cr);
}


/* a corner of the inner line with its fret, half of each side next to it */

static void
ngx_http_volunteer_pen_corner(cairo_t *cr, double distance)
{
    double  near, far;

    near = distance + 5;
    far = near + 20;

    cairo_move_to(cr, NGX_HTTP_VOLUNTEER_PAPER_WIDTH / 2, near);
    cairo_line_to(cr, far, near);
    cairo_line_to(cr, far, far);
    cairo_line_to(cr, near, far);
    cairo_line_to(cr, near, NGX_HTTP_VOLUNTEER_PAPER_HEIGHT / 2);

    cairo_move_to(cr, far - 5, far - 5);
    cairo_line_to(cr, far - 5, near);
    cairo_line_to(cr, near, near);
    cairo_line_to(cr, near, far - 5);
    cairo_line_to(cr, far - 5, far - 5);

    cairo_rectangle(cr, near + 5, near + 5, 5, 5);
    cairo_stroke(cr);
}


void
ngx_http_volunteer_pen_qr(ngx_http_volunteer_pen_t *pen, QRcode *qr, double x,
    double y, double side)
{
    int             column, row, start;
    double          module, overlap;
    unsigned char  *modules;

    module = side / qr->width;

    /* rows that only touched would show the paper between them */
    overlap = module / 50;

    cairo_set_source_rgb(pen->cr, 0, 0, 0);

    for (row = 0; row < qr->width; row++) {

        modules = qr->data + row * qr->width;

        for (column = 0; column < qr->width; column++) {

            start = column;

            while (column < qr->width
                   && (modules[column] & NGX_HTTP_VOLUNTEER_QR_BLACK))
            {
                column++;
            }

            cairo_rectangle(pen->cr, x + start * module, y + row * module,
                            (column - start) * module, module + overlap);
        }
    }

    cairo_fill(pen->cr);
}
