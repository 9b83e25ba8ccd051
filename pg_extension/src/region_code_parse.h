/*
 * Text form of an administrative division code (行政区划代码), without
 * PostgreSQL.
 *
 * Twelve digits: province 2, city 2, county 2 (GB/T 2260), township 3 and
 * village 3 (统计用区划代码).  Zeros stand for levels below the division.
 */
#ifndef REGION_CODE_PARSE_H
#define REGION_CODE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGION_CODE_CHARS 12

typedef enum
{
	REGION_CODE_OK,
	REGION_CODE_BAD_LENGTH,
	REGION_CODE_BAD_CHARACTER,
	REGION_CODE_BAD_PROVINCE
} region_code_error;

/*
 * Reads 2, 4, 6, 9 or 12 digits; the missing ones are zeros.  On an error
 * *error_position is the offset of the first character that cannot be right.
 */
region_code_error region_code_parse(const char *s, size_t len, int64_t *value,
									size_t *error_position);

/*
 * Judges a value that came in binary, by its text form: *error_position is an
 * offset in that.
 */
region_code_error region_code_check(int64_t value, size_t *error_position);

/* Writes the twelve digits, no NUL. */
void region_code_format(int64_t value, char out[REGION_CODE_CHARS]);

/* Is this the two-digit prefix of a province in GB/T 2260? */
bool region_code_is_province(int prefix);

#endif
