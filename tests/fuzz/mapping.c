#include "fuzz.h"

#include "mapping_parse.h"

/* A mapping is written with every name in quotes. */
typedef struct
{
	char *s;
	size_t len;
} writer;

static void
write_text(writer *w, const char *text)
{
	memcpy(w->s + w->len, text, strlen(text));
	w->len += strlen(text);
}

static void
write_name(writer *w, mapping_name name)
{
	char *plain = malloc(name.len);
	size_t len = mapping_unquote(name, plain);

	REQUIRE(len > 0 && len <= name.len);
	w->s[w->len++] = '"';
	for (size_t i = 0; i < len; i++)
	{
		if (plain[i] == '"')
			w->s[w->len++] = '"';
		w->s[w->len++] = plain[i];
	}
	w->s[w->len++] = '"';
	free(plain);
}

static void
write_mapping(writer *w, const mapping *m, mapping_kind kind)
{
	static const char *const before[] = {"", "year(", "month("};

	write_name(w, m->total);
	if (kind == MAPPING_KEY || kind == MAPPING_SUM)
	{
		write_text(w, "=");
		write_text(w, before[m->part]);
		write_name(w, m->source);
		write_text(w, m->part == MAPPING_WHOLE ? "" : ")");
	}
	if (m->filter.start != NULL)
	{
		write_text(w, "FILTER(WHERE ");
		write_name(w, m->filter);
		write_text(w, ")");
	}
}

static bool
same_name(mapping_name a, mapping_name b)
{
	char *plain_a = malloc(a.len + 1);
	char *plain_b = malloc(b.len + 1);
	size_t len = mapping_unquote(a, plain_a);
	bool same = (a.start == NULL) == (b.start == NULL) &&
		mapping_unquote(b, plain_b) == len &&
		memcmp(plain_a, plain_b, len) == 0;

	free(plain_a);
	free(plain_b);

	return same;
}

static void
round_trip(const mapping *m, mapping_kind kind, size_t size)
{
	writer w = {.s = malloc(6 * size + 40), .len = 0};
	mapping again;
	size_t position;

	write_mapping(&w, m, kind);
	REQUIRE(mapping_parse(w.s, w.len, kind, &again, &position));
	REQUIRE(again.part == m->part);
	REQUIRE(same_name(again.total, m->total));
	REQUIRE(same_name(again.source, m->source));
	REQUIRE(same_name(again.filter, m->filter));
	free(w.s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (mapping_kind kind = MAPPING_KEY; kind <= MAPPING_COUNTED; kind++)
	{
		mapping m;
		size_t position;

		if (mapping_parse((const char *) data, size, kind, &m, &position))
			round_trip(&m, kind, size);
		else
			require_position(data, size, position);
	}

	return 0;
}
