/*
 * What differs between the supported server versions, 15 to 18.
 */
#ifndef VOLUNTEER_COMPAT_H
#define VOLUNTEER_COMPAT_H

#include "postgres.h"

/* Soft errors of input functions: 16. */
#ifndef ereturn
#define ereturn(context, dummy_value, ...) \
	do                                     \
	{                                      \
		(void) (context);                  \
		ereport(ERROR, __VA_ARGS__);       \
	} while (0)
#endif

/* Virtual generated columns: 18. */
#ifndef ATTRIBUTE_GENERATED_VIRTUAL
#define ATTRIBUTE_GENERATED_VIRTUAL 'v'
#endif

#endif
