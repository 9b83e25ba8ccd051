/*
 * Deltas into totals: sorted upserts, table by table, before commit.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "accumulate.h"

/*
 * Deltas of one round of statements: what is pending may be more than an array
 * holds, or than memory holds twice.
 */
#define ROUND_DELTAS 100000

/* Rows of one statement, by column: keys, then sums. */
typedef struct Rows
{
	Datum **columns;
	int n;
} Rows;

/* What the upsert proposes and what is left to the update. */
typedef struct Round
{
	Target *target;
	MemoryContext arrays;
	Rows upsert;
	Rows update;
	int n;
	bool written;
} Round;

static void
rows_init(Rows *rows, const Target *target, uint32 capacity)
{
	int ncolumns = target->nkeys + target->nsums;

	rows->n = 0;
	rows->columns = palloc(ncolumns * sizeof(Datum *));
	for (int i = 0; i < ncolumns; i++)
		rows->columns[i] = palloc(capacity * sizeof(Datum));
}

static void
rows_add(Rows *rows, const Target *target, const Datum *key, const Addend *sums)
{
	for (int i = 0; i < target->nkeys; i++)
		rows->columns[i][rows->n] = key[i];
	for (int i = 0; i < target->nsums; i++)
		rows->columns[target->nkeys + i][rows->n] = Int64GetDatum(
			sums[i].number);
	rows->n++;
}

static Datum
array_of(Datum *values, int n, Oid array_type)
{
	Oid type = get_element_type(array_type);
	int16 length;
	bool by_value;
	char alignment;

	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return PointerGetDatum(
		construct_array(values, n, type, length, by_value, alignment));
}

static void
execute(SPIPlanPtr *plan, const char *sql, int planning, const Round *round,
		Rows *rows, int expected)
{
	Target *target = round->target;
	const Statements *statements = accumulate_statements(target);
	int ncolumns = target->nkeys + target->nsums;
	Datum arrays[2 * ACCUMULATE_MAX_COLUMNS];
	MemoryContext caller;
	int result;

	if (rows->n == 0)
		return;

	if (*plan == NULL)
	{
		SPIPlanPtr prepared = SPI_prepare_cursor(sql, ncolumns,
												 statements->parameters,
												 planning);

		if (prepared == NULL)
			elog(ERROR, "could not prepare \"%s\": %s", sql,
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(prepared);
		*plan = prepared;
	}

	caller = MemoryContextSwitchTo(round->arrays);
	for (int i = 0; i < ncolumns; i++)
		arrays[i] = array_of(rows->columns[i], rows->n,
							 statements->parameters[i]);
	MemoryContextSwitchTo(caller);

	accumulate_admit(target->relation,
					 expected == SPI_OK_INSERT
						 ? TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE
						 : TRIGGER_TYPE_UPDATE);
	result = SPI_execute_plan(*plan, arrays, NULL, false, 0);
	accumulate_admit(InvalidOid, 0);
	if (result != expected)
		elog(ERROR, "unexpected result of \"%s\": %s", sql,
			 SPI_result_code_string(result));
	rows->n = 0;
}

static void
write_round(Round *round)
{
	Statements *statements = accumulate_statements(round->target);

	round->written |= round->upsert.n > 0;
	execute(&statements->upsert_plan, statements->upsert,
			CURSOR_OPT_GENERIC_PLAN, round, &round->upsert, SPI_OK_INSERT);

	/* A join: a plan made for small totals would read all of them for ever. */
	execute(&statements->update_plan, statements->update,
			CURSOR_OPT_CUSTOM_PLAN, round, &round->update, SPI_OK_UPDATE);
	MemoryContextReset(round->arrays);
	round->n = 0;
}

static void
add_to_round(const Datum *key, const Addend *sums, void *arg)
{
	static const Addend zeros[ACCUMULATE_MAX_COLUMNS];
	Round *round = arg;
	const Target *target = round->target;
	bool changed = false;
	bool lowered = false;

	for (int i = 0; i < target->nsums; i++)
	{
		changed |= sums[i].number != 0;
		lowered |= sums[i].number < 0;
	}
	if (!changed)
		return;

	rows_add(&round->upsert, target, key, lowered ? zeros : sums);
	if (lowered)
		rows_add(&round->update, target, key, sums);
	if (++round->n == ROUND_DELTAS)
		write_round(round);
}

/*
 * Writes as the owner of the tracked table, like a foreign key's action: who
 * writes records needs no rights on totals, and who tracks a table of his own
 * gets no rights beyond those he has.
 */
static bool
write_totals(Target *target, struct Pending *pending)
{
	uint32 capacity = Min(pending_size(pending), ROUND_DELTAS);
	Round round = {.target = target};
	Oid user;
	int context;
	int nest_level;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	round.arrays = AllocSetContextCreate(CurrentMemoryContext,
										 "volunteer flushed hours",
										 ALLOCSET_DEFAULT_SIZES);
	rows_init(&round.upsert, target, capacity);
	rows_init(&round.update, target, capacity);

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(
		target->user,
		context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS |
			(target->restricted ? SECURITY_RESTRICTED_OPERATION : 0));
	nest_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);

	pending_visit(pending, add_to_round, &round);
	write_round(&round);

	AtEOXact_GUC(false, nest_level);
	SetUserIdAndSecContext(user, context);
	SPI_finish();
	PopActiveSnapshot();
	return round.written;
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
	if (SearchSysCacheExists1(RELOID, ObjectIdGetDatum(target->relation)))
		written = write_totals(target, pending);
	pending_free(pending);
	return written;
}

bool
accumulate_flush_all(void)
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
before_commit(XactEvent event, void *arg pg_attribute_unused())
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		while (accumulate_flush_all())
			AfterTriggerFireDeferred();
}

PG_FUNCTION_INFO_V1(flush_hours);
Datum
flush_hours(PG_FUNCTION_ARGS)
{
	while (accumulate_flush_all())
		;
	PG_RETURN_VOID();
}

void
accumulate_flush_init(void)
{
	RegisterXactCallback(before_commit, NULL);
}
