/*
 * What the fuzz targets share.
 *
 * Each target feeds one input to the text parser of a type and, when it has the
 * size of the binary form, to its check of what is received.  What is accepted
 * must come back from its own text form, what is refused must say where.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                   \
	do                                                                       \
	{                                                                        \
		if (!(condition))                                                    \
		{                                                                    \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, \
					#condition);                                             \
			abort();                                                         \
		}                                                                    \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool
is_utf8(const uint8_t *s, size_t len)
{
	for (size_t i = 0; i < len;)
	{
		size_t end = i + 1 + (s[i] >= 0xC2) + (s[i] >= 0xE0) + (s[i] >= 0xF0);

		if ((s[i] >= 0x80 && s[i] < 0xC2) || s[i] > 0xF4 || end > len)
			return false;
		while (++i < end)
			if ((s[i] & 0xC0) != 0x80)
				return false;
	}

	return true;
}

/* An error is at the start of a character, or at the end. */
static inline void
require_position(const uint8_t *s, size_t len, size_t position)
{
	REQUIRE(position <= len);
	REQUIRE(position == len || (s[position] & 0xC0) != 0x80 ||
			!is_utf8(s, len));
}

/* Is the text, in either case, what is written in upper case? */
static inline bool
reads_as(const char *s, size_t size, const char *out, size_t len)
{
	if (size != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if (s[i] != out[i] && s[i] != (out[i] | 0x20))
			return false;

	return true;
}

/* As pq_getmsgint() reads it. */
static inline int32_t
received_int32(const uint8_t data[4])
{
	uint32_t value = 0;

	for (int i = 0; i < 4; i++)
		value = value << 8 | data[i];

	return (int32_t) value;
}

/* As pq_getmsgint64() reads it. */
static inline int64_t
received_int64(const uint8_t data[8])
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | data[i];

	return (int64_t) value;
}

#endif
