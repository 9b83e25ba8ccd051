/*
 * Deltas into totals by statements: at the end of a statement, and where totals
 * are no ordinary table.  Keys and values are arrays as parameters, every name is
 * qualified: the shape that a sharded table needs, and one in which the search
 * path of the session has no say.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "accumulate.h"
#include "occupancy.h"

/* Deltas of one round of statements: more may be pending than arrays hold. */
#define ROUND_DELTAS 100000

/* The statements of a target by its name, and their plans. */
typedef struct Statements
{
	struct Statements *former; /* by another name, and maybe under way */
	char *table;
	Oid *parameters; /* array types of keys, then of sums */
	char *upsert;
	char *update;
	SPIPlanPtr upsert_plan;
	SPIPlanPtr update_plan;
} Statements;

/* Rows of one statement, by column: keys, then sums. */
typedef struct Rows
{
	Datum **columns;
	int n;
} Rows;

/* What the upsert proposes and what is left to the update. */
typedef struct Round
{
	Target *target;
	Statements *statements;
	Rows upsert;
	Rows update;
	int n;
} Round;

static char *
qualified_operator(Oid operator)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(operator));
	Form_pg_operator form;
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", operator);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	name = psprintf("OPERATOR(%s.%s)",
					quote_identifier(get_namespace_name(form->oprnamespace)),
					NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return name;
}

static Oid
array_type(Oid element)
{
	Oid array = get_array_type(element);

	if (!OidIsValid(array))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("could not find array type for data type %s",
					   format_type_be(element)));
	return array;
}

/*
 * PostgreSQL tests the proposed row of an upsert against CHECK constraints, so a
 * negative delta is proposed as a row of zeros, which locks or makes the row in
 * its turn, and applied by the update.  A queue has no such row.
 */
static Statements *
write_statements(const Target *target, const char *table)
{
	Statements *statements = palloc0(sizeof(Statements));
	StringInfoData names, keys, values, aliased, added, applied, joined;
	StringInfo lists[] = {&names, &keys,	&values, &aliased,
						  &added, &applied, &joined};
	int parameter = 0;

	statements->table = pstrdup(table);
	statements->parameters = palloc((target->nkeys + target->nsums) *
									sizeof(Oid));
	for (size_t i = 0; i < lengthof(lists); i++)
		initStringInfo(lists[i]);

	for (int i = 0; i < target->nkeys; i++)
	{
		const KeyColumn *key = &target->keys[i];
		const char *name = quote_identifier(key->name);
		const char *separator = i > 0 ? ", " : "";

		statements->parameters[parameter++] = array_type(key->type);
		appendStringInfo(&names, "%s%s", separator, name);
		appendStringInfo(&keys, "%s%s", separator, name);
		appendStringInfo(&values, "%spg_catalog.unnest($%d)", separator,
						 parameter);
		appendStringInfo(&aliased, "%spg_catalog.unnest($%d) AS %s", separator,
						 parameter, name);
		appendStringInfo(&joined, "%st.%s %s d.%s", i > 0 ? " AND " : "", name,
						 qualified_operator(key->operators->eq_opr), name);
	}
	for (int i = 0; i < target->nsums; i++)
	{
		const SumColumn *sum = &target->sums[i];
		const char *name = quote_identifier(sum->name);
		const char *separator = i > 0 ? ", " : "";
		const char *add = sum->delta_type == INT8OID ? "OPERATOR(pg_catalog.+)"
													 : "OPERATOR(volunteer.+)";

		statements->parameters[parameter++] = array_type(sum->delta_type);
		appendStringInfo(&names, ", %s", name);
		appendStringInfo(&values, ", pg_catalog.unnest($%d)", parameter);
		appendStringInfo(&aliased, ", pg_catalog.unnest($%d) AS %s", parameter,
						 name);
		appendStringInfo(&added,
						 "%s%s = COALESCE(t.%s %s EXCLUDED.%s, EXCLUDED.%s)",
						 separator, name, name, add, name, name);
		appendStringInfo(&applied, "%s%s = COALESCE(t.%s %s d.%s, d.%s)",
						 separator, name, name, add, name, name);
	}

	statements->upsert = psprintf("INSERT INTO %s AS t (%s) SELECT %s", table,
								  names.data, values.data);
	if (target->append)
		return statements;

	statements->upsert = psprintf("%s ON CONFLICT (%s) DO UPDATE SET %s",
								  statements->upsert, keys.data, added.data);
	statements->update =
		psprintf("UPDATE %s AS t SET %s FROM (SELECT %s) AS d WHERE %s", table,
				 applied.data, aliased.data, joined.data);
	return statements;
}

static Statements *
statements_of(Target *target)
{
	Statements *former = target->statements;
	char *table = quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(target->relation)),
		get_rel_name(target->relation));

	if (former == NULL || strcmp(former->table, table) != 0)
	{
		MemoryContext caller = MemoryContextSwitchTo(target->context);

		target->statements = write_statements(target, table);
		target->statements->former = former;
		MemoryContextSwitchTo(caller);
	}
	return target->statements;
}

void
accumulate_statements_free(Target *target)
{
	for (Statements *statements = target->statements; statements != NULL;
		 statements = statements->former)
	{
		SPI_freeplan(statements->upsert_plan);
		SPI_freeplan(statements->update_plan);
	}
}

static void
rows_init(Rows *rows, const Target *target, Size capacity)
{
	int ncolumns = target->nkeys + target->nsums;

	rows->n = 0;
	rows->columns = palloc(ncolumns * sizeof(Datum *));
	for (int i = 0; i < ncolumns; i++)
		rows->columns[i] = palloc(capacity * sizeof(Datum));
}

static void
rows_add(Rows *rows, const Target *target, const Datum *key, const Datum *sums)
{
	for (int i = 0; i < target->nkeys; i++)
		rows->columns[i][rows->n] = key[i];
	for (int i = 0; i < target->nsums; i++)
		rows->columns[target->nkeys + i][rows->n] = sums[i];
	rows->n++;
}

static Datum
array_of(Datum *values, int n, Oid array_type)
{
	Oid type = get_element_type(array_type);
	int16 length;
	bool by_value;
	char alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(
		construct_array(values, n, type, length, by_value, alignment));
}

static void
execute(SPIPlanPtr *plan, const char *sql, int planning, const Round *round,
		Rows *rows, int expected)
{
	const Target *target = round->target;
	Oid *parameters = round->statements->parameters;
	int ncolumns = target->nkeys + target->nsums;
	Datum arrays[2 * ACCUMULATE_MAX_COLUMNS];
	int result;

	if (rows->n == 0)
		return;

	if (*plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare_cursor(sql, ncolumns, parameters,
												 planning);

		if (prepared == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(prepared);
		*plan = prepared;
	}

	for (int i = 0; i < ncolumns; i++)
		arrays[i] = array_of(rows->columns[i], rows->n, parameters[i]);
	accumulate_admit(target->relation,
					 expected == SPI_OK_INSERT
						 ? TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE
						 : TRIGGER_TYPE_UPDATE);
	result = SPI_execute_plan(*plan, arrays, NULL, false, 0);
	accumulate_admit(InvalidOid, 0);
	if (result != expected)
		elog(ERROR, "unexpected result of \"%s\": %s", sql,
			 SPI_result_code_string(result));
	rows->n = 0;
}

static void
write_round(Round *round)
{
	Statements *statements = round->statements;

	execute(&statements->upsert_plan, statements->upsert,
			CURSOR_OPT_GENERIC_PLAN, round, &round->upsert, SPI_OK_INSERT);

	/* A join: a plan made for small totals would read all of them for ever. */
	execute(&statements->update_plan, statements->update,
			CURSOR_OPT_CUSTOM_PLAN, round, &round->update, SPI_OK_UPDATE);
	round->n = 0;
}

/* Could a CHECK constraint that holds for the sum refuse the delta? */
static bool
is_lowered(const Target *target, const Datum *sums)
{
	for (int i = 0; i < target->nsums; i++)
	{
		Size n;
		const int32 *steps;

		if (target->sums[i].kind == SUM_INTEGER)
		{
			if (DatumGetInt64(sums[i]) < 0)
				return true;
			continue;
		}
		steps = occupancy_steps(sums[i], &n);
		if (occupancy_overlaps(steps, n))
			return true;
	}
	return false;
}

static void
add_to_round(Round *round, const Delta *delta)
{
	const Target *target = round->target;
	bool lowered = !target->append && is_lowered(target, delta->sums);
	Datum zeros[ACCUMULATE_MAX_COLUMNS];

	for (int i = 0; lowered && i < target->nsums; i++)
		zeros[i] = target->sums[i].kind == SUM_INTEGER
			? Int64GetDatum(0)
			: occupancy_from_steps(NULL, 0);
	rows_add(&round->upsert, target, delta->key, lowered ? zeros : delta->sums);
	if (lowered)
		rows_add(&round->update, target, delta->key, delta->sums);
	if (++round->n == ROUND_DELTAS)
		write_round(round);
}

/* Writes what is left to be read of the deltas; returns whether anything was. */
bool
accumulate_execute(Target *target, struct Pending *pending)
{
	Size capacity = Min(pending_size(pending), ROUND_DELTAS);
	Round round = {.target = target};
	MemoryContext values;
	MemoryContext caller;
	bool written = false;
	Delta delta;

	SPI_connect();
	round.statements = statements_of(target);
	rows_init(&round.upsert, target, capacity);
	rows_init(&round.update, target, capacity);
	values = AllocSetContextCreate(CurrentMemoryContext,
								   "volunteer flushed hours",
								   ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(values);

	while (pending_next(pending, &delta))
	{
		add_to_round(&round, &delta);
		if (round.n == 0)
			MemoryContextReset(values);
		written = true;
	}
	write_round(&round);

	MemoryContextSwitchTo(caller);
	SPI_finish();
	return written;
}
