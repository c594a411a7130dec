// SPDX-License-Identifier: GPL-2.0-only
/*
 * unpack.c: any bytes as whatever stream their header says, then as a kernel
 */
#include <string.h>

#include "check/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct options options = { .root = "" };
	struct bytes bytes = { 0 };
	struct kernel kernel = { 0 };
	char why[REASON_SIZE], container[64] = "";

	if (size && bytes_append(&bytes, data, size, 0, why))
		input_kernel(&bytes, &options, &kernel, container, why);
	bytes_free(&bytes);
	kernel_free(&kernel);
	return 0;
}
