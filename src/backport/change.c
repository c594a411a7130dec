// SPDX-License-Identifier: GPL-2.0-only
/*
 * change.c: what an export will write into a package, known as a whole before anything is written
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
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

void backport_changes_install(const struct backport_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];

		if (change->data)
			backport_file_replace(change->path, change->data, change->size);
		else if (unlink(change->path) && errno != ENOENT)
			die(EXIT_UNKNOWN, "cannot remove %s: %m", change->path);
	}
}
