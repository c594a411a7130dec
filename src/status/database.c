// SPDX-License-Identifier: GPL-2.0-only
/*
 * database.c: what other programs know; of rpm, what it knows of a file in a system below --root, whose
 * database is a stranger's
 *
 * rpm makes a database where it finds none, opens one with a journal beside it, and follows links to
 * it: even a question writes. So it is asked about a copy, in a folder of ours.
 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beneath.h"
#include "lib/file.h"
#include "lib/program.h"
#include "lib/text.h"
#include "status/status.h"

/* Of all files together: that of a server has up to 300 MiB. */
#define DATABASE_MAX (1ul << 30)
/* A database of packages under --root may be one that never ends, a pipe for example. */
#define PROGRAM_S 30
/* A system may have any number of modules, each packed so that modinfo never ends: of all questions together. */
#define PROGRAMS_MS 60000

int status_first_line(char *line, size_t size, const char *const *argv)
{
	static long left = PROGRAMS_MS;
	const struct program_call call = {
		.argv = argv,
		/* Where they are on Debian, root or not. */
		.path = "/usr/sbin:/sbin:/usr/bin:/bin",
		.no_stderr = true,
		.seconds = PROGRAM_S,
		.budget = &left,
	};

	return program_first_line(&call, line, size);
}

/* Where rpm has its database here; "" where there is no rpm. */
static void find_place(char *line, size_t size)
{
	const char *const argv[] = { "rpm", "--eval", "%{_dbpath}", NULL };

	if (status_first_line(line, size, argv) || line[0] != '/')
		line[0] = '\0';
}

/* A descriptor of the folder @name below the root folder; -1: there is none. */
static int open_folder(const struct status_machine *machine, const char *name)
{
	const int root = open(machine->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int folder = beneath_open(root, name, O_RDONLY | O_DIRECTORY, 0);

	if (root >= 0)
		close(root);
	return folder;
}

/* Adds what was copied to @size; false when there is too much, or no room. */
static bool copy_file(int folder, const char *name, int copies, size_t *size)
{
	const int from = beneath_open(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	static char part[1 << 16];
	struct stat status;
	bool done = true;
	ssize_t got;
	int to;

	/* What is no file is no part of the database. */
	if (from < 0 || fstat(from, &status) || !S_ISREG(status.st_mode)) {
		if (from >= 0)
			close(from);
		return true;
	}
	to = file_create_at(copies, name, 0600);
	done = to >= 0;
	while (done && (got = read(from, part, sizeof(part))) > 0) {
		*size += got;
		done = *size <= DATABASE_MAX && file_write_fd(to, part, got);
	}
	if (to >= 0)
		close(to);
	close(from);
	return done;
}

/* False: there is no database, or it is larger than any. */
static bool copy_database(int folder, int copies)
{
	DIR *entries = fdopendir(dup(folder));
	const struct dirent *entry;
	size_t size = 0, files = 0;
	bool done = entries;

	while (done && (entry = readdir(entries)))
		if (entry->d_name[0] != '.')
			done = ++files < 1000 && copy_file(folder, entry->d_name, copies, &size);
	if (entries)
		closedir(entries);
	return done && size;
}

/* The copy, "" before it is made and where it cannot be; it goes with the program. */
static char copy_path[PATH_MAX];

static void copy_remove(void)
{
	const int folder = open(copy_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		unlinkat(folder, entry->d_name, 0);
	if (entries)
		closedir(entries);
	rmdir(copy_path);
}

/* Of the database in the folder @name below the root, once for all questions. */
static void copy_make(const struct status_machine *machine, const char *name)
{
	const int folder = open_folder(machine, name);
	bool done = false;
	int copies = -1;

	snprintf(copy_path, sizeof(copy_path), "%s/icache-ipi-status.XXXXXX",
		 getenv("TMPDIR") ?: "/tmp");
	if (folder >= 0 && mkdtemp(copy_path)) {
		atexit(copy_remove);
		copies = open(copy_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		done = copies >= 0 && copy_database(folder, copies);
		if (!done)
			copy_remove();
	}
	if (copies >= 0)
		close(copies);
	if (folder >= 0)
		close(folder);
	if (!done)
		copy_path[0] = '\0';
}

bool status_ask_rpm(const struct status_machine *machine, const char *file, char *line, size_t size)
{
	const char *const own[] = { "rpm",    "--query", "--queryformat=%{NAME}\n",
				    "--file", file,	 NULL };
	const char *const copied[] = {
		"rpm",	  "--dbpath", copy_path, "--query", "--queryformat=%{NAME}\n",
		"--file", file,	      NULL
	};
	static char place[512];
	static bool asked;

	if (!asked)
		find_place(place, sizeof(place));
	if (!asked && machine->root[0] && place[0])
		copy_make(machine, place + 1);
	asked = true;
	if (machine->root[0])
		return copy_path[0] && !status_first_line(line, size, copied);
	/* rpm makes a database where there is none: it is asked only where there is one. */
	return place[0] && !access(place, F_OK) && !status_first_line(line, size, own);
}
