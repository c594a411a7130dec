/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map.h: a System.map, and whether it is the one of this Image
 */
#ifndef ICACHE_IPI_KERNEL_MAP_H
#define ICACHE_IPI_KERNEL_MAP_H

#include "kernel/kernel.h"

/*
 * map.c: add the symbols of the System.map of @size bytes at @map, with addresses for offsets. False when
 * it has no _stext: then nothing is added. Debian ships one that is a single line pointing at
 * another package.
 */
bool kernel_map_read(struct kernel_symbols *symbols, const char *map, size_t size);

/*
 * fit.c: after kernel_from_image() took its symbols from a System.map: is that the map of this very Image?
 * The Image has its banner where the map says, and the map's functions are in the Image's own
 * kallsyms, at most one in a thousand excepted. Where it has no kallsyms, its calls land on them.
 */
bool kernel_map_fits(const struct kernel *kernel);

#endif
