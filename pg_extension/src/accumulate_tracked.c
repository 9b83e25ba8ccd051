/*
 * tracked_columns(): the definition of a tracking as a table, for the SQL that
 * recomputes totals.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"

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

static const char *
key_expression(const Mapping *key)
{
	const char *column = quote_identifier(key->source);

	switch (key->part)
	{
		case MAPPING_YEAR:
			return psprintf("extract(year FROM s.%s)", column);
		case MAPPING_MONTH:
			return psprintf("s.%s - (extract(day FROM s.%s)::integer - 1)",
							column, column);
		default:
			return psprintf("s.%s", column);
	}
}

static const char *
sum_expression(const Mapping *sum)
{
	const char *sums = sum->source == NULL
		? "count(*)"
		: psprintf("sum(s.%s)", quote_identifier(sum->source));

	return sum->filter == NULL ? sums
							   : psprintf("%s FILTER (WHERE s.%s)", sums,
										  quote_identifier(sum->filter));
}

static void
put_definition(ReturnSetInfo *result, const Definition *definition)
{
	ListCell *cell;

	foreach (cell, definition->keys)
	{
		const Mapping *key = lfirst(cell);

		put_row(result, "key", key->total, key_expression(key));
	}
	foreach (cell, definition->sums)
	{
		const Mapping *sum = lfirst(cell);

		put_row(result, "sum", sum->total, sum_expression(sum));
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
	List *name = list_make2(makeString("volunteer"),
							makeString("accumulate_hours"));
	const Trigger *trigger = accumulate_row_trigger(
		source, LookupFuncName(name, 0, NULL, false), PG_GETARG_OID(1));

	InitMaterializedSRF(fcinfo, 0);
	if (trigger != NULL)
	{
		(void) accumulate_binding(trigger, source); /* names and types fit */
		put_definition((ReturnSetInfo *) fcinfo->resultinfo,
					   accumulate_definition(trigger));
	}

	table_close(source, AccessShareLock);
	return (Datum) 0;
}
