/*
 * Text form of a star rating (星级), without PostgreSQL.
 */
#ifndef STAR_RATING_PARSE_H
#define STAR_RATING_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#define STAR_RATING_MAX 5

/* ★ and ☆ take three bytes of UTF-8 each. */
#define STAR_RATING_STARS_BYTES (STAR_RATING_MAX * 3)

typedef enum
{
	STAR_RATING_OK,
	STAR_RATING_BAD_FORMAT
} star_rating_error;

/*
 * Reads 0 to 5, 3星, 三星, 三星级, ★★★ and ★★★☆☆.  On an error *error_position is
 * the offset of the first character that cannot be right.
 */
star_rating_error star_rating_parse(const char *s, size_t len, int *rating,
									size_t *error_position);

/* Is this the number of stars of a rating? */
bool star_rating_is_valid(int rating);

/* Writes ★★★☆☆, no NUL. */
void star_rating_stars(int rating, char out[STAR_RATING_STARS_BYTES]);

#endif
