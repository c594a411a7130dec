// SPDX-License-Identifier: GPL-2.0-only
/*
 * kill-at.c: preloaded into a program, ends it by SIGKILL before the call that changes a file
 * system and has the number KILL_AT (1 is the first), below the folder KILL_BELOW
 *
 * Writing to disk counts wherever it is, without KILL_BELOW_ONLY.
 * Without KILL_AT it only counts, and leaves the number in the file KILL_COUNT. FAIL_EXCHANGE and
 * FAIL_LINK make the file system one that cannot do these.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long calls;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void step(const char *path)
{
	const char *below = getenv("KILL_BELOW"), *at = getenv("KILL_AT");

	if (!below || (path && strncmp(path, below, strlen(below))))
		return;
	calls++;
	if (at && calls == atol(at))
		raise(SIGKILL);
}

/* The same for @name in the folder @at. */
static void step_at(int at, const char *name)
{
	char link[40], path[8192];
	ssize_t length;

	if (at == AT_FDCWD || *name == '/') {
		step(name);
		return;
	}
	snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
	length = readlink(link, path, 4096);
	snprintf(path + (length < 0 ? 0 : length), sizeof(path) - 4096, "/%s", name);
	step(path);
}

__attribute__((destructor)) static void leave_count(void)
{
	const char *path = getenv("KILL_COUNT");
	FILE *file = path && calls ? fopen(path, "w") : NULL;

	if (file) {
		fprintf(file, "%ld\n", calls);
		fclose(file);
	}
}

int open(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
	va_end(arguments);
	if (flags & O_CREAT)
		step(path);
	return REAL(open)(path, flags, mode);
}

/* The same for what is open as @fd; the folder KILL_BELOW itself counts, too. */
static void step_open(int fd)
{
	char name[40], path[4096];
	ssize_t length;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = readlink(name, path, sizeof(path) - 2);
	snprintf(path + (length < 0 ? 0 : length), 2, "/");
	step(path);
}

ssize_t write(int fd, const void *data, size_t size)
{
	step_open(fd);
	/* In two halves, to be killed in the midst of it as well. */
	return REAL(write)(fd, data, size > 1 && getenv("KILL_BELOW") ? size / 2 : size);
}

int mkdir(const char *path, mode_t mode)
{
	step(path);
	return REAL(mkdir)(path, mode);
}

int rename(const char *from, const char *to)
{
	step(to);
	return REAL(rename)(from, to);
}

int renameat(int from_at, const char *from, int to_at, const char *to)
{
	step_at(to_at, to);
	return REAL(renameat)(from_at, from, to_at, to);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned int flags)
{
	step_at(to_at, to);
	if (getenv("FAIL_EXCHANGE")) {
		errno = EINVAL;
		return -1;
	}
	return REAL(renameat2)(from_at, from, to_at, to, flags);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags)
{
	step(to);
	if (getenv("FAIL_LINK")) {
		errno = EPERM;
		return -1;
	}
	return REAL(linkat)(from_at, from, to_at, to, flags);
}

int unlink(const char *path)
{
	step(path);
	return REAL(unlink)(path);
}

int rmdir(const char *path)
{
	step(path);
	return REAL(rmdir)(path);
}

int fsync(int fd)
{
	if (getenv("KILL_BELOW_ONLY"))
		step_open(fd);
	else
		step(NULL);
	return REAL(fsync)(fd);
}
