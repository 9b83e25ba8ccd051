#include "fuzz.h"

#include "star_rating_parse.h"

static void
parses_as(const char *s, size_t len, int rating)
{
	int again;
	size_t position;

	REQUIRE(star_rating_parse(s, len, &again, &position) == STAR_RATING_OK);
	REQUIRE(again == rating);
}

static void
round_trip(int rating)
{
	char digit = '0' + rating;
	char stars[STAR_RATING_STARS_BYTES];

	REQUIRE(star_rating_is_valid(rating));
	parses_as(&digit, 1, rating);
	star_rating_stars(rating, stars);
	parses_as(stars, sizeof(stars), rating);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int rating;
	size_t position;

	if (star_rating_parse((const char *) data, size, &rating, &position) ==
		STAR_RATING_OK)
		round_trip(rating);
	else
		require_position(data, size, position);

	if (size == 1 && star_rating_is_valid(data[0]))
		round_trip(data[0]);

	return 0;
}
