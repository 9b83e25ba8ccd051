#include "citizen_id_parse.h"

#include <stdbool.h>
#include <string.h>

#include "region_code_parse.h"

#define MAX_DIGITS INT64_C(99999999999999999)
#define DIGITS (CITIZEN_ID_CHARS - 1)
#define OLD_CHARS 15

#define DATE_OFFSET 6
#define SEQUENCE_OFFSET 14

/* The standard's own example of an old birth date is of 1880. */
#define FIRST_YEAR 1800

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int64_t
number(const char *s, int len)
{
	int64_t value = 0;

	for (int i = 0; i < len; i++)
		value = value * 10 + (s[i] - '0');

	return value;
}

/* ISO 7064 MOD 11-2. */
static char
check_character(const char digits[DIGITS])
{
	int remainder = 0;

	for (int i = 0; i < DIGITS; i++)
		remainder = (remainder + (digits[i] - '0')) * 2 % 11;

	return "10X98765432"[remainder];
}

static bool
is_date(int year, int month, int day)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	if (year < FIRST_YEAR || month < 1 || month > 12 || day < 1)
		return false;

	return day <= days[month - 1] + (leap && month == 2);
}

/* Judges what the digits say: the place and the birth date. */
static citizen_id_error
judge_digits(const char digits[DIGITS], size_t *error_position)
{
	bool foreigner = digits[0] == '9';
	int province = (int) number(digits + foreigner, 2);
	bool permit = !foreigner && province >= 81 && province <= 83;

	if (permit ? memcmp(digits + 2, "0000", 4) != 0
			   : !region_code_is_province(province))
	{
		*error_position = foreigner;
		return CITIZEN_ID_BAD_REGION;
	}

	if (!is_date((int) number(digits + DATE_OFFSET, 4),
				 (int) number(digits + DATE_OFFSET + 4, 2),
				 (int) number(digits + DATE_OFFSET + 6, 2)))
	{
		*error_position = DATE_OFFSET;
		return CITIZEN_ID_BAD_DATE;
	}

	return CITIZEN_ID_OK;
}

citizen_id_error
citizen_id_parse(const char *s, size_t len, int64_t *value,
				 size_t *error_position)
{
	citizen_id_error error;
	char check;

	for (size_t i = 0; i < len; i++)
	{
		*error_position = i;

		if (i == CITIZEN_ID_CHARS)
			return CITIZEN_ID_BAD_LENGTH;
		if (!is_digit(s[i]) && !(i == DIGITS && (s[i] == 'X' || s[i] == 'x')))
			return CITIZEN_ID_BAD_CHARACTER;
	}

	if (len < CITIZEN_ID_CHARS)
	{
		*error_position = len;
		return CITIZEN_ID_BAD_LENGTH;
	}

	error = judge_digits(s, error_position);
	if (error != CITIZEN_ID_OK)
		return error;

	check = s[DIGITS] == 'x' ? 'X' : s[DIGITS];
	if (check != check_character(s))
	{
		*error_position = DIGITS;
		return CITIZEN_ID_BAD_CHECK;
	}

	*value = number(s, DIGITS);

	return CITIZEN_ID_OK;
}

citizen_id_error
citizen_id_parse_15(const char *s, size_t len, int64_t *value,
					size_t *error_position)
{
	char digits[DIGITS];
	citizen_id_error error;

	for (size_t i = 0; i < len; i++)
	{
		*error_position = i;

		if (i == OLD_CHARS)
			return CITIZEN_ID_BAD_LENGTH;
		if (!is_digit(s[i]))
			return CITIZEN_ID_BAD_CHARACTER;
	}

	if (len < OLD_CHARS)
	{
		*error_position = len;
		return CITIZEN_ID_BAD_LENGTH;
	}

	memcpy(digits, s, DATE_OFFSET);
	memcpy(digits + DATE_OFFSET + 2, s + DATE_OFFSET, OLD_CHARS - DATE_OFFSET);

	/* 996 to 999 were kept for those born before 1900. */
	memcpy(digits + DATE_OFFSET,
		   number(digits + SEQUENCE_OFFSET, 3) < 996 ? "19" : "18", 2);

	error = judge_digits(digits, error_position);
	if (error != CITIZEN_ID_OK)
		return error;

	*value = number(digits, DIGITS);

	return CITIZEN_ID_OK;
}

void
citizen_id_format(int64_t value, char out[CITIZEN_ID_CHARS])
{
	for (int i = DIGITS - 1; i >= 0; i--)
	{
		out[i] = '0' + value % 10;
		value /= 10;
	}
	out[DIGITS] = check_character(out);
}

citizen_id_error
citizen_id_check(int64_t value, size_t *error_position)
{
	char s[CITIZEN_ID_CHARS];
	int64_t parsed;

	if (value < 0 || value > MAX_DIGITS)
	{
		*error_position = 0;
		return CITIZEN_ID_BAD_LENGTH;
	}
	citizen_id_format(value, s);

	return citizen_id_parse(s, sizeof(s), &parsed, error_position);
}
