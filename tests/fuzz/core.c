// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c: any bytes as a dump of memory
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/core-unpack.h"
#include "kernel/rerouted.h"
#include "kernel/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int fd = memfd_create("core", MFD_CLOEXEC);
	struct kernel_runtime runtime = { 0 };
	struct kernel kernel = { 0 };
	struct kernel_core *core;
	char path[40], why[REASON_SIZE];
	uint8_t some[5000];
	static struct kernel_registers cpus[64];
	struct kernel_tables tables;
	struct kernel_stack stack;
	uint64_t address;

	kernel_unpack_lzo(data, size, some, 4096);
	kernel_unpack_snappy(data, size, some, 4096);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	core = kernel_core_open(path, why);
	if (core) {
		for (address = 0; address < 1ull << 33; address = address * 3 + 4093)
			kernel_core_read(core, address, some, sizeof(some));
		kernel.image = (uint8_t *)data;
		kernel.size = size;
		kernel.text_end = size;
		if (kernel_tables_find(&tables, core, &kernel, 0, cpus,
				       kernel_core_cpus(core, cpus, 64)))
			kernel_stack_walk(&cpus[0], &kernel, kernel_tables_read, &tables, &stack);
		kernel = (struct kernel){ 0 };
		/* A whole search of a large dump takes seconds: of small ones, here. */
		if (size < 70000 && kernel_core_load(core, &kernel, &address, why)) {
			kernel_rerouted_restore(&kernel, core, address, &runtime);
			kernel_free(&kernel);
		}
		kernel_core_close(core);
	}
	close(fd);
	return 0;
}
