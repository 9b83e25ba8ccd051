/*
 * Grammar of the mappings that track_hours() takes, without PostgreSQL.
 *
 *   key       total [= source | = year(source) | = month(source)]
 *   sum       total [= source] [FILTER (WHERE condition)]
 *   records   total [FILTER (WHERE condition)]
 *   counted   condition
 *
 * total, source and condition are names of columns as SQL spells them; the
 * words of the grammar are read in either case.
 */
#ifndef MAPPING_PARSE_H
#define MAPPING_PARSE_H

#include <stdbool.h>
#include <stddef.h>

typedef enum
{
	MAPPING_KEY,
	MAPPING_SUM,
	MAPPING_RECORDS,
	MAPPING_COUNTED
} mapping_kind;

typedef enum
{
	MAPPING_WHOLE,
	MAPPING_YEAR,
	MAPPING_MONTH
} mapping_part;

/* A name inside the text that was parsed, without the quotes around it. */
typedef struct
{
	const char *start; /* NULL: absent */
	size_t len;
	bool quoted; /* else it has still to be folded */
} mapping_name;

typedef struct
{
	mapping_name total;
	mapping_name source; /* the total again where none is written */
	mapping_name filter;
	mapping_part part;
} mapping;

/*
 * Reads a whole mapping.  When it returns false *error_position is the offset
 * of what cannot be right, len when something is missing.
 */
bool mapping_parse(const char *s, size_t len, mapping_kind kind, mapping *out,
				   size_t *error_position);

/*
 * Copies a name to out, which has room for name.len characters, each doubled
 * quote as one, and returns how many there are.
 */
size_t mapping_unquote(mapping_name name, char *out);

#endif
