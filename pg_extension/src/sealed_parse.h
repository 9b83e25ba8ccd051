#ifndef VOLUNTEER_SEALED_PARSE_H
#define VOLUNTEER_SEALED_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A sealed value: a version (1), the number of its key with the high byte
 * first, the nonce, the encrypted text, the authentication tag.  On disk; a
 * change needs another version.
 */
#define SEALED_VERSION 1
#define SEALED_PREFIX 3 /* version and number */
#define SEALED_NONCE 12
#define SEALED_TAG 16
#define SEALED_HEADER (SEALED_PREFIX + SEALED_NONCE)
#define SEALED_OVERHEAD (SEALED_HEADER + SEALED_TAG)

extern void sealed_start(unsigned char *sealed, uint16_t number);
extern bool sealed_parse(const unsigned char *sealed, size_t len,
						 uint16_t *number);

#endif
