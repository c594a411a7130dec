/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * digest.h: digests, for provenance and for names in the cache. Links with nettle.
 */
#ifndef ICACHE_IPI_KERNEL_DIGEST_H
#define ICACHE_IPI_KERNEL_DIGEST_H

#include <stddef.h>

/* The digest of @size bytes as 64 lower-case digits and a NUL. */
void kernel_digest(const void *data, size_t size, char hex[65]);

#endif
