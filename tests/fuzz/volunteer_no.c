#include "fuzz.h"

#include "volunteer_no_parse.h"

/* Writes a value that was accepted. */
static void
round_trip(int64_t value, char out[VOLUNTEER_NO_CHARS])
{
	int64_t again;
	size_t position;

	REQUIRE(volunteer_no_check(value, &position) == VOLUNTEER_NO_OK);
	volunteer_no_format(value, out);
	REQUIRE(volunteer_no_parse(out, VOLUNTEER_NO_CHARS, &again, &position) ==
			VOLUNTEER_NO_OK);
	REQUIRE(again == value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	char out[VOLUNTEER_NO_CHARS];
	int64_t value;
	size_t position;

	if (volunteer_no_parse(s, size, &value, &position) == VOLUNTEER_NO_OK)
	{
		round_trip(value, out);
		REQUIRE(reads_as(s, size, out, sizeof(out)));
	}
	else
		require_position(data, size, position);

	if (size == sizeof(value))
	{
		value = received_int64(data);
		if (volunteer_no_check(value, &position) == VOLUNTEER_NO_OK)
			round_trip(value, out);
		else
			REQUIRE(position < VOLUNTEER_NO_CHARS);
	}

	return 0;
}
