#ifndef VOLUNTEER_AES_GCM_H
#define VOLUNTEER_AES_GCM_H

#include <stdbool.h>
#include <stddef.h>

#define AES_GCM_KEY 32
#define AES_GCM_NONCE 12
#define AES_GCM_TAG 16

/* Bytes that are authenticated, or encrypted as well. */
typedef struct AesGcmBytes
{
	const unsigned char *bytes;
	int length;
} AesGcmBytes;

extern bool aes_gcm_encrypt(const unsigned char *key,
							const unsigned char *nonce, AesGcmBytes header,
							AesGcmBytes context, AesGcmBytes in,
							unsigned char *out, unsigned char *tag);
extern bool aes_gcm_decrypt(const unsigned char *key,
							const unsigned char *nonce, AesGcmBytes header,
							AesGcmBytes context, AesGcmBytes in,
							const unsigned char *tag, unsigned char *out);

#endif
