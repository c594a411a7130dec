// SPDX-License-Identifier: GPL-2.0-only
/*
 * change.c: what an export will write into a package, known as a whole before anything is written
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/backport.h"
#include "kernel/digest.h"

void backport_change_add(struct backport_changes *changes, const char *path, const char *data,
			 size_t size)
{
	struct backport_change *items = realloc(changes->items,
						(changes->count + 1) * sizeof(*items));

	if (!items)
		die(EXIT_UNKNOWN, "out of memory");
	changes->items = items;
	items[changes->count++] = (struct backport_change){ path, data, size };
}

void backport_change_add_text(struct backport_changes *changes, const char *path, const char *data)
{
	backport_change_add(changes, path, data, data ? strlen(data) : 0);
}

/* Text as diff(1) shows it; of an archive, that it changes. */
static void diff(const struct backport_change *change)
{
	const bool is_text = !change->data || !memchr(change->data, '\0', change->size);
	const char *made = text("%s/made", backport_work);
	const char *old = backport_path_exists(change->path) ? change->path : "/dev/null";
	char *shown = NULL;
	const struct backport_command heard = { .output = &shown };

	if (!is_text) {
		printf("Binary file %s changes\n", change->path);
		return;
	}
	unlink(made);
	if (change->data && !backport_file_write(made, change->data, change->size, NULL))
		die(EXIT_UNKNOWN, "cannot write %s: %m", made);
	if (run(&heard, "diff", "--unified", "--text", text("--label=%s", old),
		text("--label=%s", change->data ? change->path : "/dev/null"), "--", old,
		change->data ? made : "/dev/null") > 1)
		die(EXIT_UNKNOWN, "diff(1) failed on %s", change->path);
	for (char *rest = shown, *line; (line = backport_line_next(&rest));) {
		for (char *tab; (tab = strchr(line, '\t')); line = tab + 1) {
			*tab = '\0';
			text_print(stdout, line);
			putchar('\t');
		}
		text_line(stdout, "%s", line);
	}
}

void backport_changes_show(const struct backport_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++)
		diff(&changes->items[i]);
}

void backport_changes_check(const struct backport_changes *changes)
{
	struct stat status;

	for (size_t i = 0; i < changes->count; i++)
		if (!lstat(changes->items[i].path, &status) && !S_ISREG(status.st_mode))
			backport_refuse(text("%s is no file of its own", changes->items[i].path),
					"nothing was changed; put the file itself there");
}

static const char *new_name(const struct backport_change *change)
{
	return text("%s" BACKPORT_NEW, change->path);
}

/* Ends the program with everything as it was: those before @done are put back, no new file stays. */
static void put_back(const struct backport_changes *changes, const struct backport_changes *old,
		     size_t done, const char *note)
{
	const char *problem = strerror(errno), *path = changes->items[done].path;

	for (size_t i = 0; i < changes->count; i++)
		unlink(new_name(&changes->items[i]));
	while (done--)
		if (old->items[done].data)
			backport_file_replace(old->items[done].path, old->items[done].data,
					      old->items[done].size);
		else
			unlink(old->items[done].path);
	if (note)
		unlink(note);
	die(EXIT_UNKNOWN, "cannot write %s: %s; nothing was changed", path, problem);
}

/* The note that names of the package which has the file @path are being changed. */
static char *note_of(const char *path)
{
	const char *whole = realpath(path, NULL) ?: path;
	char hex[65];

	kernel_digest(whole, strlen(whole), hex);
	return text("%s/export-%.12s", backport_cache_folder(), hex);
}

static void leftovers_remove(const char *folder)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;
	struct stat status;

	while (entries && (entry = readdir(entries))) {
		const char *path = text("%s/%s", folder, entry->d_name);
		const size_t length = strlen(path);

		if (length > strlen(BACKPORT_NEW) &&
		    !strcmp(path + length - strlen(BACKPORT_NEW), BACKPORT_NEW) &&
		    !lstat(path, &status) && S_ISREG(status.st_mode))
			unlink(path);
	}
	if (entries)
		closedir(entries);
}

bool backport_changes_begin(const char *path, const struct backport_list *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		leftovers_remove(folders->items[i]);
	return backport_path_exists(note_of(path));
}

void backport_changes_end(const char *path)
{
	unlink(note_of(path));
}

void backport_changes_install(const struct backport_changes *changes, const char *path)
{
	const char *note = note_of(path);
	struct backport_changes old = { 0 };
	struct stat status;
	size_t i, size = 0;
	char *data;

	/* All that can fail for want of room or rights is done before anything is changed. */
	for (i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];
		const bool there = !stat(change->path, &status);

		data = there ? backport_file_read(change->path, &size) : NULL;
		backport_change_add(&old, change->path, data, size);
		unlink(new_name(change));
		if ((there && !data) ||
		    (change->data && !backport_file_write(new_name(change), change->data,
							  change->size, there ? &status : NULL)))
			put_back(&(struct backport_changes){ changes->items, i + 1 }, &old, 0,
				 NULL);
	}
	/* Without a cache, a run that is killed from here on is not finished by the next. */
	if (backport_folder_make(backport_cache_folder()))
		backport_file_write(note, "", 0, NULL);
	for (i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];

		if (change->data ? rename(new_name(change), change->path) :
				   unlink(change->path) && errno != ENOENT)
			put_back(changes, &old, i, note);
	}
	backport_changes_end(path);
}
