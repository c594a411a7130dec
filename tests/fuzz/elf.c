// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf.c: any bytes as a vmlinux
 */
#include "kernel/finding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kernel_runtime file = { 0 };
	struct kernel kernel = { 0 };
	struct kernel_finding finding = { 0 };
	char why[REASON_SIZE];

	if (kernel_from_elf(&kernel, data, size, NULL, 0, why))
		kernel_finding_judge(&finding, &kernel, &file);
	kernel_free(&kernel);
	return 0;
}
