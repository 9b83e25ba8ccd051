/*
 * Deltas into totals by direct access to the table.
 *
 * A delta is added to the current version of its row, whatever the snapshot of
 * the transaction is, since additions commute.  What an INSERT or UPDATE would do
 * is done here: defaults, generated columns, constraints, indexes, row triggers
 * and foreign keys.  Statement triggers do not fire, as when changes are
 * replicated.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "accumulate_totals.h"
#include "compat.h"
#include "occupancy.h"

static Datum
number_datum(int64 number, Oid type)
{
	if ((type == INT2OID && number != (int16) number) ||
		(type == INT4OID && number != (int32) number))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("total is out of range"));
	return type == INT2OID ? Int16GetDatum(number)
		: type == INT4OID  ? Int32GetDatum(number)
						   : Int64GetDatum(number);
}

static int64
number_of(Datum value, Oid type)
{
	return type == INT2OID ? DatumGetInt16(value)
		: type == INT4OID  ? DatumGetInt32(value)
						   : DatumGetInt64(value);
}

static Datum
add_occupancies(const Totals *totals, Datum total, Datum delta)
{
	MemoryContext caller;
	const int32 *steps;
	Size n;

	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(totals->estate));
	steps = occupancy_steps(delta, &n);
	total = occupancy_add(total, steps, n, 1);
	MemoryContextSwitchTo(caller);
	return total;
}

/* A total of null is zero. */
static Datum
sum_of(const Totals *totals, int i, Datum total, bool is_null, Datum delta)
{
	Oid type = totals_type(totals, totals->sums[i]);
	int64 sum;

	if (totals->target->sums[i].kind == SUM_OCCUPANCY)
		return is_null ? delta : add_occupancies(totals, total, delta);

	sum = is_null ? 0 : number_of(total, type);
	if (pg_add_s64_overflow(sum, DatumGetInt64(delta), &sum))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("total is out of range"));
	return number_datum(sum, type);
}

static void
generate_columns(Totals *totals, TupleTableSlot *row, CmdType operation)
{
	const TupleConstr *constraints = RelationGetDescr(totals->table)->constr;

	if (constraints != NULL && constraints->has_generated_stored)
		ExecComputeStoredGenerated(totals->result, totals->estate, row,
								   operation);
}

/* What every row that is written has to satisfy. */
static void
check_row(Totals *totals, TupleTableSlot *row)
{
	if (RelationGetDescr(totals->table)->constr != NULL)
		ExecConstraints(totals->result, row, totals->estate);
	if (totals->table->rd_rel->relispartition)
		(void) ExecPartitionCheck(totals->result, row, totals->estate, true);
}

static void
changed_by_trigger(void)
{
	ereport(ERROR, errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
			errmsg("total to be updated was already modified by an operation "
				   "triggered by the current command"));
}

/*
 * Is the version still the current one?  If not, it has to be found again.  One
 * that is newer than this write was made by a trigger of it.
 */
static bool
is_current(TM_Result result)
{
	if (result == TM_SelfModified || result == TM_Invisible)
		changed_by_trigger();
	if (result != TM_Ok && result != TM_Updated && result != TM_Deleted)
		elog(ERROR, "unexpected result of writing totals: %d", (int) result);
	return result == TM_Ok;
}

/*
 * A version that another transaction may replace is not for triggers to see, nor
 * for constraints to refuse: the next one may satisfy them.
 */
static bool
is_locked_first(const Totals *totals)
{
	const TriggerDesc *triggers = totals->result->ri_TrigDesc;

	return finder_is_contested(totals->finder) ||
		(triggers != NULL &&
		 (triggers->trig_insert_before_row ||
		  triggers->trig_update_before_row));
}

static bool
lock_row(Totals *totals)
{
	TM_FailureData failure;

	return is_current(
		table_tuple_lock(totals->table, &totals->old->tts_tid,
						 totals->estate->es_snapshot, totals->old,
						 totals->command,
						 ExecUpdateLockMode(totals->estate, totals->result),
						 LockWaitBlock, 0, &failure));
}

/* Adds to the version found; false if that is no longer the current one. */
static bool
update_row(Totals *totals, const Delta *delta)
{
	const TriggerDesc *triggers = totals->result->ri_TrigDesc;
	TupleTableSlot *old = totals->old;
	TupleTableSlot *new = totals->new;
	ItemPointerData version = old->tts_tid;
	TM_FailureData failure;
	LockTupleMode mode;
	TU_UpdateIndexes indexes;
	List *recheck = NIL;

	if (is_locked_first(totals) && !lock_row(totals))
		return false;

	slot_getallattrs(old);
	ExecClearTuple(new);
	memcpy(new->tts_values, old->tts_values, old->tts_nvalid * sizeof(Datum));
	memcpy(new->tts_isnull, old->tts_isnull, old->tts_nvalid * sizeof(bool));
	for (int i = 0; i < totals->target->nsums; i++)
	{
		int column = totals->sums[i] - 1;

		new->tts_values[column] = sum_of(totals, i, old->tts_values[column],
										 old->tts_isnull[column],
										 delta->sums[i]);
		new->tts_isnull[column] = false;
	}
	ExecStoreVirtualTuple(new);
	new->tts_tableOid = RelationGetRelid(totals->table);

	if (triggers != NULL && triggers->trig_update_before_row &&
		!before_update(totals->estate, &totals->epq, totals->result, &version,
					   new))
		return true;
	generate_columns(totals, new, CMD_UPDATE);
	check_row(totals, new);
	CheckCmdReplicaIdentity(totals->table, CMD_UPDATE);

	if (!is_current(
			table_tuple_update(totals->table, &version, new, totals->command,
							   totals->estate->es_snapshot, InvalidSnapshot,
							   true, &failure, &mode, &indexes)))
		return false;
	if (totals->result->ri_NumIndices > 0 && indexes != TU_None)
		recheck = insert_index_tuples(totals->result, new, totals->estate, true,
									  false, NULL, NIL, indexes);
	ExecARUpdateTriggers(totals->estate, totals->result, NULL, NULL, &version,
						 NULL, new, recheck, NULL, false);
	list_free(recheck);
	return true;
}

/* As an INSERT has it: a domain may refuse null. */
static Node *
default_of_column(Relation table, Form_pg_attribute column)
{
	Node *expression = build_column_default(table, column->attnum);
	int32 typmod = column->atttypmod;
	Oid base;

	if (expression != NULL || get_typtype(column->atttypid) != TYPTYPE_DOMAIN)
		return expression;
	base = getBaseTypeAndTypmod(column->atttypid, &typmod);
	return coerce_to_domain((Node *) makeNullConst(base, typmod,
												   column->attcollation),
							base, typmod, column->atttypid, COERCION_IMPLICIT,
							COERCE_IMPLICIT_CAST, -1, false);
}

static void
prepare_defaults(Totals *totals)
{
	TupleDesc columns = RelationGetDescr(totals->table);
	MemoryContext caller = MemoryContextSwitchTo(totals->estate->es_query_cxt);

	totals->defaults = palloc0(columns->natts * sizeof(ExprState *));
	for (int i = 0; i < columns->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(columns, i);
		Node *expression;

		if (column->attisdropped || column->attgenerated != '\0')
			continue;
		expression = default_of_column(totals->table, column);
		if (expression != NULL)
			totals->defaults[i] = ExecPrepareExpr((Expr *) expression,
												  totals->estate);
	}
	MemoryContextSwitchTo(caller);
}

/* The row that a delta makes where there is none. */
static void
make_row(Totals *totals, const Delta *delta, TupleTableSlot *row)
{
	const Target *target = totals->target;
	int ncolumns = RelationGetDescr(totals->table)->natts;
	ExprContext *context = GetPerTupleExprContext(totals->estate);

	if (totals->defaults == NULL)
		prepare_defaults(totals);

	ExecClearTuple(row);
	memset(row->tts_isnull, true, ncolumns * sizeof(bool));
	for (int i = 0; i < target->nkeys; i++)
	{
		row->tts_values[totals->keys[i] - 1] = delta->key[i];
		row->tts_isnull[totals->keys[i] - 1] = false;
	}
	for (int i = 0; i < target->nsums; i++)
	{
		row->tts_values[totals->sums[i] - 1] = sum_of(totals, i, (Datum) 0,
													  true, delta->sums[i]);
		row->tts_isnull[totals->sums[i] - 1] = false;
	}
	for (int i = 0; i < ncolumns; i++)
		if (row->tts_isnull[i] && totals->defaults[i] != NULL)
			row->tts_values[i] = ExecEvalExprSwitchContext(totals->defaults[i],
														   context,
														   &row->tts_isnull[i]);
	ExecStoreVirtualTuple(row);
	row->tts_tableOid = RelationGetRelid(totals->table);
}

/* Makes the index entries of a row that nobody else can have inserted. */
static void
index_row(Totals *totals, TupleTableSlot *row)
{
	List *recheck = NIL;

	if (totals->result->ri_NumIndices > 0)
		recheck = insert_index_tuples(totals->result, row, totals->estate,
									  false, false, NULL, NIL, TU_All);
	ExecARInsertTriggers(totals->estate, totals->result, row, recheck, NULL);
	list_free(recheck);
}

static void
insert_batch(Totals *totals)
{
	if (totals->nbatch == 0)
		return;
	table_multi_insert(totals->table, totals->batch, totals->nbatch,
					   totals->command, 0, NULL);
	for (int i = 0; i < totals->nbatch; i++)
	{
		index_row(totals, totals->batch[i]);
		ExecClearTuple(totals->batch[i]);
	}
	totals->nbatch = 0;
}

/*
 * As ON CONFLICT does: false if another session was faster.  Only when it was not
 * is the row the whole total, which constraints are about: a search may miss a row
 * that is updated meanwhile, as both versions can hide from it.
 */
static bool
insert_speculatively(Totals *totals, TupleTableSlot *row)
{
	TransactionId inserter = GetCurrentTransactionId();
	uint32 token = SpeculativeInsertionLockAcquire(inserter);
	bool conflict = false;
	List *recheck;

	table_tuple_insert_speculative(totals->table, row, totals->command, 0, NULL,
								   token);
	recheck = insert_index_tuples(totals->result, row, totals->estate, false,
								  true, &conflict, totals->arbiters, TU_All);
	table_tuple_complete_speculative(totals->table, row, token, !conflict);
	SpeculativeInsertionLockRelease(inserter);
	if (!conflict)
	{
		check_row(totals, row);
		ExecARInsertTriggers(totals->estate, totals->result, row, recheck,
							 NULL);
	}
	list_free(recheck);
	return !conflict;
}

static TupleTableSlot *
batch_row(Totals *totals)
{
	TupleTableSlot **row = &totals->batch[totals->nbatch];

	if (*row == NULL)
		*row = table_slot_create(totals->table, &totals->estate->es_tupleTable);
	return *row;
}

static bool
insert_row(Totals *totals, const Delta *delta)
{
	const TriggerDesc *triggers = totals->result->ri_TrigDesc;
	TupleTableSlot *row = totals->in_batches ? batch_row(totals) : totals->new;

	make_row(totals, delta, row);
	if (triggers != NULL && triggers->trig_insert_before_row &&
		!ExecBRInsertTriggers(totals->estate, totals->result, row))
		return true;
	generate_columns(totals, row, CMD_INSERT);

	if (totals->in_batches)
	{
		check_row(totals, row);
		if (++totals->nbatch == BATCH_ROWS)
			insert_batch(totals);
		return true;
	}
	if (totals->target->append)
	{
		check_row(totals, row);
		table_tuple_insert(totals->table, row, totals->command, 0, NULL);
		index_row(totals, row);
		return true;
	}
	return insert_speculatively(totals, row);
}

/* Can anything refuse a new row before it is known to be the only one? */
static bool
is_seen_first(const Totals *totals)
{
	const TriggerDesc *triggers = totals->result->ri_TrigDesc;
	const TupleConstr *constraints = RelationGetDescr(totals->table)->constr;

	return (triggers != NULL && triggers->trig_insert_before_row) ||
		(constraints != NULL && constraints->has_generated_stored);
}

static void
write_delta(Totals *totals, const Delta *delta)
{
	for (;;)
	{
		bool found = totals->finder != NULL &&
			finder_find(totals->finder, delta->key, totals->old);

		if (!found && !totals->in_batches && totals->finder != NULL &&
			is_seen_first(totals) && finder_exists(totals->finder, totals->old))
			continue;
		if (found ? update_row(totals, delta) : insert_row(totals, delta))
			return;
		CHECK_FOR_INTERRUPTS();
	}
}

/* Reads a delta into the memory of the row. */
static bool
next_delta(Totals *totals, struct Pending *pending, Delta *delta)
{
	MemoryContext caller;
	bool found;

	/* rows of the batch are still there, and what was updated beside them */
	if (MemoryContextMemAllocated(GetPerTupleMemoryContext(totals->estate),
								  false) > BATCH_BYTES)
		insert_batch(totals);
	if (totals->nbatch == 0)
		ResetPerTupleExprContext(totals->estate);
	caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(totals->estate));
	found = pending_next(pending, delta);
	MemoryContextSwitchTo(caller);
	return found;
}

/*
 * Writes what is left to be read of the deltas; returns whether anything was.
 * Others may only be kept out of the whole table for as long as a commit takes.
 */
bool
accumulate_write(Target *target, Relation table, struct Pending *pending,
				 bool may_lock)
{
	Totals *totals;
	Delta delta;

	if (!pending_next(pending, &delta))
		return false;

	totals = totals_open(target, table, 1 + pending_size(pending), may_lock);
	do
		write_delta(totals, &delta);
	while (next_delta(totals, pending, &delta));
	insert_batch(totals);
	totals_close(totals);
	return true;
}
