// SPDX-License-Identifier: GPL-2.0-only
/*
 * map.c: a System.map as symbols
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/map.h"

/* One line of a System.map: address, type, name. */
static bool map_line(struct kernel_symbols *symbols, const char *line, const char *end)
{
	char *after;
	uint64_t address = strtoull(line, &after, 16);
	const char *name = after + 3;

	if (after == line || name >= end || after[0] != ' ' || after[2] != ' ')
		return true;
	for (const char *c = name; c < end; c++)
		if (!isgraph((unsigned char)*c)) {
			end = c;
			break;
		}
	return kernel_symbols_add(symbols, address, after[1], name, end - name);
}

bool kernel_map_read(struct kernel_symbols *symbols, const char *map, size_t size)
{
	while (size) {
		const char *newline = memchr(map, '\n', size);
		size_t length = newline ? (size_t)(newline - map) : size;
		char line[1200];

		if (length < sizeof(line)) {
			memcpy(line, map, length);
			line[length] = '\0';
			if (!map_line(symbols, line, line + length))
				break;
		}
		map += length + !!newline;
		size -= length + !!newline;
	}
	kernel_symbols_sort(symbols);
	if (kernel_symbols_find(symbols, "_stext", true, NULL))
		return true;
	kernel_symbols_free(symbols);
	return false;
}
