/*
 * Type region_code: the twelve digits as an int8.
 */
#include "postgres.h"

#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "invalid_input.h"
#include "region_code.h"
#include "region_code_parse.h"

static const char *const reasons[] = {
	[REGION_CODE_BAD_LENGTH] = "must have 2, 4, 6, 9 or 12 digits",
	[REGION_CODE_BAD_CHARACTER] = "not a digit",
	[REGION_CODE_BAD_PROVINCE] = "no such province",
};

#define VILLAGE 5

/* How many codes a division of each level has; index 0 is the whole country. */
static const int64 spans[] = {
	INT64CONST(1000000000000),
	INT64CONST(10000000000), /* province */
	INT64CONST(100000000),	 /* city */
	INT64CONST(1000000),	 /* county */
	INT64CONST(1000),		 /* township */
	INT64CONST(1)			 /* village */
};

/* The level whose digits are the last that are not all zero. */
static int
level_of(int64 code)
{
	if (code % 1000 != 0)
		return VILLAGE;
	if (code % 1000000 != 0)
		return 4;
	if (code % 100000000 != 0)
		return 3;
	if (code % INT64CONST(10000000000) != 0)
		return 2;

	return 1;
}

int64
region_last(int64 code)
{
	return code + spans[level_of(code)] - 1;
}

static bool
is_within(int64 code, int64 region)
{
	return code >= region && code <= region_last(region);
}

PG_FUNCTION_INFO_V1(region_code_in);
Datum
region_code_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	region_code_error error;
	int64_t value;
	size_t position;

	error = region_code_parse(s, strlen(s), &value, &position);
	if (error != REGION_CODE_OK)
		return invalid_text(fcinfo, "region_code", reasons[error], s, position);

	PG_RETURN_INT64(value);
}

PG_FUNCTION_INFO_V1(region_code_out);
Datum
region_code_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(REGION_CODE_CHARS + 1);

	region_code_format(PG_GETARG_INT64(0), s);
	s[REGION_CODE_CHARS] = '\0';

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(region_code_recv);
Datum
region_code_recv(PG_FUNCTION_ARGS)
{
	int64 received = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));
	region_code_error error;
	size_t position;

	error = region_code_check(received, &position);
	if (error != REGION_CODE_OK)
		return invalid_binary("region_code", reasons[error], position);

	PG_RETURN_INT64(received);
}

PG_FUNCTION_INFO_V1(region_code_level);
Datum
region_code_level(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(level_of(PG_GETARG_INT64(0)));
}

/*
 * A division directly below a city that has no counties (东莞, 中山, 儋州,
 * 嘉峪关) has that city as its parent.
 */
PG_FUNCTION_INFO_V1(region_code_parent);
Datum
region_code_parent(PG_FUNCTION_ARGS)
{
	int64 code = PG_GETARG_INT64(0);
	int level = level_of(code);

	if (level == 1)
		PG_RETURN_NULL();

	PG_RETURN_INT64(code - code % spans[level - 1]);
}

PG_FUNCTION_INFO_V1(region_code_lineage);
Datum
region_code_lineage(PG_FUNCTION_ARGS)
{
	int64 code = PG_GETARG_INT64(0);
	Oid type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	Datum divisions[VILLAGE];
	int count = 0;

	for (int level = 1; level <= level_of(code); level++)
	{
		int64 division = code - code % spans[level];

		/* a city without counties is none of its own counties */
		if (level_of(division) == level)
			divisions[count++] = Int64GetDatum(division);
	}

	PG_RETURN_ARRAYTYPE_P(construct_array(divisions, count, type, sizeof(int64),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(region_code_subtree);
Datum
region_code_subtree(PG_FUNCTION_ARGS)
{
	int64 code = PG_GETARG_INT64(0);
	Datum values[] = {Int64GetDatum(code), Int64GetDatum(region_last(code))};
	bool nulls[lengthof(values)] = {false};
	TupleDesc row;

	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

PG_FUNCTION_INFO_V1(region_code_last);
Datum
region_code_last(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(region_last(PG_GETARG_INT64(0)));
}

PG_FUNCTION_INFO_V1(region_code_contained);
Datum
region_code_contained(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_within(PG_GETARG_INT64(0), PG_GETARG_INT64(1)));
}

PG_FUNCTION_INFO_V1(region_code_contains);
Datum
region_code_contains(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_within(PG_GETARG_INT64(1), PG_GETARG_INT64(0)));
}
