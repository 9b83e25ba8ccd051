#include "fuzz.h"

#include "occupancy_steps.h"

#define DAYS 3
#define MINUTES (DAYS * OCCUPANCY_MINUTES_PER_DAY)

/* Days on both sides of the epoch. */
#define FIRST (-OCCUPANCY_MINUTES_PER_DAY)

#define PERIOD_BYTES 4
#define MAX_PERIODS 16

typedef struct
{
	int32_t steps[2 * MAX_PERIODS];
	size_t n;
} value;

/* The count of each minute, one by one. */
typedef int32_t counts[MINUTES];

static int
read_period(const uint8_t *data, OccupancyPeriod *period)
{
	period->from = FIRST + (data[0] << 8 | data[1]) % MINUTES;
	period->to = period->from +
		((data[2] & 0x7f) << 8 | data[3]) % (FIRST + MINUTES - period->from);

	return data[2] & 0x80 ? -1 : 1;
}

static void
count_period(counts minutes, OccupancyPeriod period, int sign)
{
	for (int32_t minute = period.from; minute < period.to; minute++)
		minutes[minute - FIRST] += sign;
}

static value
value_of(const uint8_t *data, size_t periods, counts minutes)
{
	value v;

	for (size_t i = 0; i < periods; i++)
	{
		OccupancyPeriod period;
		int sign = read_period(data + PERIOD_BYTES * i, &period);

		occupancy_period_steps(period, sign, v.steps + 2 * i);
		count_period(minutes, period, sign);
	}
	v.n = occupancy_sort(v.steps, 2 * periods);
	REQUIRE(occupancy_valid(v.steps, v.n));

	return v;
}

static value
merged(const value *a, const value *b, int sign)
{
	value v;

	v.n = occupancy_merge(a->steps, a->n, b->steps, b->n, sign, v.steps);
	REQUIRE(occupancy_valid(v.steps, v.n));

	return v;
}

static bool
same(const value *a, const value *b)
{
	return a->n == b->n &&
		memcmp(a->steps, b->steps, a->n * sizeof(int32_t)) == 0;
}

static void
agrees(const value *v, const counts minutes)
{
	int32_t busiest = 0;
	int64_t sum = 0;
	bool overlaps = false;

	for (int day = 0; day < DAYS; day++)
	{
		int32_t of_day = 0;

		for (int i = 0; i < OCCUPANCY_MINUTES_PER_DAY; i++)
		{
			int32_t count = minutes[day * OCCUPANCY_MINUTES_PER_DAY + i];

			of_day += count;
			overlaps |= count > 1 || count < 0;
		}
		sum += of_day;
		if (of_day > busiest)
			busiest = of_day;
	}

	REQUIRE(occupancy_minutes(v->steps, v->n) == sum);
	REQUIRE(occupancy_busiest_day(v->steps, v->n) == busiest);
	REQUIRE(occupancy_overlaps(v->steps, v->n) == overlaps);
}

/* Two values, their sum and their difference against counting minutes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t periods = size / PERIOD_BYTES;
	size_t half = periods / 2;
	counts minutes = {0};
	value left;
	value right;
	value sum;
	value back;

	if (periods > MAX_PERIODS)
		return -1;

	left = value_of(data, half, minutes);
	agrees(&left, minutes);
	right = value_of(data + PERIOD_BYTES * half, periods - half, minutes);
	sum = merged(&left, &right, 1);
	agrees(&sum, minutes);
	back = merged(&sum, &right, -1);
	REQUIRE(same(&back, &left));

	return 0;
}
