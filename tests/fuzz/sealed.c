#include "fuzz.h"

#include "sealed_parse.h"

/* What is long enough and says its version names its key, and says so again. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t number;
	unsigned char prefix[SEALED_PREFIX];

	if (sealed_parse(data, size, &number))
	{
		REQUIRE(size >= SEALED_OVERHEAD && number > 0);
		sealed_start(prefix, number);
		REQUIRE(memcmp(prefix, data, sizeof(prefix)) == 0);
	}

	return 0;
}
