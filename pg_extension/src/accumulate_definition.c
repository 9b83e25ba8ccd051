/*
 * What the arguments of the triggers say: accumulate_hours(totals) on a source,
 * and on the totals protect_totals(source, keys, ...), which has the rest, so
 * that only their owner can change it.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "accumulate.h"

static void
refuse_arguments(const char *function, int expected, int found)
{
	ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg("%s: expected %d arguments, not %d", function, expected,
				   found),
			/* Version 1.0 had all of them on the source. */
			found == 6 ? errhint("Run ALTER EXTENSION volunteer UPDATE.")
					   : errhint("Let track_hours() create the triggers."));
}

/*
 * The table of a name, or InvalidOid when there is none.  The name must be
 * qualified: the search path is the writer's, who could otherwise make the
 * owner write into another table.
 */
static Oid
table_of(const char *name)
{
	List *parts = textToQualifiedNameList(cstring_to_text(name));
	Oid schema;

	if (list_length(parts) != 2)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("table \"%s\" must be named with its schema", name));

	schema = get_namespace_oid(strVal(linitial(parts)), true);
	return OidIsValid(schema)
		? get_relname_relid(strVal(lsecond(parts)), schema)
		: InvalidOid;
}

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

/* The totals that a trigger on a source names, or InvalidOid. */
Oid
accumulate_totals(const Trigger *trigger)
{
	if (trigger->tgnargs != 1)
		refuse_arguments("accumulate_hours", 1, trigger->tgnargs);
	return table_of(trigger->tgargs[0]);
}

/*
 * The triggers on a table that keep the totals, for each row or BEFORE
 * TRUNCATE.  Copies: an invalidation of the table frees those of the relation
 * cache.
 */
List *
accumulate_triggers(Relation source, Oid function, Oid totals,
					bool for_each_row)
{
	const TriggerDesc *triggers = CopyTriggerDesc(source->trigdesc);
	List *found = NIL;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgfoid == function &&
			(for_each_row ? TRIGGER_FOR_ROW(trigger->tgtype)
						  : TRIGGER_FOR_TRUNCATE(trigger->tgtype)) &&
			accumulate_totals(trigger) == totals)
			found = lappend(found, trigger);
	}
	return found;
}

/* Of the extension itself, whatever the search path and rights of the session. */
static Oid
protect_totals_function(void)
{
	oidvector *none = buildoidvector(NULL, 0);

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						   CStringGetDatum("protect_totals"),
						   PointerGetDatum(none),
						   ObjectIdGetDatum(
							   get_namespace_oid("volunteer", false)));
}

/* The trigger by which totals agree to be kept, or NULL. */
const Trigger *
accumulate_guard(Relation totals)
{
	const TriggerDesc *triggers = CopyTriggerDesc(totals->trigdesc);
	Oid function = protect_totals_function();

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
		if (triggers->triggers[i].tgfoid == function)
			return &triggers->triggers[i];
	return NULL;
}

static Oid
existing_table(const char *name)
{
	Oid table;

	if (name[0] == '\0')
		return InvalidOid;
	table = table_of(name);
	if (!OidIsValid(table))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("table \"%s\" does not exist", name));
	return table;
}

/* How totals are kept, or NULL when their owner has not agreed to it. */
Definition *
accumulate_definition(Relation totals)
{
	const Trigger *guard = accumulate_guard(totals);
	Definition *definition;
	char **arguments;

	if (guard == NULL)
		return NULL;
	if (guard->tgnargs != ACCUMULATE_ARGUMENTS)
		refuse_arguments("protect_totals", ACCUMULATE_ARGUMENTS,
						 guard->tgnargs);

	arguments = guard->tgargs;
	definition = palloc0(sizeof(Definition));
	definition->source = table_of(arguments[ARGUMENT_SOURCE]);
	if (definition->source == RelationGetRelid(totals))
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("a table cannot be its own totals"));
	definition->keys = parse_mappings(arguments[ARGUMENT_KEYS], MAPPING_KEY);
	definition->sums = parse_mappings(arguments[ARGUMENT_SUMS], MAPPING_SUM);
	definition->queue = existing_table(arguments[ARGUMENT_QUEUE]);
	definition->quarantine = existing_table(arguments[ARGUMENT_QUARANTINE]);

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
				errmsg("flush must be \"commit\" or \"statement\", not \"%s\"",
					   arguments[ARGUMENT_FLUSH]));

	if (definition->keys == NIL || definition->sums == NIL ||
		list_length(definition->keys) > ACCUMULATE_MAX_COLUMNS ||
		list_length(definition->sums) > ACCUMULATE_MAX_COLUMNS)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("keys and sums must be 1 to %d",
					   ACCUMULATE_MAX_COLUMNS));
	return definition;
}
