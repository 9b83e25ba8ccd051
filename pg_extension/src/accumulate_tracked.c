/*
 * How totals are kept, for SQL: as it was told to track_hours(), and as
 * expressions that recompute them.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/ruleutils.h"

#include "accumulate.h"

static void
put_row(ReturnSetInfo *result, const char *role, const char *total,
		const char *expression)
{
	Datum values[3];
	bool nulls[3] = {false, total == NULL, false};

	values[0] = CStringGetTextDatum(role);
	values[1] = total != NULL ? CStringGetTextDatum(total) : (Datum) 0;
	values[2] = CStringGetTextDatum(expression);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Of the very type and collation of the total. */
static const char *
key_expression(const Mapping *key, const KeyColumn *total)
{
	const char *column = quote_identifier(key->source);

	switch (key->part)
	{
		case MAPPING_YEAR:
			return psprintf("extract(year FROM s.%s)::%s", column,
							format_type_be(total->type));
		case MAPPING_MONTH:
			return psprintf("s.%s - (extract(day FROM s.%s)::integer - 1)",
							column, column);
		default:
			return OidIsValid(total->collation)
				? psprintf("s.%s COLLATE %s", column,
						   generate_collation_name(total->collation))
				: psprintf("s.%s", column);
	}
}

/* The same, null where a quarantine has the row since it cannot be computed. */
static const char *
computable_key_expression(const Mapping *key, const KeyColumn *total)
{
	const char *column = quote_identifier(key->source);
	const char *expression = key_expression(key, total);

	if (key->part == MAPPING_WHOLE)
		return expression;
	if (total->type == INT2OID)
		return psprintf("CASE WHEN isfinite(s.%s) AND extract(year FROM s.%s) "
						"BETWEEN %d AND %d THEN %s END",
						column, column, PG_INT16_MIN, PG_INT16_MAX, expression);
	return psprintf("CASE WHEN isfinite(s.%s) THEN %s END", column, expression);
}

static const char *
sum_expression(const Mapping *sum, const SumColumn *total)
{
	const char *expression;

	if (sum->source == NULL)
		expression = "count(*)";
	else if (total->kind == SUM_OCCUPANCY)
		expression = psprintf("sum(volunteer.occupancy(s.%s))",
							  quote_identifier(sum->source));
	else
		expression = psprintf("sum(s.%s)", quote_identifier(sum->source));

	return sum->filter == NULL ? expression
							   : psprintf("%s FILTER (WHERE s.%s)", expression,
										  quote_identifier(sum->filter));
}

/* Where a sum of a row can be computed. */
static const char *
computable_sum_condition(const Mapping *sum)
{
	const char *condition =
		psprintf("volunteer.has_whole_minutes(s.%s) IS NOT FALSE",
				 quote_identifier(sum->source));

	return sum->filter == NULL ? condition
							   : psprintf("%s OR s.%s IS NOT TRUE", condition,
										  quote_identifier(sum->filter));
}

static void
put_columns(ReturnSetInfo *result, const Definition *definition,
			const Target *target)
{
	bool quarantine = OidIsValid(definition->quarantine);
	ListCell *cell;

	foreach (cell, definition->keys)
	{
		const Mapping *key = lfirst(cell);
		const KeyColumn *total = &target->keys[foreach_current_index(cell)];

		put_row(result, "key", key->total,
				quarantine ? computable_key_expression(key, total)
						   : key_expression(key, total));
	}
	foreach (cell, definition->sums)
	{
		const Mapping *sum = lfirst(cell);
		const SumColumn *total = &target->sums[foreach_current_index(cell)];

		put_row(result, "sum", sum->total, sum_expression(sum, total));
		if (quarantine && total->kind == SUM_OCCUPANCY)
			put_row(result, "counted", NULL, computable_sum_condition(sum));
	}
	if (definition->counted != NULL)
		put_row(result, "counted", NULL,
				psprintf("s.%s", quote_identifier(definition->counted)));
}

PG_FUNCTION_INFO_V1(tracked_columns);
Datum
tracked_columns(PG_FUNCTION_ARGS)
{
	Relation source = table_open(PG_GETARG_OID(0), AccessShareLock);
	Relation totals = table_open(PG_GETARG_OID(1), AccessShareLock);
	Definition *definition = accumulate_definition(totals);

	InitMaterializedSRF(fcinfo, 0);
	if (definition != NULL && definition->source == RelationGetRelid(source))
	{
		Target *target = accumulate_target(definition, totals, false);

		if (OidIsValid(definition->queue))
			(void) accumulate_target(definition, totals, true);
		(void) accumulate_source_columns(definition, target, source);
		put_columns((ReturnSetInfo *) fcinfo->resultinfo, definition, target);
	}

	table_close(totals, AccessShareLock);
	table_close(source, AccessShareLock);
	return (Datum) 0;
}

/* The arguments of track_hours() that made these totals be kept. */
PG_FUNCTION_INFO_V1(tracking);
Datum
tracking(PG_FUNCTION_ARGS)
{
	Relation totals = table_open(PG_GETARG_OID(0), AccessShareLock);
	const Trigger *guard = accumulate_guard(totals);
	ReturnSetInfo *result;
	Datum values[ACCUMULATE_ARGUMENTS];
	bool nulls[ACCUMULATE_ARGUMENTS];

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (guard != NULL)
	{
		for (int i = 0; i < ACCUMULATE_ARGUMENTS; i++)
		{
			nulls[i] = guard->tgnargs <= i || guard->tgargs[i][0] == '\0';
			values[i] = nulls[i] ? (Datum) 0
								 : CStringGetTextDatum(guard->tgargs[i]);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}

	table_close(totals, AccessShareLock);
	return (Datum) 0;
}
