#include "occupancy_parse.h"

#include <stdio.h>

#define DAYS_PER_ERA 146097 /* 400 years */

/* From 0000-03-01, where eras begin, to 2000-01-01. */
#define EPOCH 730425

typedef struct
{
	const char *s;
	size_t len;
	size_t at;
} reader;

/* What has been read: steps up to minute to, where count ends. */
typedef struct
{
	int32_t *steps;
	size_t n;
	int32_t to;
	int32_t count;
} writer;

static const int month_days[] = {31, 29, 31, 30, 31, 30,
								 31, 31, 30, 31, 30, 31};

static bool
is_leap(int year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Years begin in March here, so that the leap day is their last. */
static int32_t
day_of_date(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = y / 400;
	int of_era = y % 400;
	int of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
		of_year - EPOCH;
}

static void
date_of_day(int32_t day, int *year, int *month, int *of_month)
{
	int z = day + EPOCH;
	int era = z / DAYS_PER_ERA;
	int doe = z % DAYS_PER_ERA;
	int of_era = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int of_year = doe - (365 * of_era + of_era / 4 - of_era / 100);
	int m = (5 * of_year + 2) / 153;

	*of_month = of_year - (153 * m + 2) / 5 + 1;
	*month = m < 10 ? m + 3 : m - 9;
	*year = era * 400 + of_era + (*month <= 2);
}

static void
skip_blanks(reader *r)
{
	while (r->at < r->len &&
		   (r->s[r->at] == ' ' || r->s[r->at] == '\t' || r->s[r->at] == '\n'))
		r->at++;
}

static bool
accept(reader *r, char c)
{
	if (r->at == r->len || r->s[r->at] != c)
		return false;
	r->at++;

	return true;
}

/* Exactly that many digits. */
static bool
read_digits(reader *r, int digits, int *number)
{
	for (*number = 0; digits > 0; digits--, r->at++)
	{
		if (r->at == r->len || r->s[r->at] < '0' || r->s[r->at] > '9')
			return false;
		*number = *number * 10 + (r->s[r->at] - '0');
	}

	return true;
}

static occupancy_error
read_minute(reader *r, int32_t *minute)
{
	size_t start = r->at;
	int year;
	int month;
	int day;
	int hour;
	int min;

	if (!read_digits(r, 4, &year) || !accept(r, '-') ||
		!read_digits(r, 2, &month) || !accept(r, '-') ||
		!read_digits(r, 2, &day) || !accept(r, ' ') ||
		!read_digits(r, 2, &hour) || !accept(r, ':') ||
		!read_digits(r, 2, &min))
		return OCCUPANCY_BAD_FORMAT;

	if (year < 1 || year > 4001 || month < 1 || month > 12 || day < 1 ||
		day > month_days[month - 1] ||
		(month == 2 && day == 29 && !is_leap(year)) || hour > 23 || min > 59)
	{
		r->at = start;
		return OCCUPANCY_BAD_TIME;
	}

	*minute = day_of_date(year, month, day) * OCCUPANCY_MINUTES_PER_DAY +
		hour * 60 + min;
	if (*minute > OCCUPANCY_LAST)
	{
		r->at = start;
		return OCCUPANCY_BAD_TIME;
	}

	return OCCUPANCY_OK;
}

/* "x2" after a period, or nothing. */
static occupancy_error
read_count(reader *r, int32_t *count)
{
	size_t start = r->at;
	bool negative;
	size_t digits;

	*count = 1;
	if (!accept(r, 'x'))
		return OCCUPANCY_OK;

	negative = accept(r, '-');
	*count = 0;
	for (digits = r->at; r->at < r->len && r->s[r->at] >= '0' &&
		 r->s[r->at] <= '9' && *count <= (int32_t) OCCUPANCY_MAX_STEPS;
		 r->at++)
		*count = *count * 10 + (r->s[r->at] - '0');
	if (r->at == digits)
		return OCCUPANCY_BAD_FORMAT;
	if (*count == 0)
	{
		r->at = start;
		return OCCUPANCY_BAD_COUNT;
	}
	if (negative)
		*count = -*count;

	return OCCUPANCY_OK;
}

/* The count changes at a minute. */
static bool
write_change(writer *w, int32_t minute, int32_t change)
{
	int32_t step = 2 * minute + (change > 0);
	size_t n = (size_t) (change < 0 ? -change : change);

	if (n > OCCUPANCY_MAX_STEPS - w->n)
		return false;
	if (w->steps != NULL)
		for (size_t i = 0; i < n; i++)
			w->steps[w->n + i] = step;
	w->n += n;

	return true;
}

static occupancy_error
read_period(reader *r, writer *w)
{
	size_t start = r->at;
	occupancy_error error;
	int32_t from;
	int32_t to;
	int32_t count;

	if (!accept(r, '['))
		return OCCUPANCY_BAD_FORMAT;
	error = read_minute(r, &from);
	if (error != OCCUPANCY_OK)
		return error;
	if (!accept(r, ','))
		return OCCUPANCY_BAD_FORMAT;
	error = read_minute(r, &to);
	if (error != OCCUPANCY_OK)
		return error;
	if (!accept(r, ')'))
		return OCCUPANCY_BAD_FORMAT;
	error = read_count(r, &count);
	if (error != OCCUPANCY_OK)
		return error;

	if (from >= to || from < w->to)
	{
		r->at = start;
		return OCCUPANCY_BAD_ORDER;
	}

	if (from > w->to)
	{
		if (!write_change(w, w->to, -w->count))
			return OCCUPANCY_TOO_LONG;
		w->count = 0;
	}
	if (!write_change(w, from, count - w->count))
		return OCCUPANCY_TOO_LONG;
	w->to = to;
	w->count = count;

	return OCCUPANCY_OK;
}

occupancy_error
occupancy_parse(const char *s, size_t len, int32_t *steps, size_t *n,
				size_t *error_position)
{
	reader r = {.s = s, .len = len, .at = 0};
	writer w = {.steps = steps, .n = 0, .to = OCCUPANCY_FIRST, .count = 0};
	occupancy_error error = OCCUPANCY_BAD_FORMAT;

	skip_blanks(&r);
	if (accept(&r, '{'))
	{
		skip_blanks(&r);
		error = OCCUPANCY_OK;
		if (!accept(&r, '}'))
		{
			do
			{
				skip_blanks(&r);
				error = read_period(&r, &w);
				if (error != OCCUPANCY_OK)
					break;
				skip_blanks(&r);
			} while (accept(&r, ','));

			if (error == OCCUPANCY_OK && !accept(&r, '}'))
				error = OCCUPANCY_BAD_FORMAT;
			if (error == OCCUPANCY_OK && !write_change(&w, w.to, -w.count))
				error = OCCUPANCY_TOO_LONG;
		}
	}
	if (error == OCCUPANCY_OK)
	{
		skip_blanks(&r);
		if (r.at < r.len)
			error = OCCUPANCY_BAD_FORMAT;
	}
	*n = w.n;
	*error_position = r.at;

	return error;
}

static char *
write_digits(char *out, int number, int digits)
{
	for (int i = digits - 1; i >= 0; i--, number /= 10)
		out[i] = (char) ('0' + number % 10);

	return out + digits;
}

static char *
write_minute(char *out, int32_t minute)
{
	int32_t since = minute - OCCUPANCY_FIRST;
	int32_t of_day = since % OCCUPANCY_MINUTES_PER_DAY;
	int year;
	int month;
	int day;

	date_of_day((minute - of_day) / OCCUPANCY_MINUTES_PER_DAY, &year, &month,
				&day);
	out = write_digits(out, year, 4);
	*out++ = '-';
	out = write_digits(out, month, 2);
	*out++ = '-';
	out = write_digits(out, day, 2);
	*out++ = ' ';
	out = write_digits(out, of_day / 60, 2);
	*out++ = ':';

	return write_digits(out, of_day % 60, 2);
}

size_t
occupancy_format(const int32_t *steps, size_t n, char *out)
{
	char *end = out;
	int32_t count = 0;

	*end++ = '{';
	for (size_t i = 0; i < n; i++)
	{
		int32_t from = occupancy_step_minute(steps[i]);
		int32_t to;

		count += occupancy_step_change(steps[i]);
		if (i + 1 == n || count == 0)
			continue;
		to = occupancy_step_minute(steps[i + 1]);
		if (from == to)
			continue;

		if (end > out + 1)
			*end++ = ',';
		*end++ = '[';
		end = write_minute(end, from);
		*end++ = ',';
		end = write_minute(end, to);
		*end++ = ')';
		if (count != 1)
			end += sprintf(end, "x%d", (int) count);
	}
	*end++ = '}';
	*end = '\0';

	return (size_t) (end - out);
}
