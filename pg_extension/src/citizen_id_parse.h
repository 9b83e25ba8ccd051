/*
 * Text form of the numbers that GB 11643 shapes, without PostgreSQL:
 * citizen identity numbers (公民身份号码), residence permits of Hong Kong,
 * Macao and Taiwan residents (港澳台居民居住证) and foreigners' permanent
 * residence cards of 2023 (外国人永久居留身份证).
 *
 * Six digits of place, eight of birth date, three of sequence, and a check
 * character by ISO 7064 MOD 11-2.  A residence permit has 810000, 820000 or
 * 830000 for the place; a foreigner's card 9, the province of application and
 * the country of nationality.
 */
#ifndef CITIZEN_ID_PARSE_H
#define CITIZEN_ID_PARSE_H

#include <stddef.h>
#include <stdint.h>

#define CITIZEN_ID_CHARS 18

typedef enum
{
	CITIZEN_ID_OK,
	CITIZEN_ID_BAD_LENGTH,
	CITIZEN_ID_BAD_CHARACTER,
	CITIZEN_ID_BAD_REGION,
	CITIZEN_ID_BAD_DATE,
	CITIZEN_ID_BAD_CHECK
} citizen_id_error;

/*
 * Reads 18 characters; the check character may be a lower-case x.  *value
 * becomes the 17 digits before it.  On an error *error_position is the offset
 * of the first character of the part that cannot be right.
 */
citizen_id_error citizen_id_parse(const char *s, size_t len, int64_t *value,
								  size_t *error_position);

/*
 * Reads 15 digits as cards had them before 1999: without the century and the
 * check character.
 */
citizen_id_error citizen_id_parse_15(const char *s, size_t len, int64_t *value,
									 size_t *error_position);

/*
 * Judges a value that came in binary, by its text form: *error_position is an
 * offset in that.
 */
citizen_id_error citizen_id_check(int64_t value, size_t *error_position);

/* Writes the 18 characters, no NUL. */
void citizen_id_format(int64_t value, char out[CITIZEN_ID_CHARS]);

#endif
