/*
 * Type service_hours: minutes as an int8.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/multirangetypes.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "invalid_input.h"
#include "service_hours_parse.h"

#define MINUTES_PER_DAY (HOURS_PER_DAY * MINS_PER_HOUR)

/* How a record was entered and what its hours are, as national platforms code it. */
enum
{
	FORCED_SIGN_OUT = 0,
	ENTERED_BY_GROUP = 1,
	ENTERED_ON_APPLICATION = 2,
};
enum
{
	MEASURED = 1,
	DECLARED = 2,
};

static const char *const reasons[] = {
	[SERVICE_HOURS_BAD_FORMAT] =
		"expected hours as 2:30, 2.5, 2h30m, 2小时30分 or PT2H30M",
	[SERVICE_HOURS_BAD_MINUTES] = "minutes are 00 to 59",
	[SERVICE_HOURS_OUT_OF_RANGE] = "out of range",
};

PG_FUNCTION_INFO_V1(service_hours_in);
Datum
service_hours_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	service_hours_error error;
	int64_t minutes;
	size_t position;

	error = service_hours_parse(s, strlen(s), &minutes, &position);
	if (error != SERVICE_HOURS_OK)
		return invalid_text(fcinfo, "service_hours", reasons[error], s,
							position);

	PG_RETURN_INT64(minutes);
}

PG_FUNCTION_INFO_V1(service_hours_out);
Datum
service_hours_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(SERVICE_HOURS_SIZE);

	service_hours_format(PG_GETARG_INT64(0), s);

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(service_hours_to_numeric);
Datum
service_hours_to_numeric(PG_FUNCTION_ARGS)
{
	Numeric minutes = int64_to_numeric(PG_GETARG_INT64(0));
	Numeric sixty = int64_to_numeric(MINS_PER_HOUR);
	Datum hours = DirectFunctionCall2(numeric_div, NumericGetDatum(minutes),
									  NumericGetDatum(sixty));

	return DirectFunctionCall2(numeric_round, hours, Int32GetDatum(2));
}

PG_FUNCTION_INFO_V1(service_hours_from_numeric);
Datum
service_hours_from_numeric(PG_FUNCTION_ARGS)
{
	Numeric hours = PG_GETARG_NUMERIC(0);
	Numeric sixty = int64_to_numeric(MINS_PER_HOUR);
	Datum minutes;

	/* of these the server says that it does not support them */
	if (numeric_is_nan(hours) || numeric_is_inf(hours))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("service_hours out of range"));

	minutes = DirectFunctionCall2(numeric_mul, NumericGetDatum(hours),
								  NumericGetDatum(sixty));

	return DirectFunctionCall1(numeric_int8, minutes);
}

PG_FUNCTION_INFO_V1(service_hours_to_interval);
Datum
service_hours_to_interval(PG_FUNCTION_ARGS)
{
	Interval *interval = palloc0(sizeof(Interval));

	if (pg_mul_s64_overflow(PG_GETARG_INT64(0), USECS_PER_MINUTE,
							&interval->time))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("interval out of range"));

	PG_RETURN_INTERVAL_P(interval);
}

PG_FUNCTION_INFO_V1(service_hours_from_interval);
Datum
service_hours_from_interval(PG_FUNCTION_ARGS)
{
	const Interval *interval = PG_GETARG_INTERVAL_P(0);
	int64 minutes = interval->time / USECS_PER_MINUTE;
	int64 rest = interval->time % USECS_PER_MINUTE;

	/* an infinite interval has months as well */
	if (interval->month != 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("an interval with months is no number of hours"));

	if (rest >= USECS_PER_MINUTE / 2)
		minutes++;
	else if (rest <= -USECS_PER_MINUTE / 2)
		minutes--;

	PG_RETURN_INT64((int64) interval->day * MINUTES_PER_DAY + minutes);
}

/* Longer than an int64 tells, but all time there is fits. */
static uint64
length_of_period(const RangeBound *start, const RangeBound *end)
{
	if (start->infinite ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestamp(start->val)) || end->infinite ||
		TIMESTAMP_NOT_FINITE(DatumGetTimestamp(end->val)))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a period of service has a start and an end"));

	return (uint64) DatumGetTimestamp(end->val) -
		(uint64) DatumGetTimestamp(start->val);
}

/*
 * Of a tstzmultirange or a tsmultirange.  Its ranges are apart, so no minute
 * counts twice; what is left over of a minute does not count.
 */
PG_FUNCTION_INFO_V1(covered_hours);
Datum
covered_hours(PG_FUNCTION_ARGS)
{
	MultirangeType *periods = PG_GETARG_MULTIRANGE_P(0);
	TypeCacheEntry *type =
		multirange_get_typcache(fcinfo, MultirangeTypeGetOid(periods));
	uint64 covered = 0;

	for (uint32 i = 0; i < periods->rangeCount; i++)
	{
		RangeBound start;
		RangeBound end;

		multirange_get_bounds(type->rngtype, periods, i, &start, &end);
		covered += length_of_period(&start, &end);
	}

	PG_RETURN_INT64(covered / USECS_PER_MINUTE);
}

/* Of a tstzrange, the first argument. */
static int64
minutes_of_range(FunctionCallInfo fcinfo)
{
	RangeType *period = PG_GETARG_RANGE_P(0);
	TypeCacheEntry *type = range_get_typcache(fcinfo, RangeTypeGetOid(period));
	RangeBound start;
	RangeBound end;
	bool empty;

	range_deserialize(type, period, &start, &end, &empty);

	return empty ? 0 : length_of_period(&start, &end) / USECS_PER_MINUTE;
}

PG_FUNCTION_INFO_V1(covered_hours_of_range);
Datum
covered_hours_of_range(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(minutes_of_range(fcinfo));
}

PG_FUNCTION_INFO_V1(counted_hours);
Datum
counted_hours(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(
		PG_GETARG_INT16(1) == FORCED_SIGN_OUT ? 0 : minutes_of_range(fcinfo));
}

PG_FUNCTION_INFO_V1(counted_minutes);
Datum
counted_minutes(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(int84, counted_hours(fcinfo));
}

static bool
is_declared(int16 entry_method)
{
	return entry_method == ENTERED_BY_GROUP ||
		entry_method == ENTERED_ON_APPLICATION;
}

PG_FUNCTION_INFO_V1(declared_hours);
Datum
declared_hours(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(is_declared(PG_GETARG_INT16(1)) ? minutes_of_range(fcinfo)
													: 0);
}

PG_FUNCTION_INFO_V1(hours_nature);
Datum
hours_nature(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(is_declared(PG_GETARG_INT16(0)) ? DECLARED : MEASURED);
}

/* The state is that of avg(bigint), so its final function divides. */
PG_FUNCTION_INFO_V1(service_hours_avg);
Datum
service_hours_avg(PG_FUNCTION_ARGS)
{
	Datum minutes = numeric_poly_avg(fcinfo);

	if (fcinfo->isnull)
		return (Datum) 0;

	return DirectFunctionCall1(numeric_int8, minutes);
}
