/*
 * Deltas that wait in backend memory.
 *
 * Every level of subtransactions has a hash table of its own, so that a
 * rollback forgets exactly what it undoes.  A level that commits is only
 * renamed, since nothing may fail at that moment; tables of one level are
 * merged when the next delta comes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/sortsupport.h"

#include "accumulate.h"

typedef struct Delta
{
	Datum *key;
	Addend *sums;
	uint32 hash;
	char status;
} Delta;

static uint32
key_hash(const Target *target, const Datum *key)
{
	uint32 hash = 0;

	for (int i = 0; i < target->nkeys; i++)
	{
		const KeyColumn *column = &target->keys[i];
		Datum h = FunctionCall1Coll(&column->operators->hash_proc_finfo,
									column->collation, key[i]);

		hash = hash_combine(hash, DatumGetUInt32(h));
	}
	return murmurhash32(hash);
}

static bool
key_equal(const Target *target, const Datum *a, const Datum *b)
{
	for (int i = 0; i < target->nkeys; i++)
	{
		const KeyColumn *column = &target->keys[i];

		if (!DatumGetBool(FunctionCall2Coll(&column->operators->eq_opr_finfo,
											column->collation, a[i], b[i])))
			return false;
	}
	return true;
}

#define SH_PREFIX delta
#define SH_ELEMENT_TYPE Delta
#define SH_KEY_TYPE Datum *
#define SH_KEY key
#define SH_HASH_KEY(table, key) \
	key_hash((const Target *) (table)->private_data, key)
#define SH_EQUAL(table, a, b) \
	key_equal((const Target *) (table)->private_data, a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(table, element) (element)->hash
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* The deltas of one target at one level of subtransactions. */
typedef struct Pending
{
	struct Pending *below;
	int level;
	MemoryContext context;
	delta_hash *deltas;
} Pending;

/* Prepares what compares values of a key, in the current context. */
void
pending_order(KeyColumn *key)
{
	key->order.ssup_cxt = CurrentMemoryContext;
	key->order.ssup_collation = key->collation;
	PrepareSortSupportFromOrderingOp(key->operators->lt_opr, &key->order);
}

static Pending *
pending_create(Target *target, int level, Pending *below)
{
	MemoryContext context;
	Pending *pending;

	context = AllocSetContextCreate(TopTransactionContext,
									"volunteer pending hours",
									ALLOCSET_START_SMALL_SIZES);
	pending = MemoryContextAlloc(context, sizeof(Pending));
	pending->below = below;
	pending->level = level;
	pending->context = context;
	pending->deltas = delta_create(context, 16, target);
	return pending;
}

void
pending_free(Pending *pending)
{
	MemoryContextDelete(pending->context);
}

static void
pop(Target *target)
{
	Pending *top = target->pending;

	target->pending = top->below;
	pending_free(top);
}

static int64
plus(int64 a, int64 b, int sign)
{
	int64 result;

	if (sign > 0 ? pg_add_s64_overflow(a, b, &result)
				 : pg_sub_s64_overflow(a, b, &result))
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("total is out of range"));
	return result;
}

/* The entry of a key, of zeros when it is new. */
static Delta *
delta_of(Pending *pending, const Target *target, Datum *key)
{
	uint32 hash = key_hash(target, key);
	Delta *delta = delta_lookup_hash(pending->deltas, key, hash);

	if (delta == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(pending->context);
		int n = target->nkeys + target->nsums;
		Datum *copy = palloc0(n * sizeof(Datum));
		bool found;

		for (int i = 0; i < target->nkeys; i++)
		{
			TypeCacheEntry *type = target->keys[i].operators;

			copy[i] = type->typlen == -1
				? PointerGetDatum(PG_DETOAST_DATUM_COPY(key[i]))
				: datumCopy(key[i], type->typbyval, type->typlen);
		}
		delta = delta_insert_hash(pending->deltas, copy, hash, &found);
		delta->sums = (Addend *) (copy + target->nkeys);
		MemoryContextSwitchTo(caller);
	}
	return delta;
}

/*
 * Adds all deltas of one table to another.  The first pass does all that can
 * fail and only adds zeros, so an error leaves both as they were.
 */
static void
merge(Target *target, Pending *into, const Pending *from, int sign)
{
	delta_iterator iterator;
	Delta *delta;

	delta_start_iterate(from->deltas, &iterator);
	while ((delta = delta_iterate(from->deltas, &iterator)) != NULL)
	{
		const Delta *sum = delta_of(into, target, delta->key);

		for (int i = 0; i < target->nsums; i++)
			(void) plus(sum->sums[i].number, delta->sums[i].number, sign);
		CHECK_FOR_INTERRUPTS();
	}

	delta_start_iterate(from->deltas, &iterator);
	while ((delta = delta_iterate(from->deltas, &iterator)) != NULL)
	{
		Delta *sum = delta_lookup_hash(into->deltas, delta->key, delta->hash);

		for (int i = 0; i < target->nsums; i++)
			sum->sums[i].number = plus(sum->sums[i].number,
									   delta->sums[i].number, sign);
	}
}

static void
merge_renamed_levels(Target *target)
{
	while (target->pending != NULL && target->pending->below != NULL &&
		   target->pending->below->level == target->pending->level)
	{
		merge(target, target->pending->below, target->pending, 1);
		pop(target);
	}
}

void
pending_add(Target *target, const Datum *key, const Addend *addends, int sign,
			Relation source pg_attribute_unused(),
			ItemPointer row pg_attribute_unused())
{
	int level = GetCurrentTransactionNestLevel();
	Delta *delta;

	if (target->pending == NULL || target->pending->level < level)
	{
		merge_renamed_levels(target);
		target->pending = pending_create(target, level, target->pending);
	}

	delta = delta_of(target->pending, target, unconstify(Datum *, key));
	for (int i = 0; i < target->nsums; i++)
		delta->sums[i].number = plus(delta->sums[i].number, addends[i].number,
									 sign);
}

/*
 * Takes out the deltas of all levels, for the current level to write.
 *
 * A level further out keeps its own, because they have to be written again if
 * the current level is rolled back; what it keeps is cancelled by its negative
 * at the current level, which is right if the current level commits.  What is
 * taken goes with the current level, lest an error leave it behind.
 */
Pending *
pending_take(Target *target)
{
	int level = GetCurrentTransactionNestLevel();
	Pending *taken;
	Pending *outer;

	merge_renamed_levels(target);
	taken = target->pending;
	if (taken->level == level && taken->below == NULL)
	{
		target->pending = NULL;
		MemoryContextSetParent(taken->context, CurTransactionContext);
		return taken;
	}

	taken = pending_create(target, level, NULL);
	MemoryContextSetParent(taken->context, CurTransactionContext);
	for (Pending *p = target->pending; p != NULL; p = p->below)
		merge(target, taken, p, 1);

	if (target->pending->level == level)
		pop(target);
	outer = target->pending;
	target->pending = pending_create(target, level, outer);
	for (Pending *p = outer; p != NULL; p = p->below)
		merge(target, target->pending, p, -1);
	return taken;
}

uint32
pending_size(const Pending *pending)
{
	return pending->deltas->members;
}

static int
compare_keys(const void *a, const void *b, void *arg)
{
	const Datum *left = (*(Delta *const *) a)->key;
	const Datum *right = (*(Delta *const *) b)->key;
	const Target *target = arg;

	for (int i = 0; i < target->nkeys; i++)
	{
		int result = ApplySortComparator(left[i], false, right[i], false,
										 &target->keys[i].order);

		if (result != 0)
			return result;
	}
	return 0;
}

/*
 * Visits the deltas in the order of their keys.  That all sessions write in this
 * order is what keeps them free of deadlocks.
 */
void
pending_visit(Pending *pending, delta_visitor visit, void *arg)
{
	const Target *target = pending->deltas->private_data;
	size_t n = 0;
	delta_iterator iterator;
	Delta *delta;
	Delta **sorted;

	sorted = MemoryContextAllocHuge(pending->context,
									pending->deltas->members * sizeof(Delta *));
	delta_start_iterate(pending->deltas, &iterator);
	while ((delta = delta_iterate(pending->deltas, &iterator)) != NULL)
		sorted[n++] = delta;
	qsort_arg(sorted, n, sizeof(Delta *), compare_keys,
			  unconstify(Target *, target));

	for (size_t i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		visit(sorted[i]->key, sorted[i]->sums, arg);
	}
}

static void
end_of_subtransaction(SubXactEvent event,
					  SubTransactionId id pg_attribute_unused(),
					  SubTransactionId parent pg_attribute_unused(),
					  void *arg pg_attribute_unused())
{
	int level = GetCurrentTransactionNestLevel();
	ListCell *cell;

	foreach (cell, accumulate_targets())
	{
		Target *target = lfirst(cell);

		if (event == SUBXACT_EVENT_ABORT_SUB)
		{
			while (target->pending != NULL && target->pending->level >= level)
				pop(target);
		}
		else if (event == SUBXACT_EVENT_COMMIT_SUB)
		{
			for (Pending *p = target->pending; p && p->level >= level;
				 p = p->below)
				p->level = level - 1;
		}
	}
}

/* The memory goes with TopTransactionContext. */
static void
end_of_transaction(XactEvent event, void *arg pg_attribute_unused())
{
	ListCell *cell;

	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT ||
		event == XACT_EVENT_PREPARE)
		foreach (cell, accumulate_targets())
		{
			Target *target = lfirst(cell);

			target->pending = NULL;
			target->restricted = false;
		}
}

void
accumulate_pending_init(void)
{
	RegisterSubXactCallback(end_of_subtransaction, NULL);
	RegisterXactCallback(end_of_transaction, NULL);
}
