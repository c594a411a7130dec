// SPDX-License-Identifier: GPL-2.0-only
/*
 * unpack.c: any bytes as whatever stream their header says, then as a kernel
 */
#include <string.h>

#include "kernel/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_bytes bytes = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE], container[64] = "";

	if (size && kernel_bytes_append(&bytes, data, size, 0, why))
		kernel_load(&bytes, NULL, 0, &kernel, container, why);
	kernel_bytes_free(&bytes);
	kernel_free(&kernel);
	return 0;
}
