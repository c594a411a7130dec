// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c: any bytes as the System.map of a small Image
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kernel_runtime file = { 0 };
	struct kernel kernel = { .size = 1 << 16, .image = calloc(1 << 16, 1) };
	struct kernel_finding finding = { 0 };
	char why[REASON_SIZE], *map = malloc(size + 1);

	memcpy(map, data, size);
	if (kernel_from_image(&kernel, map, size, why))
		kernel_finding_judge(&finding, &kernel, &file);
	kernel_free(&kernel);
	free(map);
	return 0;
}
