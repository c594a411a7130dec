// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c: a whole file into memory, within a bound
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

/* Where a file does not say how large it is (/proc), it is read in steps that double. */
#define FIRST_ROOM (64u << 10)

/* False when @fd has no file for us, and then errno says why; else what it says of its size. */
static bool size_find(int fd, size_t limit, size_t *room)
{
	struct stat status;

	if (fstat(fd, &status))
		return false;
	errno = S_ISDIR(status.st_mode) ? EISDIR : !S_ISREG(status.st_mode) ? ENOTSUP :
		(uintmax_t)status.st_size > limit ? EFBIG : 0;
	*room = status.st_size ? (size_t)status.st_size + 1 : FIRST_ROOM;
	return !errno;
}

/* The next bytes; false at the end (errno is 0) or when that fails. */
static bool read_more(int fd, char *to, size_t room, size_t *used)
{
	ssize_t got;

	do
		got = read(fd, to, room);
	while (got < 0 && errno == EINTR);
	if (!got)
		errno = 0;
	*used += got > 0 ? got : 0;
	return got > 0;
}

char *file_read_fd(int fd, size_t limit, size_t *size)
{
	size_t room = 0, used = 0;
	char *data = size_find(fd, limit, &room) ? malloc(room + 1) : NULL, *larger;

	if (!data)
		return NULL;
	while (used <= limit && read_more(fd, data + used, room - used, &used)) {
		if (used < room)
			continue;
		larger = realloc(data, 2 * room + 1);
		if (!larger)
			break;
		data = larger;
		room *= 2;
	}
	if (used > limit)
		errno = EFBIG;
	if (errno) {
		free(data);
		return NULL;
	}
	data[used] = '\0';
	if (size)
		*size = used;
	return data;
}

char *file_read(const char *path, size_t limit, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), error;
	char *data;

	if (fd < 0)
		return NULL;
	data = file_read_fd(fd, limit, size);
	error = errno;
	close(fd);
	errno = error;
	return data;
}
