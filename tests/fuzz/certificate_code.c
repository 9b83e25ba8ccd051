#include "fuzz.h"

#include "certificate_code_parse.h"

/* What the text says, in the letters of the alphabet. */
static bool
reads_as_code(const char *s, size_t size,
			  const char out[CERTIFICATE_CODE_CHARS])
{
	size_t len = 0;

	for (size_t i = 0; i < size; i++)
	{
		char c = s[i] >= 'a' && s[i] <= 'z' ? s[i] - 0x20 : s[i];

		if (c == '-' || c == ' ')
			continue;
		c = c == 'O' ? '0' : c == 'I' || c == 'L' ? '1' : c;
		if (len == CERTIFICATE_CODE_CHARS || c != out[len++])
			return false;
	}

	return len == CERTIFICATE_CODE_CHARS;
}

static void
round_trip(const unsigned char bytes[CERTIFICATE_CODE_BYTES],
		   char out[CERTIFICATE_CODE_CHARS])
{
	unsigned char again[CERTIFICATE_CODE_BYTES];
	size_t position;

	certificate_code_format(bytes, out);
	REQUIRE(certificate_code_parse(out, CERTIFICATE_CODE_CHARS, again,
								   &position) == CERTIFICATE_CODE_OK);
	REQUIRE(memcmp(again, bytes, sizeof(again)) == 0);
}

/* Any sixteen bytes are a code. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char bytes[CERTIFICATE_CODE_BYTES];
	char out[CERTIFICATE_CODE_CHARS];
	size_t position;

	if (certificate_code_parse((const char *) data, size, bytes, &position) ==
		CERTIFICATE_CODE_OK)
	{
		round_trip(bytes, out);
		REQUIRE(reads_as_code((const char *) data, size, out));
	}
	else
		require_position(data, size, position);

	if (size == sizeof(bytes))
		round_trip(data, out);

	return 0;
}
