/*
 * The file of sealing keys: a line for each key, its number (1 to 65535), a
 * space and 64 hexadecimal digits, in ascending order of the numbers.
 */
#include "sealing_keys_parse.h"

#define KEY_DIGITS (2 * SEALING_KEY_BYTES)

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Returns what follows the line, or NULL when it is no key. */
static const char *
parse_line(const char *s, const char *end, SealingKey *key)
{
	uint32_t number = 0;
	const char *digits = s;

	while (s < end && *s >= '0' && *s <= '9' &&
		   number <= SEALING_KEY_NUMBER_MAX)
		number = number * 10 + (uint32_t) (*s++ - '0');
	if (s == digits || *digits == '0' || number > SEALING_KEY_NUMBER_MAX)
		return NULL;
	if (end - s < 1 + KEY_DIGITS || *s++ != ' ')
		return NULL;

	key->number = (uint16_t) number;
	for (int i = 0; i < SEALING_KEY_BYTES; i++, s += 2)
	{
		int high = hex_digit(s[0]);
		int low = hex_digit(s[1]);

		if (high < 0 || low < 0)
			return NULL;
		key->bytes[i] = (unsigned char) (high << 4 | low);
	}

	if (s < end && *s == '\r')
		s++;
	if (s < end && *s++ != '\n')
		return NULL;
	return s;
}

/* Whether the whole text is one key or more; what is left in "keys" otherwise is void. */
bool
sealing_keys_parse(const char *s, size_t len, SealingKeys *keys)
{
	const char *end = s + len;

	keys->count = 0;
	while (s < end)
	{
		SealingKey *key = &keys->key[keys->count];

		if (keys->count == SEALING_KEYS_MAX)
			return false;
		s = parse_line(s, end, key);
		if (s == NULL || (keys->count > 0 && key->number <= key[-1].number))
			return false;
		keys->count++;
	}

	return keys->count > 0;
}

const SealingKey *
sealing_keys_find(const SealingKeys *keys, uint16_t number)
{
	for (size_t i = 0; i < keys->count; i++)
		if (keys->key[i].number == number)
			return &keys->key[i];

	return NULL;
}
