#include "mapping_parse.h"

#include <string.h>

typedef struct
{
	const char *s;
	size_t len;
	size_t at;
} reader;

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
starts_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
		(unsigned char) c >= 0x80;
}

static bool
continues_name(char c)
{
	return starts_name(c) || (c >= '0' && c <= '9') || c == '$';
}

static void
skip_spaces(reader *r)
{
	while (r->at < r->len && is_space(r->s[r->at]))
		r->at++;
}

static bool
accept_symbol(reader *r, char symbol)
{
	skip_spaces(r);
	if (r->at == r->len || r->s[r->at] != symbol)
		return false;
	r->at++;

	return true;
}

static bool
read_quoted(reader *r, mapping_name *name)
{
	name->start = r->s + r->at;
	name->quoted = true;

	for (; r->at < r->len; r->at++)
	{
		if (r->s[r->at] != '"')
			continue;
		if (r->at + 1 < r->len && r->s[r->at + 1] == '"')
		{
			r->at++;
			continue;
		}
		name->len = r->s + r->at - name->start;
		if (name->len > 0)
			r->at++;
		return name->len > 0;
	}

	return false;
}

static bool
read_name(reader *r, mapping_name *name)
{
	if (accept_symbol(r, '"'))
		return read_quoted(r, name);
	if (r->at == r->len || !starts_name(r->s[r->at]))
		return false;

	name->start = r->s + r->at;
	name->quoted = false;
	while (r->at < r->len && continues_name(r->s[r->at]))
		r->at++;
	name->len = r->s + r->at - name->start;

	return true;
}

static bool
is_word(mapping_name name, const char *word)
{
	if (name.quoted || name.len != strlen(word))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.start[i] | 0x20) != word[i])
			return false;

	return true;
}

static bool
accept_word(reader *r, const char *word)
{
	reader ahead = *r;
	mapping_name name;

	if (!read_name(&ahead, &name) || !is_word(name, word))
		return false;
	*r = ahead;

	return true;
}

/* A column, or of a key a part of one. */
static bool
read_source(reader *r, mapping_kind kind, mapping *out)
{
	if (!read_name(r, &out->source))
		return false;
	if (kind != MAPPING_KEY || !accept_symbol(r, '('))
		return true;

	if (is_word(out->source, "year"))
		out->part = MAPPING_YEAR;
	else if (is_word(out->source, "month"))
		out->part = MAPPING_MONTH;
	else
		return false;

	return read_name(r, &out->source) && accept_symbol(r, ')');
}

static bool
read_mapping(reader *r, mapping_kind kind, mapping *out)
{
	if (!read_name(r, &out->total))
		return false;
	out->source = out->total;

	if ((kind == MAPPING_KEY || kind == MAPPING_SUM) && accept_symbol(r, '=') &&
		!read_source(r, kind, out))
		return false;

	if ((kind == MAPPING_SUM || kind == MAPPING_RECORDS) &&
		accept_word(r, "filter") &&
		!(accept_symbol(r, '(') && accept_word(r, "where") &&
		  read_name(r, &out->filter) && accept_symbol(r, ')')))
		return false;

	skip_spaces(r);

	return r->at == r->len;
}

bool
mapping_parse(const char *s, size_t len, mapping_kind kind, mapping *out,
			  size_t *error_position)
{
	reader r = {.s = s, .len = len, .at = 0};

	memset(out, 0, sizeof(*out));
	if (read_mapping(&r, kind, out))
		return true;
	*error_position = r.at;

	return false;
}

size_t
mapping_unquote(mapping_name name, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++)
	{
		out[len++] = name.start[i];
		if (name.quoted && name.start[i] == '"')
			i++;
	}

	return len;
}
