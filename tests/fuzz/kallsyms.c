// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms.c: any bytes as an Image with a symbol table inside
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_symbols symbols = { 0 };
	enum kernel_kallsyms_encoding encoding;
	char why[160];

	kernel_kallsyms_find(data, size, &symbols, &encoding, why);
	kernel_symbols_free(&symbols);
	return 0;
}
