
/*
 * QR code (ISO/IEC 18004) of the address of a certificate, as SVG and as PNG.
 *
 * Error correction level Q up to version 5, M beyond: larger codes have
 * smaller modules, which cost more in a poor photograph than Q gains.
 * The quiet zone has four modules; the ground is opaque white, since inverted
 * codes do not scan.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>
#include <png.h>

#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_QR_VERSION  5
#define NGX_HTTP_VOLUNTEER_QR_QUIET    4

#define NGX_HTTP_VOLUNTEER_SVG_HEAD                                          \
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "       \
    "shape-rendering=\"crispEdges\">"                                        \
    "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"                              \
    "<path stroke=\"#000\" d=\"M0 .5"
#define NGX_HTTP_VOLUNTEER_SVG_TAIL    "\"/></svg>\n"
#define NGX_HTTP_VOLUNTEER_SVG_RUN     (sizeof("m-177 177h177") - 1)

#define NGX_HTTP_VOLUNTEER_PNG_HEAD    1024


static u_char *ngx_http_volunteer_qr_runs(u_char *p, QRcode *code);
static void ngx_http_volunteer_qr_pixels(png_structp png, QRcode *code,
    size_t scale, u_char *row, size_t len);
static void ngx_http_volunteer_png_write(png_structp png, png_bytep data,
    png_size_t len);
static void ngx_http_volunteer_png_error(png_structp png,
    png_const_charp message);
static void ngx_http_volunteer_png_warning(png_structp png,
    png_const_charp message);


ngx_int_t
ngx_http_volunteer_qr_svg(ngx_pool_t *pool, ngx_str_t *url, ngx_str_t *out)
{
    int      side;
    size_t   size;
    u_char  *p;
    QRcode  *code;

    code = ngx_http_volunteer_qr_encode(pool, url);
    if (code == NULL) {
        return NGX_ERROR;
    }

    side = code->width + 2 * NGX_HTTP_VOLUNTEER_QR_QUIET;

    size = sizeof(NGX_HTTP_VOLUNTEER_SVG_HEAD) + 4 * NGX_INT_T_LEN
           + sizeof(NGX_HTTP_VOLUNTEER_SVG_TAIL)
           + (size_t) code->width * (code->width / 2 + 1)
             * NGX_HTTP_VOLUNTEER_SVG_RUN;

    out->data = ngx_pnalloc(pool, size);
    if (out->data == NULL) {
        QRcode_free(code);
        return NGX_ERROR;
    }

    p = ngx_sprintf(out->data, NGX_HTTP_VOLUNTEER_SVG_HEAD,
                    side, side, side, side);

    p = ngx_http_volunteer_qr_runs(p, code);
    p = ngx_cpymem(p, NGX_HTTP_VOLUNTEER_SVG_TAIL,
                   sizeof(NGX_HTTP_VOLUNTEER_SVG_TAIL) - 1);

    out->len = p - out->data;

    QRcode_free(code);

    return NGX_OK;
}


/*
 * One bit a pixel, scale pixels a module.  Each row of modules is a row of
 * pixels and scale - 1 copies, which the filter "up" turns into zeros: the
 * fastest compression is good enough for them.
 */

ngx_int_t
ngx_http_volunteer_qr_png(ngx_pool_t *pool, ngx_str_t *url, ngx_uint_t scale,
    ngx_str_t *out)
{
    size_t        side, len;
    u_char       *row;
    QRcode       *code;
    ngx_buf_t    *b;
    png_infop     info;
    png_structp   png;

    code = ngx_http_volunteer_qr_encode(pool, url);
    if (code == NULL) {
        return NGX_ERROR;
    }

    side = (code->width + 2 * NGX_HTTP_VOLUNTEER_QR_QUIET) * scale;
    len = (side + 7) / 8;

    b = ngx_create_temp_buf(pool, side * (len + 1)
                                  + NGX_HTTP_VOLUNTEER_PNG_HEAD);
    row = ngx_pnalloc(pool, len);

    if (b == NULL || row == NULL) {
        QRcode_free(code);
        return NGX_ERROR;
    }

    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, pool->log,
                                  ngx_http_volunteer_png_error,
                                  ngx_http_volunteer_png_warning);
    info = png_create_info_struct(png);

    if (info == NULL || setjmp(png_jmpbuf(png)) != 0) {
        png_destroy_write_struct(&png, &info);
        QRcode_free(code);
        return NGX_ERROR;
    }

    png_set_write_fn(png, b, ngx_http_volunteer_png_write, NULL);
    png_set_IHDR(png, info, side, side, 1, PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
    png_set_compression_level(png, 1);

    png_write_info(png, info);
    ngx_http_volunteer_qr_pixels(png, code, scale, row, len);
    png_write_end(png, NULL);

    png_destroy_write_struct(&png, &info);
    QRcode_free(code);

    out->data = b->pos;
    out->len = b->last - b->pos;

    return NGX_OK;
}


QRcode *
ngx_http_volunteer_qr_encode(ngx_pool_t *pool, ngx_str_t *url)
{
    QRcode  *code;

    code = QRcode_encodeString((char *) url->data, 0, QR_ECLEVEL_Q, QR_MODE_8,
                               1);

    if (code != NULL && code->version > NGX_HTTP_VOLUNTEER_QR_VERSION) {
        QRcode_free(code);
        code = QRcode_encodeString((char *) url->data, 0, QR_ECLEVEL_M,
                                   QR_MODE_8, 1);
    }

    if (code == NULL) {
        ngx_log_error(NGX_LOG_ERR, pool->log, ngx_errno,
                      "QRcode_encodeString() failed");
    }

    return code;
}


/* one stroke for each horizontal run of black modules, by relative moves */

static u_char *
ngx_http_volunteer_qr_runs(u_char *p, QRcode *code)
{
    int             x, y, start, pen_x, pen_y;
    unsigned char  *row;

    pen_x = -NGX_HTTP_VOLUNTEER_QR_QUIET;
    pen_y = -NGX_HTTP_VOLUNTEER_QR_QUIET;

    for (y = 0; y < code->width; y++) {

        row = code->data + y * code->width;

        for (x = 0; x < code->width; x++) {

            if (!(row[x] & NGX_HTTP_VOLUNTEER_QR_BLACK)) {
                continue;
            }

            start = x;

            while (x < code->width && (row[x] & NGX_HTTP_VOLUNTEER_QR_BLACK)) {
                x++;
            }

            p = ngx_sprintf(p, "m%d %dh%d",
                            start - pen_x, y - pen_y, x - start);
            pen_x = x;
            pen_y = y;
        }
    }

    return p;
}


static void
ngx_http_volunteer_qr_pixels(png_structp png, QRcode *code, size_t scale,
    u_char *row, size_t len)
{
    int     x, y, white;
    size_t  i, pixel;

    white = NGX_HTTP_VOLUNTEER_QR_QUIET;

    for (y = -white; y < code->width + white; y++) {

        ngx_memset(row, 0xff, len);

        for (x = 0; y >= 0 && y < code->width && x < code->width; x++) {

            if (!(code->data[y * code->width + x]
                  & NGX_HTTP_VOLUNTEER_QR_BLACK))
            {
                continue;
            }

            for (i = 0; i < scale; i++) {
                pixel = (x + white) * scale + i;
                row[pixel / 8] &= ~(0x80 >> pixel % 8);
            }
        }

        for (i = 0; i < scale; i++) {
            png_write_row(png, row);
        }
    }
}


static void
ngx_http_volunteer_png_write(png_structp png, png_bytep data, png_size_t len)
{
    ngx_buf_t  *b;

    b = png_get_io_ptr(png);

    if (len > (size_t) (b->end - b->last)) {
        png_error(png, "buffer is too small");
    }

    b->last = ngx_cpymem(b->last, data, len);
}


static void
ngx_http_volunteer_png_error(png_structp png, png_const_charp message)
{
    ngx_http_volunteer_png_warning(png, message);
    png_longjmp(png, 1);
}


static void
ngx_http_volunteer_png_warning(png_structp png, png_const_charp message)
{
    ngx_log_error(NGX_LOG_ERR, (ngx_log_t *) png_get_error_ptr(png), 0,
                  "libpng: %s", message);
}
