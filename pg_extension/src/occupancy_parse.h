/*
 * Text form of an occupancy (占用时段), without PostgreSQL.
 */
#ifndef OCCUPANCY_PARSE_H
#define OCCUPANCY_PARSE_H

#include "occupancy_steps.h"

/* Enough for the text form of n steps and a NUL. */
#define OCCUPANCY_TEXT_SIZE(n) (3 + 46 * (size_t) (n))

typedef enum
{
	OCCUPANCY_OK,
	OCCUPANCY_BAD_FORMAT,
	OCCUPANCY_BAD_TIME,
	OCCUPANCY_BAD_ORDER,
	OCCUPANCY_BAD_COUNT,
	OCCUPANCY_TOO_LONG
} occupancy_error;

/*
 * Reads {[2025-03-01 09:00,2025-03-01 11:30),[…,…)x2}: periods in the order of
 * time, none of which meets another, each with how often it is counted when
 * that is not once.  Steps may be NULL, to learn first how many there are.  On
 * an error *error_position is the offset of what cannot be right.
 */
occupancy_error occupancy_parse(const char *s, size_t len, int32_t *steps,
								size_t *n, size_t *error_position);

/* Writes the same form and a NUL; returns the length without it. */
size_t occupancy_format(const int32_t *steps, size_t n, char *out);

#endif
