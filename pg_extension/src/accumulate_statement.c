/*
 * The statements that write deltas: arrays as parameters, every name qualified,
 * since the search path of the session has no say in what the owner executes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_operator.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "accumulate.h"

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
 * its turn, and applied by the update.
 */
static Statements *
write_statements(const Target *target)
{
	Statements *statements = palloc0(sizeof(Statements));
	char *table = quote_qualified_identifier(
		get_namespace_name(get_rel_namespace(target->relation)),
		get_rel_name(target->relation));
	StringInfoData names, keys, values, aliased, added, applied, joined;
	StringInfo lists[] = {&names, &keys,	&values, &aliased,
						  &added, &applied, &joined};
	int parameter = 0;

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

	statements->upsert = psprintf("INSERT INTO %s AS t (%s) SELECT %s "
								  "ON CONFLICT (%s) DO UPDATE SET %s",
								  table, names.data, values.data, keys.data,
								  added.data);
	statements->update =
		psprintf("UPDATE %s AS t SET %s FROM (SELECT %s) AS d WHERE %s", table,
				 applied.data, aliased.data, joined.data);
	return statements;
}

Statements *
accumulate_statements(Target *target)
{
	if (target->statements == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(target->context);

		target->statements = write_statements(target);
		MemoryContextSwitchTo(caller);
	}
	return target->statements;
}

void
accumulate_statements_free(Target *target)
{
	if (target->statements == NULL)
		return;
	SPI_freeplan(target->statements->upsert_plan);
	SPI_freeplan(target->statements->update_plan);
}
