/*
 * Totals, or their queue, opened to be written.
 *
 * What is prepared for it, of which expressions cost the most, is kept from one
 * transaction to the next until a relation or a function changes.  While it is
 * open it belongs to the current transaction, and an error takes it along.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "accumulate_totals.h"
#include "compat.h"

/* From so many deltas on, a lock that keeps other writers out is worth trying. */
#define MANY_DELTAS 1000

static AttrNumber
column_named(Relation table, const char *name)
{
	AttrNumber column = get_attnum(RelationGetRelid(table), name);

	if (column == InvalidAttrNumber)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN),
				errmsg("column \"%s\" of relation \"%s\" does not exist", name,
					   RelationGetRelationName(table)));
	return column;
}

static void
retyped(const char *name)
{
	ereport(ERROR, errcode(ERRCODE_DATATYPE_MISMATCH),
			errmsg("total \"%s\" has another type than when it was added to",
				   name));
}

/* The columns, which may have been altered since the deltas came. */
static void
find_columns(Totals *totals)
{
	const Target *target = totals->target;

	for (int i = 0; i < target->nkeys; i++)
	{
		const KeyColumn *key = &target->keys[i];

		totals->keys[i] = column_named(totals->table, key->name);
		if (totals_type(totals, totals->keys[i]) != key->type)
			retyped(key->name);
	}
	for (int i = 0; i < target->nsums; i++)
	{
		const SumColumn *sum = &target->sums[i];
		Oid type;

		totals->sums[i] = column_named(totals->table, sum->name);
		type = totals_type(totals, totals->sums[i]);
		if (type != sum->delta_type &&
			(sum->delta_type != INT8OID ||
			 (type != INT2OID && type != INT4OID)))
			retyped(sum->name);
	}
}

static void
find_indexes(Totals *totals)
{
	const Target *target = totals->target;
	ResultRelInfo *result = totals->result;

	totals->index = -1;
	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation index = result->ri_IndexRelationDescs[i];

		if (!finder_fits(index, totals->keys, target))
			continue;
		totals->arbiters = lappend_oid(totals->arbiters,
									   RelationGetRelid(index));
		if (index->rd_index->indisvalid)
			totals->index = i;
	}
	if (totals->index < 0)
		ereport(ERROR, errcode(ERRCODE_INVALID_COLUMN_REFERENCE),
				errmsg("totals \"%s\" have no unique index on exactly the keys",
					   RelationGetRelationName(totals->table)));
	totals->finder = finder_create(result->ri_IndexRelationDescs[totals->index],
								   totals->keys, target->nkeys);
}

static void
check_rights(const Target *target, Relation table)
{
	AclMode needed = target->append ? ACL_INSERT
									: ACL_SELECT | ACL_INSERT | ACL_UPDATE;
	Oid relation = RelationGetRelid(table);

	if (pg_class_aclmask(relation, GetUserId(), needed, ACLMASK_ALL) != needed)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE,
					   RelationGetRelationName(table));
}

static void
set_range_table_of(const Totals *totals)
{
	RangeTblEntry *entry = makeNode(RangeTblEntry);
	Bitmapset *updated = NULL;

	entry->rtekind = RTE_RELATION;
	entry->relid = RelationGetRelid(totals->table);
	entry->relkind = totals->table->rd_rel->relkind;
	entry->rellockmode = RowExclusiveLock;
	for (int i = 0; i < totals->target->nsums; i++)
		updated = bms_add_member(updated,
								 totals->sums[i] -
									 FirstLowInvalidHeapAttributeNumber);
	init_range_table(totals->estate, entry, updated);
}

/* Prepares what can be kept, with the indexes open. */
static Totals *
prepare(Target *target, Relation table)
{
	uint64 changes = accumulate_changes();
	MemoryContext caller = MemoryContextSwitchTo(CurTransactionContext);
	EState *estate = CreateExecutorState();
	Totals *totals;

	MemoryContextSwitchTo(estate->es_query_cxt);
	totals = palloc0(sizeof(Totals));
	totals->target = target;
	totals->changes = changes;
	totals->estate = estate;
	totals->table = table;
	find_columns(totals);
	set_range_table_of(totals);
	totals->result = makeNode(ResultRelInfo);
	InitResultRelInfo(totals->result, table, 1, NULL, 0);
	estate->es_opened_result_relations = list_make1(totals->result);
	init_epq(&totals->epq, estate);
	ExecOpenIndices(totals->result, !target->append);
	totals->indexes = palloc(totals->result->ri_NumIndices * sizeof(Oid));
	for (int i = 0; i < totals->result->ri_NumIndices; i++)
		totals->indexes[i] = RelationGetRelid(
			totals->result->ri_IndexRelationDescs[i]);
	if (!target->append)
		find_indexes(totals);
	MemoryContextSwitchTo(caller);
	return totals;
}

/* What was kept, if nothing has changed since, with the indexes open. */
static Totals *
take_kept(Target *target, Relation table)
{
	Totals *totals = target->totals_kept;
	ResultRelInfo *result;

	if (totals == NULL)
		return NULL;
	target->totals_kept = NULL;
	MemoryContextSetParent(totals->estate->es_query_cxt, CurTransactionContext);
	if (totals->changes != accumulate_changes())
	{
		FreeExecutorState(totals->estate);
		return NULL;
	}

	result = totals->result;
	result->ri_RelationDesc = table;
	for (int i = 0; i < result->ri_NumIndices; i++)
		result->ri_IndexRelationDescs[i] = index_open(totals->indexes[i],
													  RowExclusiveLock);
	totals->table = table;
	return totals;
}

/* Is everybody else kept from writing? */
static bool
is_alone(Relation table, bool may_lock)
{
	return CheckRelationLockedByMe(table, ExclusiveLock, true) ||
		(may_lock && ConditionalLockRelation(table, ExclusiveLock));
}

/*
 * Rows are inserted in batches where nobody else can insert the same ones: into a
 * queue, or while a lock keeps others out.
 */
static bool
may_batch(const Totals *totals, Size ndeltas, bool may_lock)
{
	const TriggerDesc *triggers = totals->result->ri_TrigDesc;

	if (triggers != NULL && triggers->trig_insert_before_row)
		return false;
	if (totals->target->append)
		return ndeltas > 1;
	return ndeltas >= MANY_DELTAS && is_alone(totals->table, may_lock);
}

static void
open_finder(Totals *totals, Size ndeltas)
{
	finder_open(totals->finder, totals->table,
				totals->result->ri_IndexRelationDescs[totals->index],
				totals->keys, totals->target, totals->in_batches ? ndeltas : 0);
}

/* For so many deltas, which may be worth a lock. */
Totals *
totals_open(Target *target, Relation table, Size ndeltas, bool may_lock)
{
	Totals *totals;
	EState *estate;

	check_rights(target, table);
	totals = take_kept(target, table);
	if (totals == NULL)
		totals = prepare(target, table);

	estate = totals->estate;
	totals->command = GetCurrentCommandId(true);
	estate->es_output_cid = totals->command;
	estate->es_snapshot = GetActiveSnapshot();
	totals->in_batches = may_batch(totals, ndeltas, may_lock);
	if (totals->in_batches)
		totals->batch = palloc0(BATCH_ROWS * sizeof(TupleTableSlot *));
	totals->new = table_slot_create(table, &estate->es_tupleTable);
	if (!target->append)
	{
		totals->old = table_slot_create(table, &estate->es_tupleTable);
		open_finder(totals, ndeltas);
	}
	AfterTriggerBeginQuery();
	return totals;
}

/* Leaves nothing of the transaction in what is kept. */
static void
keep(Totals *totals)
{
	EState *estate = totals->estate;
	ResultRelInfo *result = totals->result;

	ResetPerTupleExprContext(estate);
	estate->es_snapshot = InvalidSnapshot;
	result->ri_TrigOldSlot = NULL;
	result->ri_TrigNewSlot = NULL;
	if (result->ri_TrigFunctions != NULL)
		memset(result->ri_TrigFunctions, 0,
			   result->ri_TrigDesc->numtriggers * sizeof(FmgrInfo));
	MemoryContextSetParent(estate->es_query_cxt, totals->target->context);
	totals->target->totals_kept = totals;
}

void
totals_close(Totals *totals)
{
	EState *estate = totals->estate;
	const Target *target = totals->target;

	AfterTriggerEndQuery(estate);
	if (totals->finder != NULL)
		finder_close(totals->finder);
	EvalPlanQualEnd(&totals->epq);
	ExecCloseResultRelations(estate);
	ExecResetTupleTable(estate->es_tupleTable, true);
	estate->es_tupleTable = NIL;

	if (target->settled && target->examined == totals->changes &&
		target->totals_kept == NULL && estate->es_trig_target_relations == NIL)
		keep(totals);
	else
		FreeExecutorState(estate);
	CommandCounterIncrement();
}
