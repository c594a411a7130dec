// SPDX-License-Identifier: GPL-2.0-only
/*
 * beneath.c: files of a folder that somebody else may have filled
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

#include "lib/beneath.h"

/* Nothing but names, each of them of something in the folder before it. */
static bool is_plain(const char *name)
{
	size_t length;

	do {
		length = strcspn(name, "/");
		if (!length || (length <= 2 && !strncmp(name, "..", length)))
			return false;
		name += length;
	} while (*name++);
	return true;
}

/* The same on kernels before 5.6: one component after the other. */
static int open_by_steps(int folder, const char *name, int flags, mode_t mode)
{
	int at = folder, next;
	const char *slash;

	while ((slash = strchr(name, '/'))) {
		char part[NAME_MAX + 1];

		if ((size_t)(slash - name) >= sizeof(part)) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			snprintf(part, sizeof(part), "%.*s", (int)(slash - name), name);
			next = openat(at, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (at != folder)
			close(at);
		if (next < 0)
			return -1;
		at = next;
		name = slash + 1;
	}
	next = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
	if (at != folder)
		close(at);
	return next;
}

int beneath_open(int folder, const char *name, int flags, mode_t mode)
{
	if (!is_plain(name)) {
		errno = EXDEV;
		return -1;
	}
#ifdef SYS_openat2
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.mode = flags & O_CREAT ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	const int fd = syscall(SYS_openat2, folder, name, &how, sizeof(how));

	/* A sandbox that does not know the call says EPERM. */
	if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
		return fd;
#endif
	return open_by_steps(folder, name, flags, mode);
}

int beneath_open_parent(int folder, const char *name, const char **base)
{
	const char *slash = strrchr(name, '/');
	char parent[PATH_MAX];

	*base = slash ? slash + 1 : name;
	if (!slash)
		return is_plain(name) ? openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) :
					beneath_open(folder, name, 0, 0);
	if (!is_plain(name) || (size_t)(slash - name) >= sizeof(parent)) {
		errno = EXDEV;
		return -1;
	}
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - name), name);
	return beneath_open(folder, parent, O_RDONLY | O_DIRECTORY, 0);
}
