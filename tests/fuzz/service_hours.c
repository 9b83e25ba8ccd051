#include "fuzz.h"

#include "service_hours_parse.h"

static void
round_trip(int64_t minutes)
{
	char out[SERVICE_HOURS_SIZE];
	int64_t again;
	size_t position;

	service_hours_format(minutes, out);
	REQUIRE(service_hours_parse(out, strlen(out), &again, &position) ==
			SERVICE_HOURS_OK);
	REQUIRE(again == minutes);
}

/* Any int8 is a number of minutes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t minutes;
	size_t position;

	if (service_hours_parse((const char *) data, size, &minutes, &position) ==
		SERVICE_HOURS_OK)
	{
		REQUIRE(minutes == 0 ||
				(minutes < 0) == (memchr(data, '-', size) != NULL));
		round_trip(minutes);
	}
	else
		require_position(data, size, position);

	if (size == sizeof(minutes))
		round_trip(received_int64(data));

	return 0;
}
