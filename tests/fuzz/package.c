// SPDX-License-Identifier: GPL-2.0-only
/*
 * package.c: any bytes as a .deb and as a .rpm
 */
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool visit(void *context, const char *member, struct kernel_bytes *content)
{
	(void)context;
	(void)member;
	kernel_bytes_free(content);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	char why[REASON_SIZE];

	if (fd < 0)
		fd = memfd_create("package", 0);
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		return 0;
	kernel_package_read(fd, size, FORMAT_DEB, visit, NULL, why);
	kernel_package_read(fd, size, FORMAT_RPM, visit, NULL, why);
	return 0;
}
