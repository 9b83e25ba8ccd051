/*
 * A relation opened to be written: totals or their queue.
 */
#ifndef ACCUMULATE_TOTALS_H
#define ACCUMULATE_TOTALS_H

#include "executor/executor.h"

#include "accumulate.h"

/* Rows that are inserted at once, and how much memory they may take. */
#define BATCH_ROWS 1000
#define BATCH_BYTES (1024 * 1024)

typedef struct Totals
{
	Target *target;
	uint64 changes; /* as of which it was prepared */
	EState *estate;
	ResultRelInfo *result;
	Oid *indexes;
	EPQState epq;
	AttrNumber keys[ACCUMULATE_MAX_COLUMNS];
	AttrNumber sums[ACCUMULATE_MAX_COLUMNS];
	ExprState **defaults; /* by column; NULL until a row is inserted */
	Finder *finder;		  /* unless rows are only appended */
	int index;			  /* its, among those of the relation */
	List *arbiters;		  /* unique indexes on the keys */

	/* while it is open */
	Relation table;
	CommandId command;
	TupleTableSlot *old;
	TupleTableSlot *new;
	bool in_batches; /* nobody else can insert the same keys */
	TupleTableSlot **batch;
	int nbatch;
} Totals;

extern Totals *totals_open(Target *target, Relation table, Size ndeltas,
						   bool may_lock);
extern void totals_close(Totals *totals);

static inline Oid
totals_type(const Totals *totals, AttrNumber column)
{
	return TupleDescAttr(RelationGetDescr(totals->table), column - 1)->atttypid;
}

#endif
