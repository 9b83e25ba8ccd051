#include "service_hours_parse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
	const char *s;
	size_t len;
	size_t at;
} reader;

static bool
at_digit(const reader *r)
{
	return r->at < r->len && r->s[r->at] >= '0' && r->s[r->at] <= '9';
}

static bool
accept(reader *r, const char *word)
{
	size_t len = strlen(word);

	if (r->len - r->at < len || memcmp(r->s + r->at, word, len) != 0)
		return false;
	r->at += len;

	return true;
}

static bool
accept_hour(reader *r)
{
	return accept(r, "h") || accept(r, "H") || accept(r, "小时");
}

static bool
accept_minute(reader *r)
{
	return accept(r, "m") || accept(r, "M") || accept(r, "分钟") ||
		accept(r, "分");
}

static void
skip_blanks(reader *r)
{
	while (r->at < r->len && (r->s[r->at] == ' ' || r->s[r->at] == '\t'))
		r->at++;
}

static service_hours_error
read_number(reader *r, uint64_t *number)
{
	if (!at_digit(r))
		return SERVICE_HOURS_BAD_FORMAT;

	for (*number = 0; at_digit(r); r->at++)
		if (__builtin_mul_overflow(*number, 10, number) ||
			__builtin_add_overflow(*number, r->s[r->at] - '0', number))
			return SERVICE_HOURS_OUT_OF_RANGE;

	return SERVICE_HOURS_OK;
}

/* The digits after a decimal point, in minutes of an hour. */
static service_hours_error
read_fraction(reader *r, uint64_t *minutes)
{
	size_t start = r->at;
	unsigned half_minutes = 0;

	if (!at_digit(r))
		return SERVICE_HOURS_BAD_FORMAT;

	while (at_digit(r))
		r->at++;

	/* from the last digit on, so that what is less than one is dropped exactly */
	for (size_t i = r->at; i > start; i--)
		half_minutes = (half_minutes + 120 * (r->s[i - 1] - '0')) / 10;
	*minutes = (half_minutes + 1) / 2;

	return SERVICE_HOURS_OK;
}

/* The two digits after a colon. */
static service_hours_error
read_clock_minutes(reader *r, uint64_t *minutes)
{
	size_t start = r->at;
	service_hours_error error = read_number(r, minutes);

	if (error == SERVICE_HOURS_OK && (r->at - start != 2 || *minutes > 59))
	{
		r->at = start;
		error = SERVICE_HOURS_BAD_MINUTES;
	}

	return error;
}

/* What stands between the sign and the end: hours and minutes. */
static service_hours_error
read_amount(reader *r, uint64_t *hours, uint64_t *minutes)
{
	bool period = accept(r, "PT");
	service_hours_error error = read_number(r, hours);

	*minutes = 0;
	if (error != SERVICE_HOURS_OK)
		return error;

	if (!period && accept(r, ":"))
		return read_clock_minutes(r, minutes);

	if (!period && accept(r, "."))
	{
		error = read_fraction(r, minutes);
		if (error == SERVICE_HOURS_OK)
			accept_hour(r);
		return error;
	}

	if (accept_hour(r))
	{
		if (!at_digit(r))
			return SERVICE_HOURS_OK;
		error = read_number(r, minutes);
		if (error == SERVICE_HOURS_OK && !accept_minute(r))
			error = SERVICE_HOURS_BAD_FORMAT;
		return error;
	}

	if (accept_minute(r))
	{
		*minutes = *hours;
		*hours = 0;
	}
	else if (period)
		return SERVICE_HOURS_BAD_FORMAT;

	return SERVICE_HOURS_OK;
}

service_hours_error
service_hours_parse(const char *s, size_t len, int64_t *minutes,
					size_t *error_position)
{
	reader r = {.s = s, .len = len, .at = 0};
	service_hours_error error;
	uint64_t hours;
	uint64_t rest;
	uint64_t total;
	bool negative;

	skip_blanks(&r);
	negative = accept(&r, "-");
	error = read_amount(&r, &hours, &rest);
	if (error == SERVICE_HOURS_OK)
		skip_blanks(&r);

	*error_position = r.at;
	if (error != SERVICE_HOURS_OK)
		return error;
	if (r.at < r.len)
		return SERVICE_HOURS_BAD_FORMAT;

	if (__builtin_mul_overflow(hours, 60, &total) ||
		__builtin_add_overflow(total, rest, &total) ||
		total > (uint64_t) INT64_MAX + negative)
		return SERVICE_HOURS_OUT_OF_RANGE;

	*minutes = (int64_t) (negative ? 0 - total : total);

	return SERVICE_HOURS_OK;
}

void
service_hours_format(int64_t minutes, char out[SERVICE_HOURS_SIZE])
{
	uint64_t amount = minutes < 0 ? 0 - (uint64_t) minutes : (uint64_t) minutes;

	snprintf(out, SERVICE_HOURS_SIZE, "%s%" PRIu64 ":%02" PRIu64,
			 minutes < 0 ? "-" : "", amount / 60, amount % 60);
}
