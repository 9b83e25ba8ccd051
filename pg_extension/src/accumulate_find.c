/*
 * The current versions of totals rows, through their unique index.
 *
 * Current is what no transaction has deleted, whatever the snapshot: a version
 * that another transaction has made and not yet committed is waited for; one that
 * another is about to replace is returned, and to be waited for before it is
 * judged.
 *
 * Keys are looked for one by one, from the root of the index.  While nobody else
 * can write and keys come in the order of the index, many of them to a page, the
 * index is read once instead, along with the keys.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/itup.h"
#include "access/nbtree.h"
#include "access/relscan.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "accumulate.h"
#include "compat.h"

/* From so many keys for a page of the index on it is read along with them. */
#define KEYS_A_PAGE 32

struct Finder
{
	int nkeys;
	int *key_of; /* by column of the index */

	/* while it is open */
	Relation table;
	IndexScanDesc scan;
	SnapshotData dirty;
	bool along; /* is the index read along with the keys? */
	bool ahead; /* has an entry been read that is yet to be compared? */
	bool ended;

	ScanKeyData keys[FLEXIBLE_ARRAY_MEMBER];
};

/* Is this a unique index on exactly the columns of the key, as equal as there? */
bool
finder_fits(Relation index, const AttrNumber *columns, const Target *target)
{
	Form_pg_index form = index->rd_index;
	int nkeys = target->nkeys;

	if (!form->indisunique || !form->indimmediate || !form->indisready ||
		index->rd_rel->relam != BTREE_AM_OID || form->indnkeyatts != nkeys ||
		!heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL))
		return false;

	for (int i = 0; i < nkeys; i++)
	{
		bool found = false;

		for (int k = 0; k < nkeys; k++)
			found |= form->indkey.values[k] == columns[i] &&
				accumulate_same_equality(index, k, &target->keys[i]);
		if (!found)
			return false;
	}
	return true;
}

/* Is the index in the order of the keys? */
static bool
is_in_order(Relation index, const AttrNumber *columns, const Target *target)
{
	for (int i = 0; i < target->nkeys; i++)
		if (index->rd_index->indkey.values[i] != columns[i] ||
			index->rd_indoption[i] != 0 ||
			index->rd_opfamily[i] != target->keys[i].operators->btree_opf ||
			index->rd_indcollation[i] != target->keys[i].collation)
			return false;
	return true;
}

/*
 * Finds keys by an index that fits.  It can be opened any number of times for as
 * long as neither table nor index are altered.
 */
Finder *
finder_create(Relation index, const AttrNumber *columns, int nkeys)
{
	Finder *finder = palloc0(offsetof(Finder, keys) +
							 nkeys * sizeof(ScanKeyData));

	finder->nkeys = nkeys;
	finder->key_of = palloc0(nkeys * sizeof(int));
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
	return finder;
}

/*
 * Of so many keys of the target it is known that they come in order and that
 * nobody else writes; of none if it is 0.
 */
void
finder_open(Finder *finder, Relation table, Relation index,
			const AttrNumber *columns, const Target *target, Size in_order)
{
	finder->table = table;
	InitDirtySnapshot(finder->dirty);
	finder->ahead = false;
	finder->ended = false;
	finder->along = in_order > 0 &&
		in_order > KEYS_A_PAGE * (Size) RelationGetNumberOfBlocks(index) &&
		is_in_order(index, columns, target);
	finder->scan = begin_index_scan(table, index, &finder->dirty,
									finder->along ? 0 : finder->nkeys);
	if (finder->along)
	{
		finder->scan->xs_want_itup = true;
		index_rescan(finder->scan, NULL, 0, NULL, 0);
	}
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

/* A key against the entry that was read. */
static int
compare_with_entry(const Finder *finder, const Datum *key)
{
	IndexScanDesc scan = finder->scan;
	int result = 0;

	for (int i = 0; result == 0 && i < finder->nkeys; i++)
	{
		FmgrInfo *compare = index_getprocinfo(scan->indexRelation, i + 1,
											  BTORDER_PROC);
		bool is_null;
		Datum entry = index_getattr(scan->xs_itup, i + 1, scan->xs_itupdesc,
									&is_null);

		/* nulls are last */
		result = is_null
			? -1
			: DatumGetInt32(
				  FunctionCall2Coll(compare,
									scan->indexRelation->rd_indcollation[i],
									key[i], entry));
	}
	return result;
}

static bool
find_along(Finder *finder, const Datum *key, TupleTableSlot *slot)
{
	while (!finder->ended)
	{
		int result;

		CHECK_FOR_INTERRUPTS();
		if (!finder->ahead &&
			index_getnext_tid(finder->scan, ForwardScanDirection) == NULL)
		{
			finder->ended = true;
			break;
		}
		result = compare_with_entry(finder, key);
		finder->ahead = result < 0;
		if (finder->ahead)
			break;
		if (result == 0 && index_fetch_heap(finder->scan, slot))
			return true;
	}
	return false;
}

/* Puts the current version of a key's row into the slot; false if none is. */
bool
finder_find(Finder *finder, const Datum *key, TupleTableSlot *slot)
{
	if (finder->along)
		return find_along(finder, key, slot);

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

/* Is another transaction about to replace the version that was found last? */
bool
finder_is_contested(const Finder *finder)
{
	return TransactionIdIsValid(finder->dirty.xmax);
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
