// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c: whole files: into memory within a bound, and onto disk in one step
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"

/* Where a file does not say how large it is (/proc), it is read in steps that double. */
#define FIRST_ROOM (64u << 10)
/* What is read line by line: a System.map has some MiB. Holes cost nothing to make, and hours to read. */
#define OPEN_SIZE_MAX (256ul << 20)

/* False when @fd has no file for us, and then errno says why; else what it says of its size. */
static bool size_find(int fd, size_t limit, size_t *room)
{
	struct stat status;

	if (fstat(fd, &status))
		return false;
	errno = S_ISDIR(status.st_mode)		  ? EISDIR :
		!S_ISREG(status.st_mode)	  ? ENOTSUP :
		(uintmax_t)status.st_size > limit ? EFBIG :
						    0;
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

static char *read_all(int fd, size_t room, size_t limit, size_t *size)
{
	char *data = malloc(room + 1), *larger;
	size_t used = 0;

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

char *file_read_fd(int fd, size_t limit, size_t *size)
{
	size_t room;

	return size_find(fd, limit, &room) ? read_all(fd, room, limit, size) : NULL;
}

/* Without waiting for whoever is at the other end, and without becoming a terminal's own. */
static int open_for_reading(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* For an error that is worth more than that of close(). */
static void close_quietly(int fd)
{
	const int error = errno;

	close(fd);
	errno = error;
}

char *file_read(const char *path, size_t limit, size_t *size)
{
	int fd = open_for_reading(path);
	char *data;

	if (fd < 0)
		return NULL;
	data = file_read_fd(fd, limit, size);
	close_quietly(fd);
	return data;
}

char *file_read_stream(const char *path, size_t limit, size_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char *data;

	if (fd < 0)
		return NULL;
	data = read_all(fd, FIRST_ROOM, limit, size);
	close_quietly(fd);
	return data;
}

FILE *file_open(const char *path)
{
	int fd = open_for_reading(path);
	size_t room;
	FILE *file;

	if (fd < 0)
		return NULL;
	file = size_find(fd, OPEN_SIZE_MAX, &room) ? fdopen(fd, "r") : NULL;
	if (!file)
		close_quietly(fd);
	return file;
}

bool file_write_fd(int fd, const char *data, size_t size)
{
	while (size) {
		const ssize_t written = write(fd, data, size);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			data += written;
			size -= written;
		}
	}
	return true;
}

int file_create_at(int folder, const char *name, mode_t mode)
{
	unlinkat(folder, name, 0);
	return openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

/* ".NAME.NUMBER": no two runs write the same. */
static bool temporary_name(const char *name, char temporary[NAME_MAX + 1])
{
	uint32_t number;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return false;
	errno = ENAMETOOLONG;
	return snprintf(temporary, NAME_MAX + 1, ".%s.%08x", name, number) <= NAME_MAX;
}

bool file_replace_at(int folder, const char *name, const char *data, size_t size, mode_t mode)
{
	char temporary[NAME_MAX + 1];
	bool written;
	int fd, error;

	if (!temporary_name(name, temporary))
		return false;
	fd = file_create_at(folder, temporary, 0600);
	if (fd < 0)
		return false;
	written = file_write_fd(fd, data, size) && !fchmod(fd, mode) && !fsync(fd) &&
		  !renameat(folder, temporary, folder, name);
	error = errno;
	if (!written)
		unlinkat(folder, temporary, 0);
	close(fd);
	errno = error;
	return written;
}

mode_t file_default_mode(void)
{
	const mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

void file_open_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}
