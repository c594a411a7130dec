// SPDX-License-Identifier: GPL-2.0-only
/*
 * cgroup.c: the folder of a cgroup, by the number that the kernel gives it
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/text.h"
#include "who/who.h"

/* Types of a handle that is such a number: since 5.5, and before (fs/kernfs/mount.c). */
enum { HANDLE_KERNFS = 0xfe, HANDLE_INODE = 1 };

static int open_number(int mount, int type, uint64_t number)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(number)];
	} file = { .handle = { .handle_bytes = sizeof(number), .handle_type = type } };

	memcpy(file.handle.f_handle, &number, sizeof(number));
	return open_by_handle_at(mount, &file.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Below the mount point, "/a/b"; "" for the root and for what is gone. */
static char *path_of(const char *point, int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	if (strncmp(path, point, strlen(point)))
		return text("%s", "");
	text_make_printable(path);
	return text("%s", path + strlen(point));
}

/* Where systemd mounts version 2, alone or beside version 1. */
char *who_cgroup_name(const char *root, uint64_t number)
{
	static const char *const points[] = { "/sys/fs/cgroup/unified", "/sys/fs/cgroup" };
	char *name = NULL;

	for (size_t i = 0; number && !name && i < sizeof(points) / sizeof(points[0]); i++) {
		char point[PATH_MAX];
		int mount, fd;

		snprintf(point, sizeof(point), "%s%s", root, points[i]);
		mount = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (mount < 0)
			continue;
		fd = open_number(mount, HANDLE_KERNFS, number);
		if (fd < 0)
			fd = open_number(mount, HANDLE_INODE, number);
		if (fd >= 0) {
			name = path_of(point, fd);
			close(fd);
		}
		close(mount);
	}
	return name ? name : text("%s", "");
}
