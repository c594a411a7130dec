// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf.c: any bytes as a vmlinux
 */
#include "check/result.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct runtime file = { 0 };
	struct kernel kernel = { 0 };
	struct result *result = NULL;
	char why[REASON_SIZE];

	result_new(&result, "", NULL);
	if (kernel_from_elf(&kernel, data, size, NULL, 0, why))
		result_judge_kernel(result, &kernel, &file);
	results_free(result);
	kernel_free(&kernel);
	return 0;
}
