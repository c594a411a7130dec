// SPDX-License-Identifier: GPL-2.0-only
/*
 * output.c: a finished report to its place
 *
 * A folder that others write to may hold what they put there: a link to a file of ours, a pipe that
 * nobody reads. Links and pipes are used when they are the user's own or root's, and replaced when not.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/say.h"
#include "report/output.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

static bool is_trusted(const struct stat *status)
{
	return !status->st_uid || status->st_uid == geteuid();
}

/* What the link @path names, in its place; false: that is too long, or no path. */
static bool follow_link(char path[PATH_MAX])
{
	char named[PATH_MAX], joined[2 * PATH_MAX];
	const ssize_t length = readlink(path, named, sizeof(named) - 1);
	const char *slash = strrchr(path, '/');
	const int folder = slash ? slash + 1 - path : 0;

	if (length <= 0)
		return false;
	named[length] = '\0';
	snprintf(joined, sizeof(joined), "%.*s%s", *named == '/' ? 0 : folder, path, named);
	if (strlen(joined) >= PATH_MAX)
		return false;
	strcpy(path, joined);
	return true;
}

/* Follows links of trusted owners: @status is of what @path then is; false: nothing yet. */
static bool find_target(char path[PATH_MAX], struct stat *status)
{
	for (int links = 0; !lstat(path, status); links++)
		if (!S_ISLNK(status->st_mode) || !is_trusted(status) || links == LINKS_MAX ||
		    !follow_link(path))
			return true;
	return false;
}

static bool replace_file(const char *path, const char *text, size_t length)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX] = ".";
	bool written;
	int fd;

	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", slash > path ? (int)(slash - path) : 1,
			 path);
	fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	written = fd >= 0 &&
		  file_replace_at(fd, slash ? slash + 1 : path, text, length, file_default_mode());
	if (fd >= 0) {
		const int error = errno;

		close(fd);
		errno = error;
	}
	return written;
}

static bool write_special(const char *path, const char *text, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	const bool written = fd >= 0 && file_write_fd(fd, text, length);

	if (fd >= 0)
		close(fd);
	return written;
}

static bool write_path(const char *path, const char *text, size_t length)
{
	char target[PATH_MAX];
	struct stat status, behind;
	bool found;

	if ((size_t)snprintf(target, sizeof(target), "%s", path) >= sizeof(target)) {
		errno = ENAMETOOLONG;
		return false;
	}
	found = find_target(target, &status);
	if (found && !is_trusted(&status) && (S_ISLNK(status.st_mode) || S_ISFIFO(status.st_mode)))
		return replace_file(target, text, length);
	/* /dev/stdout leads to what has no path. */
	if (!stat(path, &behind) && !S_ISREG(behind.st_mode))
		return write_special(path, text, length);
	return replace_file(target, text, length);
}

bool report_write_output(const char *path, const char *text, size_t length)
{
	const bool written = path ? write_path(path, text, length) :
				    file_write_fd(STDOUT_FILENO, text, length);

	if (!written)
		say("%s: %s: the report is not written", path ? path : "standard output",
		    strerror(errno));
	return written;
}
