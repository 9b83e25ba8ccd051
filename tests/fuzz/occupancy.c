#include "fuzz.h"

#include "occupancy_parse.h"

static void
round_trip(const int32_t *steps, size_t n)
{
	char *out = malloc(OCCUPANCY_TEXT_SIZE(n));
	int32_t *again = malloc((n + 1) * sizeof(int32_t));
	size_t len = occupancy_format(steps, n, out);
	size_t n_again;
	size_t position;

	REQUIRE(occupancy_valid(steps, n));
	REQUIRE(out[len] == '\0');
	REQUIRE(occupancy_parse(out, len, again, &n_again, &position) ==
			OCCUPANCY_OK);
	REQUIRE(n_again == n && memcmp(again, steps, n * sizeof(int32_t)) == 0);
	free(again);
	free(out);
}

static void
try_text(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	int32_t *steps;
	size_t n;
	size_t counted;
	size_t position;

	if (occupancy_parse(s, size, NULL, &n, &position) != OCCUPANCY_OK)
	{
		require_position(data, size, position);
		return;
	}

	REQUIRE(n <= OCCUPANCY_MAX_STEPS);
	steps = malloc((n + 1) * sizeof(int32_t));
	REQUIRE(occupancy_parse(s, size, steps, &counted, &position) ==
			OCCUPANCY_OK);
	REQUIRE(counted == n);
	round_trip(steps, n);
	free(steps);
}

static void
try_received(const uint8_t *data, size_t n)
{
	int32_t *steps = malloc((n + 1) * sizeof(int32_t));

	for (size_t i = 0; i < n; i++)
		steps[i] = received_int32(data + 4 * i);
	if (occupancy_valid(steps, n))
		round_trip(steps, n);
	free(steps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	try_text(data, size);
	if (size % sizeof(int32_t) == 0)
		try_received(data, size / sizeof(int32_t));

	return 0;
}
