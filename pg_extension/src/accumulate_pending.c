/*
 * Deltas that wait in backend memory.
 *
 * A row is only noted, as an entry.  Entries of one key are brought together by
 * sorting, when the totals are written and, if the sums are numbers alone, when
 * there have come to be many.  An entry takes 8 bytes for each key and sum, up to
 * three times that while there is room for more and entries move, and 16 when it
 * is sorted: a million entries with two sums 40 to 70 MB.  Of a key there are no
 * more than GROWTH_OF_MANY on average.  Where periods are summed or refused rows
 * are kept, there is one for each row.
 *
 * Every level of subtransactions has entries of its own, so that a rollback
 * forgets exactly what it undoes.  A level that commits is only renamed, since
 * nothing may fail at that moment; entries of one level are put together when
 * the next row comes.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "accumulate.h"
#include "occupancy.h"

/*
 * Entries are brought together when they are this many, and again when they are
 * GROWTH times what was left then, or GROWTH_OF_MANY times if that was more than
 * half: keys that rarely repeat are sorted little more than once.
 */
#define FIRST_MERGE 65536
#define GROWTH 4
#define GROWTH_OF_MANY 16

#define FIRST_ROOM 4

/* From so many entries on they are dealt to buckets of so many to be sorted. */
#define MANY_ENTRIES 1000
#define A_BUCKET 8

/* So far ahead entries are fetched into the cache, where sorting scatters them. */
#define AHEAD 8

/*
 * An entry is the columns of its key, its sums and, where refused rows are kept,
 * a PendingRow.  A period that is taken away has its ends exchanged.
 */
typedef union Word
{
	Datum key;
	Addend sum;
} Word;

/* An entry with its first key at hand. */
typedef struct Sorted
{
	Datum first;
	Word *entry;
} Sorted;

/* The entries of one target at one level of subtransactions. */
typedef struct Pending
{
	struct Pending *below;
	int level;
	const Target *target;
	int width;
	MemoryContext context;
	Word *entries;
	Size n;
	Size room;
	Size merge_at;
	Sorted *sorted; /* while they are read, from position to limit */
	Size position;
	Size limit;
} Pending;

/*
 * Sets how a key is sorted, which is how its unique index is.  Integers are
 * compared as int8, which a Datum of a 32-bit server only points to.
 */
void
pending_order(KeyColumn *key)
{
	key->order.ssup_cxt = CurrentMemoryContext;
	key->order.ssup_collation = key->collation;
	PrepareSortSupportFromOrderingOp(key->operators->lt_opr, &key->order);
#if SIZEOF_DATUM >= 8
	key->is_integer = key->order.comparator == ssup_datum_signed_cmp ||
		key->order.comparator == ssup_datum_int32_cmp;
#endif
}

static inline int
compare_column(Datum a, Datum b, KeyColumn *column)
{
	if (column->is_integer)
		return (DatumGetInt64(a) > DatumGetInt64(b)) -
			(DatumGetInt64(a) < DatumGetInt64(b));
	return ApplySortComparator(a, false, b, false, &column->order);
}

static inline int
compare_keys(const Sorted *a, const Sorted *b, const Target *target)
{
	int result = compare_column(a->first, b->first, &target->keys[0]);

	for (int i = 1; result == 0 && i < target->nkeys; i++)
		result = compare_column(a->entry[i].key, b->entry[i].key,
								&target->keys[i]);
	return result;
}

#define ST_SORT sort_entries
#define ST_ELEMENT_TYPE Sorted
#define ST_COMPARE(a, b, target) compare_keys(a, b, target)
#define ST_COMPARE_ARG_TYPE const Target
#define ST_CHECK_FOR_INTERRUPTS
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

static bool
merges(const Target *target)
{
	if (OidIsValid(target->refused))
		return false;
	for (int i = 0; i < target->nsums; i++)
		if (target->sums[i].kind != SUM_INTEGER)
			return false;
	return true;
}

static Pending *
pending_create(const Target *target, int level, Pending *below)
{
	MemoryContext context;
	Pending *pending;

	context = AllocSetContextCreate(TopTransactionContext,
									"volunteer pending hours",
									ALLOCSET_START_SMALL_SIZES);
	pending = MemoryContextAllocZero(context, sizeof(Pending));
	pending->below = below;
	pending->level = level;
	pending->target = target;
	pending->width = target->nkeys + target->nsums;
	if (OidIsValid(target->refused))
		pending->width += sizeof(PendingRow) / sizeof(Word);
	pending->merge_at = merges(target) ? FIRST_MERGE : SIZE_MAX;
	pending->context = context;
	return pending;
}

/* Goes when the deltas do. */
MemoryContext
pending_memory(const Pending *pending)
{
	return pending->context;
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

static void
make_room(Pending *pending, Size n)
{
	Size size;

	if (n <= pending->room)
		return;
	n = Max(Max(n, 2 * pending->room), FIRST_ROOM);
	size = n * pending->width * sizeof(Word);
	pending->entries = pending->room == 0
		? MemoryContextAllocHuge(pending->context, size)
		: repalloc_huge(pending->entries, size);
	pending->room = n;
}

static Word *
entry_at(const Pending *pending, Size i)
{
	return pending->entries + i * pending->width;
}

static PendingRow *
row_of(const Target *target, Word *entry)
{
	return (PendingRow *) (entry + target->nkeys + target->nsums);
}

static Datum
copy_key(Datum key, const TypeCacheEntry *type, MemoryContext context)
{
	MemoryContext caller;

	if (type->typbyval)
		return key;

	caller = MemoryContextSwitchTo(context);
	key = type->typlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(key))
							 : datumCopy(key, false, type->typlen);
	MemoryContextSwitchTo(caller);
	return key;
}

static void
out_of_range(void)
{
	ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			errmsg("total is out of range"));
}

static Addend
signed_sum(Addend sum, SumKind kind, int sign)
{
	Addend negative;

	if (sign > 0)
		return sum;

	if (kind == SUM_OCCUPANCY)
	{
		negative.period.from = sum.period.to;
		negative.period.to = sum.period.from;
	}
	else if (pg_sub_s64_overflow(0, sum.number, &negative.number))
		out_of_range();
	return negative;
}

/*
 * Adds the entries of one level, which stays as it is, to those of another,
 * which stays as it is if this fails.
 */
static void
append(Pending *into, const Pending *from, int sign)
{
	const Target *target = into->target;

	make_room(into, into->n + from->n);
	for (Size i = 0; i < from->n; i++)
	{
		Word *source = entry_at(from, i);
		Word *entry = entry_at(into, into->n + i);

		CHECK_FOR_INTERRUPTS();
		memcpy(entry, source, into->width * sizeof(Word));
		for (int k = 0; k < target->nkeys; k++)
			entry[k].key = copy_key(source[k].key, target->keys[k].operators,
									into->context);
		for (int s = 0; s < target->nsums; s++)
		{
			Word *sum = &entry[target->nkeys + s];

			sum->sum = signed_sum(sum->sum, target->sums[s].kind, sign);
		}
		if (OidIsValid(target->refused))
			row_of(target, entry)->sign *= sign;
	}
	into->n += from->n;
}

static void
append_renamed_levels(Target *target)
{
	while (target->pending != NULL && target->pending->below != NULL &&
		   target->pending->below->level == target->pending->level)
	{
		append(target->pending->below, target->pending, 1);
		pop(target);
	}
}

static inline uint64
distance(Datum smallest, Datum key)
{
	return (uint64) key - (uint64) smallest;
}

/* By whose leading bits integers are dealt. */
typedef struct Buckets
{
	Datum smallest;
	int shift;
	Size n;
	Size *ends;
} Buckets;

static inline Size
bucket_of(const Buckets *buckets, const Word *entry)
{
	return distance(buckets->smallest, entry->key) >> buckets->shift;
}

static void
choose_buckets(const Pending *pending, Buckets *buckets)
{
	Datum smallest = pending->entries->key;
	Datum largest = smallest;

	for (Size i = 1; i < pending->n; i++)
	{
		Datum key = entry_at(pending, i)->key;

		if (DatumGetInt64(key) < DatumGetInt64(smallest))
			smallest = key;
		if (DatumGetInt64(key) > DatumGetInt64(largest))
			largest = key;
	}
	buckets->smallest = smallest;
	buckets->shift = 0;
	while (distance(smallest, largest) >> buckets->shift >=
		   pending->n / A_BUCKET)
		buckets->shift++;
	buckets->n = (distance(smallest, largest) >> buckets->shift) + 1;
}

/*
 * Integers are dealt to buckets by their leading bits first, of which few entries
 * share one unless keys are far from evenly spread: then only few are compared.
 * The entries themselves move, so that they are read one after another later on.
 */
static void
deal(Pending *pending, Buckets *buckets)
{
	Size width = pending->width;
	Size *ends;
	Word *dealt;

	choose_buckets(pending, buckets);

	/* first where each bucket begins, and where it ends once it is full */
	ends = MemoryContextAllocExtended(pending->context,
									  (buckets->n + 1) * sizeof(Size),
									  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	dealt = MemoryContextAllocHuge(pending->context,
								   pending->n * width * sizeof(Word));
	for (Size i = 0; i < pending->n; i++)
		ends[bucket_of(buckets, entry_at(pending, i)) + 1]++;
	for (Size b = 1; b <= buckets->n; b++)
		ends[b] += ends[b - 1];
	for (Size i = 0; i < pending->n; i++)
	{
		const Word *entry = entry_at(pending, i);
		Word *place = dealt + ends[bucket_of(buckets, entry)]++ * width;

		for (Size w = 0; w < width; w++)
			place[w] = entry[w];
	}
	buckets->ends = ends;
	pfree(pending->entries);
	pending->entries = dealt;
	pending->room = pending->n;
}

static void
sort(Pending *pending)
{
	bool by_buckets = pending->target->keys[0].is_integer &&
		pending->n > MANY_ENTRIES;
	Buckets buckets;
	Sorted *sorted;

	if (by_buckets)
		deal(pending, &buckets);

	sorted = MemoryContextAllocHuge(pending->context,
									pending->n * sizeof(Sorted));
	for (Size i = 0; i < pending->n; i++)
		sorted[i] = (Sorted){.first = entry_at(pending, i)->key,
							 .entry = entry_at(pending, i)};
	if (by_buckets)
	{
		for (Size b = 0, begin = 0; b < buckets.n; begin = buckets.ends[b++])
			sort_entries(sorted + begin, buckets.ends[b] - begin,
						 pending->target);
		pfree(buckets.ends);
	}
	else
		sort_entries(sorted, pending->n, pending->target);
	pending->sorted = sorted;
}

/* The end of the entries that have the key of the first. */
static Size
end_of_key(const Pending *pending, Size first)
{
	const Sorted *sorted = pending->sorted;
	Size end = first + 1;

	while (end < pending->n &&
		   compare_keys(&sorted[first], &sorted[end], pending->target) == 0)
		end++;
	return end;
}

static bool
sum_numbers(const Pending *pending, Size first, Size end, int column,
			int64 *sum)
{
	*sum = 0;
	for (Size i = first; i < end; i++)
		if (pg_add_s64_overflow(*sum,
								pending->sorted[i].entry[column].sum.number,
								sum))
			return false;
	return true;
}

/*
 * Brings the entries of each key together in the first of them.  Those whose sum
 * is out of range are left for the flush to refuse.
 */
static void
merge(Pending *pending)
{
	const Target *target = pending->target;
	bool *gone = MemoryContextAllocExtended(pending->context, pending->n,
											MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	Size left = 0;
	bool rarely;

	sort(pending);
	for (Size first = 0, end; first < pending->n; first = end)
	{
		int64 sums[ACCUMULATE_MAX_COLUMNS];
		bool in_range = true;

		end = end_of_key(pending, first);
		for (int i = 0; i < target->nsums; i++)
			in_range &= sum_numbers(pending, first, end, target->nkeys + i,
									&sums[i]);
		if (end == first + 1 || !in_range)
			continue;

		for (int i = 0; i < target->nsums; i++)
			pending->sorted[first].entry[target->nkeys + i].sum.number =
				sums[i];
		for (Size i = first + 1; i < end; i++)
		{
			Word *entry = pending->sorted[i].entry;

			gone[(entry - pending->entries) / pending->width] = true;
			for (int k = 0; k < target->nkeys; k++)
				if (!target->keys[k].operators->typbyval)
					pfree(DatumGetPointer(entry[k].key));
		}
	}

	for (Size i = 0; i < pending->n; i++)
		if (!gone[i] && left++ != i)
			memcpy(entry_at(pending, left - 1), entry_at(pending, i),
				   pending->width * sizeof(Word));
	rarely = left > pending->n / 2;
	pending->n = left;
	pending->merge_at = Max(FIRST_MERGE,
							(rarely ? GROWTH_OF_MANY : GROWTH) * left);
	pfree(pending->sorted);
	pending->sorted = NULL;
	pfree(gone);
}

void
pending_add(Target *target, const Datum *key, const Addend *addends, int sign,
			Relation source, ItemPointer row)
{
	int level = GetCurrentTransactionNestLevel();
	Pending *pending = target->pending;
	Word *entry;

	if (pending == NULL || pending->level < level)
	{
		append_renamed_levels(target);
		target->pending = pending_create(target, level, target->pending);
		pending = target->pending;
	}
	if (pending->n >= pending->merge_at)
		merge(pending);
	make_room(pending, pending->n + 1);

	entry = entry_at(pending, pending->n);
	for (int i = 0; i < target->nkeys; i++)
		entry[i].key = copy_key(key[i], target->keys[i].operators,
								pending->context);
	for (int i = 0; i < target->nsums; i++)
		entry[target->nkeys + i].sum = signed_sum(addends[i],
												  target->sums[i].kind, sign);
	if (OidIsValid(target->refused))
	{
		PendingRow *note = row_of(target, entry);

		memset(note, 0, sizeof(PendingRow));
		if (row != NULL)
		{
			note->source = RelationGetRelid(source);
			note->file = source->rd_rel->relfilenode;
			note->row = *row;
		}
		note->sign = sign;
	}
	pending->n++;
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

	append_renamed_levels(target);
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
		append(taken, p, 1);

	if (target->pending->level == level)
		pop(target);
	outer = target->pending;
	target->pending = pending_create(target, level, outer);
	for (Pending *p = outer; p != NULL; p = p->below)
		append(target->pending, p, -1);
	return taken;
}

/* Entries that are left to be read. */
Size
pending_size(const Pending *pending)
{
	return pending->sorted != NULL ? pending->limit - pending->position
								   : pending->n;
}

/* The sorted steps of some entries, as an occupancy; false if there are none. */
static bool
sum_periods(const Pending *pending, Size first, Size end, int column,
			Datum *sum)
{
	Size n = 2 * (end - first);
	int32 *steps = palloc(n * sizeof(int32));

	for (Size i = first; i < end; i++)
		occupancy_period_steps(pending->sorted[i].entry[column].sum.period, 1,
							   steps + 2 * (i - first));
	n = occupancy_sort(steps, n);
	*sum = occupancy_from_steps(steps, n);
	pfree(steps);
	return n > 0;
}

/* Sums the entries of one key; false if there is nothing to add to its total. */
static bool
sum_key(const Pending *pending, Size first, Size end, Datum *sums)
{
	const Target *target = pending->target;
	bool changes = false;

	for (int i = 0; i < target->nsums; i++)
	{
		int column = target->nkeys + i;

		if (target->sums[i].kind == SUM_OCCUPANCY)
			changes |= sum_periods(pending, first, end, column, &sums[i]);
		else
		{
			int64 number;

			if (!sum_numbers(pending, first, end, column, &number))
				out_of_range();
			sums[i] = Int64GetDatum(number);
			changes |= number != 0;
		}
	}
	return changes;
}

/* Lets some of the sorted entries be read, which are whole keys. */
void
pending_read(Pending *pending, Size from, Size end)
{
	if (pending->sorted == NULL)
		sort(pending);
	pending->position = from;
	pending->limit = end;
}

/*
 * Reads the next delta, in the order of the keys.  That all sessions write in
 * this order is what keeps them free of deadlocks.  Sums are made in the current
 * memory context.
 */
bool
pending_next(Pending *pending, Delta *delta)
{
	const Target *target = pending->target;

	if (pending->sorted == NULL)
		pending_read(pending, 0, pending->n);
	while (pending->position < pending->limit)
	{
		Size first = pending->position;

		CHECK_FOR_INTERRUPTS();
		if (first + AHEAD < pending->limit)
			__builtin_prefetch(pending->sorted[first + AHEAD].entry);
		pending->position = end_of_key(pending, first);
		for (int i = 0; i < target->nkeys; i++)
			delta->key[i] = pending->sorted[first].entry[i].key;
		if (sum_key(pending, first, pending->position, delta->sums))
			return true;
	}
	return false;
}

/* The boundary between keys that halves some entries; end if there is none. */
Size
pending_middle(const Pending *pending, Size from, Size end)
{
	const Sorted *sorted = pending->sorted;
	Size middle = from + (end - from) / 2;

	while (middle > from &&
		   compare_keys(&sorted[middle - 1], &sorted[middle],
						pending->target) == 0)
		middle--;
	return middle > from ? middle : end_of_key(pending, from);
}

/* Where the entry comes from. */
PendingRow *
pending_row(const Pending *pending, Size i)
{
	return row_of(pending->target, pending->sorted[i].entry);
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
