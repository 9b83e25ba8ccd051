/*
 * tracking(): what track_hours() was told, for SQL.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "accumulate.h"

PG_FUNCTION_INFO_V1(tracking);
Datum
tracking(PG_FUNCTION_ARGS)
{
	Relation totals = table_open(PG_GETARG_OID(0), AccessShareLock);
	const Trigger *guard = accumulate_guard(totals);
	ReturnSetInfo *result;
	Datum values[ACCUMULATE_ARGUMENTS];
	bool nulls[ACCUMULATE_ARGUMENTS];

	InitMaterializedSRF(fcinfo, 0);
	result = (ReturnSetInfo *) fcinfo->resultinfo;
	if (guard != NULL)
	{
		for (int i = 0; i < ACCUMULATE_ARGUMENTS; i++)
		{
			nulls[i] = guard->tgnargs <= i || guard->tgargs[i][0] == '\0';
			values[i] = nulls[i] ? (Datum) 0
								 : CStringGetTextDatum(guard->tgargs[i]);
		}
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}

	table_close(totals, AccessShareLock);
	return (Datum) 0;
}

/* Of version 1.0, which the update from it replaces by tracking(). */
PG_FUNCTION_INFO_V1(tracked_columns);
Datum
tracked_columns(PG_FUNCTION_ARGS)
{
	(void) fcinfo;
	ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("extension \"volunteer\" has to be updated"),
			errhint("ALTER EXTENSION volunteer UPDATE;"));
}
