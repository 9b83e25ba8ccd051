/*
 * Deltas into totals: one sorted upsert for each table, before commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "accumulate.h"

/* Rows of one statement, by column: keys, then sums. */
typedef struct Rows
{
	const Target *target;
	Datum **columns;
	int n;
} Rows;

/* What the upsert proposes and what is left to the update. */
typedef struct Statements
{
	Rows upsert;
	Rows update;
} Statements;

static void
rows_init(Rows *rows, const Target *target, uint32 capacity)
{
	int ncolumns = target->nkeys + target->nsums;

	rows->target = target;
	rows->n = 0;
	rows->columns = palloc(ncolumns * sizeof(Datum *));
	for (int i = 0; i < ncolumns; i++)
		rows->columns[i] = MemoryContextAllocHuge(CurrentMemoryContext,
												  capacity * sizeof(Datum));
}

static void
rows_add(Rows *rows, const Datum *key, const int64 *sums)
{
	int nkeys = rows->target->nkeys;

	for (int i = 0; i < nkeys; i++)
		rows->columns[i][rows->n] = key[i];
	for (int i = 0; i < rows->target->nsums; i++)
		rows->columns[nkeys + i][rows->n] = Int64GetDatum(sums[i]);
	rows->n++;
}

static void
distribute(const Datum *key, const int64 *sums, void *arg)
{
	static const int64 zeros[ACCUMULATE_MAX_COLUMNS];
	Statements *statements = arg;
	bool changed = false;
	bool lowered = false;

	for (int i = 0; i < statements->upsert.target->nsums; i++)
	{
		changed |= sums[i] != 0;
		lowered |= sums[i] < 0;
	}

	if (lowered)
		rows_add(&statements->update, key, sums);
	if (changed)
		rows_add(&statements->upsert, key, lowered ? zeros : sums);
}

static void
execute(SPIPlanPtr *plan, const char *sql, const Rows *rows, int expected)
{
	const Target *target = rows->target;
	int ncolumns = target->nkeys + target->nsums;
	Datum *arrays = palloc(ncolumns * sizeof(Datum));
	int result;

	if (rows->n == 0)
		return;

	if (*plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare_cursor(sql, ncolumns,
												 target->parameters,
												 CURSOR_OPT_GENERIC_PLAN);

		if (prepared == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(prepared);
		*plan = prepared;
	}

	for (int i = 0; i < ncolumns; i++)
	{
		Oid type = get_element_type(target->parameters[i]);
		int16 length;
		bool by_value;
		char alignment;

		get_typlenbyvalalign(type, &length, &by_value, &alignment);
		arrays[i] = PointerGetDatum(construct_array(rows->columns[i], rows->n,
													type, length, by_value,
													alignment));
	}

	result = SPI_execute_plan(*plan, arrays, NULL, false, 0);
	if (result != expected)
		elog(ERROR, "unexpected result of \"%s\": %s", sql,
			 SPI_result_code_string(result));
}

/*
 * Writes as the owner of the tracked table, like a foreign key's action: who
 * writes records needs no rights on totals, and who tracks a table of his own
 * gets no rights beyond those he has.
 */
static bool
write_totals(Target *target, struct Pending *pending)
{
	Statements statements;
	Oid user;
	int context;
	int nest_level;
	bool changed;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	rows_init(&statements.upsert, target, pending_size(pending));
	rows_init(&statements.update, target, pending_size(pending));
	pending_visit(pending, distribute, &statements);
	changed = statements.upsert.n > 0;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(target->user,
						   context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_NOFORCE_RLS);
	nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);

	execute(&target->upsert_plan, target->upsert, &statements.upsert,
			SPI_OK_INSERT);
	execute(&target->update_plan, target->update, &statements.update,
			SPI_OK_UPDATE);

	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	PopActiveSnapshot();
	return changed;
}

/*
 * Writes what is pending for a target and returns whether there was anything.
 * Totals that were dropped need nothing.
 */
bool
accumulate_flush(Target *target)
{
	struct Pending *pending;
	bool written = false;

	if (target->pending == NULL)
		return false;

	pending = pending_take(target);
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(target->totals)))
		written = write_totals(target, pending);
	pending_free(pending);
	return written;
}

static bool
flush_all(void)
{
	bool written = false;
	ListCell *cell;

	foreach (cell, accumulate_targets())
		written |= accumulate_flush(lfirst(cell));
	return written;
}

/*
 * Deferred triggers have fired by now, so those of the totals must be fired
 * here; they, as any trigger of the totals, may write records again.
 */
static void
before_commit(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		while (flush_all())
			AfterTriggerFireDeferred();
}

PG_FUNCTION_INFO_V1(flush_hours);
Datum
flush_hours(PG_FUNCTION_ARGS)
{
	while (flush_all())
		;
	PG_RETURN_VOID();
}

void
accumulate_flush_init(void)
{
	RegisterXactCallback(before_commit, NULL);
}
