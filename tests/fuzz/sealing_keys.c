#include "fuzz.h"

#include "sealing_keys_parse.h"

/* Keys are ascending, and found in what was written of them. */
static void
round_trip(const SealingKeys *keys)
{
	char *text = malloc(keys->count * (6 + 2 * SEALING_KEY_BYTES + 2));
	size_t len = 0;
	SealingKeys again;

	for (size_t i = 0; i < keys->count; i++)
	{
		const SealingKey *key = &keys->key[i];

		REQUIRE(key->number > (i == 0 ? 0 : keys->key[i - 1].number));
		len += (size_t) sprintf(text + len, "%d ", key->number);
		for (size_t b = 0; b < SEALING_KEY_BYTES; b++)
			len += (size_t) sprintf(text + len, "%02X", key->bytes[b]);
		text[len++] = '\n';
	}
	REQUIRE(sealing_keys_parse(text, len, &again));
	REQUIRE(again.count == keys->count);
	for (size_t i = 0; i < keys->count; i++)
	{
		const SealingKey *key = sealing_keys_find(&again, keys->key[i].number);

		REQUIRE(key != NULL);
		REQUIRE(memcmp(key->bytes, keys->key[i].bytes, SEALING_KEY_BYTES) == 0);
	}
	REQUIRE(sealing_keys_find(&again, 0) == NULL);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SealingKeys keys;

	if (sealing_keys_parse((const char *) data, size, &keys))
		round_trip(&keys);

	return 0;
}
