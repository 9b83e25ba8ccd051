/*
 * Deltas that no trigger has seen: what repair_hours() finds and what
 * roll_up_hours() takes from a queue.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "accumulate.h"
#include "occupancy.h"

/* Deltas between two flushes: what there is to correct may not fit into memory. */
#define BATCH 100000

static void
check_owner(Relation totals)
{
	if (!has_privs_of_role(GetUserId(), totals->rd_rel->relowner))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE,
					   RelationGetRelationName(totals));
}

/*
 * Totals are written past the row security that their owner forces upon himself,
 * so he reads them so as well.  Of what others own, the row_security of these
 * functions lets nobody read a part.
 */
static void
pass_own_security(int *context)
{
	Oid user;

	GetUserIdAndSecContext(&user, context);
	SetUserIdAndSecContext(user, *context | SECURITY_NOFORCE_RLS);
}

/* Starts and ends of a difference come in equal numbers: each pair is a period. */
static void
add_occupancy(Target *target, const Datum *key, int column, Datum occupancy)
{
	Addend addends[ACCUMULATE_MAX_COLUMNS] = {0};
	Size n;
	const int32 *steps = occupancy_steps(occupancy, &n);
	Size from = 0;
	Size to = 0;

	for (Size pair = 0; pair < n / 2; pair++)
	{
		while (occupancy_step_change(steps[from]) < 0)
			from++;
		while (occupancy_step_change(steps[to]) > 0)
			to++;
		addends[column].period.from = occupancy_step_minute(steps[from++]);
		addends[column].period.to = occupancy_step_minute(steps[to++]);
		pending_add(target, key, addends, 1, NULL, NULL);
	}
}

/* Adds a row of a query: keys, then sums in the types of deltas. */
static void
add_delta(Target *target, HeapTuple row, TupleDesc columns)
{
	Datum key[ACCUMULATE_MAX_COLUMNS];
	Addend addends[ACCUMULATE_MAX_COLUMNS] = {0};
	bool is_null;

	for (int i = 0; i < target->nkeys; i++)
	{
		key[i] = heap_getattr(row, i + 1, columns, &is_null);
		if (is_null)
			return;
	}
	for (int i = 0; i < target->nsums; i++)
	{
		Datum sum = heap_getattr(row, target->nkeys + i + 1, columns, &is_null);

		if (is_null)
			continue;
		if (target->sums[i].kind == SUM_OCCUPANCY)
			add_occupancy(target, key, i, sum);
		else
			addends[i].number = DatumGetInt64(sum);
	}
	pending_add(target, key, addends, 1, NULL, NULL);
}

/* What the totals lack, in the order of their keys. */
static char *
lack_query(const Definition *definition, const Target *target)
{
	StringInfoData query;
	StringInfoData order;

	initStringInfo(&query);
	initStringInfo(&order);
	appendStringInfoString(&query, "SELECT ");
	for (int i = 1; i <= target->nkeys; i++)
	{
		appendStringInfo(&query, "k%d, ", i);
		appendStringInfo(&order, "%sk%d", i > 1 ? ", " : "", i);
	}
	for (int i = 1; i <= target->nsums; i++)
	{
		const SumColumn *sum = &target->sums[i - 1];

		appendStringInfo(&query, "%s(recomputed%d OPERATOR(%s.-) kept%d)::%s",
						 i > 1 ? ", " : "", i, accumulate_schema(sum), i,
						 format_type_be_qualified(sum->delta_type));
	}
	appendStringInfo(&query, " FROM (%s) AS d ORDER BY %s",
					 accumulate_difference_query(definition, target),
					 order.data);
	return query.data;
}

static int64
add_differences(Target *target, const char *query)
{
	SPIPlanPtr plan = SPI_prepare(query, 0, NULL);
	Portal portal;
	int64 added = 0;

	if (plan == NULL)
		elog(ERROR, "could not prepare \"%s\": %s", query,
			 SPI_result_code_string(SPI_result));
	portal = SPI_cursor_open(NULL, plan, NULL, NULL, false);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, 1000);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			add_delta(target, SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
			if (++added % BATCH == 0)
				(void) accumulate_flush(target);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	return added;
}

/*
 * Adds to the totals what they lack.  Records and totals of one snapshot differ
 * by the same whatever transactions that accumulate are under way, so nobody has
 * to be kept from writing, only a second repair from adding the same again.
 */
PG_FUNCTION_INFO_V1(repair_hours);
Datum
repair_hours(PG_FUNCTION_ARGS)
{
	Relation source = table_open(PG_GETARG_OID(0), AccessShareLock);
	Relation totals = table_open(PG_GETARG_OID(1), AccessShareLock);
	Definition *definition;
	Target *target;
	int64 added;
	int context;

	check_owner(totals);
	if (IsolationUsesXactSnapshot())
		ereport(ERROR, errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				errmsg("hours can only be repaired in a transaction that is "
					   "READ COMMITTED"));

	LockRelation(totals, ShareUpdateExclusiveLock);
	/* Who keeps writers off the source delays nobody by this. */
	if (CheckRelationLockedByMe(source, ShareRowExclusiveLock, true))
		(void) ConditionalLockRelation(totals, ExclusiveLock);
	definition = accumulate_tracked(source, totals, &target);
	while (accumulate_flush_all())
		;

	SPI_connect();
	pass_own_security(&context);
	added = add_differences(target, lack_query(definition, target));
	SetUserIdAndSecContext(GetUserId(), context);
	SPI_finish();
	(void) accumulate_flush(target);

	table_close(totals, NoLock);
	table_close(source, NoLock);
	PG_RETURN_INT64(added);
}

/* Takes what is queued, summed by key. */
static char *
take_query(const Target *target, Oid queue)
{
	char *table = quote_qualified_identifier(get_namespace_name(
												 get_rel_namespace(queue)),
											 get_rel_name(queue));
	StringInfoData keys;
	StringInfoData sums;

	initStringInfo(&keys);
	initStringInfo(&sums);
	for (int i = 0; i < target->nkeys; i++)
		appendStringInfo(&keys, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(target->keys[i].name));
	for (int i = 0; i < target->nsums; i++)
		appendStringInfo(&sums, "%s.sum(%s)::%s, ",
						 accumulate_schema(&target->sums[i]),
						 quote_identifier(target->sums[i].name),
						 format_type_be_qualified(target->sums[i].delta_type));

	return psprintf("WITH taken AS (DELETE FROM %s RETURNING *) "
					"SELECT %s, %scount(*) FROM taken GROUP BY %s ORDER BY %s",
					table, keys.data, sums.data, keys.data, keys.data);
}

static int64
roll_up(Target *target, Oid queue)
{
	int count = target->nkeys + target->nsums + 1;
	int64 taken = 0;
	bool is_null;

	accumulate_admit(queue, TRIGGER_TYPE_DELETE);
	if (SPI_execute(take_query(target, queue), false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not take what is queued");
	accumulate_admit(InvalidOid, 0);

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];

		CHECK_FOR_INTERRUPTS();
		add_delta(target, row, SPI_tuptable->tupdesc);
		taken += DatumGetInt64(
			heap_getattr(row, count, SPI_tuptable->tupdesc, &is_null));
	}
	return taken;
}

/*
 * One at a time: two could part what belongs together, and a total would be
 * lowered by the one before it is raised by the other.
 */
PG_FUNCTION_INFO_V1(roll_up_hours);
Datum
roll_up_hours(PG_FUNCTION_ARGS)
{
	Relation totals = table_open(PG_GETARG_OID(0), AccessShareLock);
	Definition *definition;
	Target *target;
	int64 taken;
	int context;

	check_owner(totals);
	definition = accumulate_definition(totals);
	if (definition == NULL || !OidIsValid(definition->queue))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("totals \"%s\" have no queue",
					   RelationGetRelationName(totals)));
	target = accumulate_target(definition, totals, false);
	if (!ConditionalLockRelationOid(definition->queue,
									ShareUpdateExclusiveLock))
	{
		table_close(totals, AccessShareLock);
		PG_RETURN_INT64(0);
	}

	SPI_connect();
	pass_own_security(&context);
	taken = roll_up(target, definition->queue);
	SetUserIdAndSecContext(GetUserId(), context);
	SPI_finish();
	(void) accumulate_flush(target);

	table_close(totals, AccessShareLock);
	PG_RETURN_INT64(taken);
}
