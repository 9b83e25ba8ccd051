/*
 * ES256 of RFC 7518 section 3.4 with OpenSSL.
 *
 * Nothing here calls the server, so nothing can be left allocated by an error
 * that jumps.  Failure is NULL or false; the error queue is left clean.
 */
#include "es256.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

/* Without this OpenSSL would ask for the passphrase on the terminal. */
static int
no_passphrase(char *buffer, int size, int rwflag, void *userdata)
{
	(void) buffer;
	(void) size;
	(void) rwflag;
	(void) userdata;
	return -1;
}

static bool
is_sound_p256(EVP_PKEY *key)
{
	char group[32];
	EVP_PKEY_CTX *ctx;
	bool sound;

	if (!EVP_PKEY_is_a(key, "EC") ||
		!EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) ||
		strcmp(group, "prime256v1") != 0)
		return false;

	ctx = EVP_PKEY_CTX_new(key, NULL);
	sound = ctx != NULL && EVP_PKEY_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return sound;
}

/* The key in PEM text, or NULL unless it is a sound, unencrypted P-256 key. */
EVP_PKEY *
es256_private_key(const char *pem, size_t length)
{
	BIO *bio = BIO_new_mem_buf(pem, (int) length);
	EVP_PKEY *key = NULL;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);

	if (key != NULL && !is_sound_p256(key))
	{
		EVP_PKEY_free(key);
		key = NULL;
	}
	ERR_clear_error();
	return key;
}

/* A key that verifies, or NULL if the point is not on the curve. */
EVP_PKEY *
es256_public_key(const es256_point *point)
{
	char group[] = "prime256v1";
	unsigned char encoded[1 + 2 * ES256_COORDINATE_BYTES];
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx;
	OSSL_PARAM params[3];

	encoded[0] = POINT_CONVERSION_UNCOMPRESSED;
	memcpy(encoded + 1, point->x, ES256_COORDINATE_BYTES);
	memcpy(encoded + 1 + ES256_COORDINATE_BYTES, point->y,
		   ES256_COORDINATE_BYTES);

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
												 group, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
												  encoded, sizeof(encoded));
	params[2] = OSSL_PARAM_construct_end();

	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
		EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

static bool
coordinate(const EVP_PKEY *key, const char *name, unsigned char *out)
{
	BIGNUM *number = NULL;
	bool ok;

	ok = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
		BN_bn2binpad(number, out, ES256_COORDINATE_BYTES) ==
			ES256_COORDINATE_BYTES;
	BN_free(number);
	return ok;
}

bool
es256_point_of(const EVP_PKEY *key, es256_point *point)
{
	bool ok = coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, point->x) &&
		coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, point->y);

	ERR_clear_error();
	return ok;
}

/* OpenSSL's DER signature as the 64 bytes r || s that JOSE wants. */
static bool
der_to_raw(const unsigned char *der, size_t length, unsigned char *raw)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long) length);
	bool ok;

	ok = pair != NULL &&
		BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, ES256_COORDINATE_BYTES) > 0 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + ES256_COORDINATE_BYTES,
					 ES256_COORDINATE_BYTES) > 0;
	ECDSA_SIG_free(pair);
	return ok;
}

/* The reverse; returns the length of the DER in memory OpenSSL allocated, or -1. */
static int
raw_to_der(const unsigned char *raw, unsigned char **der)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, ES256_COORDINATE_BYTES, NULL);
	BIGNUM *s = BN_bin2bn(raw + ES256_COORDINATE_BYTES, ES256_COORDINATE_BYTES,
						  NULL);
	int length = -1;

	if (pair != NULL && r != NULL && s != NULL &&
		ECDSA_SIG_set0(pair, r, s) == 1)
		length = i2d_ECDSA_SIG(pair, der);
	else
	{
		BN_free(r);
		BN_free(s);
	}
	ECDSA_SIG_free(pair);
	return length;
}

/*
 * Signs with this key again and again: what OpenSSL looks up for an operation
 * costs a quarter of the signature.  NULL if OpenSSL cannot.
 */
EVP_PKEY_CTX *
es256_signer(EVP_PKEY *key)
{
	EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new(key, NULL);

	if (signer != NULL && EVP_PKEY_sign_init(signer) != 1)
	{
		EVP_PKEY_CTX_free(signer);
		signer = NULL;
	}
	ERR_clear_error();
	return signer;
}

bool
es256_sign(EVP_PKEY_CTX *signer, const void *data, size_t length,
		   unsigned char signature[ES256_SIGNATURE_BYTES])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	unsigned char der[80]; /* a P-256 signature takes at most 72 */
	size_t der_length = sizeof(der);
	bool ok;

	ok = SHA256(data, length, digest) != NULL &&
		EVP_PKEY_sign(signer, der, &der_length, digest, sizeof(digest)) == 1 &&
		der_to_raw(der, der_length, signature);
	ERR_clear_error();
	return ok;
}

bool
es256_verify(EVP_PKEY *key, const void *data, size_t length,
			 const unsigned char signature[ES256_SIGNATURE_BYTES])
{
	unsigned char *der = NULL;
	int der_length = raw_to_der(signature, &der);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok;

	ok = der_length > 0 && ctx != NULL &&
		EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
		EVP_DigestVerify(ctx, der, der_length, data, length) == 1;
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ERR_clear_error();
	return ok;
}
