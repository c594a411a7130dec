// SPDX-License-Identifier: GPL-2.0-only
/*
 * series.c: the folders of patches/. The comments of each one's `series` say which state of a
 * tree it starts from and leads to.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"

const char *backport_series_patches_dir;

/* Beside an installed program, and beside the build folder of a checkout. */
static const char *const places[] = { "../share/icache-ipi/patches", "../patches",
				      "../../patches" };

void backport_series_find_patches(const char *named)
{
	char self[4096] = "";
	const char *folder = "";

	if (named) {
		backport_series_patches_dir = realpath(named, NULL);
	} else if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		folder = backport_folder_of(self);
		for (size_t i = 0;
		     !backport_series_patches_dir && i < sizeof(places) / sizeof(*places); i++)
			backport_series_patches_dir = realpath(text("%s/%s", folder, places[i]),
							       NULL);
	} else {
		backport_refuse(
			"/proc/self/exe, which says where this program is, cannot be read: is /proc mounted?",
			"name the folder of the patches: --patches");
	}
	if (!backport_series_patches_dir || !backport_series_names().count)
		backport_refuse(
			text("there are no patches at %s",
			     named ?: text("%s/%s", folder, places[0])),
			"install the package with the patches, or name their folder: --patches");
}

static char *series_file(const char *name)
{
	return text("%s/%s/series", backport_series_patches_dir, name);
}

bool backport_series_exists(const char *name)
{
	return !strchr(name, '/') && backport_path_exists(series_file(name));
}

struct backport_list backport_series_names(void)
{
	DIR *folder = opendir(backport_series_patches_dir);
	struct backport_list names = { 0 };
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (backport_series_exists(entry->d_name))
			backport_list_add(&names, text("%s", entry->d_name));
	if (folder)
		closedir(folder);
	backport_list_sort(&names);
	return names;
}

bool backport_series_is_word(const char *name)
{
	return !strcmp(name, "posted") || !strcmp(name, "merged");
}

static char *note(const char *name, const char *key)
{
	char *rest = backport_file_read(series_file(name), NULL), *line;
	const char *start = text("# %s: ", key);

	while ((line = backport_line_next(&rest)))
		if (backport_text_starts(line, start))
			return line + strlen(start);
	return text("%s has no '%s'", series_file(name), key);
}

char *backport_series_from(const struct backport_series *series)
{
	return note(series->name, series->reverse ? "to" : "from");
}

char *backport_series_to(const struct backport_series *series)
{
	if (backport_series_is_word(series->name))
		return series->reverse ? text("affected") : text("fixed as %s", series->name);
	return note(series->name, series->reverse ? "from" : "to");
}

struct backport_list backport_series_patches(const struct backport_series *series)
{
	char *rest = backport_file_read(series_file(series->name), NULL), *line, *hash;
	struct backport_list forward = { 0 }, backward = { 0 };

	while ((line = backport_line_next(&rest))) {
		hash = strchr(line, '#');
		if (hash)
			*hash = '\0';
		line[strcspn(line, " \t")] = '\0';
		if (*line)
			backport_list_add(&forward, text("%s/%s/%s", backport_series_patches_dir,
							 series->name, line));
	}
	if (!series->reverse)
		return forward;
	for (size_t i = forward.count; i--;)
		backport_list_add(&backward, forward.items[i]);
	return backward;
}

void backport_series_add_files(const struct backport_series *series, struct backport_list *files)
{
	struct backport_list patches = backport_series_patches(series);
	char *rest, *line;

	for (size_t i = 0; i < patches.count; i++) {
		rest = backport_file_read(patches.items[i], NULL);
		while ((line = backport_line_next(&rest)))
			if (backport_text_starts(line, "+++ b/") &&
			    !backport_list_has(files, line + 6))
				backport_list_add(files, line + 6);
	}
	backport_list_sort(files);
}
