/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * paths.h: what matches a pattern below a folder
 */
#ifndef ICACHE_IPI_LIB_PATHS_H
#define ICACHE_IPI_LIB_PATHS_H

#include <glob.h>
#include <stddef.h>

/*
 * The paths below @root that match the glob(7) @pattern, each of them @root, "/" and the rest. Returns
 * how many; globfree() is the caller's in any case.
 */
size_t paths_find(const char *root, const char *pattern, glob_t *found);

#endif
