// SPDX-License-Identifier: GPL-2.0-only
/*
 * rates.c: function-call interrupts where they arrive, from /proc/interrupts
 */
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "who/who.h"

/* 1,000 interrupts on 4,096 CPUs, 11 characters a cell. */
#define INTERRUPTS_MAX (64u << 20)

/* "IPI1:  12  34  Function call interrupts": the sum of the numbers behind the colon. */
static uint64_t sum_row(const char *row)
{
	const char *at = strchr(row, ':');
	uint64_t sum = 0;

	for (at = at ? at + 1 : row + strlen(row);;) {
		char *end;
		const unsigned long long cell = strtoull(at, &end, 10);

		if (end == at)
			return sum;
		sum += cell;
		at = end;
	}
}

bool who_rates_read(const char *root, uint64_t *ipis)
{
	char path[4096], *text, *rest = NULL;
	bool found = false;

	if ((size_t)snprintf(path, sizeof(path), "%s/proc/interrupts", root) >= sizeof(path))
		return false;
	text = file_read(path, INTERRUPTS_MAX, NULL);
	for (char *row = text ? strtok_r(text, "\n", &rest) : NULL; row;
	     row = strtok_r(NULL, "\n", &rest)) {
		if (!strstr(row, "Function call interrupts"))
			continue;
		*ipis = sum_row(row);
		found = true;
		break;
	}
	free(text);
	return found;
}
