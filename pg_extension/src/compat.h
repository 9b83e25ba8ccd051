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

/* Settings that may change in the middle of a parallel query: 15.8, 16.4. */
#ifndef GUC_ALLOW_IN_PARALLEL
#define GUC_ALLOW_IN_PARALLEL 0
#endif

#endif
