/*
 * Type volunteer_no: the 16 digits between V and the check character as an
 * int8.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "utils/date.h"
#include "utils/datetime.h"

#include "compat.h"
#include "invalid_input.h"
#include "volunteer_no_parse.h"

#define MAX_SERIAL 999999

static const char *const reasons[] = {
	[VOLUNTEER_NO_BAD_LENGTH] = "must have 18 characters",
	[VOLUNTEER_NO_BAD_CHARACTER] = "must be V, 16 digits and a letter or digit",
	[VOLUNTEER_NO_BAD_PROVINCE] = "no such province",
	[VOLUNTEER_NO_BAD_MONTH] = "no such month",
	[VOLUNTEER_NO_BAD_CHECK] = "check character does not match",
};

PG_FUNCTION_INFO_V1(volunteer_no_in);
Datum
volunteer_no_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	volunteer_no_error error;
	int64_t value;
	size_t position;

	error = volunteer_no_parse(s, strlen(s), &value, &position);
	if (error != VOLUNTEER_NO_OK)
		return invalid_text(fcinfo, "volunteer_no", reasons[error], s,
							position);

	PG_RETURN_INT64(value);
}

PG_FUNCTION_INFO_V1(to_volunteer_no);
Datum
to_volunteer_no(PG_FUNCTION_ARGS)
{
	text *t = PG_GETARG_TEXT_PP(0);
	int64_t value;
	size_t position;

	if (volunteer_no_parse(VARDATA_ANY(t), VARSIZE_ANY_EXHDR(t), &value,
						   &position) != VOLUNTEER_NO_OK)
		PG_RETURN_NULL();

	PG_RETURN_INT64(value);
}

PG_FUNCTION_INFO_V1(volunteer_no_out);
Datum
volunteer_no_out(PG_FUNCTION_ARGS)
{
	char *s = palloc(VOLUNTEER_NO_CHARS + 1);

	volunteer_no_format(PG_GETARG_INT64(0), s);
	s[VOLUNTEER_NO_CHARS] = '\0';

	PG_RETURN_CSTRING(s);
}

PG_FUNCTION_INFO_V1(volunteer_no_recv);
Datum
volunteer_no_recv(PG_FUNCTION_ARGS)
{
	int64 received = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));
	volunteer_no_error error;
	size_t position;

	error = volunteer_no_check(received, &position);
	if (error != VOLUNTEER_NO_OK)
		return invalid_binary("volunteer_no", reasons[error], position);

	PG_RETURN_INT64(received);
}

PG_FUNCTION_INFO_V1(volunteer_no_of);
Datum
volunteer_no_of(PG_FUNCTION_ARGS)
{
	int64 county = PG_GETARG_INT64(0) / 1000000;
	DateADT date = PG_GETARG_DATEADT(1);
	int32 serial = PG_GETARG_INT32(2);
	int year = 0;
	int month;
	int day;

	if (!DATE_NOT_FINITE(date))
		j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);

	/* two digits of the year are all that the number has */
	if (year < 2000 || year > 2099)
		ereport(ERROR, errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				errmsg("volunteer_no needs a date from 2000 to 2099"));

	if (serial < 0 || serial > MAX_SERIAL)
		ereport(ERROR, errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				errmsg("volunteer_no needs a serial number from 0 to %d",
					   MAX_SERIAL));

	PG_RETURN_INT64(((county * 100 + year % 100) * 100 + month) * 1000000 +
					serial);
}

PG_FUNCTION_INFO_V1(volunteer_no_region);
Datum
volunteer_no_region(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_INT64(0) / INT64CONST(10000000000) * 1000000);
}

PG_FUNCTION_INFO_V1(volunteer_no_serial);
Datum
volunteer_no_serial(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(PG_GETARG_INT64(0) % 1000000);
}
