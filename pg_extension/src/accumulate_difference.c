/*
 * The query that compares totals with their records.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"

#include "accumulate.h"

static const char *
qualified_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(
										  get_rel_namespace(relation)),
									  get_rel_name(relation));
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

/* Where the operators and aggregates of a sum are. */
const char *
accumulate_schema(const SumColumn *sum)
{
	return sum->delta_type == INT8OID ? "pg_catalog" : "volunteer";
}

static const char *
sum_expression(const Mapping *sum, const SumColumn *total)
{
	const char *expression;

	if (sum->source == NULL)
		expression = "count(*)";
	else if (total->kind == SUM_OCCUPANCY)
		expression = psprintf("volunteer.sum(volunteer.occupancy(s.%s))",
							  quote_identifier(sum->source));
	else
		expression = psprintf("%s.sum(s.%s)", accumulate_schema(total),
							  quote_identifier(sum->source));

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
							   : psprintf("(%s OR s.%s IS NOT TRUE)", condition,
										  quote_identifier(sum->filter));
}

static const char *
zero(const SumColumn *sum)
{
	if (sum->kind == SUM_OCCUPANCY)
		return "'{}'::volunteer.occupancy";
	return sum->delta_type == INT8OID ? "0" : "'0:00'::volunteer.service_hours";
}

/* "prefix1, prefix2, ..." */
static const char *
numbered(const char *prefix, int n)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 1; i <= n; i++)
		appendStringInfo(&list, "%s%s%d", i > 1 ? ", " : "", prefix, i);
	return list.data;
}

/* Keys and sums of totals or their queue as k1, ..., kept1, ... */
static void
append_kept(StringInfo query, const Target *target, Oid relation)
{
	appendStringInfoString(query, "SELECT ");
	for (int i = 0; i < target->nkeys; i++)
		appendStringInfo(query, "%s AS k%d, ",
						 quote_identifier(target->keys[i].name), i + 1);
	for (int i = 0; i < target->nsums; i++)
		appendStringInfo(query, "%s%s AS kept%d", i > 0 ? ", " : "",
						 quote_identifier(target->sums[i].name), i + 1);
	appendStringInfo(query, " FROM %s", qualified_name(relation));
}

static void
append_kept_and_queued(StringInfo query, const Target *target, Oid queue)
{
	if (!OidIsValid(queue))
	{
		append_kept(query, target, target->relation);
		return;
	}
	appendStringInfo(query, "SELECT %s", numbered("k", target->nkeys));
	for (int i = 0; i < target->nsums; i++)
		appendStringInfo(query, ", %s.sum(kept%d) AS kept%d",
						 accumulate_schema(&target->sums[i]), i + 1, i + 1);
	appendStringInfoString(query, " FROM (");
	append_kept(query, target, target->relation);
	appendStringInfoString(query, " UNION ALL ");
	append_kept(query, target, queue);
	appendStringInfo(query, ") AS q GROUP BY %s", numbered("k", target->nkeys));
}

static void
append_recomputed(StringInfo query, const Definition *definition,
				  const Target *target)
{
	bool quarantine = OidIsValid(definition->quarantine);
	StringInfoData conditions;
	ListCell *cell;

	initStringInfo(&conditions);
	appendStringInfoString(
		&conditions,
		definition->counted == NULL
			? "true"
			: psprintf("s.%s", quote_identifier(definition->counted)));

	appendStringInfoString(query, "SELECT ");
	foreach (cell, definition->keys)
	{
		int i = foreach_current_index(cell);
		const KeyColumn *total = &target->keys[i];
		const char *expression = quarantine
			? computable_key_expression(lfirst(cell), total)
			: key_expression(lfirst(cell), total);

		appendStringInfo(query, "%s AS k%d, ", expression, i + 1);
		appendStringInfo(&conditions, " AND (%s) IS NOT NULL", expression);
	}
	foreach (cell, definition->sums)
	{
		int i = foreach_current_index(cell);
		const SumColumn *total = &target->sums[i];

		appendStringInfo(query, "%s%s AS recomputed%d", i > 0 ? ", " : "",
						 sum_expression(lfirst(cell), total), i + 1);
		if (quarantine && total->kind == SUM_OCCUPANCY)
			appendStringInfo(&conditions, " AND %s",
							 computable_sum_condition(lfirst(cell)));
	}
	appendStringInfo(query, " FROM %s AS s WHERE %s GROUP BY %s",
					 qualified_name(definition->source), conditions.data,
					 numbered("", target->nkeys));
}

/*
 * The keys whose totals differ from their records, with both: columns k1, ...,
 * kept1, ..., recomputed1, ...
 */
const char *
accumulate_difference_query(const Definition *definition, const Target *target)
{
	StringInfoData query, joined, differs;

	initStringInfo(&query);
	initStringInfo(&joined);
	initStringInfo(&differs);

	appendStringInfoString(&query, "SELECT ");
	for (int i = 0; i < target->nkeys; i++)
	{
		const KeyColumn *key = &target->keys[i];

		appendStringInfo(&query, "%scoalesce(t.k%d, r.k%d) AS k%d",
						 i > 0 ? ", " : "", i + 1, i + 1, i + 1);
		appendStringInfoString(&joined, i > 0 ? " AND " : "");
		generate_operator_clause(&joined, psprintf("t.k%d", i + 1), key->type,
								 key->operators->eq_opr,
								 psprintf("r.k%d", i + 1), key->type);
	}
	for (int i = 0; i < target->nsums; i++)
	{
		const char *none = zero(&target->sums[i]);

		appendStringInfo(&query,
						 ", coalesce(t.kept%d, %s) AS kept%d"
						 ", coalesce(r.recomputed%d, %s) AS recomputed%d",
						 i + 1, none, i + 1, i + 1, none, i + 1);
		appendStringInfo(
			&differs,
			"%scoalesce(t.kept%d, %s) OPERATOR(%s.<>) coalesce(r.recomputed%d, %s)",
			i > 0 ? " OR " : "", i + 1, none,
			accumulate_schema(&target->sums[i]), i + 1, none);
	}

	appendStringInfoString(&query, " FROM (");
	append_kept_and_queued(&query, target, definition->queue);
	appendStringInfoString(&query, ") AS t FULL JOIN (");
	append_recomputed(&query, definition, target);
	appendStringInfo(&query, ") AS r ON %s WHERE %s", joined.data,
					 differs.data);
	return query.data;
}

/*
 * How totals are kept from a table, with names and types that fit.  42704 unless
 * they are.
 */
Definition *
accumulate_tracked(Relation source, Relation totals, Target **target)
{
	Definition *definition = accumulate_definition(totals);

	if (definition == NULL || definition->source != RelationGetRelid(source))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("table %s is not tracked into totals %s",
					   qualified_name(RelationGetRelid(source)),
					   qualified_name(RelationGetRelid(totals))));
	*target = accumulate_target(definition, totals, false);
	if (OidIsValid(definition->queue))
		(void) accumulate_target(definition, totals, true);
	(void) accumulate_source_columns(definition, *target, source);
	return definition;
}

/* "'name', prefix1, ..." */
static const char *
named(const char *name, const char *prefix, int i)
{
	return psprintf("%s%s, %s%d", i > 0 ? ", " : "", quote_literal_cstr(name),
					prefix, i + 1);
}

/* The query of check_hours(): keys, kept and recomputed sums as jsonb. */
PG_FUNCTION_INFO_V1(check_query);
Datum
check_query(PG_FUNCTION_ARGS)
{
	Relation source = table_open(PG_GETARG_OID(0), AccessShareLock);
	Relation totals = table_open(PG_GETARG_OID(1), AccessShareLock);
	Target *target;
	Definition *definition = accumulate_tracked(source, totals, &target);
	StringInfoData key, kept, recomputed;

	initStringInfo(&key);
	initStringInfo(&kept);
	initStringInfo(&recomputed);
	for (int i = 0; i < target->nkeys; i++)
		appendStringInfoString(&key, named(target->keys[i].name, "k", i));
	for (int i = 0; i < target->nsums; i++)
	{
		const char *name = target->sums[i].name;

		appendStringInfoString(&kept, named(name, "kept", i));
		appendStringInfoString(&recomputed, named(name, "recomputed", i));
	}

	table_close(totals, AccessShareLock);
	table_close(source, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(
		psprintf("SELECT jsonb_build_object(%s), jsonb_build_object(%s), "
				 "jsonb_build_object(%s) FROM (%s) AS d",
				 key.data, kept.data, recomputed.data,
				 accumulate_difference_query(definition, target))));
}
