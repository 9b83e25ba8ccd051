/*
 * Tokens as compact JWS (RFC 7515) with ES256: certificates, whose header makes
 * them the issuer-signed part of an SD-JWT VC (RFC 9901), status lists
 * (draft-ietf-oauth-status-list), seals, and the messages of a transfer between
 * registries.
 */
#include "postgres.h"

#include <openssl/sha.h>

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base64url.h"
#include "compat.h"
#include "es256.h"
#include "key_file.h"

#define COORDINATE_CHARS BASE64URL_LENGTH(ES256_COORDINATE_BYTES)
#define SIGNATURE_CHARS BASE64URL_LENGTH(ES256_SIGNATURE_BYTES)
#define KID_CHARS BASE64URL_LENGTH(SHA256_DIGEST_LENGTH)

#define CERTIFICATE_TYPE "dc+sd-jwt"
#define STATUS_LIST_TYPE "statuslist+jwt"
#define SEAL_TYPE "volunteer-seal+jwt"
#define TRANSFER_TYPE "volunteer-transfer+jwt"

/* The public half of a key as a JWK writes it. */
typedef struct PublicKey
{
	char x[COORDINATE_CHARS + 1];
	char y[COORDINATE_CHARS + 1];
	char kid[KID_CHARS + 1];
} PublicKey;

/* The key of this installation, parsed once per backend and file. */
typedef struct SigningKey
{
	EVP_PKEY_CTX *signer;
	PublicKey public;
} SigningKey;

/* kid is the thumbprint of RFC 7638: it follows from the key alone. */
static void
describe_point(const es256_point *point, PublicKey *public)
{
	char canonical[160];
	unsigned char digest[SHA256_DIGEST_LENGTH];
	int length;

	memset(public, 0, sizeof(*public));
	base64url_encode(point->x, ES256_COORDINATE_BYTES, public->x);
	base64url_encode(point->y, ES256_COORDINATE_BYTES, public->y);

	length =
		snprintf(canonical, sizeof(canonical),
				 "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}",
				 public->x, public->y);
	SHA256((unsigned char *) canonical, length, digest);
	base64url_encode(digest, sizeof(digest), public->kid);
}

static const SigningKey *
signing_key(void)
{
	static SigningKey current;
	size_t length;
	char *pem = key_file_read_if_changed(&signing_key_file, &length);

	if (pem != NULL)
	{
		EVP_PKEY *key = es256_private_key(pem, length);
		es256_point point;

		key_file_forget(pem, length);
		EVP_PKEY_CTX_free(current.signer);
		current.signer = NULL;

		if (key != NULL && es256_point_of(key, &point))
		{
			describe_point(&point, &current.public);
			current.signer = es256_signer(key);
		}
		EVP_PKEY_free(key);
	}

	if (current.signer == NULL)
		ereport(
			ERROR, errcode(ERRCODE_CONFIG_FILE_ERROR),
			errmsg(
				"file of \"%s\" does not hold an unencrypted P-256 private key",
				signing_key_file.setting));

	return &current;
}

static void
append_base64url(StringInfo out, const void *bytes, size_t n)
{
	enlargeStringInfo(out, (int) BASE64URL_LENGTH(n));
	out->len += base64url_encode(bytes, n, out->data + out->len);
	out->data[out->len] = '\0';
}

/* The one header that tokens of a type and key have, with the dot after it. */
static void
append_header(StringInfo out, const char *type, const char *kid)
{
	char header[128];
	int length;

	length = snprintf(header, sizeof(header),
					  "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"%s\"}", type,
					  kid);
	append_base64url(out, header, length);
	appendStringInfoChar(out, '.');
}

/* The json type has checked the syntax, so the first character tells. */
static bool
is_json_object(const char *json, size_t length)
{
	size_t i = 0;

	while (i < length && strchr(" \t\r\n", json[i]) != NULL)
		i++;
	return i < length && json[i] == '{';
}

static text *
signed_token(const char *type, text *claims)
{
	const char *payload = VARDATA_ANY(claims);
	size_t payload_length = VARSIZE_ANY_EXHDR(claims);
	const SigningKey *key;
	unsigned char signature[ES256_SIGNATURE_BYTES];
	StringInfoData token;

	if (!is_json_object(payload, payload_length))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("claims must be a JSON object"));

	key = signing_key();
	initStringInfo(&token);
	append_header(&token, type, key->public.kid);
	append_base64url(&token, payload, payload_length);

	if (!es256_sign(key->signer, token.data, token.len, signature))
		ereport(ERROR, errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
				errmsg("could not sign the token"));

	appendStringInfoChar(&token, '.');
	append_base64url(&token, signature, sizeof(signature));

	return cstring_to_text_with_len(token.data, token.len);
}

PG_FUNCTION_INFO_V1(sign_certificate);
Datum
sign_certificate(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(signed_token(CERTIFICATE_TYPE, PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(sign_status_list);
Datum
sign_status_list(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(signed_token(STATUS_LIST_TYPE, PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(sign_seal);
Datum
sign_seal(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(signed_token(SEAL_TYPE, PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(sign_transfer);
Datum
sign_transfer(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(signed_token(TRANSFER_TYPE, PG_GETARG_TEXT_PP(0)));
}

PG_FUNCTION_INFO_V1(signing_public_key);
Datum
signing_public_key(PG_FUNCTION_ARGS)
{
	const PublicKey *public = &signing_key()->public;
	char *jwk;

	jwk =
		psprintf("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\","
				 "\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"%s\"}",
				 public->x, public->y, public->kid);

	PG_RETURN_DATUM(DirectFunctionCall1(jsonb_in, CStringGetDatum(jwk)));
}

/* A string member of a JWK, or an empty value when it has none of that name. */
static JsonbValue
jwk_member(Jsonb *jwk, const char *name)
{
	JsonbValue value;

	if (!JB_ROOT_IS_OBJECT(jwk) ||
		getKeyJsonValueFromContainer(&jwk->root, name, strlen(name), &value) ==
			NULL ||
		value.type != jbvString)
	{
		value.type = jbvString;
		value.val.string.val = "";
		value.val.string.len = 0;
	}
	return value;
}

static bool
jwk_member_is(Jsonb *jwk, const char *name, const char *expected)
{
	JsonbValue value = jwk_member(jwk, name);

	return value.val.string.len == (int) strlen(expected) &&
		memcmp(value.val.string.val, expected, strlen(expected)) == 0;
}

static bool
jwk_coordinate(Jsonb *jwk, const char *name, unsigned char *out)
{
	JsonbValue value = jwk_member(jwk, name);

	return base64url_decode(value.val.string.val, value.val.string.len, out,
							ES256_COORDINATE_BYTES);
}

/* Whether the key signed the token, which begins with the header and a dot. */
static bool
is_signed(const text *token, const StringInfoData *header, EVP_PKEY *key)
{
	const char *s = VARDATA_ANY(token);
	size_t length = VARSIZE_ANY_EXHDR(token);
	size_t signed_length;
	unsigned char signature[ES256_SIGNATURE_BYTES];

	if (length <= (size_t) header->len + 1 + SIGNATURE_CHARS)
		return false;

	signed_length = length - 1 - SIGNATURE_CHARS;
	return memcmp(s, header->data, header->len) == 0 &&
		s[signed_length] == '.' &&
		memchr(s + header->len, '.', signed_length - header->len) == NULL &&
		base64url_decode(s + signed_length + 1, SIGNATURE_CHARS, signature,
						 sizeof(signature)) &&
		es256_verify(key, s, signed_length, signature);
}

/*
 * The algorithm, type and key id are those of the key, never what the token
 * says of itself (RFC 8725, section 3.1): a genuine token begins with the one
 * header this key writes.
 */
static bool
is_genuine(const char *type, const text *token, Jsonb *jwk)
{
	es256_point point;
	EVP_PKEY *key;
	PublicKey public;
	StringInfoData header;
	bool genuine;

	if (!jwk_member_is(jwk, "kty", "EC") ||
		!jwk_member_is(jwk, "crv", "P-256") ||
		!jwk_coordinate(jwk, "x", point.x) ||
		!jwk_coordinate(jwk, "y", point.y))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("key is not a P-256 JSON Web Key"));

	describe_point(&point, &public);
	initStringInfo(&header);
	append_header(&header, type, public.kid);

	key = es256_public_key(&point);
	if (key == NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("key is not a point of the curve P-256"));

	genuine = is_signed(token, &header, key);
	EVP_PKEY_free(key);

	return genuine;
}

PG_FUNCTION_INFO_V1(verify_certificate);
Datum
verify_certificate(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_genuine(CERTIFICATE_TYPE, PG_GETARG_TEXT_PP(0),
							  PG_GETARG_JSONB_P(1)));
}

PG_FUNCTION_INFO_V1(verify_seal);
Datum
verify_seal(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		is_genuine(SEAL_TYPE, PG_GETARG_TEXT_PP(0), PG_GETARG_JSONB_P(1)));
}

PG_FUNCTION_INFO_V1(verify_transfer);
Datum
verify_transfer(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(
		is_genuine(TRANSFER_TYPE, PG_GETARG_TEXT_PP(0), PG_GETARG_JSONB_P(1)));
}
