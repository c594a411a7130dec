// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c: a kernel out of whatever holds one: streams, wrappers, vmlinux, Image
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/load.h"
#include "lib/file.h"

/* A stream in a stream in a zboot wrapper is as deep as kernels go. */
enum { LAYERS_MAXIMUM = 4 };

bool kernel_is_stream(enum kernel_format format)
{
	return format >= FORMAT_ZBOOT && format <= FORMAT_LZO;
}

void kernel_container_add(char container[static 64], enum kernel_format format)
{
	size_t used = strlen(container);

	snprintf(container + used, 64 - used, "%s%s", used ? ", " : "",
		 kernel_format_words[format]);
}

/* What is in the way, in words a person can act on. */
void kernel_refuse(enum kernel_format format, char why[static REASON_SIZE])
{
	if (format == FORMAT_X86 || format == FORMAT_PE)
		snprintf(why, REASON_SIZE, "not an arm64 kernel: %s", kernel_format_words[format]);
	else if (format == FORMAT_EMPTY)
		snprintf(why, REASON_SIZE, "empty file");
	else if (format == FORMAT_OTHER)
		snprintf(why, REASON_SIZE,
			 "not recognised; wanted: vmlinux, arm64 Image, vmlinuz, "
			 ".deb, .rpm or a kernel source tree");
	else
		snprintf(why, REASON_SIZE, "%s: not supported; extract the kernel from it first",
			 kernel_format_words[format]);
}

static bool load_whole(struct kernel_bytes *bytes, enum kernel_format format, const char *map,
		       size_t map_size, struct kernel *kernel, char why[static REASON_SIZE])
{
	if (format == FORMAT_ELF)
		return kernel_from_elf(kernel, bytes->data, bytes->size, map, map_size, why);
	if (format != FORMAT_IMAGE) {
		kernel_refuse(format, why);
		return false;
	}
	kernel->image = bytes->data;
	kernel->size = bytes->size;
	*bytes = (struct kernel_bytes){ 0 };
	return kernel_from_image(kernel, map, map_size, why);
}

bool kernel_load(struct kernel_bytes *bytes, const char *map, size_t map_size,
		 struct kernel *kernel, char container[static 64], char why[static REASON_SIZE])
{
	enum kernel_format format = kernel_format_identify(bytes->data, bytes->size);
	bool done;

	for (int layer = 0; kernel_is_stream(format) && layer < LAYERS_MAXIMUM; layer++) {
		struct kernel_bytes inner = { 0 };

		kernel_container_add(container, format);
		done = kernel_unpack(format, bytes->data, bytes->size, &inner, why);
		kernel_bytes_free(bytes);
		*bytes = inner;
		if (!done) {
			kernel_bytes_free(bytes);
			return false;
		}
		format = kernel_format_identify(bytes->data, bytes->size);
	}
	kernel_container_add(container, format);
	done = load_whole(bytes, format, map, map_size, kernel, why);
	kernel_bytes_free(bytes);
	return done;
}

/* Takes what was read; of what was not, errno in words, after @failed, into @why. */
static bool bytes_take(struct kernel_bytes *bytes, char *data, size_t size, const char *failed,
		       char why[static REASON_SIZE])
{
	*bytes = (struct kernel_bytes){ (uint8_t *)data, size, size };
	if (data)
		return true;
	if (errno == EFBIG)
		snprintf(why, REASON_SIZE,
			 "larger than %u MiB; strip its debugging information "
			 "(objcopy --strip-debug)",
			 KERNEL_MAXIMUM >> 20);
	else if (errno == EISDIR || errno == ENOTSUP)
		snprintf(why, REASON_SIZE, "neither a file nor a folder");
	else
		snprintf(why, REASON_SIZE, "%s: %s", failed, strerror(errno));
	return false;
}

bool kernel_read_descriptor(int fd, struct kernel_bytes *bytes, char why[static REASON_SIZE])
{
	size_t size = 0;
	char *data = file_read_fd(fd, KERNEL_MAXIMUM, &size);

	return bytes_take(bytes, data, size, "cannot read", why);
}

bool kernel_read_file(const char *path, struct kernel_bytes *bytes, char why[static REASON_SIZE])
{
	size_t size = 0;
	char *data = file_read(path, KERNEL_MAXIMUM, &size);

	return bytes_take(bytes, data, size, "cannot open", why);
}
