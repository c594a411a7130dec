// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: any text as the files of a source tree, parted by form feeds: flush.c, cacheflush.h,
 * uprobes.c, cache.S
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[REASON_SIZE], *text = malloc(size + 1), *parts[4] = { text };

	memcpy(text, data, size);
	text[size] = '\0';
	for (int i = 1; i < 4 && parts[i - 1]; i++) {
		parts[i] = strchr(parts[i - 1], '\f');
		if (parts[i])
			*parts[i]++ = '\0';
	}
	kernel_tree_judge(&(struct kernel_sources){ .flush = parts[0],
						    .header = parts[1],
						    .uprobes = parts[2],
						    .cache = parts[3] },
			  why);
	free(text);
	return 0;
}
