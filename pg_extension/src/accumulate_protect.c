/*
 * protect_totals(): trigger by which totals agree to be kept, and which refuses
 * to let anybody else write what is kept.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "fmgr.h"

#include "accumulate.h"

/* The relation that the next statement may write, and how. */
static Oid admitted;
static int16 admitted_events;

/*
 * Admits one statement of the accumulation's own: events are those of pg_trigger.h
 * that it will fire, each once, so that what its triggers write is not admitted.
 */
void
accumulate_admit(Oid relation, int16 events)
{
	admitted = relation;
	admitted_events = events;
}

static bool
is_admitted(const TriggerData *data)
{
	TriggerEvent event = data->tg_event;
	int16 bit = TRIGGER_FIRED_BY_INSERT(event) ? TRIGGER_TYPE_INSERT
		: TRIGGER_FIRED_BY_UPDATE(event)	   ? TRIGGER_TYPE_UPDATE
		: TRIGGER_FIRED_BY_DELETE(event)	   ? TRIGGER_TYPE_DELETE
											   : TRIGGER_TYPE_TRUNCATE;

	if (admitted != RelationGetRelid(data->tg_relation) ||
		(admitted_events & bit) == 0)
		return false;
	admitted_events &= ~bit;
	return true;
}

static bool
sets_any(const Bitmapset *columns, const List *mappings, Relation totals)
{
	ListCell *cell;

	foreach (cell, mappings)
	{
		const Mapping *mapping = lfirst(cell);
		AttrNumber column = accumulate_column(totals, mapping->total)->attnum;

		if (bms_is_member(column - FirstLowInvalidHeapAttributeNumber, columns))
			return true;
	}
	return false;
}

/* Columns of the totals that are not kept are anybody's. */
static bool
sets_only_other_columns(const TriggerData *data)
{
	Definition *definition;

	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event) ||
		data->tg_trigger->tgnargs == 1)
		return false;
	definition = accumulate_definition(data->tg_relation);
	return !sets_any(data->tg_updatedcols, definition->keys,
					 data->tg_relation) &&
		!sets_any(data->tg_updatedcols, definition->sums, data->tg_relation);
}

PG_FUNCTION_INFO_V1(protect_totals);
Datum
protect_totals(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(data->tg_event) ||
		data->tg_trigger->tgnargs == 0)
		ereport(ERROR, errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				errmsg("protect_totals: must be fired before statements, with "
					   "the source as argument"),
				errhint("Let track_hours() create the triggers."));

	if (!is_admitted(data) && !sets_only_other_columns(data))
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("\"%s\" is kept from %s",
					   RelationGetRelationName(data->tg_relation),
					   data->tg_trigger->tgargs[0]),
				errhint("Write the records; repair_hours() corrects totals."));
	return PointerGetDatum(NULL);
}

static void
end_of_transaction(XactEvent event pg_attribute_unused(),
				   void *arg pg_attribute_unused())
{
	admitted = InvalidOid;
}

static void
end_of_subtransaction(SubXactEvent event pg_attribute_unused(),
					  SubTransactionId id pg_attribute_unused(),
					  SubTransactionId parent pg_attribute_unused(),
					  void *arg pg_attribute_unused())
{
	admitted = InvalidOid;
}

/* An error may have kept the admitted statement from its end. */
void
accumulate_protect_init(void)
{
	RegisterXactCallback(end_of_transaction, NULL);
	RegisterSubXactCallback(end_of_subtransaction, NULL);
}
