#include "citizen_id_parse.h"

#include <stdbool.h>

#include "region_code_parse.h"

#define DIGITS (CITIZEN_ID_CHARS - 1)
#define MAX_DIGITS INT64_C(99999999999999999)
#define OLD_DIGITS 15

#define DATE_OFFSET 6

/* The standard's own example of an old birth date is of 1880. */
#define FIRST_YEAR 1800

/* ISO 7064 MOD 11-2: adds a digit to the sum of those before it. */
static int
add_digit(int sum, char digit)
{
	return (sum + (digit - '0')) * 2;
}

/* The check character after the digits of the sum. */
static char
check_character(int sum)
{
	return "10X98765432"[sum % 11];
}

/* How many of the first max characters are digits, their number and sum. */
static size_t
read_digits(const char *s, size_t len, size_t max, int64_t *number, int *sum)
{
	size_t read = 0;
	int64_t digits = 0;

	*sum = 0;
	for (; read < len && read < max; read++)
	{
		if (s[read] < '0' || s[read] > '9')
			break;
		digits = digits * 10 + (s[read] - '0');
		*sum = add_digit(*sum, s[read]);
	}
	*number = digits;

	return read;
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

/* Judges what the 17 digits say: the place and the birth date. */
static citizen_id_error
judge_digits(int64_t digits, size_t *error_position)
{
	int place = (int) (digits / INT64_C(100000000000));
	int date = (int) (digits / 1000 % 100000000);
	bool foreigner = place / 100000 == 9;
	int province = foreigner ? place / 1000 % 100 : place / 10000;
	bool permit = !foreigner && province >= 81 && province <= 83;

	if (permit ? place % 10000 != 0 : !region_code_is_province(province))
	{
		*error_position = foreigner;
		return CITIZEN_ID_BAD_REGION;
	}

	if (!is_date(date / 10000, date / 100 % 100, date % 100))
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
	int sum;
	size_t read = read_digits(s, len, DIGITS, value, &sum);
	char check = read < len ? s[read] : '\0';
	citizen_id_error error;

	if (check == 'x')
		check = 'X';

	*error_position = read;
	if (read < len &&
		(read < DIGITS || !((check >= '0' && check <= '9') || check == 'X')))
		return CITIZEN_ID_BAD_CHARACTER;

	if (len != CITIZEN_ID_CHARS)
	{
		*error_position = len < CITIZEN_ID_CHARS ? len : CITIZEN_ID_CHARS;
		return CITIZEN_ID_BAD_LENGTH;
	}

	error = judge_digits(*value, error_position);
	if (error == CITIZEN_ID_OK && check != check_character(sum))
		error = CITIZEN_ID_BAD_CHECK;

	return error;
}

citizen_id_error
citizen_id_parse_15(const char *s, size_t len, int64_t *value,
					size_t *error_position)
{
	int sum;
	size_t read = read_digits(s, len, OLD_DIGITS, value, &sum);
	int64_t rest = *value % 1000000000;
	int century;

	*error_position = read;
	if (read < len && read < OLD_DIGITS)
		return CITIZEN_ID_BAD_CHARACTER;
	if (len != OLD_DIGITS)
		return CITIZEN_ID_BAD_LENGTH;

	/* Sequences from 996 were kept for those born before 1900. */
	century = rest % 1000 < 996 ? 19 : 18;
	*value = (*value / 1000000000 * 100 + century) * 1000000000 + rest;

	return judge_digits(*value, error_position);
}

void
citizen_id_format(int64_t value, char out[CITIZEN_ID_CHARS])
{
	int sum = 0;

	for (int i = DIGITS - 1; i >= 0; i--)
	{
		out[i] = '0' + value % 10;
		value /= 10;
	}
	for (int i = 0; i < DIGITS; i++)
		sum = add_digit(sum, out[i]);
	out[DIGITS] = check_character(sum);
}

citizen_id_error
citizen_id_check(int64_t value, size_t *error_position)
{
	if (value < 0 || value > MAX_DIGITS)
	{
		*error_position = 0;
		return CITIZEN_ID_BAD_LENGTH;
	}

	return judge_digits(value, error_position);
}
