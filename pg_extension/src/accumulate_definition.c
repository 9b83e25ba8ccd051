/*
 * What the arguments of accumulate_hours() say.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

#include "accumulate.h"

/* Arguments of the trigger, in the order of those of track_hours(). */
enum
{
	ARGUMENT_TOTALS,
	ARGUMENT_KEYS,
	ARGUMENT_SUMS,
	ARGUMENT_COUNTED,
	ARGUMENT_RECORDS,
	ARGUMENT_FLUSH,
	ARGUMENTS
};

static char *
name_of(mapping_name name)
{
	char *copy;

	if (name.start == NULL)
		return NULL;
	if (!name.quoted)
		return downcase_truncate_identifier(name.start, (int) name.len, false);
	copy = palloc0(name.len + 1);
	(void) mapping_unquote(name, copy);
	return copy;
}

static Mapping *
parse_mapping(const char *text, mapping_kind kind)
{
	static const char *const grammar[] = {
		[MAPPING_KEY] = "Write \"column\", \"total = source\", "
						"\"total = year(source)\" or "
						"\"total = month(source)\".",
		[MAPPING_SUM] = "Write \"column\" or \"total = source\", and "
						"\"FILTER (WHERE condition)\" after it if need be.",
		[MAPPING_RECORDS] = "Write \"total\" or "
							"\"total FILTER (WHERE condition)\".",
		[MAPPING_COUNTED] = "Write the name of a column."};
	Mapping *result = palloc0(sizeof(Mapping));
	mapping parsed;
	size_t position;

	if (!mapping_parse(text, strlen(text), kind, &parsed, &position))
		ereport(ERROR, errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("invalid column mapping \"%s\", character %d", text,
					   pg_mbstrlen_with_len(text, (int) position) + 1),
				errhint("%s", grammar[kind]));

	result->total = name_of(parsed.total);
	if (kind != MAPPING_RECORDS)
		result->source = name_of(parsed.source);
	result->filter = name_of(parsed.filter);
	result->part = parsed.part;
	return result;
}

static List *
parse_mappings(const char *argument, mapping_kind kind)
{
	List *mappings = NIL;
	Datum array;
	Datum *items;
	bool *nulls;
	int n;

	array = OidInputFunctionCall(F_ARRAY_IN, unconstify(char *, argument),
								 TEXTOID, -1);
	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false,
					  TYPALIGN_INT, &items, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					errmsg("column mapping must not be null"));
		mappings = lappend(mappings,
						   parse_mapping(TextDatumGetCString(items[i]), kind));
	}
	return mappings;
}

/*
 * The table a trigger names, or InvalidOid when there is none.  The name must
 * be qualified: the search path is the writer's, who could otherwise make the
 * owner write into another table.
 */
Oid
accumulate_totals(const Trigger *trigger)
{
	const char *name;
	List *parts;
	Oid schema;

	if (trigger->tgnargs != ARGUMENTS)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: expected %d arguments, not %d",
					   ARGUMENTS, trigger->tgnargs),
				errhint("Let track_hours() create the triggers."));

	name = trigger->tgargs[ARGUMENT_TOTALS];
	parts = textToQualifiedNameList(cstring_to_text(name));
	if (list_length(parts) != 2)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: totals \"%s\" must be named with "
					   "their schema",
					   name));

	schema = get_namespace_oid(strVal(linitial(parts)), true);
	return OidIsValid(schema)
		? get_relname_relid(strVal(lsecond(parts)), schema)
		: InvalidOid;
}

/*
 * The trigger that counts the rows of a table, or NULL.  A copy: an invalidation
 * of the table frees those of the relation cache.
 */
const Trigger *
accumulate_row_trigger(Relation source, Oid function, Oid totals)
{
	const TriggerDesc *triggers = CopyTriggerDesc(source->trigdesc);

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgfoid == function && TRIGGER_FOR_ROW(trigger->tgtype) &&
			accumulate_totals(trigger) == totals)
			return trigger;
	}
	return NULL;
}

Definition *
accumulate_definition(const Trigger *trigger)
{
	Definition *definition = palloc0(sizeof(Definition));
	char **arguments = trigger->tgargs;

	definition->totals = accumulate_totals(trigger);
	if (!OidIsValid(definition->totals))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("totals \"%s\" do not exist",
					   arguments[ARGUMENT_TOTALS]));
	definition->keys = parse_mappings(arguments[ARGUMENT_KEYS], MAPPING_KEY);
	definition->sums = parse_mappings(arguments[ARGUMENT_SUMS], MAPPING_SUM);

	if (arguments[ARGUMENT_COUNTED][0] != '\0')
		definition->counted =
			parse_mapping(arguments[ARGUMENT_COUNTED], MAPPING_COUNTED)->source;

	if (arguments[ARGUMENT_RECORDS][0] != '\0')
		definition->sums = lappend(definition->sums,
								   parse_mapping(arguments[ARGUMENT_RECORDS],
												 MAPPING_RECORDS));

	if (strcmp(arguments[ARGUMENT_FLUSH], "statement") == 0)
		definition->each_statement = true;
	else if (strcmp(arguments[ARGUMENT_FLUSH], "commit") != 0)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: flush must be \"commit\" or "
					   "\"statement\", not \"%s\"",
					   arguments[ARGUMENT_FLUSH]));

	if (definition->keys == NIL || definition->sums == NIL ||
		list_length(definition->keys) > ACCUMULATE_MAX_COLUMNS ||
		list_length(definition->sums) > ACCUMULATE_MAX_COLUMNS)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: keys and sums must be 1 to %d",
					   ACCUMULATE_MAX_COLUMNS));
	return definition;
}
