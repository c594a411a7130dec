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

const char *series_patches_dir;

/* Beside an installed program, and beside the build folder of a checkout. */
static const char *const places[] = { "../share/icache-ipi/patches", "../patches", "../../patches" };

void series_find_patches(const char *named)
{
	char self[4096] = "";
	const char *folder = "";

	if (named) {
		series_patches_dir = realpath(named, NULL);
	} else if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		folder = folder_of(self);
		for (size_t i = 0; !series_patches_dir && i < sizeof(places) / sizeof(*places); i++)
			series_patches_dir = realpath(text("%s/%s", folder, places[i]), NULL);
	}
	if (!series_patches_dir || !series_names().count)
		refuse(text("there are no patches at %s", named ?: text("%s/%s", folder, places[0])),
		       "install the package with the patches, or name their folder: --patches");
}

static char *series_file(const char *name)
{
	return text("%s/%s/series", series_patches_dir, name);
}

bool series_exists(const char *name)
{
	return !strchr(name, '/') && path_exists(series_file(name));
}

struct list series_names(void)
{
	DIR *folder = opendir(series_patches_dir);
	struct list names = { 0 };
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (series_exists(entry->d_name))
			list_add(&names, text("%s", entry->d_name));
	if (folder)
		closedir(folder);
	list_sort(&names);
	return names;
}

bool series_is_word(const char *name)
{
	return !strcmp(name, "posted") || !strcmp(name, "merged");
}

static char *note(const char *name, const char *key)
{
	char *rest = file_read(series_file(name), NULL), *line;
	const char *start = text("# %s: ", key);

	while ((line = line_next(&rest)))
		if (text_starts(line, start))
			return line + strlen(start);
	return text("%s says no '%s'", series_file(name), key);
}

char *series_from(const struct series *series)
{
	return note(series->name, series->reverse ? "to" : "from");
}

char *series_to(const struct series *series)
{
	if (series_is_word(series->name))
		return series->reverse ? text("affected") : text("fixed as %s", series->name);
	return note(series->name, series->reverse ? "from" : "to");
}

struct list series_patches(const struct series *series)
{
	char *rest = file_read(series_file(series->name), NULL), *line, *hash;
	struct list forward = { 0 }, backward = { 0 };

	while ((line = line_next(&rest))) {
		hash = strchr(line, '#');
		if (hash)
			*hash = '\0';
		line[strcspn(line, " \t")] = '\0';
		if (*line)
			list_add(&forward, text("%s/%s/%s", series_patches_dir, series->name, line));
	}
	if (!series->reverse)
		return forward;
	for (size_t i = forward.count; i--;)
		list_add(&backward, forward.items[i]);
	return backward;
}

void series_add_files(const struct series *series, struct list *files)
{
	struct list patches = series_patches(series);
	char *rest, *line;

	for (size_t i = 0; i < patches.count; i++) {
		rest = file_read(patches.items[i], NULL);
		while ((line = line_next(&rest)))
			if (text_starts(line, "+++ b/") && !list_has(files, line + 6))
				list_add(files, line + 6);
	}
	list_sort(files);
}
