/*
 * Definitions resolved against the catalog, and kept until it changes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "accumulate.h"
#include "compat.h"

static HTAB *bindings; /* of Binding */
static List *targets;  /* in the order in which they are written */
static uint64 invalidations;

List *
accumulate_targets(void)
{
	return targets;
}

static Form_pg_attribute
column_of(Relation relation, const char *name)
{
	TupleDesc columns = RelationGetDescr(relation);

	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);

		if (!column->attisdropped &&
			strcmp(NameStr(column->attname), name) == 0)
		{
			if (column->attgenerated == ATTRIBUTE_GENERATED_VIRTUAL)
				ereport(ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("virtual generated column \"%s\" cannot be "
							   "accumulated",
							   name));
			return column;
		}
	}
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
			errmsg("column \"%s\" of relation \"%s\" does not exist", name,
				   RelationGetRelationName(relation)));
}

static void
mismatch(const char *total, const char *source)
{
	ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("types of total \"%s\" and source column \"%s\" do not fit",
				   total, source));
}

static bool
is_integer(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID;
}

static Oid
service_hours_type(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum("service_hours"),
						   ObjectIdGetDatum(
							   get_namespace_oid("volunteer", false)));
}

/* The type in which deltas of a column travel. */
static Oid
delta_type(Oid column)
{
	return is_integer(column)			 ? INT8OID
		: column == service_hours_type() ? column
										 : InvalidOid;
}

static SourceColumns *
resolve_columns(const Definition *definition, const Target *target,
				Relation source)
{
	SourceColumns *columns = palloc0(sizeof(SourceColumns));
	ListCell *cell;

	columns->keys = palloc0(target->nkeys * sizeof(AttrNumber));
	columns->parts = palloc0(target->nkeys * sizeof(KeyPart));
	columns->sums = palloc0(target->nsums * sizeof(AttrNumber));
	columns->sum_types = palloc0(target->nsums * sizeof(Oid));

	foreach (cell, definition->keys)
	{
		const Mapping *key = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column = column_of(source, key->source);
		Oid total = target->keys[i].type;
		bool fits;

		switch (key->part)
		{
			case KEY_YEAR:
				fits = column->atttypid == DATEOID && is_integer(total);
				break;
			case KEY_MONTH:
				fits = column->atttypid == DATEOID && total == DATEOID;
				break;
			default:
				fits = column->atttypid == total;
		}
		if (!fits)
			mismatch(key->total, key->source);
		columns->keys[i] = column->attnum;
		columns->parts[i] = key->part;
	}

	foreach (cell, definition->sums)
	{
		const Mapping *sum = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column;

		if (sum->source == NULL)
			continue;
		column = column_of(source, sum->source);
		if (delta_type(column->atttypid) != target->sums[i])
			mismatch(sum->total, sum->source);
		columns->sums[i] = column->attnum;
		columns->sum_types[i] = column->atttypid;
	}

	if (definition->counted != NULL)
	{
		Form_pg_attribute column = column_of(source, definition->counted);

		if (column->atttypid != BOOLOID)
			ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("column \"%s\" must be boolean",
						   definition->counted));
		columns->counted = column->attnum;
	}
	return columns;
}

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

/*
 * The statements that write deltas.  Every name in them is qualified: the
 * search path of the session has no say in what the owner executes.
 *
 * PostgreSQL tests the proposed row of an upsert against CHECK constraints, so a
 * negative delta is proposed as a row of zeros, which locks or makes the row in
 * its turn, and applied by the update.
 */
static void
write_statements(Target *target, const Definition *definition, Relation totals)
{
	char *table = quote_qualified_identifier(get_namespace_name(
												 RelationGetNamespace(totals)),
											 RelationGetRelationName(totals));
	StringInfoData names, keys, values, aliased, added, applied, joined;
	StringInfo lists[] = {&names, &keys,	&values, &aliased,
						  &added, &applied, &joined};
	ListCell *cell;
	int parameter = 0;

	for (size_t i = 0; i < lengthof(lists); i++)
		initStringInfo(lists[i]);

	foreach (cell, definition->keys)
	{
		const char *name = quote_identifier(((Mapping *) lfirst(cell))->total);
		const char *separator = parameter > 0 ? ", " : "";
		KeyColumn *key = &target->keys[parameter++];

		appendStringInfo(&names, "%s%s", separator, name);
		appendStringInfo(&keys, "%s%s", separator, name);
		appendStringInfo(&values, "%spg_catalog.unnest($%d)", separator,
						 parameter);
		appendStringInfo(&aliased, "%spg_catalog.unnest($%d) AS %s", separator,
						 parameter, name);
		appendStringInfo(&joined, "%st.%s %s d.%s",
						 parameter > 1 ? " AND " : "", name,
						 qualified_operator(key->operators->eq_opr), name);
	}
	foreach (cell, definition->sums)
	{
		int i = foreach_current_index(cell);
		const char *name = quote_identifier(((Mapping *) lfirst(cell))->total);
		const char *separator = i > 0 ? ", " : "";
		const char *add = target->sums[i] == INT8OID ? "OPERATOR(pg_catalog.+)"
													 : "OPERATOR(volunteer.+)";

		parameter++;
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

	target->upsert = psprintf("INSERT INTO %s AS t (%s) SELECT %s "
							  "ON CONFLICT (%s) DO UPDATE SET %s",
							  table, names.data, values.data, keys.data,
							  added.data);
	target->update =
		psprintf("UPDATE %s AS t SET %s FROM (SELECT %s) AS d WHERE %s", table,
				 applied.data, aliased.data, joined.data);
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

static Target *
resolve_target(const Definition *definition, Oid user)
{
	Target *target = palloc0(sizeof(Target));
	Relation totals = table_open(definition->totals, AccessShareLock);
	ListCell *cell;

	if (totals->rd_rel->relkind != RELKIND_RELATION &&
		totals->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("totals \"%s\" must be a table",
					   RelationGetRelationName(totals)));

	target->context = CurrentMemoryContext;
	target->totals = definition->totals;
	target->user = user;
	target->nkeys = list_length(definition->keys);
	target->nsums = list_length(definition->sums);
	target->keys = palloc0(target->nkeys * sizeof(KeyColumn));
	target->sums = palloc0(target->nsums * sizeof(Oid));
	target->parameters = palloc0((target->nkeys + target->nsums) * sizeof(Oid));

	foreach (cell, definition->keys)
	{
		const Mapping *mapping = lfirst(cell);
		int i = foreach_current_index(cell);
		KeyColumn *key = &target->keys[i];
		Form_pg_attribute column = column_of(totals, mapping->total);

		key->type = column->atttypid;
		key->collation = column->attcollation;
		key->operators = lookup_type_cache(key->type,
										   TYPECACHE_HASH_PROC_FINFO |
											   TYPECACHE_EQ_OPR_FINFO |
											   TYPECACHE_LT_OPR);
		if (!OidIsValid(key->operators->hash_proc_finfo.fn_oid) ||
			!OidIsValid(key->operators->eq_opr_finfo.fn_oid) ||
			!OidIsValid(key->operators->lt_opr))
			ereport(ERROR, errcode(ERRCODE_UNDEFINED_FUNCTION),
					errmsg("type %s of key \"%s\" cannot be hashed and sorted",
						   format_type_be(key->type), mapping->total));
		target->parameters[i] = array_type(key->type);
	}

	foreach (cell, definition->sums)
	{
		const Mapping *mapping = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column = column_of(totals, mapping->total);

		target->sums[i] = delta_type(column->atttypid);
		if (!OidIsValid(target->sums[i]) ||
			(mapping->source == NULL && target->sums[i] != INT8OID))
			ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("total \"%s\" cannot be of type %s", mapping->total,
						   format_type_be(column->atttypid)));
		target->parameters[target->nkeys + i] = array_type(target->sums[i]);
	}

	write_statements(target, definition, totals);
	table_close(totals, AccessShareLock);
	return target;
}

static bool
same_target(const Target *a, const Target *b)
{
	return a->totals == b->totals && a->user == b->user &&
		a->nkeys == b->nkeys && a->nsums == b->nsums &&
		memcmp(a->parameters, b->parameters,
			   (a->nkeys + a->nsums) * sizeof(Oid)) == 0 &&
		strcmp(a->upsert, b->upsert) == 0;
}

/*
 * The target already known, so that all partitions share one, or a new one.
 * They are kept in the order of their tables, the same in all sessions.
 */
static Target *
intern_target(const Definition *definition, Oid user)
{
	MemoryContext context;
	MemoryContext caller;
	Target *target;
	ListCell *cell;
	int position = 0;

	context = AllocSetContextCreate(CurrentMemoryContext,
									"volunteer totals table",
									ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	target = resolve_target(definition, user);

	foreach (cell, targets)
	{
		Target *known = lfirst(cell);

		if (same_target(known, target))
		{
			MemoryContextSwitchTo(caller);
			MemoryContextDelete(context);
			return known;
		}
		if (known->totals <= target->totals)
			position++;
	}

	MemoryContextSwitchTo(CacheMemoryContext);
	targets = list_insert_nth(targets, position, target);
	MemoryContextSetParent(context, CacheMemoryContext);
	MemoryContextSwitchTo(caller);
	return target;
}

const Binding *
accumulate_binding(const Trigger *trigger, Relation source)
{
	uint64 seen = invalidations;
	Definition *definition;
	MemoryContext context;
	MemoryContext caller;
	SourceColumns *columns;
	Target *target;
	Binding *binding;
	BindingKey key;
	bool found;

	key.trigger = trigger->tgoid;
	key.source = RelationGetRelid(source);
	binding = hash_search(bindings, &key, HASH_ENTER, &found);
	if (found && binding->valid)
		return binding;

	if (!found)
	{
		binding->totals = InvalidOid;
		binding->context = NULL;
	}
	binding->valid = false;

	definition = accumulate_definition(trigger);
	if (definition->totals == key.source)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: a table cannot be its own totals"));
	target = intern_target(definition, source->rd_rel->relowner);

	context = AllocSetContextCreate(CurrentMemoryContext,
									"volunteer tracked table",
									ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	columns = resolve_columns(definition, target, source);
	MemoryContextSwitchTo(caller);

	if (binding->context != NULL)
		MemoryContextDelete(binding->context);
	MemoryContextSetParent(context, CacheMemoryContext);
	binding->context = context;
	binding->totals = target->totals;
	binding->each_statement = definition->each_statement;
	binding->target = target;
	binding->columns = columns;
	binding->valid = seen == invalidations;
	return binding;
}

/* A table, its triggers or its totals have changed. */
static void
invalidate(Datum arg pg_attribute_unused(), Oid relation)
{
	HASH_SEQ_STATUS status;
	Binding *binding;

	invalidations++;
	hash_seq_init(&status, bindings);
	while ((binding = hash_seq_search(&status)) != NULL)
		if (!OidIsValid(relation) || binding->key.source == relation ||
			binding->totals == relation)
			binding->valid = false;
}

/*
 * Between transactions nobody holds a binding or a target, so the bindings that
 * are no longer valid can go, and the targets that no other binding has.
 */
static void
forget_invalid(XactEvent event, void *arg pg_attribute_unused())
{
	static uint64 seen = 0;
	HASH_SEQ_STATUS status;
	Binding *binding;
	ListCell *cell;

	if (seen == invalidations ||
		(event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT &&
		 event != XACT_EVENT_PREPARE))
		return;
	seen = invalidations;

	foreach (cell, targets)
		((Target *) lfirst(cell))->bound = false;

	hash_seq_init(&status, bindings);
	while ((binding = hash_seq_search(&status)) != NULL)
	{
		if (binding->valid)
		{
			binding->target->bound = true;
			continue;
		}
		if (binding->context != NULL)
			MemoryContextDelete(binding->context);
		hash_search(bindings, &binding->key, HASH_REMOVE, NULL);
	}

	foreach (cell, targets)
	{
		Target *target = lfirst(cell);

		if (target->bound)
			continue;
		targets = foreach_delete_current(targets, cell);
		SPI_freeplan(target->upsert_plan);
		SPI_freeplan(target->update_plan);
		MemoryContextDelete(target->context);
	}
}

void
accumulate_binding_init(void)
{
	HASHCTL control = {.keysize = sizeof(BindingKey),
					   .entrysize = sizeof(Binding)};

	bindings = hash_create("volunteer accumulation triggers", 16, &control,
						   HASH_ELEM | HASH_BLOBS);
	CacheRegisterRelcacheCallback(invalidate, (Datum) 0);
	RegisterXactCallback(forget_invalid, NULL);
}
