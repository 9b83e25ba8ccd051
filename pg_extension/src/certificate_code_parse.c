#include "certificate_code_parse.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Value of a character as Crockford reads it, or -1. */
static int
digit_value(char c)
{
	const char *found;

	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';

	if (c == 'O')
		c = '0';
	else if (c == 'I' || c == 'L')
		c = '1';

	found = memchr(alphabet, c, sizeof(alphabet) - 1);

	return found ? (int) (found - alphabet) : -1;
}

/*
 * One step of Damm's algorithm on the quasigroup x(c + d) of GF(32) with
 * x^5 + x^2 + 1.  The check digit is the state after all other digits, and it
 * takes the state to zero.  No single error, adjacent or jump transposition
 * and no twin error gives zero again.
 */
static unsigned
damm_step(unsigned state, unsigned digit)
{
	unsigned product = (state ^ digit) << 1;

	return product & 0x20 ? product ^ 0x25 : product;
}

certificate_code_error
certificate_code_parse(const char *s, size_t len,
					   unsigned char bytes[CERTIFICATE_CODE_BYTES],
					   size_t *error_position)
{
	size_t last_position = 0;
	size_t padding_position = 0;
	unsigned state = 0;
	unsigned bits = 0;
	int bit_count = 0;
	int digits = 0;
	int filled = 0;

	for (size_t i = 0; i < len; i++)
	{
		int digit;

		if (s[i] == '-' || s[i] == ' ')
			continue;

		*error_position = i;

		digit = digit_value(s[i]);
		if (digit < 0)
			return CERTIFICATE_CODE_BAD_CHARACTER;

		if (++digits > CERTIFICATE_CODE_CHARS)
			return CERTIFICATE_CODE_BAD_LENGTH;

		state = damm_step(state, digit);
		padding_position = last_position;
		last_position = i;

		if (digits == CERTIFICATE_CODE_CHARS)
			continue;

		bits = bits << 5 | digit;
		bit_count += 5;
		if (bit_count >= 8 && filled < CERTIFICATE_CODE_BYTES)
		{
			bit_count -= 8;
			bytes[filled++] = bits >> bit_count & 0xff;
		}
	}

	if (digits < CERTIFICATE_CODE_CHARS)
	{
		*error_position = len;
		return CERTIFICATE_CODE_BAD_LENGTH;
	}

	if (state != 0)
	{
		*error_position = last_position;
		return CERTIFICATE_CODE_BAD_CHECK;
	}

	if (bits & 0x03)
	{
		*error_position = padding_position;
		return CERTIFICATE_CODE_BAD_PADDING;
	}

	return CERTIFICATE_CODE_OK;
}

void
certificate_code_format(const unsigned char bytes[CERTIFICATE_CODE_BYTES],
						char out[CERTIFICATE_CODE_CHARS])
{
	unsigned state = 0;
	unsigned bits = 0;
	int bit_count = 0;
	int next = 0;

	for (int i = 0; i < CERTIFICATE_CODE_CHARS - 1; i++)
	{
		unsigned digit;

		if (bit_count < 5)
		{
			/* past the last byte come the two padding bits */
			bits = bits << 8 |
				(next < CERTIFICATE_CODE_BYTES ? bytes[next++] : 0);
			bit_count += 8;
		}
		bit_count -= 5;
		digit = bits >> bit_count & 0x1f;
		out[i] = alphabet[digit];
		state = damm_step(state, digit);
	}
	out[CERTIFICATE_CODE_CHARS - 1] = alphabet[state];
}
