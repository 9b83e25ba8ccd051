/*
 * How many records cover each minute, as steps, without PostgreSQL.
 *
 * A minute is counted on the local clock from 2000-01-01 00:00.  A step is
 * 2 * minute + 1 where a record starts and 2 * minute where one ends; n of
 * them at a minute are written n times.  Sorted, and with starts and ends of
 * one minute cancelled against each other, equal counts have equal steps.
 * The counts are a group: the negative of a step is step ^ 1.
 */
#ifndef OCCUPANCY_STEPS_H
#define OCCUPANCY_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OCCUPANCY_MINUTES_PER_DAY 1440

/* 0001-01-01 00:00 and 4001-01-01 00:00. */
#define OCCUPANCY_FIRST (-730119 * OCCUPANCY_MINUTES_PER_DAY)
#define OCCUPANCY_LAST (730851 * OCCUPANCY_MINUTES_PER_DAY)

/* Of a value; keeps counts and minutes of a day far inside an int32. */
#define OCCUPANCY_MAX_STEPS ((size_t) 1 << 20)

/* Half-open; from = to is no time at all. */
typedef struct OccupancyPeriod
{
	int32_t from;
	int32_t to;
} OccupancyPeriod;

static inline int32_t
occupancy_step_minute(int32_t step)
{
	return step >> 1;
}

/* What a step adds to the count: 1 or -1. */
static inline int32_t
occupancy_step_change(int32_t step)
{
	return (step & 1) * 2 - 1;
}

/* The two steps of a period, counted sign = 1 or -1 times. */
static inline void
occupancy_period_steps(OccupancyPeriod period, int sign, int32_t steps[2])
{
	steps[0] = 2 * period.from + (sign > 0);
	steps[1] = 2 * period.to + (sign < 0);
}

/* Sorts and cancels in place; returns the number of steps that are left. */
size_t occupancy_sort(int32_t *steps, size_t n);

/*
 * Writes a + sign * b, both sorted, to out, which has room for na + nb steps;
 * returns their number.
 */
size_t occupancy_merge(const int32_t *a, size_t na, const int32_t *b, size_t nb,
					   int sign, int32_t *out);

/* Sorted, cancelled, within range and back to zero at the end? */
bool occupancy_valid(const int32_t *steps, size_t n);

/* Some minute counted more than once, or less than never? */
bool occupancy_overlaps(const int32_t *steps, size_t n);

/* Sum of the counts. */
int64_t occupancy_minutes(const int32_t *steps, size_t n);

/* Days that have minutes, one after the other. */
typedef struct OccupancyDays
{
	int32_t day; /* since 2000-01-01 */
	int32_t minutes;

	const int32_t *steps;
	size_t n;
	int32_t at; /* up to where counted, at midnight */
	int32_t count;
} OccupancyDays;

/* Begins before the first day. */
static inline OccupancyDays
occupancy_days(const int32_t *steps, size_t n)
{
	return (OccupancyDays){.steps = steps, .n = n};
}

/* Goes to the next day; false after the last. */
bool occupancy_next_day(OccupancyDays *days);

/* The minutes of the day that has most, never less than zero. */
int32_t occupancy_busiest_day(const int32_t *steps, size_t n);

#endif
