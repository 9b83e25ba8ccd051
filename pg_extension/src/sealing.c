/*
 * Personal data that is stored encrypted (AES-256-GCM, NIST SP 800-38D) and
 * opened only with the key and for the context it was sealed for.
 *
 * Nonces are random: a key is good for 2^32 values (section 8.3).
 */
#include "postgres.h"

#include <string.h>

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "aes_gcm.h"
#include "compat.h"
#include "key_file.h"
#include "sealed_parse.h"
#include "sealing_keys_parse.h"

static const SealingKeys *
sealing_keys(void)
{
	static SealingKeys keys;
	static bool valid = false;
	size_t length;
	char *lines = key_file_read_if_changed(&sealing_key_file, &length);

	if (lines != NULL)
	{
		valid = sealing_keys_parse(lines, length, &keys);
		key_file_forget(lines, length);
	}

	if (!valid)
		ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("file of \"%s\" does not hold numbered keys of %d "
					   "hexadecimal digits in ascending order",
					   sealing_key_file.setting, 2 * SEALING_KEY_BYTES));

	return &keys;
}

static const SealingKey *
newest_key(void)
{
	const SealingKeys *keys = sealing_keys();

	return &keys->key[keys->count - 1];
}

/* The bytes of a text in UTF-8, whatever the encoding of the database. */
static AesGcmBytes
utf8_bytes(const text *value)
{
	int length = VARSIZE_ANY_EXHDR(value);
	char *bytes = pg_server_to_any(VARDATA_ANY(value), length, PG_UTF8);

	if (bytes != VARDATA_ANY(value))
		length = strlen(bytes);
	return (AesGcmBytes){(const unsigned char *) bytes, length};
}

static uint16
number_of(const bytea *sealed)
{
	uint16 number;

	if (!sealed_parse((const unsigned char *) VARDATA_ANY(sealed),
					  VARSIZE_ANY_EXHDR(sealed), &number))
		ereport(ERROR, errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				errmsg("value is not sealed"));

	return number;
}

PG_FUNCTION_INFO_V1(seal_identity);
Datum
seal_identity(PG_FUNCTION_ARGS)
{
	AesGcmBytes value = utf8_bytes(PG_GETARG_TEXT_PP(0));
	AesGcmBytes context = utf8_bytes(PG_GETARG_TEXT_PP(1));
	const SealingKey *key = newest_key();
	Size size = VARHDRSZ + SEALED_OVERHEAD + (Size) value.length;
	bytea *result = palloc(size);
	unsigned char *sealed = (unsigned char *) VARDATA(result);
	unsigned char *nonce = sealed + SEALED_PREFIX;
	unsigned char *encrypted = sealed + SEALED_HEADER;

	sealed_start(sealed, key->number);
	if (!pg_strong_random(nonce, SEALED_NONCE))
		ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR),
				errmsg("could not generate random values"));
	if (!aes_gcm_encrypt(key->bytes, nonce,
						 (AesGcmBytes){sealed, SEALED_PREFIX}, context, value,
						 encrypted, encrypted + value.length))
		ereport(ERROR, errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not seal the value"));

	SET_VARSIZE(result, size);
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(open_identity);
Datum
open_identity(PG_FUNCTION_ARGS)
{
	bytea *arg = PG_GETARG_BYTEA_PP(0);
	AesGcmBytes context = utf8_bytes(PG_GETARG_TEXT_PP(1));
	const unsigned char *sealed = (const unsigned char *) VARDATA_ANY(arg);
	uint16 number = number_of(arg);
	const SealingKey *key = sealing_keys_find(sealing_keys(), number);
	AesGcmBytes in = {sealed + SEALED_HEADER,
					  VARSIZE_ANY_EXHDR(arg) - SEALED_OVERHEAD};
	char *value;
	char *converted;

	if (key == NULL)
		ereport(ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
				errmsg("file of \"%s\" does not hold key %d",
					   sealing_key_file.setting, number));

	value = palloc(in.length + 1);
	if (!aes_gcm_decrypt(key->bytes, sealed + SEALED_PREFIX,
						 (AesGcmBytes){sealed, SEALED_PREFIX}, context, in,
						 in.bytes + in.length, (unsigned char *) value))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("sealed value was altered, or is of another context "
					   "or key"));

	value[in.length] = '\0';
	converted = pg_any_to_server(value, in.length, PG_UTF8);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(
		converted, converted == value ? in.length : (int) strlen(converted)));
}

PG_FUNCTION_INFO_V1(sealed_with);
Datum
sealed_with(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(number_of(PG_GETARG_BYTEA_PP(0)));
}

PG_FUNCTION_INFO_V1(sealing_key);
Datum
sealing_key(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(newest_key()->number);
}
