/*
 * Quarantine: what cannot be added to its total goes to a table with the reason,
 * and the rest is written.
 *
 * Deltas are written in a subtransaction; when that fails, each half of them, and
 * so on down to the key that is refused.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "accumulate.h"

/* Parameters of the statement that stores a record. */
typedef struct Parameters
{
	int n;
	Oid types[5 + 2 * ACCUMULATE_MAX_COLUMNS];
	Datum values[5 + 2 * ACCUMULATE_MAX_COLUMNS];
	char nulls[5 + 2 * ACCUMULATE_MAX_COLUMNS];
} Parameters;

/* Returns the number of the parameter. */
static int
add_parameter(Parameters *parameters, Oid type, Datum value, bool is_null)
{
	parameters->types[parameters->n] = type;
	parameters->values[parameters->n] = value;
	parameters->nulls[parameters->n] = is_null ? 'n' : ' ';
	return ++parameters->n;
}

static void
add_text(Parameters *parameters, const char *text)
{
	(void) add_parameter(parameters, TEXTOID,
						 text != NULL ? CStringGetTextDatum(text) : (Datum) 0,
						 text == NULL);
}

/* NULL when it was dropped. */
static char *
relation_name(Oid relation)
{
	char *name = get_rel_name(relation);

	return name == NULL
		? NULL
		: quote_qualified_identifier(get_namespace_name(
										 get_rel_namespace(relation)),
									 name);
}

static void
begin_record(Parameters *parameters, const Target *target, Oid source,
			 const ErrorData *error)
{
	parameters->n = 0;
	add_text(parameters, OidIsValid(source) ? relation_name(source) : NULL);
	add_text(parameters, relation_name(target->totals));
	add_text(parameters, unpack_sql_state(error->sqlerrcode));
	add_text(parameters, error->constraint_name);
	add_text(parameters, error->message);
}

/* It may have been dropped, or given away, since the rows came. */
static Relation
open_quarantine(const Target *target)
{
	Relation table = try_table_open(target->refused, RowExclusiveLock);

	if (table == NULL)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("the table that takes what cannot be counted does not "
					   "exist"));
	if (table->rd_rel->relowner != target->user)
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("\"%s\" must belong to the owner of the totals",
					   RelationGetRelationName(table)));
	return table;
}

static void
store_record(Parameters *parameters, const Target *target, const char *record)
{
	Relation table = open_quarantine(target);
	char *sql = psprintf("INSERT INTO %s (source, totals, sqlstate, "
						 "constraint_name, message, record, refused_at) "
						 "VALUES ($1, $2, $3, $4, $5, %s, pg_catalog.now())",
						 relation_name(target->refused), record);
	Caller caller;
	int result;

	accumulate_become_owner(target, true, &caller);
	SPI_connect();
	result = SPI_execute_with_args(sql, parameters->n, parameters->types,
								   parameters->values, parameters->nulls, false,
								   0);
	if (result != SPI_OK_INSERT)
		elog(ERROR, "unexpected result of \"%s\": %s", sql,
			 SPI_result_code_string(result));
	SPI_finish();
	accumulate_become_caller(&caller);
	table_close(table, NoLock);
}

/*
 * A row as jsonb, made as the owner of its table: a type of his may have a cast
 * to json, which is a function of his.
 */
static Datum
row_record(Relation source, TupleTableSlot *row)
{
	Oid type = source->rd_rel->reltype;
	Datum value = ExecFetchSlotHeapTupleDatum(row);
	Datum record;
	Caller caller;
	bool is_null;

	accumulate_become(source->rd_rel->relowner, SECURITY_RESTRICTED_OPERATION,
					  true, &caller);
	SPI_connect();
	if (SPI_execute_with_args("SELECT pg_catalog.to_jsonb($1)", 1, &type,
							  &value, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not make a record of a row");
	record = SPI_datumTransfer(SPI_getbinval(SPI_tuptable->vals[0],
											 SPI_tuptable->tupdesc, 1,
											 &is_null),
							   false, -1);
	SPI_finish();
	accumulate_become_caller(&caller);
	return record;
}

/* Puts a row of the source into the quarantine, and why it is refused. */
void
accumulate_refuse(const Target *target, Relation source, TupleTableSlot *row,
				  const ErrorData *error)
{
	Parameters parameters;
	int n;

	begin_record(&parameters, target, RelationGetRelid(source), error);
	n = add_parameter(&parameters, JSONBOID, row_record(source, row), false);
	store_record(&parameters, target, psprintf("$%d", n));
}

/* The same of a delta that is no row's. */
static void
refuse_delta(const Target *target, const Delta *delta, const ErrorData *error)
{
	Parameters parameters;
	StringInfoData columns;

	begin_record(&parameters, target, InvalidOid, error);
	initStringInfo(&columns);
	for (int i = 0; i < target->nkeys; i++)
		appendStringInfo(&columns, "%s, $%d, ",
						 quote_literal_cstr(target->keys[i].name),
						 add_parameter(&parameters, target->keys[i].type,
									   delta->key[i], false));
	for (int i = 0; i < target->nsums; i++)
		appendStringInfo(&columns, "%s, $%d%s",
						 quote_literal_cstr(target->sums[i].name),
						 add_parameter(&parameters, target->sums[i].delta_type,
									   delta->sums[i], false),
						 i < target->nsums - 1 ? ", " : "");
	store_record(&parameters, target,
				 psprintf("pg_catalog.jsonb_build_object(%s)", columns.data));
}

/* Is the row where it was written?  It is unless its table was rewritten. */
static bool
is_in_place(Relation source, const PendingRow *row)
{
	return source->rd_rel->relfilenode == row->file &&
		ItemPointerGetBlockNumber(&row->row) <
		RelationGetNumberOfBlocks(source);
}

/* Returns whether the row is still there, as all are but those truncated. */
static bool
refuse_row(const Target *target, PendingRow *row, const ErrorData *error)
{
	Relation source = try_table_open(row->source, AccessShareLock);
	TupleTableSlot *slot;
	bool found;

	if (source == NULL)
		return false;
	slot = table_slot_create(source, NULL);
	found = is_in_place(source, row) &&
		table_tuple_fetch_row_version(source, &row->row, SnapshotAny, slot);
	if (found)
		accumulate_refuse(target, source, slot, error);
	ExecDropSingleTupleTableSlot(slot);
	table_close(source, NoLock);
	return found;
}

/*
 * Rows that came are named; if the delta only takes rows away, or is no row's,
 * the delta is.
 */
static void
refuse_key(const Target *target, struct Pending *pending, Size from, Size end,
		   const ErrorData *error)
{
	bool named = false;
	Delta delta;

	for (Size i = from; i < end; i++)
	{
		PendingRow *row = pending_row(pending, i);

		if (OidIsValid(row->source) && row->sign > 0)
			named |= refuse_row(target, row, error);
	}
	pending_read(pending, from, end);
	if (!named && pending_next(pending, &delta))
		refuse_delta(target, &delta, error);
}

/*
 * Is it the delta that is refused?  If the statement was cancelled, the server
 * is in trouble or the transaction has to be repeated, it is not.
 */
static bool
is_refusal(const ErrorData *error)
{
	switch (ERRCODE_TO_CATEGORY(error->sqlerrcode))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return false;
		default:
			return error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE;
	}
}

/* Writes some deltas, or none of them and returns why. */
static ErrorData *
try_write(Target *target, Relation table, struct Pending *pending, Size from,
		  Size end, bool *written)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	pending_read(pending, from, end);
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		*written |= accumulate_write_deltas(target, table, pending);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!is_refusal(error))
			ReThrowError(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

static bool
write_range(Target *target, Relation table, struct Pending *pending, Size from,
			Size end)
{
	bool written = false;
	ErrorData *error = try_write(target, table, pending, from, end, &written);
	Size middle;

	if (error == NULL)
		return written;

	middle = pending_middle(pending, from, end);
	if (middle == end)
	{
		refuse_key(target, pending, from, end, error);
		written = true;
	}
	else
	{
		written = write_range(target, table, pending, from, middle);
		written |= write_range(target, table, pending, middle, end);
	}
	FreeErrorData(error);
	return written;
}

/* Writes what can be written; returns whether anything was. */
bool
accumulate_write_or_refuse(Target *target, Relation table,
						   struct Pending *pending)
{
	return write_range(target, table, pending, 0, pending_size(pending));
}
