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
#include "occupancy.h"
#include "volunteer.h"

void
volunteer_accumulate_init(void)
{
	accumulate_binding_init();
	accumulate_flush_init();
	accumulate_pending_init();
	accumulate_protect_init();
}

static int64
integer_value(Datum value, Oid type)
{
	return type == INT2OID ? DatumGetInt16(value)
		: type == INT4OID  ? DatumGetInt32(value)
						   : DatumGetInt64(value);
}

/*
 * The year as extract() gives it, or the first day of the month; false and the
 * reason when there is none.
 */
static bool
part_of_date(DateADT date, mapping_part part, Oid type, Datum *key,
			 ErrorData *error)
{
	int year, month, day;

	error->sqlerrcode = ERRCODE_DATETIME_VALUE_OUT_OF_RANGE;
	if (DATE_NOT_FINITE(date))
	{
		error->message = "an infinite date has no year";
		return false;
	}

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	year = year > 0 ? year : year - 1;
	if (part == MAPPING_MONTH)
		*key = DateADTGetDatum(date - (day - 1));
	else if (type == INT8OID)
		*key = Int64GetDatum(year);
	else if (type == INT4OID)
		*key = Int32GetDatum(year);
	else if (year >= PG_INT16_MIN && year <= PG_INT16_MAX)
		*key = Int16GetDatum(year);
	else
	{
		error->message = "the year does not fit into smallint";
		return false;
	}
	return true;
}

static bool
is_true(TupleTableSlot *row, AttrNumber column)
{
	bool is_null;
	Datum value = slot_getattr(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

static bool
addend_of(Datum value, Oid type, Addend *addend, ErrorData *error)
{
	const char *reason;

	if (type != TSTZRANGEOID && type != TSRANGEOID)
		addend->number = integer_value(value, type);
	else if (!occupancy_period(value, type, &addend->period, &reason))
	{
		error->sqlerrcode = ERRCODE_INVALID_PARAMETER_VALUE;
		error->message = unconstify(char *, reason);
		return false;
	}
	return true;
}

typedef enum Contribution
{
	COUNTS_NOWHERE,
	COUNTS,
	CANNOT_COUNT
} Contribution;

/* What a row contributes: nothing if it is not counted or has a null key. */
static Contribution
contribution(const Binding *binding, TupleTableSlot *row, Datum *key,
			 Addend *addends, ErrorData *error)
{
	const Target *target = binding->target;
	const SourceColumns *columns = binding->columns;
	Datum value;
	bool is_null;

	if (columns->counted != 0 && !is_true(row, columns->counted))
		return COUNTS_NOWHERE;

	for (int i = 0; i < target->nkeys; i++)
	{
		key[i] = slot_getattr(row, columns->keys[i], &is_null);
		if (is_null)
			return COUNTS_NOWHERE;
	}
	for (int i = 0; i < target->nkeys; i++)
		if (columns->parts[i] != MAPPING_WHOLE &&
			!part_of_date(DatumGetDateADT(key[i]), columns->parts[i],
						  target->keys[i].type, &key[i], error))
			return CANNOT_COUNT;

	for (int i = 0; i < target->nsums; i++)
	{
		addends[i] = (Addend){0};
		if (columns->filters[i] != 0 && !is_true(row, columns->filters[i]))
			continue;
		if (columns->sums[i] == 0)
		{
			addends[i].number = 1;
			continue;
		}
		value = slot_getattr(row, columns->sums[i], &is_null);
		if (!is_null &&
			!addend_of(value, columns->sum_types[i], &addends[i], error))
			return CANNOT_COUNT;
	}
	return COUNTS;
}

/*
 * Adds or takes away what a row contributes.  A row that cannot be counted is
 * refused, or else named in the quarantine, when it comes; when it goes there
 * is nothing to take away.
 */
static void
accumulate_row(const Binding *binding, Relation source, TupleTableSlot *row,
			   int sign)
{
	Datum key[ACCUMULATE_MAX_COLUMNS];
	Addend addends[ACCUMULATE_MAX_COLUMNS];
	ErrorData error = {.elevel = ERROR};

	switch (contribution(binding, row, key, addends, &error))
	{
		case COUNTS:
			if (InSecurityRestrictedOperation())
				binding->target->restricted = true;
			pending_add(binding->target, key, addends, sign, source,
						&row->tts_tid);
			break;
		case CANNOT_COUNT:
			if (sign < 0)
				break;
			if (!OidIsValid(binding->target->refused))
				ereport(ERROR, errcode(error.sqlerrcode),
						errmsg_internal("%s", error.message));
			accumulate_refuse(binding->target, source, row, &error);
			break;
		case COUNTS_NOWHERE:
			break;
	}
}

/* Takes away all rows of a table that is about to lose them. */
static void
accumulate_truncate(const Binding *binding, Relation source)
{
	Snapshot snapshot;
	TupleTableSlot *row;
	TableScanDesc scan;

	if (source->rd_rel->relkind == RELKIND_FOREIGN_TABLE)
		ereport(
			ERROR, errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			errmsg("foreign table \"%s\" is counted and cannot be truncated",
				   RelationGetRelationName(source)),
			errhint("Delete its rows."));

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
accumulate_truncate_newer(Relation source, const Trigger *trigger, Oid totals)
{
	List *tables = find_all_inheritors(RelationGetRelid(source), NoLock, NULL);
	ListCell *cell;

	foreach (cell, tables)
	{
		Relation table = table_open(lfirst_oid(cell), NoLock);
		List *rows = accumulate_triggers(table, trigger->tgfoid, totals, true);

		if (table->rd_rel->relkind != RELKIND_PARTITIONED_TABLE &&
			rows != NIL &&
			accumulate_triggers(table, trigger->tgfoid, totals, false) == NIL)
			accumulate_truncate(accumulate_binding(linitial(rows), table),
								table);
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

/* Of a table that was detached the rows have never been counted. */
static void
before_truncate(Relation source, const Trigger *trigger)
{
	Oid totals = accumulate_totals(trigger);
	List *rows = accumulate_triggers(source, trigger->tgfoid, totals, true);
	const Binding *binding;

	if (rows == NIL)
		return;
	if (list_length(
			accumulate_triggers(source, trigger->tgfoid, totals, false)) != 1)
		refuse("must be fired once before TRUNCATE");

	binding = accumulate_binding(linitial(rows), source);
	if (source->rd_rel->relkind == RELKIND_PARTITIONED_TABLE)
		accumulate_truncate_newer(source, trigger, totals);
	else
		accumulate_truncate(binding, source);
	if (binding->target->each_statement)
		(void) accumulate_flush(binding->target);
}

static void
after_statement(Relation source, const Trigger *trigger)
{
	List *rows = accumulate_triggers(source, trigger->tgfoid,
									 accumulate_totals(trigger), true);

	if (rows != NIL)
		(void) accumulate_flush(
			accumulate_binding(linitial(rows), source)->target);
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

	event = data->tg_event;
	if (TRIGGER_FIRED_BY_TRUNCATE(event))
	{
		if (!TRIGGER_FIRED_BEFORE(event))
			refuse("must be fired before TRUNCATE");
		before_truncate(data->tg_relation, data->tg_trigger);
		return PointerGetDatum(NULL);
	}

	if (!TRIGGER_FIRED_AFTER(event))
		refuse("must be fired after INSERT, UPDATE or DELETE");
	if (TRIGGER_FIRED_FOR_STATEMENT(event))
	{
		after_statement(data->tg_relation, data->tg_trigger);
		return PointerGetDatum(NULL);
	}

	/* What is looked up for the first row of a query serves all of them. */
	binding = fcinfo->flinfo->fn_extra;
	if (binding == NULL || !binding->valid)
	{
		binding = accumulate_binding(data->tg_trigger, data->tg_relation);
		fcinfo->flinfo->fn_extra = unconstify(Binding *, binding);
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
