/*
 * Type certificate_code: 16 bytes as a uuid has them.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "certificate_code_parse.h"
#include "invalid_input.h"

#define GROUP 5

static const char *const reasons[] = {
	[CERTIFICATE_CODE_BAD_LENGTH] = "must have 27 characters",
	[CERTIFICATE_CODE_BAD_CHARACTER] = "not a digit or letter of the code",
	[CERTIFICATE_CODE_BAD_CHECK] = "check character does not match",
	[CERTIFICATE_CODE_BAD_PADDING] = "too large",
};

static const unsigned char *
code_bytes(FunctionCallInfo fcinfo, int argument)
{
	return (const unsigned char *) PG_GETARG_POINTER(argument);
}

PG_FUNCTION_INFO_V1(certificate_code_in);
Datum
certificate_code_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	unsigned char *bytes = palloc(CERTIFICATE_CODE_BYTES);
	certificate_code_error error;
	size_t position;

	error = certificate_code_parse(s, strlen(s), bytes, &position);
	if (error != CERTIFICATE_CODE_OK)
		return invalid_text(fcinfo, "certificate_code", reasons[error], s,
							position);

	PG_RETURN_POINTER(bytes);
}

PG_FUNCTION_INFO_V1(certificate_code_out);
Datum
certificate_code_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(CERTIFICATE_CODE_CHARS + 1);

	certificate_code_format(code_bytes(fcinfo, 0), s);
	s[CERTIFICATE_CODE_CHARS] = '\0';

	PG_RETURN_CSTRING(s);
}

static int
compare(FunctionCallInfo fcinfo)
{
	return memcmp(code_bytes(fcinfo, 0), code_bytes(fcinfo, 1),
				  CERTIFICATE_CODE_BYTES);
}

#define COMPARISON(name, op)                  \
	PG_FUNCTION_INFO_V1(name);                \
	Datum name(PG_FUNCTION_ARGS)              \
	{                                         \
		PG_RETURN_BOOL(compare(fcinfo) op 0); \
	}

COMPARISON(certificate_code_lt, <)
COMPARISON(certificate_code_le, <=)
COMPARISON(certificate_code_eq, ==)
COMPARISON(certificate_code_ge, >=)
COMPARISON(certificate_code_gt, >)
COMPARISON(certificate_code_ne, !=)

PG_FUNCTION_INFO_V1(certificate_code_cmp);
Datum
certificate_code_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

PG_FUNCTION_INFO_V1(gen_certificate_code);
Datum
gen_certificate_code(PG_FUNCTION_ARGS)
{
	unsigned char *bytes = palloc(CERTIFICATE_CODE_BYTES);

	if (!pg_strong_random(bytes, CERTIFICATE_CODE_BYTES))
		ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random bits"));

	PG_RETURN_POINTER(bytes);
}

PG_FUNCTION_INFO_V1(certificate_code_grouped);
Datum
certificate_code_grouped(PG_FUNCTION_ARGS)
{
	char code[CERTIFICATE_CODE_CHARS];
	char grouped[CERTIFICATE_CODE_CHARS + CERTIFICATE_CODE_CHARS / GROUP];
	int len = 0;

	certificate_code_format(code_bytes(fcinfo, 0), code);

	for (int i = 0; i < CERTIFICATE_CODE_CHARS; i++)
	{
		if (i > 0 && i % GROUP == 0)
			grouped[len++] = '-';
		grouped[len++] = code[i];
	}

	PG_RETURN_TEXT_P(cstring_to_text_with_len(grouped, len));
}
