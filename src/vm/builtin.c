// SPDX-License-Identifier: GPL-2.0-only
/*
 * builtin.c: has an arm64 Image an initramfs of its own, with programs in it?
 *
 * A kernel unpacks the one that it was linked with (usr/ in the kernel) before the one that it is given, and
 * rdinit= on its own command line may run a program of that. Every kernel has one, with nothing in it but
 * /dev, /dev/console and /root: a file, or a link, is what makes a difference. It is a newc archive, as it
 * is or compressed: Documentation/driver-api/early-userspace/buffer-format.rst.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/unpack.h"
#include "vm/vm.h"

#define NEWC_HEADER 110
#define NEWC_MODE 14 /* eight hexadecimal digits */

/* Is there a header of a file or a link at @at, which has @left bytes? */
static bool is_program(const uint8_t *at, size_t left)
{
	char mode[9] = "";

	if (left < NEWC_HEADER || (at[5] != '1' && at[5] != '2'))
		return false;
	for (int i = 6; i < NEWC_HEADER; i++)
		if (!isxdigit(at[i]))
			return false;
	memcpy(mode, at + NEWC_MODE, 8);
	return S_ISREG(strtoul(mode, NULL, 16)) || S_ISLNK(strtoul(mode, NULL, 16));
}

static bool has_program(const uint8_t *data, size_t size)
{
	const uint8_t *const end = data + size;

	for (const uint8_t *at = data; at && (at = memmem(at, end - at, "07070", 5)); at++)
		if (is_program(at, end - at))
			return true;
	return false;
}

/* An lzma stream has no magic number: its dictionary is up to 16 MiB, its size small, or not known (all ones). */
static bool is_lzma(const uint8_t *at, size_t left)
{
	return left >= 13 && (at[4] == 0 || (at[4] == 1 && !at[3])) &&
	       (!memcmp(at + 5, "\377\377\377\377\377\377\377\377", 8) ||
		!memcmp(at + 9, "\0\0\0\0", 4));
}

/* Does a compressed archive begin there, and have one of those? What follows it is of no matter. */
static bool unpacks_to_program(enum kernel_format format, const uint8_t *at, size_t left)
{
	struct kernel_bytes bytes = { 0 };
	char why[REASON_SIZE];
	bool found;

	if (format == FORMAT_LZMA && !is_lzma(at, left))
		return false;
	kernel_unpack(format, at, left, &bytes, why);
	found = has_program(bytes.data, bytes.size);
	kernel_bytes_free(&bytes);
	return found;
}

bool vm_image_has_programs(const void *data, size_t size)
{
	/* How a compressed file begins: lib/decompress.c of the kernel. lzo is left out. */
	static const struct {
		enum kernel_format format;
		const char *magic;
		size_t length;
	} packed[] = {
		{ FORMAT_GZIP, "\037\213\010", 3 },
		{ FORMAT_BZIP2, "BZh", 3 },
		{ FORMAT_XZ, "\3757zXZ\0", 6 },
		{ FORMAT_LZMA, "\135\0\0", 3 },
		{ FORMAT_LZ4_LEGACY, "\002\041\114\030", 4 },
		{ FORMAT_ZSTD, "\050\265\057\375", 4 },
	};
	const uint8_t *const end = (const uint8_t *)data + size, *at;

	if (has_program(data, size))
		return true;
	for (size_t i = 0; i < sizeof(packed) / sizeof(*packed); i++)
		for (at = data; (at = memmem(at, end - at, packed[i].magic, packed[i].length));
		     at++)
			if (unpacks_to_program(packed[i].format, at, end - at))
				return true;
	return false;
}
