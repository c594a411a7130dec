// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c: a finished report to its place
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/say.h"
#include "report/output.h"

static bool write_all(int fd, const char *text, size_t length)
{
	while (length) {
		const ssize_t written = write(fd, text, length);

		if (written < 0 && errno != EINTR)
			return false;
		if (written > 0) {
			text += written;
			length -= written;
		}
	}
	return true;
}

/* To a new file beside @path, which then takes its name. */
static bool replace_file(const char *path, const char *text, size_t length)
{
	const mode_t mask = umask(0);
	char *temporary;
	bool written;
	int fd;

	umask(mask);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return false;
	fd = mkstemp(temporary);
	written = fd >= 0 && write_all(fd, text, length) && !fchmod(fd, 0666 & ~mask) &&
		  !fsync(fd) && !rename(temporary, path);
	if (!written && fd >= 0) {
		const int error = errno;

		unlink(temporary);
		errno = error;
	}
	if (fd >= 0)
		close(fd);
	free(temporary);
	return written;
}

static bool write_special(const char *path, const char *text, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool written = fd >= 0 && write_all(fd, text, length);

	if (fd >= 0)
		close(fd);
	return written;
}

bool report_write_output(const char *path, const char *text, size_t length)
{
	char target[PATH_MAX];
	struct stat status;
	bool written;

	if (!path)
		written = write_all(STDOUT_FILENO, text, length);
	else if (!stat(path, &status) && !S_ISREG(status.st_mode))
		written = write_special(path, text, length);
	else	/* behind a symbolic link, the file that it names */
		written = replace_file(realpath(path, target) ? target : path, text, length);
	if (!written)
		say("%s: %s: the report is not written", path ? path : "standard output",
		    strerror(errno));
	return written;
}
