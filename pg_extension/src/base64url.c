/*
 * base64url without padding, RFC 4648 section 5 as JOSE uses it.
 */
#include "base64url.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* By character; XX for those outside of the alphabet. */
#define XX 0xFF
/* clang-format off */
static const unsigned char values[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
	XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63,
	XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};
/* clang-format on */

/* Writes BASE64URL_LENGTH(n) characters, no terminating zero, and returns how many. */
size_t
base64url_encode(const unsigned char *bytes, size_t n, char *out)
{
	char *p = out;

	for (size_t i = 0; i < n; i += 3)
	{
		size_t left = n - i;
		unsigned int group = bytes[i] << 16 |
			(left > 1 ? bytes[i + 1] << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);

		*p++ = alphabet[group >> 18];
		*p++ = alphabet[group >> 12 & 63];
		if (left > 1)
			*p++ = alphabet[group >> 6 & 63];
		if (left > 2)
			*p++ = alphabet[group & 63];
	}

	return p - out;
}

/*
 * Decodes exactly n bytes.  Refuses every spelling but the one that encode
 * writes, so that a token cannot be altered without altering its bytes.
 */
bool
base64url_decode(const char *s, size_t length, unsigned char *bytes, size_t n)
{
	const unsigned char *digits = (const unsigned char *) s;
	unsigned int wrong = 0;

	if (length != BASE64URL_LENGTH(n))
		return false;

	for (; n >= 3; n -= 3, digits += 4, bytes += 3)
	{
		unsigned int a = values[digits[0]], b = values[digits[1]];
		unsigned int c = values[digits[2]], d = values[digits[3]];

		wrong |= a | b | c | d;
		bytes[0] = a << 2 | b >> 4;
		bytes[1] = b << 4 | c >> 2;
		bytes[2] = c << 6 | d;
	}

	/* The bits behind the last byte are zero. */
	if (n > 0)
	{
		unsigned int a = values[digits[0]], b = values[digits[1]];
		unsigned int c = n > 1 ? values[digits[2]] : 0;

		wrong |= a | b | c;
		bytes[0] = a << 2 | b >> 4;
		if (n > 1)
			bytes[1] = b << 4 | c >> 2;
		if (((n > 1 ? c << 6 : b << 4) & 0xFF) != 0)
			return false;
	}

	return wrong <= 63;
}
