/*
 * What differs between the supported server versions, 15 to 18.
 */
#ifndef VOLUNTEER_COMPAT_H
#define VOLUNTEER_COMPAT_H

#include "postgres.h"

/* VARDATA() and its like have had a header of their own since 16. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Soft errors of input functions: 16. */
#ifndef ereturn
#define ereturn(context, dummy_value, ...) \
	do                                     \
	{                                      \
		(void) (context);                  \
		ereport(ERROR, __VA_ARGS__);       \
	} while (0)
#endif

/* Soft errors of range constructors: 16. */
#if PG_VERSION_NUM < 160000
#define make_range(typcache, lower, upper, empty, escontext) \
	make_range(typcache, lower, upper, empty)
#endif

/* Virtual generated columns: 18. */
#ifndef ATTRIBUTE_GENERATED_VIRTUAL
#define ATTRIBUTE_GENERATED_VIRTUAL 'v'
#endif

/* Indexes that summarize, which are not told of every new version: 16. */
#if PG_VERSION_NUM >= 160000
#define insert_index_tuples(result, slot, estate, update, no_duplicates, \
							conflict, arbiters, indexes)                 \
	ExecInsertIndexTuples(result, slot, estate, update, no_duplicates,   \
						  conflict, arbiters, (indexes) == TU_Summarizing)
#else
#define TU_UpdateIndexes bool
#define TU_None false
#define TU_All true
#define insert_index_tuples(result, slot, estate, update, no_duplicates, \
							conflict, arbiters, indexes)                 \
	ExecInsertIndexTuples(result, slot, estate, update, no_duplicates,   \
						  conflict, arbiters)
#endif

/* Columns that are updated, apart from the range table: 16. */
#if PG_VERSION_NUM >= 180000
#define set_range_table(estate, tables, rights) \
	ExecInitRangeTable(estate, tables, rights, bms_make_singleton(1))
#elif PG_VERSION_NUM >= 160000
#define set_range_table(estate, tables, rights) \
	ExecInitRangeTable(estate, tables, rights)
#endif
#if PG_VERSION_NUM >= 160000
#define init_range_table(estate, table, updated)                        \
	do                                                                  \
	{                                                                   \
		List *rights_ = NIL;                                            \
		addRTEPermissionInfo(&rights_, table)->updatedCols = (updated); \
		set_range_table(estate, list_make1(table), rights_);            \
	} while (0)
#else
#define init_range_table(estate, table, updated)       \
	do                                                 \
	{                                                  \
		(table)->updatedCols = (updated);              \
		ExecInitRangeTable(estate, list_make1(table)); \
	} while (0)
#endif

/* Relations to be rechecked: 16. */
#if PG_VERSION_NUM >= 160000
#define init_epq(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#else
#define init_epq(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#endif

/* Why a row was not updated: 16; by MERGE: 18. */
#if PG_VERSION_NUM >= 180000
#define before_update(estate, epq, result, version, row)                      \
	ExecBRUpdateTriggers(estate, epq, result, version, NULL, row, NULL, NULL, \
						 false)
#elif PG_VERSION_NUM >= 160000
#define before_update(estate, epq, result, version, row) \
	ExecBRUpdateTriggers(estate, epq, result, version, NULL, row, NULL, NULL)
#else
#define before_update(estate, epq, result, version, row) \
	ExecBRUpdateTriggers(estate, epq, result, version, NULL, row, NULL)
#endif

/* Counting of index scans: 18. */
#if PG_VERSION_NUM >= 180000
#define begin_index_scan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, NULL, nkeys, 0)
#else
#define begin_index_scan(table, index, snapshot, nkeys) \
	index_beginscan(table, index, snapshot, nkeys, 0)
#endif

/* Settings that may change in the middle of a parallel query: 15.8, 16.4. */
#ifndef GUC_ALLOW_IN_PARALLEL
#define GUC_ALLOW_IN_PARALLEL 0
#endif

#endif
