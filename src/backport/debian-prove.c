// SPDX-License-Identifier: GPL-2.0-only
/*
 * debian-prove.c: quilt push -a in a Debian source package, in a place of ours, and what comes of it
 *
 * The place has the patches that the list names, and a tree: those files of the kernel that patches not yet
 * applied are about. Where the package has no sources, our patch alone is pushed, onto the files of the tree
 * that decide; this is the weaker of the two.
 *
 * quilt is a script: it has awk and a shell read the names in the list, and gives patch(1) the words behind
 * them. So names are plain ones here, and options those that say how to apply a patch. Patches, and what
 * quilt notes for itself, are where no patch can change them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"
#include "lib/beneath.h"
#include "lib/file.h"

/* Of one file: the largest patch of a stable release has 10 MB. */
#define PATCH_MAX_SIZE (512ul << 20)
#define PLAIN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+~,:=@%-"

/* Where quilt works: @tree, @patches, @notes in the tree, whose name is of this run alone. */
struct place {
	const char *top, *tree, *patches, *notes;
};

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

/* Names with slashes between, none of them ".", ".." or an option: nothing that awk or a shell reads. */
static bool is_plain(const char *name)
{
	size_t length;

	do {
		length = strspn(name, PLAIN);
		if (!length || *name == '-' || (length <= 2 && !strncmp(name, "..", length)))
			return false;
		name += length;
	} while (*name == '/' && name++);
	return !*name;
}

/* -p1, -pab, -R: what dpkg-source and quilt write themselves. */
static bool is_plain_option(const char *word)
{
	return !strcmp(word, "-R") || !strcmp(word, "-pab") ||
	       (backport_text_starts(word, "-p") && word[2] >= '0' && word[2] <= '9' && !word[3]);
}

/* Refuses a list of patches that says more than names and how to apply them. */
static void check_list(const char *folder, const char *file, const char *list)
{
	char *rest = text("%s", list ?: ""), *line;

	while ((line = backport_line_next(&rest))) {
		const char *said = text("%s", line), *name, *word;
		bool plain;

		line[strcspn(line, "#")] = '\0';
		name = strsep(&line, " \t\r");
		plain = !*name || is_plain(name);
		while (plain && (word = strsep(&line, " \t\r")))
			plain = !*word || (*name && is_plain_option(word));
		if (!plain)
			backport_refuse(
				text("%s/%s: '%.200s' is more than a plain name with -p1 or -R",
				     folder, file, said),
				"nothing was changed; quilt would read options and commands in it");
	}
}

/* A regular file beneath @from that no link leads to; false: errno says why. */
static bool copy_beneath(const char *from, const char *name, const char *to)
{
	const int folder = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int fd = beneath_open(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char *data = NULL;
	size_t size;
	bool done;

	if (fd >= 0)
		data = file_read_fd(fd, PATCH_MAX_SIZE, &size);
	done = data && backport_folder_make(backport_folder_of(to)) &&
	       backport_file_write(to, data, size, NULL);
	free(data);
	for (int i = 0, error = errno; i < 2; i++, errno = error)
		if ((i ? fd : folder) >= 0)
			close(i ? fd : folder);
	return done;
}

/* The list, and the patches that it names. One that is not there is quilt's to find. */
static void take_patches(const char *folder, const struct place *place)
{
	const char *patches = text("%s/debian/patches", folder);
	const char *list = text("%s/series", place->patches);
	char *rest, *line;

	if (!copy_beneath(folder, "debian/patches/series", list))
		backport_refuse(text("cannot read %s/series: %m", patches),
				"nothing was changed; put the list of patches there");
	rest = backport_file_read(list, NULL);
	check_list(folder, "debian/patches/series", rest);
	while (rest && (line = backport_line_next(&rest))) {
		const char *to;

		line[strcspn(line, " \t\r#")] = '\0';
		to = text("%s/%s", place->patches, line);
		if (*line && !backport_path_exists(to) && !copy_beneath(patches, line, to) &&
		    errno != ENOENT)
			backport_refuse(text("cannot read %s/%s: %s", patches, line,
					     errno == ELOOP || errno == ENOTDIR ?
						     "a link leads out of that folder" :
						     strerror(errno)),
					"nothing was changed; put the patch itself there");
	}
}

/* A file of the kernel, of which a patch may say anything. */
static void copy_file(const char *folder, const char *tree, const char *file)
{
	const char *to = text("%s/%s", tree, file);

	/* One that is not there, or is no file, quilt will miss by itself. */
	if (*file && !backport_path_exists(to) && !copy_beneath(folder, file, to) &&
	    (errno == ENOSPC || errno == EDQUOT))
		die(EXIT_UNKNOWN, "cannot copy %s/%s: %m", folder, file);
}

/* The files that a patch is about: without their first folder, as patch -p1 takes them. */
static void copy_files(const char *folder, const char *tree, const char *patch)
{
	static const char *const begins[] = { "--- ", "+++ " };
	static const char *const plain[] = { "rename from ", "copy from " };
	char *rest = backport_file_read(patch, NULL), *line, *file;

	while (rest && (line = backport_line_next(&rest))) {
		for (int i = 0; i < 2; i++) {
			if (backport_text_starts(line, begins[i])) {
				file = line + strlen(begins[i]);
				file[strcspn(file, "\t\r")] = '\0';
				copy_file(folder, tree,
					  strchr(file, '/') ? strchr(file, '/') + 1 : file);
			} else if (backport_text_starts(line, plain[i])) {
				copy_file(folder, tree, line + strlen(plain[i]));
			}
		}
	}
}

/* Of the changes, those of patches and their list. */
static void make_changes(const char *folder, const struct place *place,
			 const struct backport_changes *changes)
{
	const char *patches = text("%s/debian/patches/", folder);

	for (size_t i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];
		const char *to;

		if (!backport_text_starts(change->path, patches))
			continue;
		to = text("%s/%s", place->patches, change->path + strlen(patches));
		if (!change->data) {
			backport_remove_all(to);
			continue;
		}
		backport_folder_make(backport_folder_of(to));
		backport_file_replace(to, change->data, change->size);
	}
}

/* What quilt finds applied, the files that decide, and those of what it will apply. */
static void take_sources(const char *folder, const struct place *place)
{
	const char *applied = backport_file_read(text("%s/.pc/applied-patches", folder), NULL);
	char *rest = backport_file_read(text("%s/series", place->patches), NULL), *line;

	if (applied) {
		check_list(folder, ".pc/applied-patches", applied);
		backport_folder_make(place->notes);
		backport_file_replace(text("%s/applied-patches", place->notes), applied,
				      strlen(applied));
		backport_file_replace(text("%s/.version", place->notes), "2\n", 2);
	}
	for (int i = 0; kernel_tree_files[i]; i++)
		copy_file(folder, place->tree, kernel_tree_files[i]);
	while (rest && (line = backport_line_next(&rest))) {
		line[strcspn(line, " \t\r#")] = '\0';
		if (*line && !backport_debian_lists(applied, line))
			copy_files(folder, place->tree, text("%s/%s", place->patches, line));
	}
}

/* The files of the tree; of the patches, @entries that the package lists. */
static void take_stand_ins(const struct place *place, const struct backport_plan *plan,
			   const struct backport_list *entries)
{
	const char *path = text("%s/series", place->patches);
	const char *series = backport_file_read(path, NULL), *ours = "";

	for (size_t i = 0; i < entries->count; i++)
		if (backport_debian_lists(series, entries->items[i]))
			ours = text("%s%s\n", ours, entries->items[i]);
	backport_file_replace(path, ours, strlen(ours));
	if (run(NULL, "cp", "--archive", "--", text("%s/.", plan->old), place->tree))
		die(EXIT_UNKNOWN, "cannot write to %s", place->tree);
}

static struct place place_make(void)
{
	struct place place = { .top = text("%s/debian", backport_work) };

	place.tree = text("%s/tree", place.top);
	place.patches = text("%s/patches", place.top);
	place.notes = text("%s/.%s", place.tree, backport_base_of(backport_work));
	backport_remove_all(place.top);
	backport_folder_make(place.tree);
	if (!backport_folder_make(place.patches))
		die(EXIT_UNKNOWN, "cannot write to %s: %m", place.top);
	return place;
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
	const struct place place = place_make();
	const char *state;
	const bool whole = backport_debian_is_whole(folder);
	char reason[REASON_SIZE], *said = NULL;
	const struct backport_command heard = { .directory = place.tree,
						.output = &said,
						.errors = &said,
						.contained = true };
	int code;

	take_patches(folder, &place);
	make_changes(folder, &place, changes);
	if (whole)
		take_sources(folder, &place);
	else
		take_stand_ins(&place, plan, entries);
	code = run(&heard, "timeout", "--kill-after=10", PREPARE_SECONDS, "env",
		   text("TMPDIR=%s", place.top), "QUILT_PATCHES=../patches",
		   "QUILT_SERIES=../patches/series",
		   text("QUILT_PC=%s", backport_base_of(place.notes)),
		   "QUILT_PATCH_OPTS=--fuzz=0 --unified", "quilt", "--quiltrc", "-", "push", "-a");
	/* 2: all are applied already, or there are none */
	if (backport_command_ran_out(code))
		*why = "does not come to its end in " PREPARE_SECONDS " s";
	else if (code && code != 2)
		*why = text("fails: %s", stopped_at(said));
	if (code && code != 2)
		return NULL;
	state = backport_tree_read_over(whole ? folder : plan->tree, place.tree, reason);
	*why = text("leads to '%s'", state);
	backport_remove_all(place.top);
	return state;
}
