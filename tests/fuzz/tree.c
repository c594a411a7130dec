// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: any text as the three files of a source tree, parted by form feeds
 */
#include <stdlib.h>
#include <string.h>

#include "check/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[REASON_SIZE], *text = malloc(size + 1), *header, *uprobes = NULL;

	memcpy(text, data, size);
	text[size] = '\0';
	header = strchr(text, '\f');
	if (header) {
		*header++ = '\0';
		uprobes = strchr(header, '\f');
	}
	if (uprobes)
		*uprobes++ = '\0';
	tree_form(text, header ? header : "", uprobes, why);
	free(text);
	return 0;
}
