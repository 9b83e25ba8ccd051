/*
 * When deltas are written, and as whom.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"

#include "accumulate.h"

/* Do locks that are taken now last no longer than the commit? */
static bool committing;

bool
accumulate_write_deltas(Target *target, Relation table, struct Pending *pending)
{
	if (target->each_statement || table->rd_rel->relkind != RELKIND_RELATION)
		return accumulate_execute(target, pending);
	return accumulate_write(target, table, pending, committing);
}

void
accumulate_become(Oid user, int restrictions, bool pin_search_path,
				  Caller *caller)
{
	GetUserIdAndSecContext(&caller->user, &caller->context);
	SetUserIdAndSecContext(user,
						   caller->context | SECURITY_LOCAL_USERID_CHANGE |
							   restrictions);
	caller->settings = 0;
	if (pin_search_path)
	{
		caller->settings = NewGUCNestLevel();
		(void) set_config_option("search_path", "pg_catalog, pg_temp",
								 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
								 true, 0, false);
	}
}

/*
 * The owner of the totals writes, as the owner of a table does for its foreign
 * keys: who writes records needs no rights on totals, and who tracks a table gets
 * no rights beyond those he has.
 */
void
accumulate_become_owner(const Target *target, bool pin_search_path,
						Caller *caller)
{
	accumulate_become(target->user,
					  SECURITY_NOFORCE_RLS |
						  (target->restricted ? SECURITY_RESTRICTED_OPERATION
											  : 0),
					  pin_search_path, caller);
}

void
accumulate_become_caller(const Caller *caller)
{
	if (caller->settings != 0)
		AtEOXact_GUC(false, caller->settings);
	SetUserIdAndSecContext(caller->user, caller->context);
}

/*
 * Says what was refused without the row, which whoever wrote the records may not
 * be allowed to see.  Of a deadlock it says who waited, without the statements.
 */
static void
rethrow_without_row(MemoryContext context)
{
	ErrorData *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	if (error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
		error->detail = NULL;
	error->detail_log = NULL;
	ReThrowError(error);
}

static bool
write_as_owner(Target *target, Relation table, struct Pending *pending)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool written = false;
	Caller caller;

	/* A row of the totals may be new as of a command that is not over. */
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	accumulate_examine(target, table);
	accumulate_become_owner(target,
							target->each_statement ||
								OidIsValid(target->refused) ||
								!target->finds_names,
							&caller);
	PG_TRY();
	{
		written = OidIsValid(target->refused)
			? accumulate_write_or_refuse(target, table, pending)
			: accumulate_write_deltas(target, table, pending);
	}
	PG_CATCH();
	{
		rethrow_without_row(context);
	}
	PG_END_TRY();
	accumulate_become_caller(&caller);
	PopActiveSnapshot();
	return written;
}

/*
 * Writes what is pending for a target and returns whether there was anything.
 * Totals that were dropped need nothing.  Those that were given away are their
 * new owner's, as whom alone their triggers may run.
 */
bool
accumulate_flush(Target *target)
{
	struct Pending *pending;
	MemoryContext caller;
	Relation table;
	bool written = false;

	if (target->pending == NULL)
		return false;

	pending = pending_take(target);
	caller = MemoryContextSwitchTo(pending_memory(pending));
	table = try_table_open(target->relation, RowExclusiveLock);
	if (table != NULL)
	{
		target->user = table->rd_rel->relowner;
		written = write_as_owner(target, table, pending);
		table_close(table, NoLock);
	}
	MemoryContextSwitchTo(caller);
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
 * Deferred triggers have fired and cursors are closed by now, so those of the
 * totals must be fired and closed here; triggers may also write records again.
 */
static void
before_commit(XactEvent event, void *arg pg_attribute_unused())
{
	MemoryContext caller;

	committing = event == XACT_EVENT_PRE_COMMIT;
	if (event != XACT_EVENT_PRE_COMMIT && event != XACT_EVENT_PRE_PREPARE)
		return;

	/* A procedure that commits keeps what is allocated in its own context. */
	caller = MemoryContextSwitchTo(TopTransactionContext);
	while (accumulate_flush_all())
		do
			AfterTriggerFireDeferred();
		while (PreCommit_Portals(event == XACT_EVENT_PRE_PREPARE));
	MemoryContextSwitchTo(caller);
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
