#include "star_rating_parse.h"

#include <string.h>

#define FULL "★"
#define EMPTY "☆"

static bool
accept(const char *s, size_t len, size_t *at, const char *word)
{
	size_t word_len = strlen(word);

	if (len - *at < word_len || memcmp(s + *at, word, word_len) != 0)
		return false;
	*at += word_len;

	return true;
}

/* ★ as often as the rating says, then nothing or ☆ up to five. */
static star_rating_error
parse_stars(const char *s, size_t len, int *rating, size_t *at)
{
	int stars = 0;

	while (stars < STAR_RATING_MAX && accept(s, len, at, FULL))
		stars++;
	*rating = stars;

	if (stars == 0 || *at < len)
		while (stars < STAR_RATING_MAX && accept(s, len, at, EMPTY))
			stars++;

	return *at == len && (stars == *rating || stars == STAR_RATING_MAX)
		? STAR_RATING_OK
		: STAR_RATING_BAD_FORMAT;
}

star_rating_error
star_rating_parse(const char *s, size_t len, int *rating,
				  size_t *error_position)
{
	static const char *const numerals[] = {"零", "一", "二", "三", "四", "五"};
	size_t *at = error_position;

	*at = 0;

	for (int n = 0; n <= STAR_RATING_MAX; n++)
	{
		char digit[] = {'0' + n, '\0'};
		bool numeral = accept(s, len, at, numerals[n]);

		if (!numeral && !accept(s, len, at, digit))
			continue;

		*rating = n;
		if (accept(s, len, at, "星"))
			accept(s, len, at, "级");
		else if (numeral)
			return STAR_RATING_BAD_FORMAT;

		return *at == len ? STAR_RATING_OK : STAR_RATING_BAD_FORMAT;
	}

	if (len == 0)
		return STAR_RATING_BAD_FORMAT;

	return parse_stars(s, len, rating, at);
}

bool
star_rating_is_valid(int rating)
{
	return rating >= 0 && rating <= STAR_RATING_MAX;
}

void
star_rating_stars(int rating, char out[STAR_RATING_STARS_BYTES])
{
	for (int i = 0; i < STAR_RATING_MAX; i++)
		memcpy(out + 3 * i, i < rating ? FULL : EMPTY, 3);
}
