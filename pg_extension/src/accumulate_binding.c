/*
 * Triggers resolved against the catalog, and kept until it changes.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "accumulate.h"

static HTAB *bindings; /* of Binding */
static uint64 invalidations = 1;

/* How many relations and functions have changed, or may have. */
uint64
accumulate_changes(void)
{
	return invalidations;
}

static void
mismatch(const char *total, const char *source)
{
	ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("types of total \"%s\" and source column \"%s\" do not fit",
				   total, source));
}

static AttrNumber
condition_of(Relation source, const char *name)
{
	Form_pg_attribute column = accumulate_column(source, name);

	if (column->atttypid != BOOLOID)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("column \"%s\" must be boolean", name));
	return column->attnum;
}

/* What is written is not cut or rounded to the type modifier of the total. */
static bool
modifier_fits(int32 source, const KeyColumn *total)
{
	return total->typmod < 0 || source == total->typmod ||
		(total->type == VARCHAROID && source >= 0 && source < total->typmod);
}

static bool
key_fits(Oid source, Oid total, mapping_part part)
{
	switch (part)
	{
		case MAPPING_YEAR:
			return source == DATEOID &&
				(total == INT2OID || total == INT4OID || total == INT8OID);
		case MAPPING_MONTH:
			return source == DATEOID && total == DATEOID;
		default:
			return source == total;
	}
}

/* What all sessions write must not be one session's. */
static void
check_persistence(Relation source, Oid written)
{
	if (OidIsValid(written) &&
		get_rel_persistence(written) == RELPERSISTENCE_TEMP &&
		source->rd_rel->relpersistence != RELPERSISTENCE_TEMP)
		ereport(ERROR, errcode(ERRCODE_INVALID_TABLE_DEFINITION),
				errmsg("table \"%s\" is not temporary, but \"%s\" is",
					   RelationGetRelationName(source), get_rel_name(written)));
}

SourceColumns *
accumulate_source_columns(const Definition *definition, const Target *target,
						  Relation source)
{
	SourceColumns *columns = palloc0(sizeof(SourceColumns));
	ListCell *cell;

	check_persistence(source, target->totals);
	check_persistence(source, definition->queue);
	check_persistence(source, definition->quarantine);
	columns->keys = palloc0(target->nkeys * sizeof(AttrNumber));
	columns->parts = palloc0(target->nkeys * sizeof(mapping_part));
	columns->sums = palloc0(target->nsums * sizeof(AttrNumber));
	columns->sum_types = palloc0(target->nsums * sizeof(Oid));
	columns->filters = palloc0(target->nsums * sizeof(AttrNumber));

	foreach (cell, definition->keys)
	{
		const Mapping *key = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column = accumulate_column(source, key->source);

		if (!key_fits(column->atttypid, target->keys[i].type, key->part) ||
			(key->part == MAPPING_WHOLE &&
			 !modifier_fits(column->atttypmod, &target->keys[i])))
			mismatch(key->total, key->source);
		columns->keys[i] = column->attnum;
		columns->parts[i] = key->part;
	}

	foreach (cell, definition->sums)
	{
		const Mapping *sum = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column;

		if (sum->filter != NULL)
			columns->filters[i] = condition_of(source, sum->filter);
		if (sum->source == NULL)
			continue;
		column = accumulate_column(source, sum->source);
		if (accumulate_delta_type(column->atttypid) !=
			target->sums[i].delta_type)
			mismatch(sum->total, sum->source);
		columns->sums[i] = column->attnum;
		columns->sum_types[i] = column->atttypid;
	}

	if (definition->counted != NULL)
		columns->counted = condition_of(source, definition->counted);
	return columns;
}

/* Is it the table itself, a partition of it or a table that inherits from it? */
static bool
is_member(Oid table, Oid source)
{
	return table == source ||
		(OidIsValid(source) &&
		 typeInheritsFrom(get_rel_type_id(table), get_rel_type_id(source)));
}

/*
 * Whoever may attach triggers to a source may attach any: only one that counts
 * every row once, into totals whose owner has agreed to it, is the right one.
 */
static void
check_trigger(const Trigger *trigger, Relation source, Relation totals,
			  const Definition *definition)
{
	const int16 right = TRIGGER_TYPE_ROW | TRIGGER_TYPE_INSERT |
		TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE;
	List *rivals;

	if (definition == NULL ||
		!is_member(RelationGetRelid(source), definition->source))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("totals \"%s\" are not kept from table \"%s\"",
					   RelationGetRelationName(totals),
					   RelationGetRelationName(source)),
				errhint("Call track_hours() as the owner of the totals."));

	rivals = accumulate_triggers(source, trigger->tgfoid,
								 RelationGetRelid(totals), true);
	if (trigger->tgtype != right || trigger->tgqual != NULL ||
		trigger->tgnattr > 0 || list_length(rivals) != 1)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("accumulate_hours: must be fired once after every "
					   "INSERT, UPDATE and DELETE of table \"%s\"",
					   RelationGetRelationName(source)),
				errhint("Let track_hours() create the triggers."));
}

static void
resolve(Binding *binding, const Trigger *trigger, Relation source)
{
	uint64 seen = invalidations;
	Oid totals_oid = accumulate_totals(trigger);
	Relation totals;
	Definition *definition;
	MemoryContext context;
	MemoryContext caller;
	SourceColumns *columns;
	Target *target;

	if (!OidIsValid(totals_oid))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("totals \"%s\" do not exist", trigger->tgargs[0]));

	totals = table_open(totals_oid, AccessShareLock);
	definition = accumulate_definition(totals);
	check_trigger(trigger, source, totals, definition);
	target = accumulate_target(definition, totals,
							   OidIsValid(definition->queue));

	context = AllocSetContextCreate(CurrentMemoryContext,
									"volunteer tracked table",
									ALLOCSET_SMALL_SIZES);
	caller = MemoryContextSwitchTo(context);
	columns = accumulate_source_columns(definition, target, source);
	MemoryContextSwitchTo(caller);

	if (binding->context != NULL)
		MemoryContextDelete(binding->context);
	MemoryContextSetParent(context, CacheMemoryContext);
	binding->context = context;
	binding->target = target;
	binding->columns = columns;
	binding->relations[0] = binding->key.source;
	binding->relations[1] = definition->source;
	binding->relations[2] = target->totals;
	binding->relations[3] = target->relation;
	binding->relations[4] = target->refused;
	binding->valid = seen == invalidations;
	table_close(totals, AccessShareLock);
}

const Binding *
accumulate_binding(const Trigger *trigger, Relation source)
{
	BindingKey key = {.trigger = trigger->tgoid,
					  .source = RelationGetRelid(source)};
	Binding *binding;
	bool found;

	binding = hash_search(bindings, &key, HASH_ENTER, &found);
	if (!found)
	{
		binding->valid = false;
		binding->context = NULL;
	}
	if (!binding->valid)
		resolve(binding, trigger, source);
	return binding;
}

static bool
concerns(const Binding *binding, Oid relation)
{
	for (size_t i = 0; i < lengthof(binding->relations); i++)
		if (binding->relations[i] == relation)
			return true;
	return !OidIsValid(relation);
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
		if (binding->valid && concerns(binding, relation))
			binding->valid = false;
}

static void
function_changed(Datum arg pg_attribute_unused(),
				 int cache pg_attribute_unused(),
				 uint32 hash pg_attribute_unused())
{
	invalidations++;
}

/* Tables are found by name, and that of their schema may be another now. */
static void
schema_changed(Datum arg pg_attribute_unused(), int cache pg_attribute_unused(),
			   uint32 hash pg_attribute_unused())
{
	invalidate((Datum) 0, InvalidOid);
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

	foreach (cell, accumulate_targets())
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
	accumulate_targets_forget_unbound();
}

void
accumulate_binding_init(void)
{
	HASHCTL control = {.keysize = sizeof(BindingKey),
					   .entrysize = sizeof(Binding)};

	bindings = hash_create("volunteer accumulation triggers", 16, &control,
						   HASH_ELEM | HASH_BLOBS);
	CacheRegisterRelcacheCallback(invalidate, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, schema_changed, (Datum) 0);
	RegisterXactCallback(forget_invalid, NULL);
}
