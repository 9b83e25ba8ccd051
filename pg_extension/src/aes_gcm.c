/*
 * AES-256-GCM (NIST SP 800-38D) with OpenSSL.
 *
 * Nothing here calls the server, so nothing can be left allocated by an error
 * that jumps.  Failure is false; the error queue is left clean.
 */
#include "aes_gcm.h"

#include <openssl/err.h>
#include <openssl/evp.h>

/* Sets up both directions: the associated data is the header, then the context. */
static bool
start(EVP_CIPHER_CTX *ctx, const unsigned char *key, const unsigned char *nonce,
	  AesGcmBytes header, AesGcmBytes context, int encrypt)
{
	int length;

	return EVP_CipherInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, nonce,
							 encrypt) == 1 &&
		EVP_CipherUpdate(ctx, NULL, &length, header.bytes, header.length) ==
		1 &&
		EVP_CipherUpdate(ctx, NULL, &length, context.bytes, context.length) ==
		1;
}

bool
aes_gcm_encrypt(const unsigned char *key, const unsigned char *nonce,
				AesGcmBytes header, AesGcmBytes context, AesGcmBytes in,
				unsigned char *out, unsigned char *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int length;
	bool done = ctx != NULL && start(ctx, key, nonce, header, context, 1) &&
		EVP_CipherUpdate(ctx, out, &length, in.bytes, in.length) == 1 &&
		EVP_CipherFinal_ex(ctx, out + length, &length) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, AES_GCM_TAG, tag) == 1;

	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return done;
}

/* What is in "out" is worth nothing unless this is true. */
bool
aes_gcm_decrypt(const unsigned char *key, const unsigned char *nonce,
				AesGcmBytes header, AesGcmBytes context, AesGcmBytes in,
				const unsigned char *tag, unsigned char *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int length;
	bool done = ctx != NULL && start(ctx, key, nonce, header, context, 0) &&
		EVP_CipherUpdate(ctx, out, &length, in.bytes, in.length) == 1 &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, AES_GCM_TAG,
							(void *) tag) == 1 &&
		EVP_CipherFinal_ex(ctx, out + length, &length) == 1;

	EVP_CIPHER_CTX_free(ctx);
	ERR_clear_error();
	return done;
}
