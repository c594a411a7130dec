// SPDX-License-Identifier: GPL-2.0-only
/*
 * debian-prove.c: quilt push -a in a Debian source package, in a place of ours, and what comes of it
 *
 * The place has the patches and those files of the kernel that patches not yet applied are about. Where
 * the package has no sources, our patch alone is pushed, onto the files of the tree that decide; this
 * is the weaker of the two.
 */
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

#define PREPARE_SECONDS "1800"

bool backport_debian_is_whole(const char *folder)
{
	return backport_path_exists(text("%s/arch/arm64/mm/flush.c", folder));
}

bool backport_debian_lists(const char *series, const char *entry)
{
	char *rest = text("%s", series ?: ""), *line;

	while ((line = backport_line_next(&rest))) {
		line[strcspn(line, " \t#")] = '\0';
		if (!strcmp(line, entry))
			return true;
	}
	return false;
}

/* A file of the kernel, of which a patch may say anything. */
static void copy_file(const char *folder, const char *place, const char *file)
{
	const char *from = text("%s/%s", folder, file), *to = text("%s/%s", place, file);

	if (*file == '/' || backport_text_starts(file, "../") || strstr(file, "/../") ||
	    backport_text_starts(file, "debian/") || backport_text_starts(file, ".pc/") ||
	    !backport_path_exists(from) || backport_path_exists(to))
		return;
	backport_folder_make(backport_folder_of(to));
	if (!backport_file_copy(from, to) && backport_path_exists(from))
		die(EXIT_UNKNOWN, "cannot copy %s: %m", from);
}

/* The files that a patch is about: without their first folder, as patch -p1 takes them. */
static void copy_files(const char *folder, const char *place, const char *patch)
{
	static const char *const begins[] = { "--- ", "+++ " };
	static const char *const plain[] = { "rename from ", "copy from " };
	char *rest = backport_file_read(patch, NULL), *line, *file;

	while (rest && (line = backport_line_next(&rest))) {
		for (int i = 0; i < 2; i++) {
			if (backport_text_starts(line, begins[i])) {
				file = line + strlen(begins[i]);
				file[strcspn(file, "\t\r")] = '\0';
				copy_file(folder, place,
					  strchr(file, '/') ? strchr(file, '/') + 1 : file);
			} else if (backport_text_starts(line, plain[i])) {
				copy_file(folder, place, line + strlen(plain[i]));
			}
		}
	}
}

static void make_changes(const char *folder, const char *place,
			 const struct backport_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];
		const char *to = text("%s%s", place, change->path + strlen(folder));

		if (!change->data) {
			backport_remove_all(to);
			continue;
		}
		backport_folder_make(backport_folder_of(to));
		backport_file_replace(to, change->data, change->size);
	}
}

/* What quilt finds applied, the files that decide, and those of what it will apply. */
static void take_sources(const char *folder, const char *place)
{
	const char *applied = backport_file_read(text("%s/.pc/applied-patches", folder), NULL);
	char *rest = backport_file_read(text("%s/debian/patches/series", place), NULL), *line;

	if (applied) {
		backport_folder_make(text("%s/.pc", place));
		backport_file_replace(text("%s/.pc/applied-patches", place), applied,
				      strlen(applied));
		backport_file_replace(text("%s/.pc/.version", place), "2\n", 2);
	}
	for (int i = 0; kernel_tree_files[i]; i++)
		copy_file(folder, place, kernel_tree_files[i]);
	while (rest && (line = backport_line_next(&rest))) {
		line[strcspn(line, " \t#")] = '\0';
		if (*line && !backport_debian_lists(applied, line))
			copy_files(folder, place, text("%s/debian/patches/%s", place, line));
	}
}

/* The files of the tree; of the patches, @entries that the package lists. */
static void take_stand_ins(const char *place, const struct backport_plan *plan,
			   const struct backport_list *entries)
{
	const char *path = text("%s/debian/patches/series", place);
	const char *series = backport_file_read(path, NULL), *ours = "";

	for (size_t i = 0; i < entries->count; i++)
		if (backport_debian_lists(series, entries->items[i]))
			ours = text("%s%s\n", ours, entries->items[i]);
	backport_file_replace(path, ours, strlen(ours));
	if (run(NULL, "cp", "--archive", "--", text("%s/.", plan->old), place))
		die(EXIT_UNKNOWN, "cannot write to %s", place);
}

/* Of what quilt says, the patch that it stopped at. */
static const char *stopped_at(char *said)
{
	const char *last = "it does not say why", *hunk = NULL;

	for (char *line; (line = backport_line_next(&said));) {
		if (strstr(line, "FAILED at") && !hunk)
			hunk = line;
		if (*line)
			last = line;
	}
	return text("%.200s%s%.200s", last, hunk ? "; " : "", hunk ?: "");
}

const char *backport_debian_prepare(const char *folder, const struct backport_changes *changes,
				    const struct backport_plan *plan,
				    const struct backport_list *entries, const char **why)
{
	const char *place = text("%s/debian", backport_work), *state;
	const bool whole = backport_debian_is_whole(folder);
	char reason[REASON_SIZE], *said = NULL;
	const struct backport_command heard = { .directory = place,
						.output = &said,
						.errors = &said };
	int code;

	backport_remove_all(place);
	backport_folder_make(text("%s/debian", place));
	if (run(NULL, "cp", "--archive", "--", text("%s/debian/patches", folder),
		text("%s/debian", place)))
		die(EXIT_UNKNOWN, "cannot write to %s", place);
	make_changes(folder, place, changes);
	if (whole)
		take_sources(folder, place);
	else
		take_stand_ins(place, plan, entries);
	code = run(&heard, "timeout", "--kill-after=10", PREPARE_SECONDS, "env",
		   "QUILT_PATCHES=debian/patches", "QUILT_SERIES=series", "QUILT_PC=.pc",
		   "QUILT_PATCH_OPTS=--fuzz=0", "quilt", "--quiltrc", "-", "push", "-a");
	/* 2: all are applied already, or there are none */
	if (code == 124 || code == 137)
		*why = "does not come to its end in " PREPARE_SECONDS " s";
	else if (code && code != 2)
		*why = text("fails: %s", stopped_at(said));
	if (code && code != 2)
		return NULL;
	state = backport_tree_read_over(whole ? folder : plan->tree, place, reason);
	*why = text("leads to '%s'", state);
	backport_remove_all(place);
	return state;
}
