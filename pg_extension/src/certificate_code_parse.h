/*
 * Text form of a certificate code (证书编码), without PostgreSQL or nginx.
 *
 * 128 random bits, most significant first, as 26 characters of Crockford's
 * base 32 (the last two bits are padding and zero), then one check character
 * from the same alphabet.
 */
#ifndef CERTIFICATE_CODE_PARSE_H
#define CERTIFICATE_CODE_PARSE_H

#include <stddef.h>

#define CERTIFICATE_CODE_BYTES 16
#define CERTIFICATE_CODE_CHARS 27

typedef enum
{
	CERTIFICATE_CODE_OK,
	CERTIFICATE_CODE_BAD_LENGTH,
	CERTIFICATE_CODE_BAD_CHARACTER,
	CERTIFICATE_CODE_BAD_CHECK,
	CERTIFICATE_CODE_BAD_PADDING
} certificate_code_error;

/*
 * Reads a code as people type it: lower case counts as upper case, '-' and
 * ' ' are dropped, O reads as 0, I and L as 1.  On an error the output bytes
 * are undefined and *error_position is the offset in s of the first character
 * that cannot be right, len when characters are missing.
 */
certificate_code_error certificate_code_parse(
	const char *s, size_t len, unsigned char bytes[CERTIFICATE_CODE_BYTES],
	size_t *error_position);

/* Writes the canonical form: upper case, no separators, no NUL. */
void certificate_code_format(const unsigned char bytes[CERTIFICATE_CODE_BYTES],
							 char out[CERTIFICATE_CODE_CHARS]);

#endif
