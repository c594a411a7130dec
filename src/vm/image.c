// SPDX-License-Identifier: GPL-2.0-only
/*
 * image.c: is this file an arm64 Image, and with which page size?
 *
 * Header: Documentation/arm64/booting.txt in the kernel. 64 bytes, "ARM\x64" at 56, flags at 24
 * whose bits 1-2 give the page size (1: 4K, 2: 16K, 3: 64K).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/digest.h"
#include "lib/file.h"
#include "vm/vm.h"

#define IMAGE_HEADER 64

static const char *name_format(const unsigned char *header, size_t size)
{
	if (!memcmp(header, "\177ELF", 4))
		return "an ELF file: give arch/arm64/boot/Image, not vmlinux";
	if (!memcmp(header, "\037\213", 2) || !memcmp(header, "\3757zXZ", 5) ||
	    !memcmp(header, "\050\265\057\375", 4))
		return "compressed: unpack it to an Image first";
	if (size > 0x206 && !memcmp(header + 0x202, "HdrS", 4))
		return "an x86 kernel: the proof needs an arm64 Image";
	return "not an arm64 Image (no magic number at offset 56)";
}

const char *vm_image_read(const char *path, struct vm_image *image)
{
	static const unsigned int page_kib[4] = { 4, 4, 16, 64 };
	const char *error = NULL;
	size_t size;
	unsigned char *data = (unsigned char *)file_read(path, KERNEL_MAXIMUM, &size);

	if (!data && (errno == ENOENT || errno == EISDIR || errno == ENOTSUP))
		return "no such file";
	if (!data)
		return strerror(errno);
	if (size < IMAGE_HEADER) {
		free(data);
		return "too short for a kernel";
	}
	if (memcmp(data + 56, "ARM\x64", 4))
		error = name_format(data, size);
	image->page_kib = page_kib[data[24] >> 1 & 3];
	kernel_digest(data, size, image->sha256);
	image->has_programs = vm_image_has_programs(data, size);
	free(data);
	return error;
}
