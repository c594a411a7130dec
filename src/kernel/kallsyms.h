/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kallsyms.h: the symbol table a kernel carries inside itself, found by its structure
 */
#ifndef ICACHE_IPI_KERNEL_KALLSYMS_H
#define ICACHE_IPI_KERNEL_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/symbols.h"

/* What an entry of the table's address array means. */
enum kernel_kallsyms_encoding {
	KALLSYMS_BASE_RELATIVE,	 /* u32 from an unknown base: only differences are known */
	KALLSYMS_ABSOLUTE,	 /* u64 addresses: likewise */
	KALLSYMS_PLACE_RELATIVE, /* s32 from the entry itself: offsets in the image are known */
};

/*
 * Look for the table in the @size bytes at @image and add its symbols to @symbols, offsets
 * as the table has them (see @encoding). A table is accepted when all its parts agree; never
 * because of a kernel's version. Returns false with the step that failed in @why.
 */
bool kernel_kallsyms_find(const uint8_t *image, size_t size, struct kernel_symbols *symbols,
			  enum kernel_kallsyms_encoding *encoding, char why[static 160]);

#endif
