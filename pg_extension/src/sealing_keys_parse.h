#ifndef VOLUNTEER_SEALING_KEYS_PARSE_H
#define VOLUNTEER_SEALING_KEYS_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SEALING_KEY_BYTES 32
#define SEALING_KEY_NUMBER_MAX 65535
#define SEALING_KEYS_MAX 64

typedef struct SealingKey
{
	uint16_t number;
	unsigned char bytes[SEALING_KEY_BYTES];
} SealingKey;

/* In ascending order of their numbers: the last one seals. */
typedef struct SealingKeys
{
	size_t count;
	SealingKey key[SEALING_KEYS_MAX];
} SealingKeys;

extern bool sealing_keys_parse(const char *s, size_t len, SealingKeys *keys);
extern const SealingKey *sealing_keys_find(const SealingKeys *keys,
										   uint16_t number);

#endif
