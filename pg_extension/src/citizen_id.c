/*
 * Type citizen_id: the 17 digits before the check character as an int8.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "citizen_id_parse.h"
#include "invalid_input.h"

/* Of the last characters shown, as the national system shows them. */
#define TAIL 4

static const char *const reasons[] = {
	[CITIZEN_ID_BAD_LENGTH] = "must have 18 characters",
	[CITIZEN_ID_BAD_CHARACTER] = "neither a digit nor an X at the end",
	[CITIZEN_ID_BAD_REGION] = "no such place",
	[CITIZEN_ID_BAD_DATE] = "no such date",
	[CITIZEN_ID_BAD_CHECK] = "check character does not match",
};

static int
place_of(int64 digits)
{
	return (int) (digits / INT64CONST(100000000000));
}

static bool
is_foreigner(int64 digits)
{
	return place_of(digits) / 100000 == 9;
}

PG_FUNCTION_INFO_V1(citizen_id_in);
Datum
citizen_id_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	citizen_id_error error;
	int64_t value;
	size_t position;

	error = citizen_id_parse(s, strlen(s), &value, &position);
	if (error != CITIZEN_ID_OK)
		return invalid_text(fcinfo, "citizen_id", reasons[error], s, position);

	PG_RETURN_INT64(value);
}

PG_FUNCTION_INFO_V1(citizen_id_out);
Datum
citizen_id_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(CITIZEN_ID_CHARS + 1);

	citizen_id_format(PG_GETARG_INT64(0), s);
	s[CITIZEN_ID_CHARS] = '\0';

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(citizen_id_recv);
Datum
citizen_id_recv(PG_FUNCTION_ARGS)
{
	int64 received = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));
	citizen_id_error error;
	size_t position;

	error = citizen_id_check(received, &position);
	if (error != CITIZEN_ID_OK)
		return invalid_binary("citizen_id", reasons[error], position);

	PG_RETURN_INT64(received);
}

PG_FUNCTION_INFO_V1(citizen_id_from_15);
Datum
citizen_id_from_15(PG_FUNCTION_ARGS)
{
	char *s = text_to_cstring(PG_GETARG_TEXT_PP(0));
	citizen_id_error error;
	int64_t value;
	size_t position;

	error = citizen_id_parse_15(s, strlen(s), &value, &position);
	if (error == CITIZEN_ID_BAD_LENGTH)
		return invalid_text(fcinfo, "15-digit citizen_id",
							"must have 15 digits", s, position);
	if (error != CITIZEN_ID_OK)
		return invalid_text(fcinfo, "15-digit citizen_id", reasons[error], s,
							position);

	PG_RETURN_INT64(value);
}

PG_FUNCTION_INFO_V1(citizen_id_birth_date);
Datum
citizen_id_birth_date(PG_FUNCTION_ARGS)
{
	int date = (int) (PG_GETARG_INT64(0) / 1000 % 100000000);

	PG_RETURN_DATEADT(date2j(date / 10000, date / 100 % 100, date % 100) -
					  POSTGRES_EPOCH_JDATE);
}

PG_FUNCTION_INFO_V1(citizen_id_sex);
Datum
citizen_id_sex(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16(PG_GETARG_INT64(0) % 2 == 1 ? 1 : 2);
}

PG_FUNCTION_INFO_V1(citizen_id_region);
Datum
citizen_id_region(PG_FUNCTION_ARGS)
{
	int64 digits = PG_GETARG_INT64(0);
	int place = place_of(digits);

	if (is_foreigner(digits))
		place = place / 1000 % 100 * 10000;
	else if (place == 830000) /* 83 is Taiwan on permits only */
		place = 710000;

	PG_RETURN_INT64(place * INT64CONST(1000000));
}

PG_FUNCTION_INFO_V1(citizen_id_kind);
Datum
citizen_id_kind(PG_FUNCTION_ARGS)
{
	int64 digits = PG_GETARG_INT64(0);
	const char *kind = "citizen";

	if (is_foreigner(digits))
		kind = "foreigner";
	else if (place_of(digits) >= 810000)
		kind = "residence_permit";

	PG_RETURN_TEXT_P(cstring_to_text(kind));
}

PG_FUNCTION_INFO_V1(citizen_id_masked);
Datum
citizen_id_masked(PG_FUNCTION_ARGS)
{
	char s[CITIZEN_ID_CHARS];

	citizen_id_format(PG_GETARG_INT64(0), s);
	memset(s, '*', CITIZEN_ID_CHARS - TAIL);

	PG_RETURN_TEXT_P(cstring_to_text_with_len(s, CITIZEN_ID_CHARS));
}
