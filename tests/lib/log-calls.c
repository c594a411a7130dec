// SPDX-License-Identifier: GPL-2.0-only
/*
 * log-calls.c: preloaded into a program, writes into the file LOG_CALLS what it renames, removes and has
 * written to disk below the folder LOG_BELOW, a line each, in that order. NO_EXCHANGE makes the file system
 * one that cannot exchange two names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void note(const char *call, const char *path)
{
	const char *below = getenv("LOG_BELOW"), *log = getenv("LOG_CALLS");
	const size_t length = below ? strlen(below) : 0;
	FILE *file;

	if (!log || !length || strncmp(path, below, length) ||
	    (path[length] && path[length] != '/'))
		return;
	file = fopen(log, "a");
	if (!file)
		abort();
	fprintf(file, "%s %s\n", call, path[length] ? path + length + 1 : ".");
	fclose(file);
}

static void note_open(const char *call, int fd, const char *name)
{
	char link[40], path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 300);
	path[length < 0 ? 0 : length] = '\0';
	if (name)
		snprintf(path + strlen(path), 300, "/%s", name);
	note(call, path);
}

int rename(const char *from, const char *to)
{
	note("rename", to);
	return REAL(rename)(from, to);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	note_open("rename", to_at, to);
	return REAL(renameat)(from_at, from, to_at, to);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned int flags)
{
	if (getenv("NO_EXCHANGE")) {
		errno = EINVAL;
		return -1;
	}
	note_open("exchange", to_at, to);
	return REAL(renameat2)(from_at, from, to_at, to, flags);
}

int unlink(const char *path)
{
	if (!access(path, F_OK))
		note("remove", path);
	return REAL(unlink)(path);
}

int fsync(int fd)
{
	note_open("sync", fd, NULL);
	return REAL(fsync)(fd);
}
