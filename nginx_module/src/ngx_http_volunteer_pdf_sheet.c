
/*
 * What is on the paper, and where.  Service content that does not fit goes
 * on to further sheets; each of them has the QR code and says that it is no
 * proof without it.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_volunteer_pdf.h"


#define NGX_HTTP_VOLUNTEER_FRAME       28.0
#define NGX_HTTP_VOLUNTEER_LEFT        70.0
#define NGX_HTTP_VOLUNTEER_WIDTH                                             \
    (NGX_HTTP_VOLUNTEER_PAPER_WIDTH - 2 * NGX_HTTP_VOLUNTEER_LEFT)

/* where service content begins on further sheets, and ends on each */
#define NGX_HTTP_VOLUNTEER_TOP         104.0
#define NGX_HTTP_VOLUNTEER_BOTTOM      620.0

/* 30 mm of modules, and the four modules of quiet around them */
#define NGX_HTTP_VOLUNTEER_QR_SIDE     85.0
#define NGX_HTTP_VOLUNTEER_QR_MARGIN   12.0

#define NGX_HTTP_VOLUNTEER_CAPTION     176.0


typedef struct {
    ngx_http_volunteer_pen_t      pen;
    ngx_http_volunteer_sheet_t   *sheet;
    ngx_uint_t                    page;
    ngx_uint_t                    pages;
    ngx_uint_t                    rows;
    double                        size;        /* of letters in rows */
} ngx_http_volunteer_drawing_t;


static void ngx_http_volunteer_sheet_pages(
    ngx_http_volunteer_drawing_t *drawing);
static double ngx_http_volunteer_sheet_head(
    ngx_http_volunteer_drawing_t *drawing);
static double ngx_http_volunteer_sheet_statement(
    ngx_http_volunteer_drawing_t *drawing, double y);
static ngx_uint_t ngx_http_volunteer_sheet_rows(
    ngx_http_volunteer_drawing_t *drawing, ngx_uint_t row, double y);
static double ngx_http_volunteer_sheet_row(
    ngx_http_volunteer_drawing_t *drawing, ngx_uint_t row, double y);
static void ngx_http_volunteer_sheet_foot(
    ngx_http_volunteer_drawing_t *drawing);
static void ngx_http_volunteer_sheet_say_date(ngx_http_volunteer_pen_t *pen,
    ngx_str_t *date);


const char *
ngx_http_volunteer_sheet_draw(ngx_http_volunteer_sheet_t *sheet)
{
    cairo_status_t                 status;
    cairo_surface_t               *surface;
    ngx_http_volunteer_drawing_t   drawing;

    g_string_truncate(sheet->pdf, 0);

    surface = cairo_pdf_surface_create_for_stream(
                  ngx_http_volunteer_sheet_write, sheet->pdf,
                  NGX_HTTP_VOLUNTEER_PAPER_WIDTH,
                  NGX_HTTP_VOLUNTEER_PAPER_HEIGHT);

    /* the last version whose file ends with a catalog and a plain xref */

    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_4);

    ngx_http_volunteer_sheet_describe(surface, sheet);

    ngx_memzero(&drawing, sizeof(ngx_http_volunteer_drawing_t));

    drawing.sheet = sheet;

    ngx_http_volunteer_pen_take(&drawing.pen, surface, sheet->font);

    ngx_http_volunteer_sheet_pages(&drawing);

    status = cairo_status(drawing.pen.cr);

    ngx_http_volunteer_pen_put_away(&drawing.pen);

    cairo_surface_finish(surface);

    if (status == CAIRO_STATUS_SUCCESS) {
        status = cairo_surface_status(surface);
    }

    cairo_surface_destroy(surface);

    if (status != CAIRO_STATUS_SUCCESS) {
        return cairo_status_to_string(status);
    }

    if (ngx_http_volunteer_sheet_set_language(sheet->pdf) != NGX_OK) {
        return "no catalog in the document";
    }

    return NULL;
}


static void
ngx_http_volunteer_sheet_pages(ngx_http_volunteer_drawing_t *drawing)
{
    double       y;
    ngx_uint_t   i, row;

    static const double  sizes[] = { 11, 10, 9 };

    drawing->rows = drawing->sheet->claims->lines.nelts;

    if (drawing->sheet->claims->more_count) {
        drawing->rows++;
    }

    /* measured first: the largest letters that need one sheet */

    drawing->pen.down = 0;

    y = ngx_http_volunteer_sheet_head(drawing);

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {

        drawing->size = sizes[i];

        row = ngx_http_volunteer_sheet_rows(drawing, 0, y);
        if (row > drawing->rows) {
            break;
        }
    }

    for (drawing->pages = 1; row <= drawing->rows; drawing->pages++) {
        row = ngx_http_volunteer_sheet_rows(drawing, row,
                                            NGX_HTTP_VOLUNTEER_TOP);
    }

    drawing->pen.down = 1;
    row = 0;

    for (i = 0; i < drawing->pages; i++) {

        drawing->page = i;

        ngx_http_volunteer_pen_frame(&drawing->pen, NGX_HTTP_VOLUNTEER_FRAME);

        y = ngx_http_volunteer_sheet_head(drawing);
        row = ngx_http_volunteer_sheet_rows(drawing, row, y);

        ngx_http_volunteer_sheet_foot(drawing);

        cairo_show_page(drawing->pen.cr);
    }
}


static double
ngx_http_volunteer_sheet_head(ngx_http_volunteer_drawing_t *drawing)
{
    double                        y;
    ngx_http_volunteer_pen_t     *pen;
    ngx_http_volunteer_claims_t  *claims;

    static const ngx_http_volunteer_type_t  title = {
        34, PANGO_WEIGHT_BOLD, PANGO_ALIGN_CENTER, NGX_HTTP_VOLUNTEER_RED, 8, 0
    };
    static const ngx_http_volunteer_type_t  subtitle = {
        11, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_CENTER, NGX_HTTP_VOLUNTEER_GREY,
        1, 0
    };
    static const ngx_http_volunteer_type_t  number = {
        10.5, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_RIGHT, NGX_HTTP_VOLUNTEER_GREY,
        0, 0
    };
    static const ngx_http_volunteer_type_t  heading = {
        13, PANGO_WEIGHT_BOLD, PANGO_ALIGN_LEFT, NGX_HTTP_VOLUNTEER_RED, 0, 0
    };

    pen = &drawing->pen;
    claims = drawing->sheet->claims;

    ngx_http_volunteer_pen_say(pen, "证明编号 %.*s",
                               ngx_http_volunteer_bytes(claims->number));

    if (drawing->page > 0) {
        (void) ngx_http_volunteer_pen_write(pen, &number,
                                            NGX_HTTP_VOLUNTEER_LEFT, 76,
                                            NGX_HTTP_VOLUNTEER_WIDTH);

        ngx_http_volunteer_pen_say(pen, "志愿服务记录证明"
                                   " · 服务内容（续）");
        (void) ngx_http_volunteer_pen_write(pen, &heading,
                                            NGX_HTTP_VOLUNTEER_LEFT, 74,
                                            NGX_HTTP_VOLUNTEER_WIDTH);

        return NGX_HTTP_VOLUNTEER_TOP;
    }

    (void) ngx_http_volunteer_pen_write(pen, &number, NGX_HTTP_VOLUNTEER_LEFT,
                                        66, NGX_HTTP_VOLUNTEER_WIDTH);

    ngx_http_volunteer_pen_say(pen, "志愿服务记录证明");
    y = ngx_http_volunteer_pen_write(pen, &title, NGX_HTTP_VOLUNTEER_LEFT, 104,
                                     NGX_HTTP_VOLUNTEER_WIDTH);

    ngx_http_volunteer_pen_say(pen, "Certificate of Volunteer Service");
    y = ngx_http_volunteer_pen_write(pen, &subtitle, NGX_HTTP_VOLUNTEER_LEFT,
                                     y + 4, NGX_HTTP_VOLUNTEER_WIDTH);

    y = ngx_http_volunteer_sheet_statement(drawing, y + 26);

    ngx_http_volunteer_pen_say(pen, "服务内容");
    y = ngx_http_volunteer_pen_write(pen, &heading, NGX_HTTP_VOLUNTEER_LEFT,
                                     y + 22, NGX_HTTP_VOLUNTEER_WIDTH);

    return y + 8;
}


static double
ngx_http_volunteer_sheet_statement(ngx_http_volunteer_drawing_t *drawing,
    double y)
{
    ngx_http_volunteer_pen_t     *pen;
    ngx_http_volunteer_claims_t  *claims;

    static const char  *stars[] = { "", "一", "二", "三", "四", "五" };

    static const ngx_http_volunteer_type_t  statement = {
        16, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_LEFT, NGX_HTTP_VOLUNTEER_INK, 0,
        32
    };

    pen = &drawing->pen;
    claims = drawing->sheet->claims;

    ngx_http_volunteer_pen_say(pen, "兹证明 ");
    ngx_http_volunteer_pen_stress(pen, "%.*s",
                                  ngx_http_volunteer_bytes(claims->name));
    ngx_http_volunteer_pen_say(pen, " 自");
    ngx_http_volunteer_sheet_say_date(pen, &claims->period_from);
    ngx_http_volunteer_pen_say(pen, "至");
    ngx_http_volunteer_sheet_say_date(pen, &claims->period_to);
    ngx_http_volunteer_pen_say(pen, "参加志愿服务，"
                               "经记录生效的服务时间合计 ");
    ngx_http_volunteer_pen_stress(pen, "%.*s 小时",
                                  ngx_http_volunteer_bytes(claims->hours));

    if (claims->star) {
        ngx_http_volunteer_pen_say(pen, "，出具证明时为");
        ngx_http_volunteer_pen_stress(pen, "%s星级", stars[claims->star]);
        ngx_http_volunteer_pen_say(pen, "志愿者");
    }

    ngx_http_volunteer_pen_say(pen, "。记录统计截至");
    ngx_http_volunteer_sheet_say_date(pen, &claims->as_of);
    ngx_http_volunteer_pen_say(pen, "。特此证明。");

    return ngx_http_volunteer_pen_write(pen, &statement,
                                        NGX_HTTP_VOLUNTEER_LEFT, y,
                                        NGX_HTTP_VOLUNTEER_WIDTH);
}


/*
 * Rows from the given one on, as many as fit, the total behind the last; the
 * row to go on with, which is beyond the total when there are no more.
 */

static ngx_uint_t
ngx_http_volunteer_sheet_rows(ngx_http_volunteer_drawing_t *drawing,
    ngx_uint_t row, double y)
{
    double      end;
    ngx_uint_t  down, first;

    down = drawing->pen.down;

    for (first = row; row <= drawing->rows; row++) {

        drawing->pen.down = 0;
        end = ngx_http_volunteer_sheet_row(drawing, row, y);
        drawing->pen.down = down;

        if (end > NGX_HTTP_VOLUNTEER_BOTTOM && row > first) {
            break;
        }

        if (down) {
            (void) ngx_http_volunteer_sheet_row(drawing, row, y);
        }

        y = end;
    }

    ngx_http_volunteer_pen_rule(&drawing->pen, NGX_HTTP_VOLUNTEER_GOLD, .5,
                                NGX_HTTP_VOLUNTEER_LEFT, y,
                                NGX_HTTP_VOLUNTEER_WIDTH);

    return row;
}


static double
ngx_http_volunteer_sheet_row(ngx_http_volunteer_drawing_t *drawing,
    ngx_uint_t row, double y)
{
    double                        end, bottom;
    ngx_http_volunteer_pen_t     *pen;
    ngx_http_volunteer_line_t     total, *line;
    ngx_http_volunteer_claims_t  *claims;

    ngx_http_volunteer_type_t  type = {
        drawing->size, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_LEFT,
        NGX_HTTP_VOLUNTEER_INK, 0, 0
    };

    pen = &drawing->pen;
    claims = drawing->sheet->claims;

    ngx_http_volunteer_pen_rule(pen, NGX_HTTP_VOLUNTEER_GOLD, .5,
                                NGX_HTTP_VOLUNTEER_LEFT, y,
                                NGX_HTTP_VOLUNTEER_WIDTH);

    y += drawing->size * .3;
    line = &total;

    if (row < claims->lines.nelts) {
        line = (ngx_http_volunteer_line_t *) claims->lines.elts + row;
        ngx_http_volunteer_pen_say(pen, "%.*s",
                                   ngx_http_volunteer_bytes(line->project));

    } else {
        ngx_str_null(&total.organization);

        if (row < drawing->rows) {
            total.hours = claims->more_hours;
            ngx_http_volunteer_pen_say(pen, "其余 %u 项",
                                       (unsigned) claims->more_count);

        } else {
            type.weight = PANGO_WEIGHT_BOLD;
            total.hours = claims->hours;
            ngx_http_volunteer_pen_say(pen, "合计");
        }
    }

    bottom = ngx_http_volunteer_pen_write(pen, &type, NGX_HTTP_VOLUNTEER_LEFT,
                                          y, NGX_HTTP_VOLUNTEER_WIDTH * .5);

    type.align = PANGO_ALIGN_RIGHT;

    ngx_http_volunteer_pen_say(pen, "%.*s 小时",
                               ngx_http_volunteer_bytes(line->hours));
    end = ngx_http_volunteer_pen_write(pen, &type,
                                       NGX_HTTP_VOLUNTEER_LEFT
                                       + NGX_HTTP_VOLUNTEER_WIDTH * .84,
                                       y, NGX_HTTP_VOLUNTEER_WIDTH * .16);
    bottom = ngx_max(bottom, end);

    type.align = PANGO_ALIGN_LEFT;
    type.colour = NGX_HTTP_VOLUNTEER_GREY;

    ngx_http_volunteer_pen_say(pen, "%.*s",
                               ngx_http_volunteer_bytes(line->organization));
    end = ngx_http_volunteer_pen_write(pen, &type,
                                       NGX_HTTP_VOLUNTEER_LEFT
                                       + NGX_HTTP_VOLUNTEER_WIDTH * .52,
                                       y, NGX_HTTP_VOLUNTEER_WIDTH * .31);
    bottom = ngx_max(bottom, end);

    return bottom + drawing->size * .3;
}


static void
ngx_http_volunteer_sheet_foot(ngx_http_volunteer_drawing_t *drawing)
{
    double                        x, y;
    ngx_tm_t                      tm;
    ngx_uint_t                    i;
    ngx_http_volunteer_pen_t     *pen;
    ngx_http_volunteer_sheet_t   *sheet;
    ngx_http_volunteer_claims_t  *claims;

    static const ngx_http_volunteer_type_t  trust = {
        11, PANGO_WEIGHT_BOLD, PANGO_ALIGN_LEFT, NGX_HTTP_VOLUNTEER_INK, 0, 0
    };
    static const ngx_http_volunteer_type_t  small = {
        8.5, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_LEFT, NGX_HTTP_VOLUNTEER_GREY, 0,
        0
    };
    static const ngx_http_volunteer_type_t  issuer = {
        13, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_CENTER, NGX_HTTP_VOLUNTEER_INK, 0,
        0
    };
    static const ngx_http_volunteer_type_t  code = {
        9, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_CENTER, NGX_HTTP_VOLUNTEER_GREY, 0,
        0
    };
    static const ngx_http_volunteer_type_t  warning = {
        9.5, PANGO_WEIGHT_NORMAL, PANGO_ALIGN_CENTER, NGX_HTTP_VOLUNTEER_INK,
        0, 0
    };

    pen = &drawing->pen;
    sheet = drawing->sheet;
    claims = sheet->claims;

    x = NGX_HTTP_VOLUNTEER_LEFT;
    y = NGX_HTTP_VOLUNTEER_BOTTOM + NGX_HTTP_VOLUNTEER_QR_MARGIN;

    ngx_http_volunteer_pen_qr(pen, sheet->qr, x, y,
                              NGX_HTTP_VOLUNTEER_QR_SIDE);

    x += NGX_HTTP_VOLUNTEER_QR_SIDE + NGX_HTTP_VOLUNTEER_QR_MARGIN;

    ngx_http_volunteer_pen_say(pen, "扫码查验，只认地址栏");
    y = ngx_http_volunteer_pen_write(pen, &trust, x, y,
                                     NGX_HTTP_VOLUNTEER_CAPTION);

    ngx_http_volunteer_pen_say(pen, "%.*s",
                               ngx_http_volunteer_bytes(sheet->host));
    y = ngx_http_volunteer_pen_write(pen, &trust, x, y,
                                     NGX_HTTP_VOLUNTEER_CAPTION);

    ngx_http_volunteer_pen_say(pen, "或在该网址 " NGX_HTTP_VOLUNTEER_PATH
                               " 输入查验码");
    y = ngx_http_volunteer_pen_write(pen, &small, x, y + 6,
                                     NGX_HTTP_VOLUNTEER_CAPTION);

    for (i = 0; i < sheet->code.len; i += 5) {
        ngx_http_volunteer_pen_say(pen, i ? "-%.*s" : "%.*s",
                                   (int) ngx_min(sheet->code.len - i, 5),
                                   sheet->code.data + i);
    }

    (void) ngx_http_volunteer_pen_write(pen, &small, x, y,
                                        NGX_HTTP_VOLUNTEER_CAPTION);

    /* the office stamps over its name and the date */

    x += NGX_HTTP_VOLUNTEER_CAPTION;
    y = NGX_HTTP_VOLUNTEER_BOTTOM + NGX_HTTP_VOLUNTEER_QR_MARGIN;

    ngx_http_volunteer_pen_say(pen, "%.*s",
                               ngx_http_volunteer_bytes(claims->issuer));
    y = ngx_http_volunteer_pen_write(pen, &issuer, x, y,
                                     NGX_HTTP_VOLUNTEER_LEFT
                                     + NGX_HTTP_VOLUNTEER_WIDTH - x);

    if (claims->issuer_code.len) {
        ngx_http_volunteer_pen_say(pen, "%.*s",
                               ngx_http_volunteer_bytes(claims->issuer_code));
        y = ngx_http_volunteer_pen_write(pen, &code, x, y + 2,
                                         NGX_HTTP_VOLUNTEER_LEFT
                                         + NGX_HTTP_VOLUNTEER_WIDTH - x);
    }

    ngx_gmtime(claims->issued_at + NGX_HTTP_VOLUNTEER_UTC8, &tm);

    ngx_http_volunteer_pen_say(pen, "%d年%d月%d日", tm.ngx_tm_year,
                               tm.ngx_tm_mon, tm.ngx_tm_mday);
    (void) ngx_http_volunteer_pen_write(pen, &issuer, x, y + 6,
                                        NGX_HTTP_VOLUNTEER_LEFT
                                        + NGX_HTTP_VOLUNTEER_WIDTH - x);

    y = NGX_HTTP_VOLUNTEER_BOTTOM + NGX_HTTP_VOLUNTEER_QR_SIDE
        + 2 * NGX_HTTP_VOLUNTEER_QR_MARGIN;

    ngx_http_volunteer_pen_rule(pen, NGX_HTTP_VOLUNTEER_RED, .8,
                                NGX_HTTP_VOLUNTEER_LEFT, y,
                                NGX_HTTP_VOLUNTEER_WIDTH);

    ngx_http_volunteer_pen_stress(pen, "本纸不是证明，"
                                  "扫码所见才是。");
    ngx_http_volunteer_pen_say(pen, "请当场扫描二维码，"
                               "以地址栏为 %.*s 的页面"
                               "此刻显示的状态和内容为准；"
                               "未扫码的纸面、复印件"
                               "和截图一律无效。",
                               ngx_http_volunteer_bytes(sheet->host));
    y = ngx_http_volunteer_pen_write(pen, &warning, NGX_HTTP_VOLUNTEER_LEFT,
                                     y + 6, NGX_HTTP_VOLUNTEER_WIDTH);

    ngx_http_volunteer_pen_say(pen, "This sheet proves nothing by itself: scan"
                               " the code and trust only the page at %.*s.",
                               ngx_http_volunteer_bytes(sheet->host));
    y = ngx_http_volunteer_pen_write(pen, &code, NGX_HTTP_VOLUNTEER_LEFT, y,
                                     NGX_HTTP_VOLUNTEER_WIDTH);

    if (drawing->pages > 1) {
        ngx_http_volunteer_pen_say(pen, "第 %u 页，共 %u 页",
                                   (unsigned) drawing->page + 1,
                                   (unsigned) drawing->pages);
        (void) ngx_http_volunteer_pen_write(pen, &code,
                                            NGX_HTTP_VOLUNTEER_LEFT, y + 4,
                                            NGX_HTTP_VOLUNTEER_WIDTH);
    }
}


/* of the claims: YYYY-MM-DD */

static void
ngx_http_volunteer_sheet_say_date(ngx_http_volunteer_pen_t *pen,
    ngx_str_t *date)
{
    if (date->len != sizeof("YYYY-MM-DD") - 1) {
        ngx_http_volunteer_pen_say(pen, "%.*s",
                                   ngx_http_volunteer_bytes(*date));
        return;
    }

    ngx_http_volunteer_pen_say(pen, "%.*s年%d月%d日", 4, date->data,
                               (int) ngx_atoi(date->data + 5, 2),
                               (int) ngx_atoi(date->data + 8, 2));
}
