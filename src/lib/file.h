/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file.h: a whole file into memory, within a bound
 */
#ifndef ICACHE_IPI_LIB_FILE_H
#define ICACHE_IPI_LIB_FILE_H

#include <stddef.h>

/*
 * The content of the regular file at @path, and a NUL behind it, to be freed by the caller; its bytes
 * without that NUL in *@size, which may be NULL. NULL: errno says why; EISDIR or ENOTSUP for what is
 * no regular file, EFBIG for more than @limit bytes. Never waits for a FIFO or a terminal.
 */
char *file_read(const char *path, size_t limit, size_t *size);

/* The same of the rest of @fd, which stays open. */
char *file_read_fd(int fd, size_t limit, size_t *size);

#endif
