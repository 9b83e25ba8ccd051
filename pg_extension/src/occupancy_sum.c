/*
 * Aggregate sum(occupancy): steps are gathered and sorted when the room for
 * them is used up, so that each is moved a few times however many there are.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"
#include "occupancy.h"

#define INITIAL_ROOM 64

typedef struct Sum
{
	int32 *steps;
	Size n;
	Size room;
} Sum;

static Sum *
sum_create(FunctionCallInfo fcinfo)
{
	MemoryContext context;
	Sum *sum;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "sum of occupancy called outside an aggregate");

	sum = MemoryContextAlloc(context, sizeof(Sum));
	sum->n = 0;
	sum->room = INITIAL_ROOM;
	sum->steps = MemoryContextAlloc(context, sum->room * sizeof(int32));

	return sum;
}

static void
sum_add(Sum *sum, const int32 *steps, Size n)
{
	if (n > sum->room - sum->n)
	{
		sum->n = occupancy_sort(sum->steps, sum->n);
		if (sum->n > OCCUPANCY_MAX_STEPS)
			ereport(ERROR, errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					errmsg("too many periods for one occupancy"));

		/* half empty, lest the next steps be sorted in one by one */
		while (sum->room < 2 * (sum->n + n))
			sum->room *= 2;
		sum->steps = repalloc(sum->steps, sum->room * sizeof(int32));
	}
	memcpy(sum->steps + sum->n, steps, n * sizeof(int32));
	sum->n += n;
}

PG_FUNCTION_INFO_V1(occupancy_sum_accum);
Datum
occupancy_sum_accum(PG_FUNCTION_ARGS)
{
	Sum *sum = PG_ARGISNULL(0) ? NULL : (Sum *) PG_GETARG_POINTER(0);
	const int32 *steps;
	Size n;

	if (!PG_ARGISNULL(1))
	{
		if (sum == NULL)
			sum = sum_create(fcinfo);
		steps = occupancy_steps(PG_GETARG_DATUM(1), &n);
		sum_add(sum, steps, n);
	}
	if (sum == NULL)
		PG_RETURN_NULL();

	PG_RETURN_POINTER(sum);
}

PG_FUNCTION_INFO_V1(occupancy_sum_combine);
Datum
occupancy_sum_combine(PG_FUNCTION_ARGS)
{
	Sum *sum = PG_ARGISNULL(0) ? NULL : (Sum *) PG_GETARG_POINTER(0);
	const Sum *other = PG_ARGISNULL(1) ? NULL : (Sum *) PG_GETARG_POINTER(1);

	if (other != NULL)
	{
		if (sum == NULL)
			sum = sum_create(fcinfo);
		sum_add(sum, other->steps, other->n);
	}
	if (sum == NULL)
		PG_RETURN_NULL();

	PG_RETURN_POINTER(sum);
}

PG_FUNCTION_INFO_V1(occupancy_sum_serialize);
Datum
occupancy_sum_serialize(PG_FUNCTION_ARGS)
{
	Sum *sum = (Sum *) PG_GETARG_POINTER(0);
	Size size;
	bytea *state;

	sum->n = occupancy_sort(sum->steps, sum->n);
	size = sum->n * sizeof(int32);
	state = palloc(VARHDRSZ + size);
	SET_VARSIZE(state, VARHDRSZ + size);
	memcpy(VARDATA(state), sum->steps, size);

	PG_RETURN_BYTEA_P(state);
}

PG_FUNCTION_INFO_V1(occupancy_sum_deserialize);
Datum
occupancy_sum_deserialize(PG_FUNCTION_ARGS)
{
	const bytea *state = PG_GETARG_BYTEA_PP(0);
	Size size = VARSIZE_ANY_EXHDR(state);
	Sum *sum = palloc(sizeof(Sum));

	sum->n = sum->room = size / sizeof(int32);
	sum->steps = palloc(size);
	memcpy(sum->steps, VARDATA_ANY(state), size);

	PG_RETURN_POINTER(sum);
}

PG_FUNCTION_INFO_V1(occupancy_sum_final);
Datum
occupancy_sum_final(PG_FUNCTION_ARGS)
{
	Sum *sum;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();

	/* sorted in place: it may be added to afterwards */
	sum = (Sum *) PG_GETARG_POINTER(0);
	sum->n = occupancy_sort(sum->steps, sum->n);

	return occupancy_from_steps(sum->steps, sum->n);
}
