#include "fuzz.h"

#include "region_code_parse.h"

/* Writes a value that was accepted. */
static void
round_trip(int64_t value, char out[REGION_CODE_CHARS])
{
	int64_t again;
	size_t position;

	REQUIRE(region_code_check(value, &position) == REGION_CODE_OK);
	region_code_format(value, out);
	REQUIRE(region_code_parse(out, REGION_CODE_CHARS, &again, &position) ==
			REGION_CODE_OK);
	REQUIRE(again == value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	char out[REGION_CODE_CHARS];
	int64_t value;
	size_t position;

	if (region_code_parse(s, size, &value, &position) == REGION_CODE_OK)
	{
		round_trip(value, out);
		REQUIRE(memcmp(s, out, size) == 0);
	}
	else
		require_position(data, size, position);

	if (size == sizeof(value))
	{
		value = received_int64(data);
		if (region_code_check(value, &position) == REGION_CODE_OK)
			round_trip(value, out);
		else
			REQUIRE(position < REGION_CODE_CHARS);
	}

	return 0;
}
