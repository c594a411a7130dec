// SPDX-License-Identifier: GPL-2.0-only
/*
 * input.c: from what the user named to results
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check/input.h"
#include "check/package.h"
#include "check/tree.h"

/* A stream in a stream in a zboot wrapper is as deep as kernels go. */
enum { LAYERS_MAXIMUM = 4 };

static bool is_stream(enum format format)
{
	return format >= FORMAT_ZBOOT && format <= FORMAT_LZO;
}

static void container_add(char container[static 64], enum format format)
{
	size_t used = strlen(container);

	snprintf(container + used, 64 - used, "%s%s", used ? ", " : "", format_words[format]);
}

/* What is in the way, in words a person can act on. */
static void refuse(enum format format, char why[static REASON_SIZE])
{
	if (format == FORMAT_X86 || format == FORMAT_PE)
		snprintf(why, REASON_SIZE, "not an arm64 kernel: %s", format_words[format]);
	else if (format == FORMAT_EMPTY)
		snprintf(why, REASON_SIZE, "empty file");
	else if (format == FORMAT_OTHER)
		snprintf(why, REASON_SIZE, "not recognised; wanted: vmlinux, arm64 Image, vmlinuz, "
			 ".deb, .rpm or a kernel source tree");
	else
		snprintf(why, REASON_SIZE, "%s: not supported; extract the kernel from it first",
			 format_words[format]);
}

static bool kernel_from_bytes(struct bytes *bytes, enum format format,
			      const struct options *options, struct kernel *kernel,
			      char why[static REASON_SIZE])
{
	if (format == FORMAT_ELF)
		return kernel_from_elf(kernel, bytes->data, bytes->size, options->map,
				       options->map_size, why);
	if (format != FORMAT_IMAGE) {
		refuse(format, why);
		return false;
	}
	kernel->image = bytes->data;
	kernel->size = bytes->size;
	*bytes = (struct bytes){ 0 };
	return kernel_from_image(kernel, options->map, options->map_size, why);
}

bool input_kernel(struct bytes *bytes, const struct options *options, struct kernel *kernel,
		  char container[static 64], char why[static REASON_SIZE])
{
	enum format format = format_identify(bytes->data, bytes->size);
	bool done;

	for (int layer = 0; is_stream(format) && layer < LAYERS_MAXIMUM; layer++) {
		struct bytes inner = { 0 };

		container_add(container, format);
		done = unpack(format, bytes->data, bytes->size, &inner, why);
		bytes_free(bytes);
		*bytes = inner;
		if (!done) {
			bytes_free(bytes);
			return false;
		}
		format = format_identify(bytes->data, bytes->size);
	}
	container_add(container, format);
	done = kernel_from_bytes(bytes, format, options, kernel, why);
	bytes_free(bytes);
	return done;
}

void input_check_bytes(struct bytes *bytes, const struct options *options, struct result *result)
{
	const struct runtime file = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE] = "";

	if (input_kernel(bytes, options, &kernel, result->container, why))
		result_judge_kernel(result, &kernel, &file);
	else
		result_unknown(result, why);
	memcpy(result->build_id, kernel.build_id, sizeof(result->build_id));
	memcpy(result->banner, kernel.banner, sizeof(result->banner));
	kernel_free(&kernel);
}

/* Read the rest of @fd, of which @size bytes are expected (0: not known, /proc files). */
static bool descriptor_read(int fd, uint64_t size, struct bytes *bytes,
			    char why[static REASON_SIZE])
{
	char piece[1 << 16];
	ssize_t got;

	if (size > KERNEL_MAXIMUM) {
		snprintf(why, REASON_SIZE, "larger than %u MiB; strip its debugging information "
			 "(objcopy --strip-debug)", KERNEL_MAXIMUM >> 20);
		return false;
	}
	if (size && size < SIZE_MAX && (bytes->data = malloc(size + 1)))
		bytes->room = size + 1;
	while (bytes->room > bytes->size &&
	       (got = read(fd, bytes->data + bytes->size, bytes->room - bytes->size)) > 0)
		bytes->size += got;
	while ((got = read(fd, piece, sizeof(piece))) > 0)
		if (!bytes_append(bytes, piece, got, 0, why))
			return false;
	if (got < 0)
		snprintf(why, REASON_SIZE, "cannot read: %s", strerror(errno));
	return got == 0;
}

bool input_read_file(const char *path, struct bytes *bytes, char why[static REASON_SIZE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	bool done = false;

	if (fd < 0 || fstat(fd, &status))
		snprintf(why, REASON_SIZE, "cannot open: %s", strerror(errno));
	else if (!S_ISREG(status.st_mode))
		snprintf(why, REASON_SIZE, "neither a file nor a folder");
	else
		done = descriptor_read(fd, status.st_size, bytes, why);
	if (fd >= 0)
		close(fd);
	if (!done)
		bytes_free(bytes);
	return done;
}

struct package {
	const char *path;
	enum format format;
	const struct options *options;
	struct result **list;
	int kernels;
};

static void member_check(void *context, const char *member, struct bytes *content)
{
	struct package *package = context;
	struct result *result;

	member += strspn(member, "./");
	result = result_new(package->list, package->path, member);
	package->kernels++;
	container_add(result->container, package->format);
	input_check_bytes(content, package->options, result);
}

static void package_check(int fd, uint64_t size, enum format format, const char *path,
			  const struct options *options, struct result **list)
{
	struct package package = { path, format, options, list, 0 };
	char why[REASON_SIZE];
	bool done = package_read(fd, size, format, member_check, &package, why);
	struct result *result;

	if (done && package.kernels)
		return;
	result = result_new(list, path, NULL);
	container_add(result->container, format);
	result_unknown(result, done ? "no kernel in this package (modules, a meta package, or "
		       "debugging information without vmlinux)" : why);
}

static void file_check(int fd, uint64_t size, const char *path, const struct options *options,
		       struct result **list)
{
	uint8_t head[FORMAT_HEAD];
	ssize_t got = pread(fd, head, sizeof(head), 0);
	enum format format = format_identify(head, got > 0 ? got : 0);
	struct bytes bytes = { 0 };
	char why[REASON_SIZE];
	struct result *result;

	if (format == FORMAT_DEB || format == FORMAT_RPM) {
		package_check(fd, size, format, path, options, list);
		return;
	}
	result = result_new(list, path, NULL);
	if (!is_stream(format) && format != FORMAT_ELF && format != FORMAT_IMAGE) {
		refuse(format, why);	/* without reading what may be a disk image */
		result_unknown(result, why);
		return;
	}
	if (descriptor_read(fd, size, &bytes, why)) {
		input_check_bytes(&bytes, options, result);
	} else {
		bytes_free(&bytes);
		result_unknown(result, why);
	}
}

void input_check(const char *path, const struct options *options, struct result **list)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat status;
	char why[REASON_SIZE];

	if (fd < 0 || fstat(fd, &status)) {
		snprintf(why, sizeof(why), "cannot open: %s", strerror(errno));
		result_unknown(result_new(list, path, NULL), why);
	} else if (S_ISDIR(status.st_mode)) {
		tree_check(path, result_new(list, path, NULL));
	} else if (!S_ISREG(status.st_mode)) {
		result_unknown(result_new(list, path, NULL), "neither a file nor a folder");
	} else {
		file_check(fd, status.st_size, path, options, list);
	}
	if (fd >= 0)
		close(fd);
}
