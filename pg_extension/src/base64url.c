/*
 * base64url without padding, RFC 4648 section 5 as JOSE uses it.
 */
#include "base64url.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return -1;
}

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
	unsigned int buffer = 0;
	int bits = 0;

	if (length != BASE64URL_LENGTH(n))
		return false;

	for (size_t i = 0; i < length; i++)
	{
		int value = digit_value(s[i]);

		if (value < 0)
			return false;
		buffer = buffer << 6 | value;
		bits += 6;
		if (bits >= 8)
		{
			bits -= 8;
			*bytes++ = buffer >> bits & 255;
		}
	}

	return (buffer & ((1u << bits) - 1)) == 0;
}
