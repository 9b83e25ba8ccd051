/*
 * The current versions of totals rows, through their unique index.
 *
 * Current is what no transaction has deleted, whatever the snapshot: a version
 * that another transaction has made and not yet committed is waited for; one that
 * another is about to replace is returned, and the update will wait.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "accumulate.h"
#include "compat.h"

struct Finder
{
	Relation table;
	int nkeys;
	int key_of[ACCUMULATE_MAX_COLUMNS]; /* by column of the index */
	IndexScanDesc scan;
	SnapshotData dirty;
	ScanKeyData keys[ACCUMULATE_MAX_COLUMNS];
};

/* Is this a unique index on exactly the columns of the key? */
bool
finder_fits(Relation index, const AttrNumber *columns, int nkeys)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indimmediate || !form->indisready ||
		index->rd_rel->relam != BTREE_AM_OID || form->indnkeyatts != nkeys ||
		!heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL))
		return false;

	for (int i = 0; i < nkeys; i++)
	{
		bool found = false;

		for (int k = 0; k < nkeys; k++)
			found |= form->indkey.values[k] == columns[i];
		if (!found)
			return false;
	}
	return true;
}

Finder *
finder_open(Relation table, Relation index, const AttrNumber *columns,
			int nkeys)
{
	Finder *finder = palloc0(sizeof(Finder));

	finder->table = table;
	finder->nkeys = nkeys;
	InitDirtySnapshot(finder->dirty);
	for (int i = 0; i < nkeys; i++)
	{
		Oid type = index->rd_opcintype[i];
		Oid equal = get_opfamily_member(index->rd_opfamily[i], type, type,
										BTEqualStrategyNumber);

		while (index->rd_index->indkey.values[i] != columns[finder->key_of[i]])
			finder->key_of[i]++;
		ScanKeyEntryInitialize(&finder->keys[i], 0, i + 1,
							   BTEqualStrategyNumber, type,
							   index->rd_indcollation[i], get_opcode(equal),
							   (Datum) 0);
	}
	finder->scan = begin_index_scan(table, index, &finder->dirty, nkeys);
	return finder;
}

void
finder_close(Finder *finder)
{
	index_endscan(finder->scan);
}

/* Waits for the transaction that has made the version in the slot. */
static void
wait_for_maker(Finder *finder, TupleTableSlot *slot)
{
	TransactionId maker = finder->dirty.xmin;
	uint32 token = finder->dirty.speculativeToken;
	ItemPointerData row = slot->tts_tid;

	/* no pins while waiting */
	ExecClearTuple(slot);
	index_rescan(finder->scan, finder->keys, finder->nkeys, NULL, 0);
	if (token != 0)
		SpeculativeInsertionWait(maker, token);
	else
		XactLockTableWait(maker, finder->table, &row, XLTW_InsertIndex);
}

/* Puts the current version of a key's row into the slot; false if none is. */
bool
finder_find(Finder *finder, const Datum *key, TupleTableSlot *slot)
{
	for (int i = 0; i < finder->nkeys; i++)
		finder->keys[i].sk_argument = key[finder->key_of[i]];

	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		index_rescan(finder->scan, finder->keys, finder->nkeys, NULL, 0);
		if (!index_getnext_slot(finder->scan, ForwardScanDirection, slot))
			return false;
		if (!TransactionIdIsValid(finder->dirty.xmin))
			return true;
		wait_for_maker(finder, slot);
	}
}

/*
 * Has a key's row been committed?  While a row is updated, a scan with a dirty
 * snapshot can miss both versions, one before it is there and one after it is
 * gone; a snapshot of transactions always sees one of them.
 */
bool
finder_exists(Finder *finder, TupleTableSlot *slot)
{
	Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
	bool found;

	finder->scan->xs_snapshot = latest;
	index_rescan(finder->scan, finder->keys, finder->nkeys, NULL, 0);
	found = index_getnext_slot(finder->scan, ForwardScanDirection, slot);
	ExecClearTuple(slot);
	index_rescan(finder->scan, finder->keys, finder->nkeys, NULL, 0);
	finder->scan->xs_snapshot = &finder->dirty;
	UnregisterSnapshot(latest);
	return found;
}
