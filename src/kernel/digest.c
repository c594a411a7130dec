// SPDX-License-Identifier: GPL-2.0-only
/*
 * digest.c: digests, for provenance and for names in the cache
 */
#include <nettle/sha2.h>
#include <stdio.h>

#include "kernel/digest.h"

void kernel_digest(const void *data, size_t size, char hex[65])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size, data);
	sha256_digest(&context, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}
