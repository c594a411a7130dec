// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c: any bytes as the System.map of a small Image
 */
#include <stdlib.h>
#include <string.h>

#include "check/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct runtime file = { 0 };
	struct kernel kernel = { .size = 1 << 16, .image = calloc(1 << 16, 1) };
	struct result *result = NULL;
	char why[REASON_SIZE], *map = malloc(size + 1);

	memcpy(map, data, size);
	result_new(&result, "", NULL);
	if (kernel_from_image(&kernel, map, size, why))
		result_judge_kernel(result, &kernel, &file);
	results_free(result);
	kernel_free(&kernel);
	free(map);
	return 0;
}
