#include "region_code_parse.h"

#define MAX_DIGITS INT64_C(999999999999)

bool
region_code_is_province(int prefix)
{
	switch (prefix)
	{
		case 11: /* 北京 */
		case 12: /* 天津 */
		case 13: /* 河北 */
		case 14: /* 山西 */
		case 15: /* 内蒙古 */
		case 21: /* 辽宁 */
		case 22: /* 吉林 */
		case 23: /* 黑龙江 */
		case 31: /* 上海 */
		case 32: /* 江苏 */
		case 33: /* 浙江 */
		case 34: /* 安徽 */
		case 35: /* 福建 */
		case 36: /* 江西 */
		case 37: /* 山东 */
		case 41: /* 河南 */
		case 42: /* 湖北 */
		case 43: /* 湖南 */
		case 44: /* 广东 */
		case 45: /* 广西 */
		case 46: /* 海南 */
		case 50: /* 重庆 */
		case 51: /* 四川 */
		case 52: /* 贵州 */
		case 53: /* 云南 */
		case 54: /* 西藏 */
		case 61: /* 陕西 */
		case 62: /* 甘肃 */
		case 63: /* 青海 */
		case 64: /* 宁夏 */
		case 65: /* 新疆 */
		case 71: /* 台湾 */
		case 81: /* 香港 */
		case 82: /* 澳门 */
			return true;
		default:
			return false;
	}
}

region_code_error
region_code_parse(const char *s, size_t len, int64_t *value,
				  size_t *error_position)
{
	int64_t code = 0;

	for (size_t i = 0; i < len; i++)
	{
		*error_position = i;

		if (i == REGION_CODE_CHARS)
			return REGION_CODE_BAD_LENGTH;
		if (s[i] < '0' || s[i] > '9')
			return REGION_CODE_BAD_CHARACTER;

		code = code * 10 + (s[i] - '0');

		if (i == 1 && !region_code_is_province((int) code))
		{
			*error_position = 0;
			return REGION_CODE_BAD_PROVINCE;
		}
	}

	if (len != 2 && len != 4 && len != 6 && len != 9 && len != 12)
	{
		*error_position = len;
		return REGION_CODE_BAD_LENGTH;
	}

	for (size_t i = len; i < REGION_CODE_CHARS; i++)
		code *= 10;
	*value = code;

	return REGION_CODE_OK;
}

void
region_code_format(int64_t value, char out[REGION_CODE_CHARS])
{
	for (int i = REGION_CODE_CHARS - 1; i >= 0; i--)
	{
		out[i] = '0' + value % 10;
		value /= 10;
	}
}

region_code_error
region_code_check(int64_t value, size_t *error_position)
{
	char s[REGION_CODE_CHARS];
	int64_t parsed;

	if (value < 0 || value > MAX_DIGITS)
	{
		*error_position = 0;
		return REGION_CODE_BAD_LENGTH;
	}
	region_code_format(value, s);

	return region_code_parse(s, sizeof(s), &parsed, error_position);
}
