// SPDX-License-Identifier: GPL-2.0-only
/*
 * change.c: what an export will write into a package, known as a whole before anything is written
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/backport.h"

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

static const char *new_name(const struct backport_change *change)
{
	return text("%s" BACKPORT_NEW, change->path);
}

/* Ends the program with everything as it was: those before @done are put back, no new file stays. */
static void put_back(const struct backport_changes *changes, const struct backport_changes *old,
		     size_t done)
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
	die(EXIT_UNKNOWN, "cannot write %s: %s; nothing was changed", path, problem);
}

void backport_changes_install(const struct backport_changes *changes)
{
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
			put_back(&(struct backport_changes){ changes->items, i + 1 }, &old, 0);
	}
	for (i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];

		if (change->data ? rename(new_name(change), change->path) :
				   unlink(change->path) && errno != ENOENT)
			put_back(changes, &old, i);
	}
}

bool backport_change_was_cut(const char *path)
{
	return backport_path_exists(text("%s" BACKPORT_NEW, path));
}
