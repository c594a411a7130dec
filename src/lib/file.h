/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * file.h: whole files: into memory within a bound, and onto disk in one step
 */
#ifndef ICACHE_IPI_LIB_FILE_H
#define ICACHE_IPI_LIB_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * The content of the regular file at @path, and a NUL behind it, to be freed by the caller; its bytes
 * without that NUL in *@size, which may be NULL. NULL: errno says why; EISDIR or ENOTSUP for what is
 * no regular file, EFBIG for more than @limit bytes. Never waits for a FIFO or a terminal.
 */
char *file_read(const char *path, size_t limit, size_t *size);

/* The same of the rest of @fd, which stays open. */
char *file_read_fd(int fd, size_t limit, size_t *size);

/* The same of anything, to its end: it waits for who writes to a pipe. */
char *file_read_stream(const char *path, size_t limit, size_t *size);

/* Opens the regular file at @path, of 256 MiB at most, for reading, without waiting; NULL: errno says why, as above. */
FILE *file_open(const char *path);

/* All of @size bytes; false: errno says why. */
bool file_write_fd(int fd, const char *data, size_t size);

/*
 * A new file @name, one component, in @folder, open for writing. What had the name is gone: it is
 * neither written nor, being a symbolic link, followed. -1: errno says why.
 */
int file_create_at(int folder, const char *name, mode_t mode);

/*
 * Puts a new file with these bytes in the place of @name, one component, in @folder, in one rename. A
 * symbolic link of that name is replaced, not followed. On disk when this returns; false: errno says
 * why, and the folder is as it was.
 */
bool file_replace_at(int folder, const char *name, const char *data, size_t size, mode_t mode);

/* 0666 less what the umask takes: the mode of an ordinary new file. */
mode_t file_default_mode(void);

/* Has descriptors 0 to 2 refer to something, /dev/null where they are closed. */
void file_open_standard(void);

#endif
