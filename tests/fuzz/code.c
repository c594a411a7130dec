// SPDX-License-Identifier: GPL-2.0-only
/*
 * code.c: any bytes as code, with symbols wherever the bytes put them: edges and walk
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/finding.h"
#include "kernel/roles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { ROOT_PTE,	 ROOT_ALIASES,
					     BROADCAST,	 "__flush_icache_range",
					     "stranger", ROOT_ALIASES ".cold" };
	const struct kernel_runtime file = { 0 };
	struct kernel_finding finding = { 0 };
	struct kernel kernel = { .symbols_from = "fuzz" };

	if (size < 64)
		return 0;
	kernel.size = kernel.text_end = (size - 12) & ~3ul;
	kernel.image = malloc(kernel.size);
	memcpy(kernel.image, data + 12, kernel.size);
	for (int i = 0; i < 6; i++)
		kernel_symbols_add(&kernel.symbols,
				   (data[2 * i] | data[2 * i + 1] << 8) * 4 % kernel.size, 'T',
				   names[i], strlen(names[i]));
	kernel_symbols_sort(&kernel.symbols);
	kernel_finding_judge(&finding, &kernel, &file);
	kernel_free(&kernel);
	return 0;
}
