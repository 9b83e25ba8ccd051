/*
 * Text form of service hours (服务时长), without PostgreSQL.
 */
#ifndef SERVICE_HOURS_PARSE_H
#define SERVICE_HOURS_PARSE_H

#include <stddef.h>
#include <stdint.h>

/* Longest text form: sign, 18 digits, colon, two digits, NUL. */
#define SERVICE_HOURS_SIZE 24

typedef enum
{
	SERVICE_HOURS_OK,
	SERVICE_HOURS_BAD_FORMAT,
	SERVICE_HOURS_BAD_MINUTES,
	SERVICE_HOURS_OUT_OF_RANGE
} service_hours_error;

/*
 * Reads 2:30, 2.5, 2.5h, 2h30m, 30m, 2小时30分, 30分钟 and PT2H30M, with a minus
 * sign before it and blanks around it.  Decimal hours are rounded to the
 * nearest minute, halves away from zero.  On an error *error_position is the
 * offset of the first character that cannot be right.
 */
service_hours_error service_hours_parse(const char *s, size_t len,
										int64_t *minutes,
										size_t *error_position);

/* Writes H:MM and a NUL. */
void service_hours_format(int64_t minutes, char out[SERVICE_HOURS_SIZE]);

#endif
