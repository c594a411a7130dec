// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms.c: any bytes as an Image with a symbol table inside
 */
#include <stdlib.h>
#include <string.h>

#include "check/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct symbols symbols = { 0 };
	enum kallsyms_encoding encoding;
	char why[160];

	kallsyms_find(data, size, &symbols, &encoding, why);
	symbols_free(&symbols);
	return 0;
}
