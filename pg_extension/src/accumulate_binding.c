/*
 * Definitions resolved against the catalog, and kept until it changes.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
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

static AttrNumber
condition_of(Relation source, const char *name)
{
	Form_pg_attribute column = column_of(source, name);

	if (column->atttypid != BOOLOID)
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("column \"%s\" must be boolean", name));
	return column->attnum;
}

static SourceColumns *
resolve_columns(const Definition *definition, const Target *target,
				Relation source)
{
	SourceColumns *columns = palloc0(sizeof(SourceColumns));
	ListCell *cell;

	columns->keys = palloc0(target->nkeys * sizeof(AttrNumber));
	columns->parts = palloc0(target->nkeys * sizeof(mapping_part));
	columns->sums = palloc0(target->nsums * sizeof(AttrNumber));
	columns->sum_types = palloc0(target->nsums * sizeof(Oid));
	columns->filters = palloc0(target->nsums * sizeof(AttrNumber));

	foreach (cell, definition->keys)
	{
		const Mapping *key = lfirst(cell);
		int i = foreach_current_index(cell);
		Form_pg_attribute column = column_of(source, key->source);
		Oid total = target->keys[i].type;
		bool fits;

		switch (key->part)
		{
			case MAPPING_YEAR:
				fits = column->atttypid == DATEOID && is_integer(total);
				break;
			case MAPPING_MONTH:
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

		if (sum->filter != NULL)
			columns->filters[i] = condition_of(source, sum->filter);
		if (sum->source == NULL)
			continue;
		column = column_of(source, sum->source);
		if (delta_type(column->atttypid) != target->sums[i].delta_type)
			mismatch(sum->total, sum->source);
		columns->sums[i] = column->attnum;
		columns->sum_types[i] = column->atttypid;
	}

	if (definition->counted != NULL)
		columns->counted = condition_of(source, definition->counted);
	return columns;
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
	target->relation = definition->totals;
	target->totals = definition->totals;
	target->user = user;
	target->each_statement = definition->each_statement;
	target->nkeys = list_length(definition->keys);
	target->nsums = list_length(definition->sums);
	target->keys = palloc0(target->nkeys * sizeof(KeyColumn));
	target->sums = palloc0(target->nsums * sizeof(SumColumn));

	foreach (cell, definition->keys)
	{
		const Mapping *mapping = lfirst(cell);
		int i = foreach_current_index(cell);
		KeyColumn *key = &target->keys[i];
		Form_pg_attribute column = column_of(totals, mapping->total);

		key->name = pstrdup(mapping->total);
		key->column = column->attnum;
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
		pending_order(key);
	}

	foreach (cell, definition->sums)
	{
		const Mapping *mapping = lfirst(cell);
		SumColumn *sum = &target->sums[foreach_current_index(cell)];
		Form_pg_attribute column = column_of(totals, mapping->total);

		sum->name = pstrdup(mapping->total);
		sum->column = column->attnum;
		sum->type = column->atttypid;
		sum->delta_type = delta_type(column->atttypid);
		sum->kind = SUM_INTEGER;
		if (!OidIsValid(sum->delta_type) ||
			(mapping->source == NULL && sum->delta_type != INT8OID))
			ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("total \"%s\" cannot be of type %s", mapping->total,
						   format_type_be(column->atttypid)));
	}

	table_close(totals, AccessShareLock);
	return target;
}

static bool
same_target(const Target *a, const Target *b)
{
	if (a->relation != b->relation || a->user != b->user ||
		a->refused != b->refused || a->append != b->append ||
		a->each_statement != b->each_statement || a->nkeys != b->nkeys ||
		a->nsums != b->nsums)
		return false;

	for (int i = 0; i < a->nkeys; i++)
		if (a->keys[i].column != b->keys[i].column ||
			a->keys[i].type != b->keys[i].type ||
			a->keys[i].collation != b->keys[i].collation ||
			strcmp(a->keys[i].name, b->keys[i].name) != 0)
			return false;
	for (int i = 0; i < a->nsums; i++)
		if (a->sums[i].column != b->sums[i].column ||
			a->sums[i].type != b->sums[i].type ||
			strcmp(a->sums[i].name, b->sums[i].name) != 0)
			return false;
	return true;
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
		if (known->relation <= target->relation)
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
		accumulate_statements_free(target);
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
