#include "fuzz.h"

#include "base64url.h"

/* Bytes have one spelling, and any other spelling has no bytes. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(BASE64URL_LENGTH(size) + 1);
	unsigned char *bytes = malloc(size + 1);
	size_t decodable = size * 3 / 4;
	size_t length = base64url_encode(data, size, text);

	REQUIRE(length == BASE64URL_LENGTH(size));
	REQUIRE(base64url_decode(text, length, bytes, size));
	REQUIRE(memcmp(bytes, data, size) == 0);

	if (base64url_decode((const char *) data, size, bytes, decodable))
	{
		REQUIRE(base64url_encode(bytes, decodable, text) == size);
		REQUIRE(memcmp(text, data, size) == 0);
	}

	free(text);
	free(bytes);

	return 0;
}
