#include "volunteer_no_parse.h"

#include "region_code_parse.h"

#define MAX_DIGITS INT64_C(9999999999999999)
#define CHECK_OFFSET (VOLUNTEER_NO_CHARS - 1)
#define MONTH_OFFSET 9

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

/* Value of a digit or upper-case letter, or -1. */
static int
character_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;

	return -1;
}

/* ISO 7064 MOD 37,36 over V and the digits after it. */
static char
check_character(const char *s)
{
	int product = 36;

	for (int i = 0; i < CHECK_OFFSET; i++)
	{
		int sum = (product + character_value(upper(s[i]))) % 36;

		product = (sum == 0 ? 36 : sum) * 2 % 37;
	}

	return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - product) % 36];
}

volunteer_no_error
volunteer_no_parse(const char *s, size_t len, int64_t *value,
				   size_t *error_position)
{
	int64_t digits = 0;
	int month;

	for (size_t i = 0; i < len; i++)
	{
		int character;

		*error_position = i;

		if (i == VOLUNTEER_NO_CHARS)
			return VOLUNTEER_NO_BAD_LENGTH;

		character = character_value(upper(s[i]));
		if (i == 0 ? upper(s[i]) != 'V'
				   : character < 0 || (i < CHECK_OFFSET && character > 9))
			return VOLUNTEER_NO_BAD_CHARACTER;

		if (i > 0 && i < CHECK_OFFSET)
			digits = digits * 10 + character;

		if (i == 2 && !region_code_is_province((int) digits))
		{
			*error_position = 1;
			return VOLUNTEER_NO_BAD_PROVINCE;
		}
	}

	if (len < VOLUNTEER_NO_CHARS)
	{
		*error_position = len;
		return VOLUNTEER_NO_BAD_LENGTH;
	}

	month = digits / 1000000 % 100;
	if (month < 1 || month > 12)
	{
		*error_position = MONTH_OFFSET;
		return VOLUNTEER_NO_BAD_MONTH;
	}

	if (upper(s[CHECK_OFFSET]) != check_character(s))
	{
		*error_position = CHECK_OFFSET;
		return VOLUNTEER_NO_BAD_CHECK;
	}

	*value = digits;

	return VOLUNTEER_NO_OK;
}

void
volunteer_no_format(int64_t value, char out[VOLUNTEER_NO_CHARS])
{
	out[0] = 'V';
	for (int i = CHECK_OFFSET - 1; i > 0; i--)
	{
		out[i] = '0' + value % 10;
		value /= 10;
	}
	out[CHECK_OFFSET] = check_character(out);
}

volunteer_no_error
volunteer_no_check(int64_t value, size_t *error_position)
{
	char s[VOLUNTEER_NO_CHARS];
	int64_t parsed;

	if (value < 0 || value > MAX_DIGITS)
	{
		*error_position = 0;
		return VOLUNTEER_NO_BAD_LENGTH;
	}
	volunteer_no_format(value, s);

	return volunteer_no_parse(s, sizeof(s), &parsed, error_position);
}
