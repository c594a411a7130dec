// SPDX-License-Identifier: GPL-2.0-only
/*
 * file.c: files and folders
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/backport.h"
#include "lib/file.h"

/* Of a tree, a package and its patches: the largest, a patch of a stable release, has 10 MB. */
#define FILE_MAX_SIZE (512ul << 20)

char *backport_file_read(const char *path, size_t *size)
{
	return file_read(path, FILE_MAX_SIZE, size);
}

bool backport_file_write(const char *path, const char *data, size_t size, const struct stat *like)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	bool done = fd >= 0;

	for (size_t at = 0; done && at < size;) {
		ssize_t written = write(fd, data + at, size - at);

		done = written > 0;
		at += done ? written : 0;
	}
	/* Whoever may not give a file away keeps it: its mode is what the tree needs. */
	if (done && like && fchown(fd, like->st_uid, like->st_gid))
		errno = 0;
	done = done && !fchmod(fd, like ? like->st_mode & 07777 : 0644) && !fsync(fd);
	if (fd >= 0)
		done = !close(fd) && done;
	return done;
}

bool backport_file_copy(const char *from, const char *to)
{
	struct stat status;
	size_t size;
	char *data = backport_file_read(from, &size);
	bool done = data && !stat(from, &status) && backport_file_write(to, data, size, &status);

	free(data);
	return done;
}

void backport_file_replace(const char *path, const char *data, size_t size)
{
	const char *written = text("%s" BACKPORT_NEW, path);
	struct stat status;
	const bool there = !stat(path, &status);

	unlink(written);
	if (!backport_file_write(written, data, size, there ? &status : NULL) ||
	    rename(written, path))
		die(EXIT_UNKNOWN, "cannot write %s: %m", path);
}

bool backport_path_exists(const char *path)
{
	return !access(path, F_OK);
}

bool backport_folder_make(const char *path)
{
	char *copy = text("%s", path);

	for (char *slash = copy + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(copy, 0777);
		*slash = '/';
	}
	mkdir(copy, 0777);
	free(copy);
	return !access(path, W_OK | X_OK);
}

bool backport_folder_is_empty(const char *path)
{
	DIR *folder = opendir(path);
	struct dirent *entry;
	bool empty = folder;

	while (empty && (entry = readdir(folder)))
		empty = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	if (folder)
		closedir(folder);
	return empty;
}

char *backport_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return text(".");
	return slash == path ? text("/") : text("%.*s", (int)(slash - path), path);
}

const char *backport_base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void backport_remove_all(const char *path)
{
	char *roots[] = { text("%s", path), NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (walk && (entry = fts_read(walk))) {
		/* Folders of a read-only tree; a file may have other names, whose mode is not ours. */
		if (entry->fts_info == FTS_D)
			chmod(entry->fts_accpath, 0700);
		else if (entry->fts_info == FTS_DP || entry->fts_info == FTS_DNR)
			rmdir(entry->fts_accpath);
		else if (entry->fts_info != FTS_NS || entry->fts_errno != ENOENT)
			unlink(entry->fts_accpath);
	}
	if (walk)
		fts_close(walk);
}
