/*
 * Ranges of time as occupancy, and occupancy as ranges and by day.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/date.h"
#include "utils/multirangetypes.h"
#include "utils/rangetypes.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "compat.h"
#include "occupancy.h"

/*
 * Seconds that the clock of Asia/Shanghai is ahead of UTC.  It has stood still
 * since 1991, so what was found last time nearly always holds.
 */
static long
clock_offset(pg_time_t at)
{
	static pg_tz *zone = NULL;
	static pg_time_t from = 0;
	static pg_time_t until = 0;
	static long offset;

	if (at < from || at >= until)
	{
		long before;
		long after;
		int is_dst;
		pg_time_t next;
		int found;

		if (zone == NULL)
			zone = pg_tzset("Asia/Shanghai");
		if (zone == NULL)
			ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
					errmsg("time zone Asia/Shanghai is not installed"));

		found = pg_next_dst_boundary(&at, &before, &is_dst, &next, &after,
									 &is_dst, zone);
		if (found < 0)
			elog(ERROR, "no offset of time zone Asia/Shanghai");
		offset = before;
		from = at;
		until = found ? next : PG_INT64_MAX;
	}

	return offset;
}

static bool
minute_of_bound(const RangeBound *bound, Oid range_type, int32 *minute,
				const char **reason)
{
	Timestamp at;

	if (bound->infinite || TIMESTAMP_NOT_FINITE(DatumGetTimestamp(bound->val)))
	{
		*reason = "a period of service has a start and an end";
		return false;
	}
	at = DatumGetTimestamp(bound->val);
	if (range_type == TSTZRANGEOID)
		at += clock_offset(timestamptz_to_time_t(at)) * USECS_PER_SEC;
	if (at % USECS_PER_MINUTE != 0)
	{
		*reason = "a period of service starts and ends at whole minutes";
		return false;
	}
	at /= USECS_PER_MINUTE;
	if (at < OCCUPANCY_FIRST || at > OCCUPANCY_LAST)
	{
		*reason = "a period of service lies in the years 1 to 4000";
		return false;
	}
	*minute = (int32) at;

	return true;
}

bool
occupancy_period(Datum range, Oid range_type, OccupancyPeriod *period,
				 const char **reason)
{
	TypeCacheEntry *cache = lookup_type_cache(range_type, TYPECACHE_RANGE_INFO);
	RangeBound lower;
	RangeBound upper;
	bool empty;

	range_deserialize(cache, DatumGetRangeTypeP(range), &lower, &upper, &empty);
	if (empty)
	{
		*period = (OccupancyPeriod){0, 0};
		return true;
	}
	if (!minute_of_bound(&lower, range_type, &period->from, reason) ||
		!minute_of_bound(&upper, range_type, &period->to, reason))
		return false;
	if (!lower.inclusive || upper.inclusive)
	{
		*reason = "a period of service includes its start and excludes its end";
		return false;
	}

	/* possible when clocks went back, as they did until 1991 */
	if (period->from >= period->to)
	{
		*reason = "a period of service ends after it starts, on the clock";
		return false;
	}

	return true;
}

static Datum
occupancy_of_range(FunctionCallInfo fcinfo, Oid range_type)
{
	OccupancyPeriod period;
	const char *reason;
	int32 steps[2];

	if (!occupancy_period(PG_GETARG_DATUM(0), range_type, &period, &reason))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("%s", reason));
	occupancy_period_steps(period, 1, steps);

	return occupancy_from_steps(steps, period.from < period.to ? 2 : 0);
}

PG_FUNCTION_INFO_V1(occupancy_from_tstzrange);
Datum
occupancy_from_tstzrange(PG_FUNCTION_ARGS)
{
	return occupancy_of_range(fcinfo, TSTZRANGEOID);
}

PG_FUNCTION_INFO_V1(occupancy_from_tsrange);
Datum
occupancy_from_tsrange(PG_FUNCTION_ARGS)
{
	return occupancy_of_range(fcinfo, TSRANGEOID);
}

static bool
has_whole_minutes(FunctionCallInfo fcinfo, Oid range_type)
{
	OccupancyPeriod period;
	const char *reason;

	return occupancy_period(PG_GETARG_DATUM(0), range_type, &period, &reason);
}

PG_FUNCTION_INFO_V1(tstzrange_has_whole_minutes);
Datum
tstzrange_has_whole_minutes(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(has_whole_minutes(fcinfo, TSTZRANGEOID));
}

PG_FUNCTION_INFO_V1(tsrange_has_whole_minutes);
Datum
tsrange_has_whole_minutes(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(has_whole_minutes(fcinfo, TSRANGEOID));
}

/* Microseconds of the clock of Asia/Shanghai. */
static Timestamp
clock_of_bound(const RangeBound *bound)
{
	TimestampTz at = DatumGetTimestampTz(bound->val);

	return at + clock_offset(timestamptz_to_time_t(at)) * USECS_PER_SEC;
}

PG_FUNCTION_INFO_V1(tstzrange_is_within_day);
Datum
tstzrange_is_within_day(PG_FUNCTION_ARGS)
{
	RangeType *period = PG_GETARG_RANGE_P(0);
	DateADT day = PG_GETARG_DATEADT(1);
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(period));
	RangeBound lower;
	RangeBound upper;
	bool empty;
	Timestamp from;
	Timestamp midnight;

	range_deserialize(type, period, &lower, &upper, &empty);
	if (empty || lower.infinite || upper.infinite ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(lower.val)) ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(upper.val)))
		PG_RETURN_BOOL(false);

	from = clock_of_bound(&lower);
	midnight = from - from % USECS_PER_DAY;
	if (midnight > from)
		midnight -= USECS_PER_DAY;

	PG_RETURN_BOOL(midnight / USECS_PER_DAY == day &&
				   clock_of_bound(&upper) <= midnight + USECS_PER_DAY);
}

static RangeType *
range_of_minutes(TypeCacheEntry *cache, int32 from, int32 to)
{
	RangeBound lower = {
		.val = TimestampGetDatum((Timestamp) from * USECS_PER_MINUTE),
		.inclusive = true,
		.lower = true,
	};
	RangeBound upper = {
		.val = TimestampGetDatum((Timestamp) to * USECS_PER_MINUTE),
	};

	return make_range(cache, &lower, &upper, false, NULL);
}

PG_FUNCTION_INFO_V1(occupancy_periods);
Datum
occupancy_periods(PG_FUNCTION_ARGS)
{
	TypeCacheEntry *cache = lookup_type_cache(TSRANGEOID, TYPECACHE_RANGE_INFO);
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);
	RangeType **ranges = palloc(Max(n, 1) * sizeof(RangeType *));
	int32 nranges = 0;
	int32 count = 0;
	int32 from = 0;

	for (Size i = 0; i < n; i++)
	{
		int32 before = count;

		count += occupancy_step_change(steps[i]);
		if (before == 0 && count == 1)
			from = occupancy_step_minute(steps[i]);
		else if (before == 1 && count == 0)
			ranges[nranges++] =
				range_of_minutes(cache, from, occupancy_step_minute(steps[i]));
	}

	PG_RETURN_MULTIRANGE_P(
		make_multirange(TSMULTIRANGEOID, cache, nranges, ranges));
}

PG_FUNCTION_INFO_V1(occupancy_minutes_by_day);
Datum
occupancy_minutes_by_day(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);
	OccupancyDays days = occupancy_days(steps, n);

	InitMaterializedSRF(fcinfo, 0);
	while (occupancy_next_day(&days))
	{
		Datum values[] = {DateADTGetDatum(days.day),
						  Int32GetDatum(days.minutes)};
		bool nulls[] = {false, false};

		CHECK_FOR_INTERRUPTS();
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}

	return (Datum) 0;
}
