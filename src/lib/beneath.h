/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * beneath.h: files of a folder that somebody else may have filled
 */
#ifndef ICACHE_IPI_LIB_BENEATH_H
#define ICACHE_IPI_LIB_BENEATH_H

#include <sys/types.h>

/*
 * open() of @name, a relative path, in the folder @folder (AT_FDCWD: the one the program runs in).
 * Follows no symbolic link on the way, takes no "..", and never leaves the folder. A new descriptor
 * with O_CLOEXEC; -1: errno says why, ELOOP or ENOTDIR for a link, EXDEV for a path that leads out.
 */
int beneath_open(int folder, const char *name, int flags, mode_t mode);

/*
 * Opens the folder that holds @name, by the same rules; *@base is the rest of @name, one component.
 * For renameat() and its like.
 */
int beneath_open_parent(int folder, const char *name, const char **base);

#endif
