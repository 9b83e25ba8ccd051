#include "credit_code_parse.h"

#include <string.h>

#define CHECK_OFFSET (CREDIT_CODE_CHARS - 1)
#define REGION_OFFSET 2
#define REGION_CHARS 6

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

#define MODULUS ((int) sizeof(alphabet) - 1)

static char
upper(char c)
{
	return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

credit_code_error
credit_code_parse(const char *s, size_t len, char code[CREDIT_CODE_CHARS],
				  size_t *error_position)
{
	int weight = 1;
	int sum = 0;

	for (size_t i = 0; i < len; i++)
	{
		const char *found;

		*error_position = i;

		if (i == CREDIT_CODE_CHARS)
			return CREDIT_CODE_BAD_LENGTH;

		code[i] = upper(s[i]);
		found = memchr(alphabet, code[i], MODULUS);
		if (found == NULL)
			return CREDIT_CODE_BAD_CHARACTER;

		if (i >= REGION_OFFSET && i < REGION_OFFSET + REGION_CHARS &&
			found - alphabet > 9)
			return CREDIT_CODE_BAD_REGION;

		/* the check character makes the sum a multiple of 31: its weight is 1 */
		sum += (int) (found - alphabet) * (i == CHECK_OFFSET ? 1 : weight);
		weight = weight * 3 % MODULUS;
	}

	if (len < CREDIT_CODE_CHARS)
	{
		*error_position = len;
		return CREDIT_CODE_BAD_LENGTH;
	}

	if (sum % MODULUS != 0)
	{
		*error_position = CHECK_OFFSET;
		return CREDIT_CODE_BAD_CHECK;
	}

	return CREDIT_CODE_OK;
}
