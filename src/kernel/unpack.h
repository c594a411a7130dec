/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * unpack.h: what a file is, by its header; compressed streams into memory, within bounds
 */
#ifndef ICACHE_IPI_KERNEL_UNPACK_H
#define ICACHE_IPI_KERNEL_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

/* clang-format off */
enum kernel_format {
	FORMAT_ELF, FORMAT_IMAGE, FORMAT_ZBOOT,
	FORMAT_GZIP, FORMAT_XZ, FORMAT_LZMA, FORMAT_ZSTD, FORMAT_LZ4_LEGACY, FORMAT_LZ4,
	FORMAT_BZIP2, FORMAT_LZO,
	FORMAT_DEB, FORMAT_RPM,
	FORMAT_X86, FORMAT_UIMAGE, FORMAT_FIT, FORMAT_ANDROID, FORMAT_PE,
	FORMAT_EMPTY, FORMAT_OTHER, FORMATS
};
/* clang-format on */

extern const char *const kernel_format_words[FORMATS];

/* Bytes of a file's start that kernel_format_identify() wants to see. */
enum { FORMAT_HEAD = 1024 };

/* From the header alone, never from a magic number somewhere inside. */
enum kernel_format kernel_format_identify(const uint8_t *head, size_t size);

struct kernel_bytes {
	uint8_t *data; /* malloc()ed, owned by whoever holds the struct */
	size_t size, room;
};

void kernel_bytes_free(struct kernel_bytes *bytes);

/*
 * Append @size bytes. @packed is how many bytes they and all before them were unpacked from, or 0:
 * more than KERNEL_MAXIMUM, or far more than a kernel expands to, is refused.
 */
bool kernel_bytes_append(struct kernel_bytes *bytes, const void *data, size_t size, uint64_t packed,
			 char why[static REASON_SIZE]);

/*
 * Unpack the stream or zboot wrapper of @format. Bytes behind the end of a stream are ignored:
 * kernels append their size there. Returns false with the reason in @why.
 */
bool kernel_unpack(enum kernel_format format, const uint8_t *data, size_t size,
		   struct kernel_bytes *out, char why[static REASON_SIZE]);

#endif
