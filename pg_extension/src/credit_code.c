/*
 * Type credit_code: the 18 characters.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "credit_code_parse.h"
#include "invalid_input.h"
#include "region_code_parse.h"

/* Of the last characters shown. */
#define TAIL 4

static const char *const reasons[] = {
	[CREDIT_CODE_BAD_LENGTH] = "must have 18 characters",
	[CREDIT_CODE_BAD_CHARACTER] = "not a digit or letter of the code",
	[CREDIT_CODE_BAD_REGION] = "the place of registration is six digits",
	[CREDIT_CODE_BAD_CHECK] = "check character does not match",
};

static const char *
code_argument(FunctionCallInfo fcinfo, int argument)
{
	return (const char *) PG_GETARG_POINTER(argument);
}

static int
compare(FunctionCallInfo fcinfo)
{
	return memcmp(code_argument(fcinfo, 0), code_argument(fcinfo, 1),
				  CREDIT_CODE_CHARS);
}

PG_FUNCTION_INFO_V1(credit_code_in);
Datum
credit_code_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	char *code = palloc(CREDIT_CODE_CHARS);
	credit_code_error error;
	size_t position;

	error = credit_code_parse(s, strlen(s), code, &position);
	if (error != CREDIT_CODE_OK)
		return invalid_text(fcinfo, "credit_code", reasons[error], s, position);

	PG_RETURN_POINTER(code);
}

PG_FUNCTION_INFO_V1(credit_code_out);
Datum
credit_code_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pnstrdup(code_argument(fcinfo, 0), CREDIT_CODE_CHARS));
}

PG_FUNCTION_INFO_V1(credit_code_recv);
Datum
credit_code_recv(PG_FUNCTION_ARGS)
{
	const char *s = pq_getmsgbytes((StringInfo) PG_GETARG_POINTER(0),
								   CREDIT_CODE_CHARS);
	char *code = palloc(CREDIT_CODE_CHARS);
	credit_code_error error;
	size_t position;

	error = credit_code_parse(s, CREDIT_CODE_CHARS, code, &position);
	if (error != CREDIT_CODE_OK)
		return invalid_binary("credit_code", reasons[error], position);

	PG_RETURN_POINTER(code);
}

PG_FUNCTION_INFO_V1(credit_code_send);
Datum
credit_code_send(PG_FUNCTION_ARGS)
{
	StringInfoData buffer;

	pq_begintypsend(&buffer);
	pq_sendbytes(&buffer, code_argument(fcinfo, 0), CREDIT_CODE_CHARS);

	PG_RETURN_BYTEA_P(pq_endtypsend(&buffer));
}

PG_FUNCTION_INFO_V1(credit_code_lt);
Datum
credit_code_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(credit_code_le);
Datum
credit_code_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(credit_code_eq);
Datum
credit_code_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(credit_code_ge);
Datum
credit_code_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) >= 0);
}

PG_FUNCTION_INFO_V1(credit_code_gt);
Datum
credit_code_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(credit_code_ne);
Datum
credit_code_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(credit_code_cmp);
Datum
credit_code_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

PG_FUNCTION_INFO_V1(credit_code_hash);
Datum
credit_code_hash(PG_FUNCTION_ARGS)
{
	return hash_any((const unsigned char *) code_argument(fcinfo, 0),
					CREDIT_CODE_CHARS);
}

PG_FUNCTION_INFO_V1(credit_code_hash_extended);
Datum
credit_code_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended((const unsigned char *) code_argument(fcinfo, 0),
							 CREDIT_CODE_CHARS, PG_GETARG_INT64(1));
}

/* 100000 is the national register: no province, so no region. */
PG_FUNCTION_INFO_V1(credit_code_region);
Datum
credit_code_region(PG_FUNCTION_ARGS)
{
	int64_t region;
	size_t position;

	if (region_code_parse(code_argument(fcinfo, 0) + 2, 6, &region,
						  &position) != REGION_CODE_OK)
		PG_RETURN_NULL();

	PG_RETURN_INT64(region);
}

PG_FUNCTION_INFO_V1(credit_code_masked);
Datum
credit_code_masked(PG_FUNCTION_ARGS)
{
	char masked[CREDIT_CODE_CHARS];

	memset(masked, '*', CREDIT_CODE_CHARS - TAIL);
	memcpy(masked + CREDIT_CODE_CHARS - TAIL,
		   code_argument(fcinfo, 0) + CREDIT_CODE_CHARS - TAIL, TAIL);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(masked, CREDIT_CODE_CHARS));
}
