// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c: any bytes as a dump of memory
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/core.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("core", MFD_CLOEXEC);
	struct kernel kernel = { 0 };
	struct kernel_core *core;
	char path[40], why[REASON_SIZE];
	uint8_t some[5000];
	uint64_t address;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	core = kernel_core_open(path, why);
	if (core) {
		for (address = 0; address < 1ull << 33; address = address * 3 + 4093)
			kernel_core_read(core, address, some, sizeof(some));
		/* A whole search of a large dump takes seconds: of small ones, here. */
		if (size < 70000 && kernel_core_load(core, &kernel, &address, why))
			kernel_free(&kernel);
		kernel_core_close(core);
	}
	close(fd);
	return 0;
}
