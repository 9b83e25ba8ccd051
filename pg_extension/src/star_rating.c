/*
 * Type star_rating: 0 to 5 in one byte.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "common/int.h"
#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "invalid_input.h"
#include "star_rating_parse.h"

static const char *const reasons[] = {
	[STAR_RATING_BAD_FORMAT] = "expected 0 to 5, 三星 or ★★★",
};

/* In minutes, for one star to five. */
static const int64 national_thresholds[STAR_RATING_MAX] = {
	100 * 60, 300 * 60, 600 * 60, 1000 * 60, 1500 * 60,
};

PG_FUNCTION_INFO_V1(star_rating_in);
Datum
star_rating_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	star_rating_error error;
	int rating;
	size_t position;

	error = star_rating_parse(s, strlen(s), &rating, &position);
	if (error != STAR_RATING_OK)
		return invalid_text(fcinfo, "star_rating", reasons[error], s, position);

	PG_RETURN_CHAR(rating);
}

PG_FUNCTION_INFO_V1(star_rating_out);
Datum
star_rating_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(2);

	s[0] = '0' + PG_GETARG_CHAR(0);
	s[1] = '\0';

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(star_rating_recv);
Datum
star_rating_recv(PG_FUNCTION_ARGS)
{
	int rating = pq_getmsgbyte((StringInfo) PG_GETARG_POINTER(0));

	if (!star_rating_is_valid(rating))
		return invalid_binary("star_rating", "expected 0 to 5", 0);

	PG_RETURN_CHAR(rating);
}

PG_FUNCTION_INFO_V1(star_rating_from_integer);
Datum
star_rating_from_integer(PG_FUNCTION_ARGS)
{
	int32 rating = PG_GETARG_INT32(0);

	if (!star_rating_is_valid(rating))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("star_rating out of range"));

	PG_RETURN_CHAR(rating);
}

PG_FUNCTION_INFO_V1(star_rating_stars_text);
Datum
star_rating_stars_text(PG_FUNCTION_ARGS)
{
	char stars[STAR_RATING_STARS_BYTES];

	star_rating_stars(PG_GETARG_CHAR(0), stars);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(stars, sizeof(stars)));
}

PG_FUNCTION_INFO_V1(star_rating_smaller);
Datum
star_rating_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_CHAR(Min(PG_GETARG_CHAR(0), PG_GETARG_CHAR(1)));
}

PG_FUNCTION_INFO_V1(star_rating_larger);
Datum
star_rating_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_CHAR(Max(PG_GETARG_CHAR(0), PG_GETARG_CHAR(1)));
}

/* The five thresholds of a local standard, in minutes. */
static const int64 *
local_thresholds(ArrayType *array)
{
	const int64 *thresholds = (const int64 *) ARR_DATA_PTR(array);

	if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != STAR_RATING_MAX ||
		array_contains_nulls(array))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("a star standard needs five thresholds"));

	for (int i = 1; i < STAR_RATING_MAX; i++)
		if (thresholds[i] <= thresholds[i - 1])
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("the thresholds of a star standard must ascend"));

	return thresholds;
}

static int
rating_of(int64 minutes, const int64 *thresholds)
{
	int rating = 0;

	/* counted to the end: no branch that depends on the hours */
	for (int i = 0; i < STAR_RATING_MAX; i++)
		rating += minutes >= thresholds[i];

	return rating;
}

/* The next star and the minutes that are missing, nulls after the last. */
static Datum
next_star(FunctionCallInfo fcinfo, int64 minutes, const int64 *thresholds)
{
	int rating = rating_of(minutes, thresholds);
	bool top = rating == STAR_RATING_MAX;
	Datum values[2] = {0};
	bool nulls[2] = {top, top};
	TupleDesc row;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	if (!top)
	{
		int64 missing;

		if (pg_sub_s64_overflow(thresholds[rating], minutes, &missing))
			ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("service_hours out of range"));
		values[0] = CharGetDatum(rating + 1);
		values[1] = Int64GetDatum(missing);
	}

	return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

PG_FUNCTION_INFO_V1(star_rating_of_hours);
Datum
star_rating_of_hours(PG_FUNCTION_ARGS)
{
	PG_RETURN_CHAR(rating_of(PG_GETARG_INT64(0), national_thresholds));
}

PG_FUNCTION_INFO_V1(star_rating_of_hours_locally);
Datum
star_rating_of_hours_locally(PG_FUNCTION_ARGS)
{
	ArrayType *standard = PG_GETARG_ARRAYTYPE_P(1);

	PG_RETURN_CHAR(rating_of(PG_GETARG_INT64(0), local_thresholds(standard)));
}

PG_FUNCTION_INFO_V1(next_star_of_hours);
Datum
next_star_of_hours(PG_FUNCTION_ARGS)
{
	return next_star(fcinfo, PG_GETARG_INT64(0), national_thresholds);
}

PG_FUNCTION_INFO_V1(next_star_of_hours_locally);
Datum
next_star_of_hours_locally(PG_FUNCTION_ARGS)
{
	ArrayType *standard = PG_GETARG_ARRAYTYPE_P(1);

	return next_star(fcinfo, PG_GETARG_INT64(0), local_thresholds(standard));
}
