#include "postgres.h"

#include "mb/pg_wchar.h"

#include "compat.h"
#include "invalid_input.h"

Datum
invalid_text(FunctionCallInfo fcinfo, const char *type, const char *reason,
			 const char *input, size_t position)
{
	ereturn(fcinfo->context, (Datum) 0,
			errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			errmsg("invalid %s at character %d: %s", type,
				   pg_mbstrlen_with_len(input, (int) position) + 1, reason));
}

Datum
invalid_binary(const char *type, const char *reason, size_t position)
{
	ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			errmsg("invalid binary %s at character %d: %s", type,
				   (int) position + 1, reason));
}
