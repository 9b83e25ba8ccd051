/*
 * How many rows containment among region_codes selects.
 *
 * A division is a range of codes, mostly far smaller than what lies between
 * two bounds of a histogram, so the share is interpolated between them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "nodes/pathnodes.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"

#include "region_code.h"

/* Which share of the histogram's values is less than the code. */
static double
share_below(const AttStatsSlot *histogram, int64 code)
{
	int bins = histogram->nvalues - 1;
	int low = 0;
	int high = histogram->nvalues;
	double from;
	double to;

	/* the number of bounds that are less */
	while (low < high)
	{
		int middle = (low + high) / 2;

		if (DatumGetInt64(histogram->values[middle]) < code)
			low = middle + 1;
		else
			high = middle;
	}

	if (low == 0)
		return 0;
	if (low > bins)
		return 1;

	from = DatumGetInt64(histogram->values[low - 1]);
	to = DatumGetInt64(histogram->values[low]);

	return (low - 1 + (code - from) / (to - from)) / bins;
}

/* The share of a column's values that lie in a division. */
static double
selectivity_within(VariableStatData *column, Oid oproid, bool on_left,
				   int64 division)
{
	double nulls =
		((Form_pg_statistic) GETSTRUCT(column->statsTuple))->stanullfrac;
	Oid function = get_opcode(oproid);
	bool distinct_unknown;
	double share = 1 / get_variable_numdistinct(column, &distinct_unknown);
	double common;
	double common_within;
	FmgrInfo contains;
	AttStatsSlot histogram;

	fmgr_info(function, &contains);
	common_within = mcv_selectivity(column, &contains, InvalidOid,
									Int64GetDatum(division), on_left, &common);

	/* who asks has a value in mind that is there */
	if (statistic_proc_security_check(column, function) &&
		get_attstatsslot(&histogram, column->statsTuple,
						 STATISTIC_KIND_HISTOGRAM, InvalidOid,
						 ATTSTATSSLOT_VALUES))
	{
		share = Max(share,
					share_below(&histogram, region_last(division) + 1) -
						share_below(&histogram, division));
		free_attstatsslot(&histogram);
	}

	return common_within + (1 - nulls - common) * share;
}

/* Restriction selectivity where the column is on the side of what lies within. */
static Datum
containment_selectivity(FunctionCallInfo fcinfo, bool inner_on_left)
{
	PlannerInfo *root = (PlannerInfo *) PG_GETARG_POINTER(0);
	Oid oproid = PG_GETARG_OID(1);
	List *args = (List *) PG_GETARG_POINTER(2);
	int relation = PG_GETARG_INT32(3);
	VariableStatData column;
	Node *other;
	bool on_left;
	double selectivity;

	if (!get_restriction_variable(root, args, relation, &column, &other,
								  &on_left))
		PG_RETURN_FLOAT8(DEFAULT_MATCHING_SEL);

	if (on_left == inner_on_left && IsA(other, Const) &&
		!((Const *) other)->constisnull && HeapTupleIsValid(column.statsTuple))
		selectivity = selectivity_within(&column, oproid, on_left,
										 DatumGetInt64(
											 ((Const *) other)->constvalue));
	else
		selectivity = generic_restriction_selectivity(root, oproid, InvalidOid,
													  args, relation,
													  DEFAULT_MATCHING_SEL);
	ReleaseVariableStats(column);

	CLAMP_PROBABILITY(selectivity);
	PG_RETURN_FLOAT8(selectivity);
}

PG_FUNCTION_INFO_V1(region_code_contained_sel);
Datum
region_code_contained_sel(PG_FUNCTION_ARGS)
{
	return containment_selectivity(fcinfo, true);
}

PG_FUNCTION_INFO_V1(region_code_contains_sel);
Datum
region_code_contains_sel(PG_FUNCTION_ARGS)
{
	return containment_selectivity(fcinfo, false);
}
