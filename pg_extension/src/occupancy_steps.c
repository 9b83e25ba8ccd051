#include "occupancy_steps.h"

#include <stdlib.h>

/* Up to here insertion is faster than qsort. */
#define FEW 32

static int
compare(const void *a, const void *b)
{
	int32_t x = *(const int32_t *) a;
	int32_t y = *(const int32_t *) b;

	return (x > y) - (x < y);
}

/* Appends a step that is not less than those before it. */
static inline size_t
append(int32_t *steps, size_t n, int32_t step)
{
	if (n > 0 && (steps[n - 1] ^ step) == 1)
		return n - 1;
	steps[n] = step;

	return n + 1;
}

size_t
occupancy_sort(int32_t *steps, size_t n)
{
	size_t left = 0;

	if (n > FEW)
		qsort(steps, n, sizeof(int32_t), compare);
	else
		for (size_t i = 1; i < n; i++)
		{
			int32_t step = steps[i];
			size_t at = i;

			for (; at > 0 && steps[at - 1] > step; at--)
				steps[at] = steps[at - 1];
			steps[at] = step;
		}

	for (size_t i = 0; i < n; i++)
		left = append(steps, left, steps[i]);

	return left;
}

size_t
occupancy_merge(const int32_t *a, size_t na, const int32_t *b, size_t nb,
				int sign, int32_t *out)
{
	int32_t flip = sign < 0;
	size_t n = 0;

	while (na > 0 && nb > 0)
		if (*a <= (*b ^ flip))
		{
			n = append(out, n, *a++);
			na--;
		}
		else
		{
			n = append(out, n, *b++ ^ flip);
			nb--;
		}
	for (; na > 0; na--)
		n = append(out, n, *a++);
	for (; nb > 0; nb--)
		n = append(out, n, *b++ ^ flip);

	return n;
}

bool
occupancy_valid(const int32_t *steps, size_t n)
{
	int64_t count = 0;

	for (size_t i = 0; i < n; i++)
	{
		int32_t minute = occupancy_step_minute(steps[i]);

		if (minute < OCCUPANCY_FIRST || minute > OCCUPANCY_LAST)
			return false;
		if (i > 0 &&
			(steps[i] < steps[i - 1] || (steps[i] ^ steps[i - 1]) == 1))
			return false;
		count += occupancy_step_change(steps[i]);
	}

	return count == 0;
}

bool
occupancy_overlaps(const int32_t *steps, size_t n)
{
	/* each record ends before the next one starts */
	for (size_t i = 0; i < n; i++)
		if ((steps[i] & 1) == (i & 1))
			return true;

	return false;
}

int64_t
occupancy_minutes(const int32_t *steps, size_t n)
{
	int64_t minutes = 0;

	for (size_t i = 0; i < n; i++)
		minutes -= (int64_t) occupancy_step_minute(steps[i]) *
			occupancy_step_change(steps[i]);

	return minutes;
}

bool
occupancy_next_day(OccupancyDays *days)
{
	while (days->n > 0)
	{
		int32_t at = days->count != 0 ? days->at
									  : occupancy_step_minute(*days->steps);
		int32_t of_era = (at - OCCUPANCY_FIRST) / OCCUPANCY_MINUTES_PER_DAY;
		int32_t midnight = OCCUPANCY_FIRST +
			(of_era + 1) * OCCUPANCY_MINUTES_PER_DAY;
		int32_t minutes = 0;

		for (; days->n > 0; days->steps++, days->n--)
		{
			int32_t minute = occupancy_step_minute(*days->steps);

			if (minute >= midnight)
				break;
			minutes += days->count * (minute - at);
			days->count += occupancy_step_change(*days->steps);
			at = minute;
		}
		minutes += days->count * (midnight - at);
		days->at = midnight;

		if (minutes != 0)
		{
			days->day = midnight / OCCUPANCY_MINUTES_PER_DAY - 1;
			days->minutes = minutes;
			return true;
		}
	}

	return false;
}

int32_t
occupancy_busiest_day(const int32_t *steps, size_t n)
{
	OccupancyDays days = occupancy_days(steps, n);
	int32_t most = 0;

	while (occupancy_next_day(&days))
		if (days.minutes > most)
			most = days.minutes;

	return most;
}
