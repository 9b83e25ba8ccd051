#ifndef VOLUNTEER_ES256_H
#define VOLUNTEER_ES256_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#define ES256_COORDINATE_BYTES 32
#define ES256_SIGNATURE_BYTES 64

/* Public point of a P-256 key, big-endian coordinates. */
typedef struct es256_point
{
	unsigned char x[ES256_COORDINATE_BYTES];
	unsigned char y[ES256_COORDINATE_BYTES];
} es256_point;

extern EVP_PKEY *es256_private_key(const char *pem, size_t length);
extern EVP_PKEY *es256_public_key(const es256_point *point);
extern bool es256_point_of(const EVP_PKEY *key, es256_point *point);
extern EVP_PKEY_CTX *es256_signer(EVP_PKEY *key);
extern bool es256_sign(EVP_PKEY_CTX *signer, const void *data, size_t length,
					   unsigned char signature[ES256_SIGNATURE_BYTES]);
extern bool es256_verify(EVP_PKEY *key, const void *data, size_t length,
						 const unsigned char signature[ES256_SIGNATURE_BYTES]);

#endif
