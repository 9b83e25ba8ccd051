/*
 * What the arguments of accumulate_hours() say.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
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

/* An identifier as SQL spells it, folded, or NULL; moves past it. */
static char *
parse_identifier(const char **cursor)
{
	const char *start;

	while (scanner_isspace(**cursor))
		(*cursor)++;

	if (**cursor == '"')
	{
		StringInfoData name;

		initStringInfo(&name);
		for ((*cursor)++; **cursor != '\0'; (*cursor)++)
		{
			if (**cursor == '"' && *++(*cursor) != '"')
				return name.len > 0 ? name.data : NULL;
			appendStringInfoChar(&name, **cursor);
		}
		return NULL;
	}

	start = *cursor;
	while (**cursor != '\0' && !scanner_isspace(**cursor) &&
		   strchr("=()\"", **cursor) == NULL)
		(*cursor)++;
	if (*cursor == start)
		return NULL;
	return downcase_truncate_identifier(start, (int) (*cursor - start), false);
}

static bool
parse_symbol(const char **cursor, char symbol)
{
	while (scanner_isspace(**cursor))
		(*cursor)++;
	if (**cursor != symbol)
		return false;
	if (symbol != '\0')
		(*cursor)++;
	return true;
}

/* "column", "total = source" or, of a key, "total = year(source)". */
static Mapping *
parse_mapping(const char *text, bool is_key)
{
	Mapping *mapping = palloc0(sizeof(Mapping));
	const char *cursor = text;

	mapping->total = mapping->source = parse_identifier(&cursor);
	if (mapping->total != NULL && parse_symbol(&cursor, '='))
	{
		mapping->source = parse_identifier(&cursor);
		if (is_key && mapping->source != NULL && parse_symbol(&cursor, '('))
		{
			if (strcmp(mapping->source, "year") == 0)
				mapping->part = KEY_YEAR;
			else if (strcmp(mapping->source, "month") == 0)
				mapping->part = KEY_MONTH;

			mapping->source = mapping->part != KEY_WHOLE
				? parse_identifier(&cursor)
				: NULL;
			if (!parse_symbol(&cursor, ')'))
				mapping->source = NULL;
		}
	}

	if (mapping->source == NULL || !parse_symbol(&cursor, '\0'))
		ereport(ERROR, errcode(ERRCODE_SYNTAX_ERROR),
				errmsg("invalid column mapping \"%s\"", text),
				is_key ? errhint("Write \"column\", \"total = source\", "
								 "\"total = year(source)\" or "
								 "\"total = month(source)\".")
					   : errhint("Write \"column\" or \"total = source\"."));
	return mapping;
}

static List *
parse_mappings(const char *argument, bool is_key)
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
						   parse_mapping(TextDatumGetCString(items[i]),
										 is_key));
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
	definition->keys = parse_mappings(arguments[ARGUMENT_KEYS], true);
	definition->sums = parse_mappings(arguments[ARGUMENT_SUMS], false);

	if (arguments[ARGUMENT_COUNTED][0] != '\0')
		definition->counted =
			parse_mapping(arguments[ARGUMENT_COUNTED], false)->source;

	if (arguments[ARGUMENT_RECORDS][0] != '\0')
	{
		Mapping *records = parse_mapping(arguments[ARGUMENT_RECORDS], false);

		records->source = NULL;
		definition->sums = lappend(definition->sums, records);
	}

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
