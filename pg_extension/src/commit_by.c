/*
 * commit_by(): what a transaction announces for a time is committed by then, or
 * not at all.
 */
#include "postgres.h"

#include "access/xact.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/timestamp.h"

#include "volunteer.h"

static TimestampTz deadline = DT_NOEND;

/* A savepoint that is rolled back leaves the deadline as it is. */
PG_FUNCTION_INFO_V1(commit_by);
Datum
commit_by(PG_FUNCTION_ARGS)
{
	TimestampTz wanted = PG_GETARG_TIMESTAMPTZ(0);

	if (wanted < deadline)
		deadline = wanted;
	PG_RETURN_VOID();
}

static void
refuse(int state, const char *message)
{
	ereport(ERROR, errcode(state),
			err_generic_string(PG_DIAG_CONSTRAINT_NAME, "committed_in_time"),
			errmsg_internal("%s", message));
}

static void
at_end_of_transaction(XactEvent event, void *arg pg_attribute_unused())
{
	if (event == XACT_EVENT_PRE_COMMIT && GetCurrentTimestamp() > deadline)
		refuse(ERRCODE_INVALID_TRANSACTION_STATE,
			   "the transaction was kept open past what it announces");
	if (event == XACT_EVENT_PRE_PREPARE && !TIMESTAMP_IS_NOEND(deadline))
		refuse(ERRCODE_FEATURE_NOT_SUPPORTED,
			   "a transaction that is to be committed in time cannot be "
			   "prepared");
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT)
		deadline = DT_NOEND;
}

void
volunteer_commit_by_init(void)
{
	RegisterXactCallback(at_end_of_transaction, NULL);
}
