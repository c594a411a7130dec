// SPDX-License-Identifier: GPL-2.0-only
/*
 * cleanup.c: what a run leaves behind is nothing but what it was asked for
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backport/backport.h"

const char *backport_work, *backport_unfinished;

static void clean_up(void)
{
	backport_command_uninterrupted();
	if (backport_unfinished)
		backport_tree_remove(backport_unfinished);
	if (backport_work)
		backport_remove_all(backport_work);
}

/*
 * Removes what a run that was killed left of these: its lock went with it. Only folders of ours alone,
 * as mkdtemp() makes them.
 */
static void leftover_remove(const char *folder, const char *name)
{
	const char *path = text("%s/%s", folder, name);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return;
	if (!fstat(fd, &status) && status.st_uid == geteuid() && !(status.st_mode & 077) &&
	    !flock(fd, LOCK_EX | LOCK_NB))
		backport_tree_remove(path);
	close(fd);
}

static void leftovers_remove(const char *folder, const char *prefix)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (backport_text_starts(entry->d_name, prefix) &&
		    strlen(entry->d_name) == strlen(prefix) + strlen("XXXXXX"))
			leftover_remove(folder, entry->d_name);
	if (entries)
		closedir(entries);
}

char *backport_folder_new(const char *folder, const char *prefix)
{
	char *path;
	int fd;

	leftovers_remove(folder, prefix);
	/* Between the making of a folder and its lock another run may take it for a leftover. */
	for (int tries = 0; tries < 100; tries++) {
		path = text("%s/%sXXXXXX", folder, prefix);
		if (!mkdtemp(path))
			return NULL;
		/* Never closed: the lock lasts as long as the program. */
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && (!flock(fd, LOCK_EX | LOCK_NB) || errno != EWOULDBLOCK) &&
		    backport_path_exists(path))
			return path;
		if (fd >= 0)
			close(fd);
	}
	errno = EBUSY;
	return NULL;
}

int backport_folder_lock(const char *path, bool *waited)
{
	/* Never closed: the lock lasts as long as the program. */
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*waited = false;
	if (fd < 0)
		die(EXIT_UNKNOWN, "cannot open %s: %m", path);
	/* Network file systems cannot lock a folder. */
	if (flock(fd, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		*waited = true;
		if (flock(fd, LOCK_EX))
			die(EXIT_UNKNOWN, "interrupted: nothing was changed");
	}
	return fd;
}

void backport_cleanup_begin(void)
{
	const char *folder = getenv("TMPDIR") ?: "/tmp";

	atexit(clean_up);
	backport_work = backport_folder_new(folder, "icache-ipi-backport.");
	if (!backport_work)
		die(EXIT_UNKNOWN, "cannot write to %s: %m; set TMPDIR", folder);
}
