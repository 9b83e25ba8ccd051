/*
 * The relations that are written: totals, or the queue in front of them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "accumulate.h"
#include "compat.h"

static List *targets; /* in the order in which they are written */

List *
accumulate_targets(void)
{
	return targets;
}

Form_pg_attribute
accumulate_column(Relation relation, const char *name)
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

static Oid
own_type(const char *name)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(
							   get_namespace_oid("volunteer", false)));
}

/* The type in which deltas of a column travel. */
static Oid
total_delta_type(Oid type)
{
	if (type == INT2OID || type == INT4OID || type == INT8OID)
		return INT8OID;
	if (type == own_type("service_hours") || type == own_type("occupancy"))
		return type;
	return InvalidOid;
}

/* The type in which what a source column contributes travels. */
Oid
accumulate_delta_type(Oid type)
{
	if (type == own_type("occupancy"))
		return InvalidOid;
	if (type == TSTZRANGEOID || type == TSRANGEOID)
		return own_type("occupancy");
	return total_delta_type(type);
}

static void
resolve_key(KeyColumn *key, const Mapping *mapping, Relation relation)
{
	Form_pg_attribute column = accumulate_column(relation, mapping->total);

	key->name = pstrdup(mapping->total);
	key->column = column->attnum;
	key->type = column->atttypid;
	key->typmod = column->atttypmod;
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
					   format_type_be(key->type), key->name));
	pending_order(key);
}

static void
resolve_sum(SumColumn *sum, const Mapping *mapping, Relation relation)
{
	Form_pg_attribute column = accumulate_column(relation, mapping->total);

	if (column->attgenerated != '\0')
		ereport(ERROR, errcode(ERRCODE_GENERATED_ALWAYS),
				errmsg("total \"%s\" is a generated column", mapping->total));
	sum->name = pstrdup(mapping->total);
	sum->column = column->attnum;
	sum->type = column->atttypid;
	sum->delta_type = total_delta_type(sum->type);
	sum->kind = sum->type == own_type("occupancy") ? SUM_OCCUPANCY
												   : SUM_INTEGER;
	if (!OidIsValid(sum->delta_type) ||
		(mapping->source == NULL && sum->delta_type != INT8OID))
		ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
				errmsg("total \"%s\" cannot be of type %s", sum->name,
					   format_type_be(sum->type)));
}

/* A column that took two mappings would follow only one of them. */
static void
check_mapped_once(const Target *target)
{
	Bitmapset *mapped = NULL;

	for (int i = 0; i < target->nkeys + target->nsums; i++)
	{
		bool is_key = i < target->nkeys;
		const SumColumn *sum = &target->sums[i - target->nkeys];
		AttrNumber column = is_key ? target->keys[i].column : sum->column;

		if (bms_is_member(column, mapped))
			ereport(ERROR, errcode(ERRCODE_DUPLICATE_COLUMN),
					errmsg("total \"%s\" is mapped more than once",
						   is_key ? target->keys[i].name : sum->name));
		mapped = bms_add_member(mapped, column);
	}
	bms_free(mapped);
}

/* Does a column of an index take for equal what the key takes for equal? */
bool
accumulate_same_equality(Relation index, int column, const KeyColumn *key)
{
	Oid type = index->rd_opcintype[column];
	Oid collation = index->rd_indcollation[column];

	return get_opfamily_member(index->rd_opfamily[column], type, type,
							   BTEqualStrategyNumber) ==
		key->operators->eq_opr &&
		(collation == key->collation ||
		 (get_collation_isdeterministic(collation) &&
		  get_collation_isdeterministic(key->collation)));
}

static bool
is_key(const Target *target, Relation index, int column)
{
	for (int i = 0; i < target->nkeys; i++)
		if (target->keys[i].column == index->rd_index->indkey.values[column])
			return accumulate_same_equality(index, column, &target->keys[i]);
	return false;
}

static bool
is_unique_over_keys(Relation index, const Target *target)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indimmediate || !form->indisvalid ||
		form->indnkeyatts != target->nkeys ||
		RelationGetIndexPredicate(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
		if (!is_key(target, index, i))
			return false;
	return true;
}

static Oid
unique_index(Relation totals, const Target *target)
{
	List *indexes = RelationGetIndexList(totals);
	ListCell *cell;

	foreach (cell, indexes)
	{
		Relation index = index_open(lfirst_oid(cell), AccessShareLock);
		bool fits = is_unique_over_keys(index, target);

		index_close(index, AccessShareLock);
		if (fits)
			return lfirst_oid(cell);
	}
	ereport(ERROR, errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
			errmsg("totals \"%s\" have no unique index on exactly their keys",
				   RelationGetRelationName(totals)));
}

/* What is written beside the totals is written as their owner, so it is his. */
static void
check_companion(Relation relation, Relation totals)
{
	if (relation->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" must be an ordinary table",
					   RelationGetRelationName(relation)));
	if (relation->rd_rel->relowner != totals->rd_rel->relowner)
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("\"%s\" must belong to the owner of totals \"%s\"",
					   RelationGetRelationName(relation),
					   RelationGetRelationName(totals)));
}

static void
check_quarantine(Oid table, Relation totals)
{
	Relation quarantine = table_open(table, AccessShareLock);

	check_companion(quarantine, totals);
	if (quarantine->rd_rel->reloftype != own_type("refused_record"))
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" must be a table of type refused_record",
					   RelationGetRelationName(quarantine)));
	table_close(quarantine, AccessShareLock);
}

static void
check_totals(Relation totals)
{
	if (totals->rd_rel->relkind != RELKIND_RELATION &&
		totals->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("totals \"%s\" must be a table",
					   RelationGetRelationName(totals)));
}

static Target *
resolve_target(const Definition *definition, Relation totals, bool append)
{
	Target *target = palloc0(sizeof(Target));
	Relation relation = totals;
	ListCell *cell;

	check_totals(totals);
	if (append)
	{
		relation = table_open(definition->queue, AccessShareLock);
		check_companion(relation, totals);
	}
	if (OidIsValid(definition->quarantine))
		check_quarantine(definition->quarantine, totals);

	target->context = CurrentMemoryContext;
	target->relation = RelationGetRelid(relation);
	target->totals = RelationGetRelid(totals);
	target->user = totals->rd_rel->relowner;
	target->refused = definition->quarantine;
	target->append = append;
	target->each_statement = definition->each_statement;
	target->nkeys = list_length(definition->keys);
	target->nsums = list_length(definition->sums);
	target->keys = palloc0(target->nkeys * sizeof(KeyColumn));
	target->sums = palloc0(target->nsums * sizeof(SumColumn));

	foreach (cell, definition->keys)
		resolve_key(&target->keys[foreach_current_index(cell)], lfirst(cell),
					relation);
	foreach (cell, definition->sums)
		resolve_sum(&target->sums[foreach_current_index(cell)], lfirst(cell),
					relation);

	check_mapped_once(target);

	if (append)
		table_close(relation, AccessShareLock);
	else
		target->index = unique_index(totals, target);
	return target;
}

static bool
same_target(const Target *a, const Target *b)
{
	if (a->relation != b->relation || a->totals != b->totals ||
		a->index != b->index || a->user != b->user ||
		a->refused != b->refused || a->append != b->append ||
		a->each_statement != b->each_statement || a->nkeys != b->nkeys ||
		a->nsums != b->nsums)
		return false;

	for (int i = 0; i < a->nkeys; i++)
		if (a->keys[i].column != b->keys[i].column ||
			a->keys[i].type != b->keys[i].type ||
			a->keys[i].typmod != b->keys[i].typmod ||
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
Target *
accumulate_target(const Definition *definition, Relation totals, bool append)
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
	target = resolve_target(definition, totals, append);

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

/* Between transactions, when nobody holds one. */
void
accumulate_targets_forget_unbound(void)
{
	ListCell *cell;

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
