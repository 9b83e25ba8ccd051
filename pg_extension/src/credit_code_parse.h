/*
 * Text form of a unified social credit code (统一社会信用代码, GB 32100-2015),
 * without PostgreSQL.
 *
 * Registering department 1, category 1, place of registration 6 digits
 * (GB/T 2260), organisation code 9 (GB 11714) and a check character by
 * MOD 31, all from 31 digits and letters without I, O, S, V and Z.
 */
#ifndef CREDIT_CODE_PARSE_H
#define CREDIT_CODE_PARSE_H

#include <stddef.h>

#define CREDIT_CODE_CHARS 18

typedef enum
{
	CREDIT_CODE_OK,
	CREDIT_CODE_BAD_LENGTH,
	CREDIT_CODE_BAD_CHARACTER,
	CREDIT_CODE_BAD_REGION,
	CREDIT_CODE_BAD_CHECK
} credit_code_error;

/*
 * Reads 18 characters, letters of either case, and writes them to code in
 * upper case.  On an error code is undefined and *error_position the offset of
 * the first character of the part that cannot be right.
 *
 * Which departments and categories there are and the inner check character of
 * the organisation code are not judged: codes in use depart from both.
 */
credit_code_error credit_code_parse(const char *s, size_t len,
									char code[CREDIT_CODE_CHARS],
									size_t *error_position);

#endif
