#ifndef VOLUNTEER_BASE64URL_H
#define VOLUNTEER_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>

/* Characters that encode n bytes without padding (RFC 4648, section 5). */
#define BASE64URL_LENGTH(n) (((n) *4 + 2) / 3)

/* Bytes that so many characters encode, if they encode any. */
#define BASE64URL_BYTES(length) ((length) / 4 * 3 + (length) % 4 * 3 / 4)

extern size_t base64url_encode(const unsigned char *bytes, size_t n, char *out);
extern bool base64url_decode(const char *s, size_t length, unsigned char *bytes,
							 size_t n);

#endif
