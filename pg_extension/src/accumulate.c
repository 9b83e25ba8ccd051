/*
 * accumulate_hours(): trigger that keeps totals of a table's rows in another.
 *
 * Rows only add to deltas in backend memory, which are written once, before
 * commit or at the end of the statement.  See sql/accumulate.sql.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/snapmgr.h"

#include "accumulate.h"
#include "volunteer.h"

void
volunteer_accumulate_init(void)
{
	accumulate_binding_init();
	accumulate_flush_init();
	accumulate_pending_init();
}

static Datum
integer_datum(int value, Oid type)
{
	if (type == INT2OID && (value < PG_INT16_MIN || value > PG_INT16_MAX))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("smallint out of range"));
	return type == INT2OID ? Int16GetDatum(value)
		: type == INT4OID  ? Int32GetDatum(value)
						   : Int64GetDatum(value);
}

static int64
integer_value(Datum value, Oid type)
{
	return type == INT2OID ? DatumGetInt16(value)
		: type == INT4OID  ? DatumGetInt32(value)
						   : DatumGetInt64(value);
}

/* The year as extract() gives it, or the first day of the month. */
static Datum
part_of_date(DateADT date, mapping_part part, Oid type)
{
	int year, month, day;

	if (DATE_NOT_FINITE(date))
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("an infinite date has no year"));

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	if (part == MAPPING_MONTH)
		return DateADTGetDatum(date - (day - 1));
	return integer_datum(year > 0 ? year : year - 1, type);
}

static bool
is_true(TupleTableSlot *row, AttrNumber column)
{
	bool is_null;
	Datum value = slot_getattr(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

/*
 * Adds or takes away what a row contributes: nothing if it is not counted or
 * one of its keys is null.
 */
static void
accumulate_row(const Binding *binding, Relation source, TupleTableSlot *row,
			   int sign)
{
	Target *target = binding->target;
	const SourceColumns *columns = binding->columns;
	Datum key[ACCUMULATE_MAX_COLUMNS];
	Addend addends[ACCUMULATE_MAX_COLUMNS];
	bool is_null;

	if (columns->counted != 0 && !is_true(row, columns->counted))
		return;

	for (int i = 0; i < target->nkeys; i++)
	{
		key[i] = slot_getattr(row, columns->keys[i], &is_null);
		if (is_null)
			return;
		if (columns->parts[i] != MAPPING_WHOLE)
			key[i] = part_of_date(DatumGetDateADT(key[i]), columns->parts[i],
								  target->keys[i].type);
	}

	for (int i = 0; i < target->nsums; i++)
	{
		Datum value;

		addends[i] = (Addend){0};
		if (columns->filters[i] != 0 && !is_true(row, columns->filters[i]))
			continue;
		if (columns->sums[i] == 0)
		{
			addends[i].number = 1;
			continue;
		}
		value = slot_getattr(row, columns->sums[i], &is_null);
		if (!is_null)
			addends[i].number = integer_value(value, columns->sum_types[i]);
	}

	pending_add(target, key, addends, sign, source, &row->tts_tid);
}

/* Takes away all rows of a table that is about to lose them. */
static void
accumulate_truncate(Relation source, const Trigger *trigger)
{
	const Binding *binding;
	Snapshot snapshot;
	TupleTableSlot *row;
	TableScanDesc scan;

	/* The rows of a partition that was detached have never been counted. */
	if (accumulate_row_trigger(source, trigger->tgfoid,
							   accumulate_totals(trigger)) == NULL)
		return;

	binding = accumulate_binding(trigger, source);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	row = table_slot_create(source, NULL);
	scan = table_beginscan(source, snapshot, 0, NULL);
	while (table_scan_getnextslot(scan, ForwardScanDirection, row))
	{
		CHECK_FOR_INTERRUPTS();
		accumulate_row(binding, source, row, -1);
	}

	table_endscan(scan);
	ExecDropSingleTupleTableSlot(row);
	UnregisterSnapshot(snapshot);
}

/*
 * A TRUNCATE trigger is not cloned to partitions.  That of a partitioned table
 * answers for the partitions that have none, because they are newer.
 */
static void
accumulate_truncate_tree(Relation source, const Trigger *trigger)
{
	List *tables;
	ListCell *cell;

	if (source->rd_rel->relkind == RELKIND_RELATION)
	{
		accumulate_truncate(source, trigger);
		return;
	}

	tables = find_all_inheritors(RelationGetRelid(source), NoLock, NULL);
	foreach (cell, tables)
	{
		Oid oid = lfirst_oid(cell);
		Relation table = table_open(oid, NoLock);

		if (table->rd_rel->relkind == RELKIND_RELATION &&
			!OidIsValid(get_trigger_oid(oid, trigger->tgname, true)))
			accumulate_truncate(table, trigger);
		table_close(table, NoLock);
	}
}

static void
refuse(const char *reason)
{
	ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			errmsg("accumulate_hours: %s", reason),
			errhint("Let track_hours() create the triggers."));
}

PG_FUNCTION_INFO_V1(accumulate_hours);
Datum
accumulate_hours(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TriggerEvent event;
	const Binding *binding;

	if (!CALLED_AS_TRIGGER(fcinfo))
		refuse("not called by a trigger");

	/*
	 * What is pending is written after the sandbox has ended, as a deferred
	 * trigger would run, which PostgreSQL does not allow either.
	 */
	if (InSecurityRestrictedOperation())
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("cannot accumulate hours within security-restricted "
					   "operation"));

	event = data->tg_event;
	if (TRIGGER_FIRED_BY_TRUNCATE(event))
	{
		if (!TRIGGER_FIRED_BEFORE(event))
			refuse("must be fired before TRUNCATE");
		accumulate_truncate_tree(data->tg_relation, data->tg_trigger);
	}
	else if (!TRIGGER_FIRED_AFTER(event))
		refuse("must be fired after INSERT, UPDATE or DELETE");

	binding = accumulate_binding(data->tg_trigger, data->tg_relation);

	if (TRIGGER_FIRED_FOR_STATEMENT(event))
	{
		if (binding->target->each_statement)
			(void) accumulate_flush(binding->target);
		else if (!TRIGGER_FIRED_BY_TRUNCATE(event))
			refuse("must be fired for each row");
		return PointerGetDatum(NULL);
	}

	if (!TRIGGER_FIRED_BY_INSERT(event))
		accumulate_row(binding, data->tg_relation, data->tg_trigslot, -1);
	if (!TRIGGER_FIRED_BY_DELETE(event))
		accumulate_row(binding, data->tg_relation,
					   TRIGGER_FIRED_BY_UPDATE(event) ? data->tg_newslot
													  : data->tg_trigslot,
					   1);
	return PointerGetDatum(NULL);
}
