#include "fuzz.h"

#include "credit_code_parse.h"

/* The binary form is the text form. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char code[CREDIT_CODE_CHARS];
	char again[CREDIT_CODE_CHARS];
	size_t position;

	if (credit_code_parse((const char *) data, size, code, &position) !=
		CREDIT_CODE_OK)
	{
		require_position(data, size, position);
		return 0;
	}

	REQUIRE(reads_as((const char *) data, size, code, sizeof(code)));
	REQUIRE(credit_code_parse(code, sizeof(code), again, &position) ==
			CREDIT_CODE_OK);
	REQUIRE(memcmp(again, code, sizeof(code)) == 0);

	return 0;
}
