/*
 * Totals kept by trigger: what the files accumulate*.c share.
 */
#ifndef ACCUMULATE_H
#define ACCUMULATE_H

#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/pg_list.h"
#include "utils/rel.h"
#include "utils/typcache.h"

/* Of keys, and of sums: a unique index has no more. */
#define ACCUMULATE_MAX_COLUMNS INDEX_MAX_KEYS

/* How a key follows from a source column. */
typedef enum KeyPart
{
	KEY_WHOLE,
	KEY_YEAR,
	KEY_MONTH
} KeyPart;

/* "total = part(source)", as written in an argument of the trigger. */
typedef struct Mapping
{
	char *total;
	char *source; /* NULL: counts the rows */
	KeyPart part;
} Mapping;

/* The arguments of a trigger. */
typedef struct Definition
{
	Oid totals;
	List *keys; /* of Mapping */
	List *sums;
	char *counted; /* boolean column of the source, or NULL: every row */
	bool each_statement;
} Definition;

typedef struct KeyColumn
{
	Oid type;
	Oid collation;
	TypeCacheEntry *operators;
} KeyColumn;

struct Pending;

/* A totals table, the columns kept in it and the user who writes them. */
typedef struct Target
{
	MemoryContext context;
	bool bound; /* when last looked at, a valid binding had it */
	Oid totals;
	Oid user;
	int nkeys;
	int nsums;
	KeyColumn *keys;
	Oid *sums;		 /* types in which deltas travel: int8 or service_hours */
	Oid *parameters; /* array types of keys, then of sums */
	char *upsert;
	char *update;
	SPIPlanPtr upsert_plan;
	SPIPlanPtr update_plan;
	struct Pending *pending; /* of this transaction, innermost level first */
} Target;

/* Where the columns of a definition are in one source table. */
typedef struct SourceColumns
{
	AttrNumber counted;
	AttrNumber *keys;
	KeyPart *parts;
	AttrNumber *sums; /* 0: counts the rows */
	Oid *sum_types;
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
	Oid totals;
	bool valid;
	bool each_statement;
	MemoryContext context;
	Target *target;
	SourceColumns *columns;
} Binding;

/* accumulate_definition.c: what a trigger says */
extern Oid accumulate_totals(const Trigger *trigger);
extern const Trigger *accumulate_row_trigger(Relation source, Oid function,
											 Oid totals);
extern Definition *accumulate_definition(const Trigger *trigger);

/* accumulate_binding.c: what it means */
extern const Binding *accumulate_binding(const Trigger *trigger,
										 Relation source);
extern List *accumulate_targets(void);
extern void accumulate_binding_init(void);

/* accumulate_pending.c: deltas in backend memory */
typedef void (*delta_visitor)(const Datum *key, const int64 *sums, void *arg);

extern void pending_add(Target *target, const Datum *key, const int64 *sums,
						int sign);
extern struct Pending *pending_take(Target *target);
extern uint32 pending_size(const struct Pending *pending);
extern void pending_visit(struct Pending *pending, delta_visitor visit,
						  void *arg);
extern void pending_free(struct Pending *pending);
extern void accumulate_pending_init(void);

/* accumulate_flush.c: deltas into totals */
extern bool accumulate_flush(Target *target);
extern void accumulate_flush_init(void);

#endif
