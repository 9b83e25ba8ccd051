/*
 * Text form of a volunteer number (志愿者编号), without PostgreSQL.
 *
 * V, the county of registration (6 digits of GB/T 2260), its year and month
 * (yyMM), a serial number (6 digits) and a check character by ISO 7064
 * MOD 37,36 over all that stands before it.
 */
#ifndef VOLUNTEER_NO_PARSE_H
#define VOLUNTEER_NO_PARSE_H

#include <stddef.h>
#include <stdint.h>

#define VOLUNTEER_NO_CHARS 18

typedef enum
{
	VOLUNTEER_NO_OK,
	VOLUNTEER_NO_BAD_LENGTH,
	VOLUNTEER_NO_BAD_CHARACTER,
	VOLUNTEER_NO_BAD_PROVINCE,
	VOLUNTEER_NO_BAD_MONTH,
	VOLUNTEER_NO_BAD_CHECK
} volunteer_no_error;

/*
 * Reads 18 characters, letters of either case.  *value becomes the 16 digits
 * between the V and the check character.  On an error *error_position is the
 * offset of the first character of the part that cannot be right.
 */
volunteer_no_error volunteer_no_parse(const char *s, size_t len, int64_t *value,
									  size_t *error_position);

/*
 * Judges a value that came in binary, by its text form: *error_position is an
 * offset in that.
 */
volunteer_no_error volunteer_no_check(int64_t value, size_t *error_position);

/* Writes the 18 characters in upper case, no NUL. */
void volunteer_no_format(int64_t value, char out[VOLUNTEER_NO_CHARS]);

#endif
