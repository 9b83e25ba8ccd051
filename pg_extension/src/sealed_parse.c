/*
 * What a sealed value says of itself before it is opened.
 */
#include "sealed_parse.h"

/* Writes version and number; the caller adds the rest. */
void
sealed_start(unsigned char *sealed, uint16_t number)
{
	sealed[0] = SEALED_VERSION;
	sealed[1] = (unsigned char) (number >> 8);
	sealed[2] = (unsigned char) number;
}

bool
sealed_parse(const unsigned char *sealed, size_t len, uint16_t *number)
{
	if (len < SEALED_OVERHEAD || sealed[0] != SEALED_VERSION)
		return false;

	*number = (uint16_t) (sealed[1] << 8 | sealed[2]);
	return *number != 0;
}
