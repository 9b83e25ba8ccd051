/*
 * Totals kept by trigger: what the files accumulate*.c share.
 */
#ifndef ACCUMULATE_H
#define ACCUMULATE_H

#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"
#include "utils/sortsupport.h"
#include "utils/typcache.h"

#include "mapping_parse.h"
#include "occupancy_steps.h"

/* Of keys, and of sums: a unique index has no more. */
#define ACCUMULATE_MAX_COLUMNS INDEX_MAX_KEYS

/* A mapping of track_hours(), see mapping_parse.h. */
typedef struct Mapping
{
	char *total;
	char *source; /* NULL: counts the rows */
	char *filter; /* boolean column of the source, or NULL: every row */
	mapping_part part;
} Mapping;

/* Arguments of protect_totals(), in the order of those of track_hours(). */
enum
{
	ARGUMENT_SOURCE,
	ARGUMENT_KEYS,
	ARGUMENT_SUMS,
	ARGUMENT_COUNTED,
	ARGUMENT_RECORDS,
	ARGUMENT_FLUSH,
	ARGUMENT_QUEUE,
	ARGUMENT_QUARANTINE,
	ACCUMULATE_ARGUMENTS
};

/* What track_hours() was told. */
typedef struct Definition
{
	Oid source;		/* InvalidOid when its name is no longer right */
	Oid queue;		/* or InvalidOid */
	Oid quarantine; /* or InvalidOid */
	List *keys;		/* of Mapping */
	List *sums;
	char *counted; /* boolean column of the source, or NULL: every row */
	bool each_statement;
} Definition;

typedef struct KeyColumn
{
	char *name;
	AttrNumber column;
	Oid type;
	int32 typmod;
	Oid collation;
	TypeCacheEntry *operators;
	SortSupportData order;
	bool is_integer; /* which is what orders it */
} KeyColumn;

typedef enum SumKind
{
	SUM_INTEGER,
	SUM_OCCUPANCY
} SumKind;

typedef struct SumColumn
{
	char *name;
	AttrNumber column;
	Oid type;
	Oid delta_type; /* in which deltas travel: int8, service_hours, occupancy */
	SumKind kind;
} SumColumn;

/* What one row contributes to one sum; {0} contributes nothing. */
typedef union Addend
{
	int64 number;
	OccupancyPeriod period;
} Addend;

struct Pending;
struct Statements;
struct Totals;

/* A relation to be written, totals or their queue, and the columns kept in it. */
typedef struct Target
{
	MemoryContext context;
	bool bound; /* when last looked at, a valid binding had it */
	Oid relation;
	Oid totals;			 /* the same, or what the queue is for */
	Oid index;			 /* unique over the keys; none of a queue */
	Oid user;			 /* the owner of the totals, who writes */
	Oid refused;		 /* quarantine table, or InvalidOid: refuse */
	bool append;		 /* to a queue */
	bool each_statement; /* written by statements, at the end of each */
	int nkeys;
	int nsums;
	KeyColumn *keys;
	SumColumn *sums;
	struct Statements *statements; /* NULL until first used */
	struct Pending *pending; /* of this transaction, innermost level first */
	bool restricted;		 /* some of it by a security-restricted operation */
	uint64 examined;		 /* as of which changes the two below are right */
	bool settled;			 /* expressions have only immutable C functions */
	bool finds_names;		 /* whatever the search path is */
	struct Totals *totals_kept; /* closed and ready to be opened, or NULL */
} Target;

/* Where the columns of a definition are in one source table. */
typedef struct SourceColumns
{
	AttrNumber counted; /* 0: every row */
	AttrNumber *keys;
	mapping_part *parts;
	AttrNumber *sums; /* 0: counts the rows */
	Oid *sum_types;
	AttrNumber *filters; /* 0: every row */
} SourceColumns;

typedef struct BindingKey
{
	Oid trigger;
	Oid source;
} BindingKey;

/* A trigger on a table, resolved. */
typedef struct Binding
{
	BindingKey key;
	Oid relations[5]; /* whose changes make it invalid */
	bool valid;
	MemoryContext context;
	Target *target;
	SourceColumns *columns;
} Binding;

/* accumulate_definition.c: what the triggers say */
extern Oid accumulate_totals(const Trigger *trigger);
extern List *accumulate_triggers(Relation source, Oid function, Oid totals,
								 bool for_each_row);
extern const Trigger *accumulate_guard(Relation totals);
extern Definition *accumulate_definition(Relation totals);

/* accumulate_target.c: where it is written */
extern Form_pg_attribute accumulate_column(Relation relation, const char *name);
extern Oid accumulate_delta_type(Oid type);
extern bool accumulate_same_equality(Relation index, int column,
									 const KeyColumn *key);
extern Target *accumulate_target(const Definition *definition, Relation totals,
								 bool append);
extern List *accumulate_targets(void);
extern void accumulate_targets_forget_unbound(void);

/* accumulate_binding.c: where it comes from */
extern SourceColumns *accumulate_source_columns(const Definition *definition,
												const Target *target,
												Relation source);
extern const Binding *accumulate_binding(const Trigger *trigger,
										 Relation source);
extern uint64 accumulate_changes(void);
extern void accumulate_binding_init(void);

/* accumulate_difference.c: what is wrong with it */
extern const char *accumulate_schema(const SumColumn *sum);
extern Definition *accumulate_tracked(Relation source, Relation totals,
									  Target **target);
extern const char *accumulate_difference_query(const Definition *definition,
											   const Target *target);

/* accumulate_protect.c: who may write it */
extern void accumulate_admit(Oid relation, int16 events);
extern void accumulate_protect_init(void);

/*
 * accumulate_pending.c: deltas in backend memory.  A period may end before it
 * starts.  The row is what a quarantine will name; NULL when it is no row.
 */
typedef struct PendingRow
{
	Oid source; /* InvalidOid: no row */
	Oid file;	/* which the source had when it was written */
	ItemPointerData row;
	int16 sign;
} PendingRow;

typedef struct Delta
{
	Datum key[ACCUMULATE_MAX_COLUMNS];
	Datum sums[ACCUMULATE_MAX_COLUMNS]; /* in the types of deltas */
} Delta;

extern void pending_order(KeyColumn *key);
extern void pending_add(Target *target, const Datum *key, const Addend *addends,
						int sign, Relation source, ItemPointer row);
extern struct Pending *pending_take(Target *target);
extern Size pending_size(const struct Pending *pending);
extern void pending_read(struct Pending *pending, Size from, Size end);
extern bool pending_next(struct Pending *pending, Delta *delta);
extern Size pending_middle(const struct Pending *pending, Size from, Size end);
extern PendingRow *pending_row(const struct Pending *pending, Size i);
extern MemoryContext pending_memory(const struct Pending *pending);
extern void pending_free(struct Pending *pending);
extern void accumulate_pending_init(void);

/* accumulate_find.c: current versions of totals rows */
typedef struct Finder Finder;

extern bool finder_fits(Relation index, const AttrNumber *columns,
						const Target *target);
extern Finder *finder_create(Relation index, const AttrNumber *columns,
							 int nkeys);
extern void finder_open(Finder *finder, Relation table, Relation index,
						const AttrNumber *columns, const Target *target,
						Size in_order);
extern bool finder_find(Finder *finder, const Datum *key, TupleTableSlot *slot);
extern bool finder_is_contested(const Finder *finder);
extern bool finder_exists(Finder *finder, TupleTableSlot *slot);
extern void finder_close(Finder *finder);

/* accumulate_settled.c: what a write evaluates */
extern void accumulate_examine(Target *target, Relation table);

/* accumulate_write.c: deltas into a table */
extern bool accumulate_write(Target *target, Relation table,
							 struct Pending *pending, bool may_lock);

/* accumulate_statement.c: deltas into whatever takes statements */
extern bool accumulate_execute(Target *target, struct Pending *pending);
extern void accumulate_statements_free(Target *target);

/* accumulate_refused.c: rows that a quarantine takes */
extern void accumulate_refuse(const Target *target, Relation source,
							  TupleTableSlot *row, const ErrorData *error);
extern bool accumulate_write_or_refuse(Target *target, Relation table,
									   struct Pending *pending);

/* accumulate_flush.c: when deltas are written, and as whom */
typedef struct Caller
{
	Oid user;
	int context;
	int settings; /* to be undone to, or 0 */
} Caller;

extern void accumulate_become(Oid user, int restrictions, bool pin_search_path,
							  Caller *caller);
extern void accumulate_become_owner(const Target *target, bool pin_search_path,
									Caller *caller);
extern void accumulate_become_caller(const Caller *caller);
extern bool accumulate_write_deltas(Target *target, Relation table,
									struct Pending *pending);
extern bool accumulate_flush(Target *target);
extern bool accumulate_flush_all(void);
extern void accumulate_flush_init(void);

#endif
