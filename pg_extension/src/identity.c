/*
 * Keyed digests of identity document numbers (HMAC-SHA-256, RFC 2104), so that
 * a document can be recognised without its number being stored.
 */
#include "postgres.h"

#include <ctype.h>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "citizen_id_parse.h"
#include "compat.h"
#include "key_file.h"

#define IDENTITY_KEY_BYTES 32
#define IDENTITY_KEY_CHARS (2 * IDENTITY_KEY_BYTES)
#define DOCUMENT_NUMBER_MAX 64

static const unsigned char *
identity_key(void)
{
	static unsigned char key[IDENTITY_KEY_BYTES];
	static bool valid = false;
	size_t length;
	char *hex = key_file_read_if_changed(&identity_key_file, &length);

	if (hex != NULL)
	{
		size_t digits = strspn(hex, "0123456789ABCDEFabcdef");
		size_t decoded = 0;

		valid = digits == IDENTITY_KEY_CHARS &&
			digits + strspn(hex + digits, "\r\n") == length;
		if (valid)
		{
			hex[digits] = '\0';
			valid = OPENSSL_hexstr2buf_ex(key, sizeof(key), &decoded, hex,
										  '\0') == 1;
		}
		key_file_forget(hex, length);
	}

	if (!valid)
		ereport(
			ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg(
				"file of \"%s\" does not hold a key of %d hexadecimal digits",
				identity_key_file.setting, IDENTITY_KEY_CHARS));

	return key;
}

/*
 * The ASCII character that the next character stands for (full-width forms
 * U+FF01 to U+FF5E, ideographic and no-break space), or itself when it is
 * ASCII, or 0 for any other character.
 */
static unsigned char
ascii_of(const unsigned char *s, int width)
{
	if (width == 1)
		return s[0];
	if (width == 2 && s[0] == 0xC2 && s[1] == 0xA0)
		return ' ';
	if (width != 3)
		return 0;
	if (s[0] == 0xE3 && s[1] == 0x80 && s[2] == 0x80)
		return ' ';
	if (s[0] == 0xEF && s[1] == 0xBC && s[2] >= 0x81)
		return s[2] - 0x81 + '!';
	if (s[0] == 0xEF && s[1] == 0xBD && s[2] <= 0x9E)
		return s[2] - 0x80 + '`';
	return 0;
}

/* One spelling per number: no spaces, hyphens or brackets, narrow forms, capitals. */
static char *
normalize_number(const text *number)
{
	const unsigned char *s = (const unsigned char *) VARDATA_ANY(number);
	const unsigned char *end = s + VARSIZE_ANY_EXHDR(number);
	StringInfoData out;

	initStringInfo(&out);
	while (s < end)
	{
		int width = Min(pg_mblen((const char *) s), (int) (end - s));
		unsigned char c = ascii_of(s, width);

		if (c == 0)
			appendBinaryStringInfo(&out, (const char *) s, width);
		else if (iscntrl(c) && !isspace(c))
			ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("document number contains a control character"));
		else if (!isspace(c) && strchr("-()", c) == NULL)
			appendStringInfoChar(&out, pg_ascii_toupper(c));
		s += width;
	}

	if (out.len == 0 || out.len > DOCUMENT_NUMBER_MAX)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("document number must have 1 to %d bytes",
					   DOCUMENT_NUMBER_MAX));

	return out.data;
}

/* All 18 characters; numbers issued before 1999 have 15. */
static char *
canonical_citizen_id(const char *number)
{
	size_t length = strlen(number);
	size_t position;
	int64_t value;
	citizen_id_error error;
	char *canonical = palloc0(CITIZEN_ID_CHARS + 1);

	if (length == 15)
		error = citizen_id_parse_15(number, length, &value, &position);
	else
		error = citizen_id_parse(number, length, &value, &position);

	if (error != CITIZEN_ID_OK)
		ereport(ERROR, errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				errmsg("document number is not a valid citizen_id"));

	citizen_id_format(value, canonical);
	return canonical;
}

PG_FUNCTION_INFO_V1(identity_digest);
Datum
identity_digest(PG_FUNCTION_ARGS)
{
	char *kind = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *number = normalize_number(PG_GETARG_TEXT_PP(1));
	const unsigned char *key;
	StringInfoData message;
	bytea *digest = palloc(VARHDRSZ + SHA256_DIGEST_LENGTH);

	if (strcmp(kind, "citizen_id") == 0)
		number = canonical_citizen_id(number);

	/* A zero byte cannot occur in either part. */
	initStringInfo(&message);
	appendStringInfoString(&message, kind);
	appendStringInfoChar(&message, '\0');
	appendStringInfoString(&message, number);

	key = identity_key();
	if (HMAC(EVP_sha256(), key, IDENTITY_KEY_BYTES,
			 (unsigned char *) message.data, message.len,
			 (unsigned char *) VARDATA(digest), NULL) == NULL)
		ereport(ERROR, errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not compute the digest"));

	SET_VARSIZE(digest, VARHDRSZ + SHA256_DIGEST_LENGTH);
	PG_RETURN_BYTEA_P(digest);
}
