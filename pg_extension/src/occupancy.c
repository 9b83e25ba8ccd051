/*
 * Type occupancy: the steps, as int32s in a varlena.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "compat.h"
#include "invalid_input.h"
#include "occupancy.h"
#include "occupancy_parse.h"

#define STEPS(value) ((int32 *) VARDATA(value))
#define STEPS_SIZE(n) (VARHDRSZ + (n) * sizeof(int32))

static const char *const reasons[] = {
	[OCCUPANCY_BAD_FORMAT] =
		"expected periods as {[2025-03-01 09:00,2025-03-01 11:30),...}",
	[OCCUPANCY_BAD_TIME] = "no such time",
	[OCCUPANCY_BAD_ORDER] =
		"each period ends after it starts and before the next one starts",
	[OCCUPANCY_BAD_COUNT] = "a period counted zero times is left out",
	[OCCUPANCY_TOO_LONG] = "too many periods",
};

static struct varlena *
finish(struct varlena *value, Size n)
{
	if (n > OCCUPANCY_MAX_STEPS)
		ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				errmsg("too many periods for one occupancy"));
	SET_VARSIZE(value, STEPS_SIZE(n));

	return value;
}

Datum
occupancy_from_steps(const int32 *steps, Size n)
{
	struct varlena *value = palloc(STEPS_SIZE(n));

	if (n > 0)
		memcpy(STEPS(value), steps, n * sizeof(int32));

	return PointerGetDatum(finish(value, n));
}

const int32 *
occupancy_steps(Datum occupancy, Size *n)
{
	struct varlena *value = PG_DETOAST_DATUM(occupancy);

	*n = (VARSIZE(value) - VARHDRSZ) / sizeof(int32);

	return STEPS(value);
}

Datum
occupancy_add(Datum total, const int32 *steps, Size n, int sign)
{
	Size ntotal;
	const int32 *old = occupancy_steps(total, &ntotal);
	struct varlena *value = palloc(STEPS_SIZE(ntotal + n));

	n = occupancy_merge(old, ntotal, steps, n, sign, STEPS(value));

	return PointerGetDatum(finish(value, n));
}

PG_FUNCTION_INFO_V1(occupancy_in);
Datum
occupancy_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	size_t len = strlen(s);
	struct varlena *value;
	occupancy_error error;
	size_t position;
	size_t n;

	error = occupancy_parse(s, len, NULL, &n, &position);
	if (error != OCCUPANCY_OK)
		return invalid_text(fcinfo, "occupancy", reasons[error], s, position);

	value = palloc(STEPS_SIZE(n));
	occupancy_parse(s, len, STEPS(value), &n, &position);

	PG_RETURN_POINTER(finish(value, n));
}

PG_FUNCTION_INFO_V1(occupancy_out);
Datum
occupancy_out(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);
	char *s = palloc(OCCUPANCY_TEXT_SIZE(n));

	occupancy_format(steps, n, s);

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(occupancy_recv);
Datum
occupancy_recv(PG_FUNCTION_ARGS)
{
	StringInfo message = (StringInfo) PG_GETARG_POINTER(0);
	Size n = (message->len - message->cursor) / sizeof(int32);
	struct varlena *value = palloc(STEPS_SIZE(n));

	for (Size i = 0; i < n; i++)
		STEPS(value)[i] = (int32) pq_getmsgint(message, sizeof(int32));
	if (!occupancy_valid(STEPS(value), n))
		ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				errmsg("invalid binary occupancy"));

	PG_RETURN_POINTER(finish(value, n));
}

PG_FUNCTION_INFO_V1(occupancy_send);
Datum
occupancy_send(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	for (Size i = 0; i < n; i++)
		pq_sendint32(&buffer, steps[i]);

	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

static bool
same_steps(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	bool same = VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);

	return same;
}

PG_FUNCTION_INFO_V1(occupancy_eq);
Datum
occupancy_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(same_steps(fcinfo));
}

PG_FUNCTION_INFO_V1(occupancy_ne);
Datum
occupancy_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!same_steps(fcinfo));
}

PG_FUNCTION_INFO_V1(occupancy_hash);
Datum
occupancy_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum hash = hash_any((const unsigned char *) VARDATA_ANY(value),
						  VARSIZE_ANY_EXHDR(value));

	PG_FREE_IF_COPY(value, 0);

	return hash;
}

PG_FUNCTION_INFO_V1(occupancy_hash_extended);
Datum
occupancy_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_VARLENA_PP(0);
	Datum hash = hash_any_extended((const unsigned char *) VARDATA_ANY(value),
								   VARSIZE_ANY_EXHDR(value),
								   PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);

	return hash;
}

static Datum
combine(FunctionCallInfo fcinfo, int sign)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(1), &n);

	return occupancy_add(PG_GETARG_DATUM(0), steps, n, sign);
}

PG_FUNCTION_INFO_V1(occupancy_pl);
Datum
occupancy_pl(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(occupancy_mi);
Datum
occupancy_mi(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, -1);
}

PG_FUNCTION_INFO_V1(occupancy_um);
Datum
occupancy_um(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);
	struct varlena *value = palloc(STEPS_SIZE(n));

	occupancy_merge(NULL, 0, steps, n, -1, STEPS(value));

	PG_RETURN_POINTER(finish(value, n));
}

PG_FUNCTION_INFO_V1(occupancy_has_overlap);
Datum
occupancy_has_overlap(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);

	PG_RETURN_BOOL(occupancy_overlaps(steps, n));
}

PG_FUNCTION_INFO_V1(occupancy_occupied_minutes);
Datum
occupancy_occupied_minutes(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);

	PG_RETURN_INT64(occupancy_minutes(steps, n));
}

PG_FUNCTION_INFO_V1(occupancy_busiest_day_minutes);
Datum
occupancy_busiest_day_minutes(PG_FUNCTION_ARGS)
{
	Size n;
	const int32 *steps = occupancy_steps(PG_GETARG_DATUM(0), &n);

	PG_RETURN_INT32(occupancy_busiest_day(steps, n));
}
