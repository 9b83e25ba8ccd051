
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
#include <qrencode.h>

#include "ngx_http_volunteer.h"


#define NGX_HTTP_VOLUNTEER_QR_VERSION  5
#define NGX_HTTP_VOLUNTEER_QR_QUIET    4
#define NGX_HTTP_VOLUNTEER_QR_BLACK    0x01

#define NGX_HTTP_VOLUNTEER_SVG_HEAD                                          \
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "       \
    "shape-rendering=\"crispEdges\">"                                        \
    "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/>"                              \
    "<path stroke=\"#000\" d=\"M0 .5"
#define NGX_HTTP_VOLUNTEER_SVG_TAIL    "\"/></svg>\n"
#define NGX_HTTP_VOLUNTEER_SVG_RUN     (sizeof("m-177 177h177") - 1)

#define NGX_HTTP_VOLUNTEER_PNG_HEAD    1024


static QRcode *ngx_http_volunteer_qr_encode(ngx_pool_t *pool, ngx_str_t *url);
static u_char *ngx_http_volunteer_qr_runs(u_char *p, QRcode *code);
static void ngx_http_volunteer_qr_pixels(u_char *pixels, QRcode *code,
    size_t side, size_t scale);


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


/* one bit a pixel, scale pixels a module */

ngx_int_t
ngx_http_volunteer_qr_png(ngx_pool_t *pool, ngx_str_t *url, ngx_uint_t scale,
    ngx_str_t *out)
{
    int                ok;
    size_t             side;
    u_char            *pixels;
    QRcode            *code;
    png_image          image;
    static png_color   palette[] = { { 0xff, 0xff, 0xff }, { 0, 0, 0 } };

    code = ngx_http_volunteer_qr_encode(pool, url);
    if (code == NULL) {
        return NGX_ERROR;
    }

    side = (code->width + 2 * NGX_HTTP_VOLUNTEER_QR_QUIET) * scale;

    out->len = side * (side / 8 + 2) + NGX_HTTP_VOLUNTEER_PNG_HEAD;
    out->data = ngx_pnalloc(pool, out->len);
    pixels = ngx_pcalloc(pool, side * side);

    if (out->data == NULL || pixels == NULL) {
        QRcode_free(code);
        return NGX_ERROR;
    }

    ngx_http_volunteer_qr_pixels(pixels, code, side, scale);
    QRcode_free(code);

    ngx_memzero(&image, sizeof(png_image));

    image.version = PNG_IMAGE_VERSION;
    image.width = (png_uint_32) side;
    image.height = (png_uint_32) side;
    image.format = PNG_FORMAT_RGB_COLORMAP;
    image.colormap_entries = 2;

    ok = png_image_write_to_memory(&image, out->data, &out->len, 0, pixels,
                                   (png_int_32) side, palette);

    (void) ngx_pfree(pool, pixels);

    if (!ok) {
        ngx_log_error(NGX_LOG_ERR, pool->log, 0,
                      "png_image_write_to_memory() failed: %s", image.message);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static QRcode *
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
ngx_http_volunteer_qr_pixels(u_char *pixels, QRcode *code, size_t side,
    size_t scale)
{
    int      x, y;
    size_t   i;
    u_char  *row;

    for (y = 0; y < code->width; y++) {

        row = pixels + (y + NGX_HTTP_VOLUNTEER_QR_QUIET) * scale * side;

        for (x = 0; x < code->width; x++) {
            ngx_memset(row + (x + NGX_HTTP_VOLUNTEER_QR_QUIET) * scale,
                       code->data[y * code->width + x]
                       & NGX_HTTP_VOLUNTEER_QR_BLACK,
                       scale);
        }

        for (i = 1; i < scale; i++) {
            ngx_memcpy(row + i * side, row, side);
        }
    }
}
