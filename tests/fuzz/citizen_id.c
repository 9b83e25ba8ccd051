#include "fuzz.h"

#include "citizen_id_parse.h"

/* Writes a value that was accepted. */
static void
round_trip(int64_t value, char out[CITIZEN_ID_CHARS])
{
	int64_t again;
	size_t position;

	REQUIRE(citizen_id_check(value, &position) == CITIZEN_ID_OK);
	citizen_id_format(value, out);
	REQUIRE(citizen_id_parse(out, CITIZEN_ID_CHARS, &again, &position) ==
			CITIZEN_ID_OK);
	REQUIRE(again == value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	char out[CITIZEN_ID_CHARS];
	int64_t value;
	size_t position;

	if (citizen_id_parse(s, size, &value, &position) == CITIZEN_ID_OK)
	{
		round_trip(value, out);
		REQUIRE(reads_as(s, size, out, sizeof(out)));
	}
	else
		require_position(data, size, position);

	if (citizen_id_parse_15(s, size, &value, &position) == CITIZEN_ID_OK)
	{
		round_trip(value, out);
		REQUIRE(size == 15 && memcmp(s, out, 6) == 0);
		REQUIRE(memcmp(s + 6, out + 8, 9) == 0);
	}
	else
		require_position(data, size, position);

	if (size == sizeof(value))
	{
		value = received_int64(data);
		if (citizen_id_check(value, &position) == CITIZEN_ID_OK)
			round_trip(value, out);
		else
			REQUIRE(position < CITIZEN_ID_CHARS);
	}

	return 0;
}
