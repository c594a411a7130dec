// SPDX-License-Identifier: GPL-2.0-only
/*
 * debian.c: the fix in an unpacked Debian `linux` source package, as its team would put it there
 *
 * The patch, then the changelog, then the entry in debian/patches/series, each in one rename: the
 * last of them is what counts, and a run that is killed before is finished by the next.
 */
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

#define FOLDER "bugfix/arm64"

void backport_debian_check(const char *folder)
{
	char *changelog = backport_file_read(text("%s/debian/changelog", folder), NULL);
	const char *link = backport_tree_symlink(folder, "debian/patches/" FOLDER "/any", false);

	if (link)
		backport_refuse(text("%s/%s is a symbolic link: it leads out of the package",
				     folder, link),
				"nothing was changed; put a folder there");

	if (!changelog || !backport_path_exists(text("%s/debian/patches/series", folder)))
		backport_refuse(
			text("%s is no unpacked source package with patches: no debian/changelog "
			     "or debian/patches/series",
			     folder),
			"unpack it with dpkg-source -x, or its .debian.tar.xz with tar");
	if (!backport_text_starts(changelog, "linux"))
		backport_refuse(text("%s is the source package %.*s, not linux", folder,
				     (int)strcspn(changelog, " "), changelog),
				"name the folder that holds debian/ of the kernel");
}

/* Does any patch that is listed from @at on change one of the files? */
static bool touched_later(const char *folder, const char *at, const struct backport_list *files)
{
	char *rest = text("%s", at), *line, *patch;

	while ((line = backport_line_next(&rest))) {
		line[strcspn(line, " \t#")] = '\0';
		patch = *line ? backport_file_read(text("%s/debian/patches/%s", folder, line),
						   NULL) :
				NULL;
		for (size_t i = 0; patch && i < files->count; i++)
			if (strstr(patch, text("\n+++ b/%s", files->items[i])))
				return true;
	}
	return false;
}

/*
 * Where a new entry belongs in the series: behind the last patch of bugfix/arm64; at the end where
 * patches are applied already (quilt would have to take them out again), where a later one changes
 * the same files, or where there is no such section.
 */
static const char *series_place(const char *folder, const char *series,
				const struct backport_list *files)
{
	const char *place = NULL, *end = series + strlen(series);

	for (const char *line = series; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (backport_text_starts(line, FOLDER "/"))
			place = line + strcspn(line, "\n") + (strchr(line, '\n') != NULL);
	}
	if (!place || backport_path_exists(text("%s/.pc/applied-patches", folder)) ||
	    touched_later(folder, place, files))
		return end;
	return place;
}

static bool series_lists(const char *series, const char *entry)
{
	char *rest = text("%s", series), *line;

	while ((line = backport_line_next(&rest))) {
		line[strcspn(line, " \t#")] = '\0';
		if (!strcmp(line, entry))
			return true;
	}
	return false;
}

static void series_add(const char *folder, const char *entry, const struct backport_list *files)
{
	const char *path = text("%s/debian/patches/series", folder);
	const char *series = backport_file_read(path, NULL), *place;
	char *made;

	if (!series)
		die(EXIT_UNKNOWN, "cannot read %s: %m", path);
	place = series_place(folder, series, files);
	made = text("%.*s%s%s\n%s", (int)(place - series), series,
		    place > series && place[-1] != '\n' ? "\n" : "", entry, place);
	backport_file_replace(path, made, strlen(made));
}

/* The first stanza of the changelog, which alone may still be worked on. */
static char *changelog_top(const char *changelog)
{
	const char *end = strstr(changelog, "\n -- ");

	return text("%.*s", end ? (int)(end - changelog) : 0, changelog);
}

/* "[arm64] Do not ...", as this changelog says it. */
static char *changelog_item(const char *subject)
{
	const char *what = strstr(subject, ": ");

	if (!what)
		return text("%s", subject);
	return text("[%.*s] %s", (int)(what - subject), subject, what + 2);
}

/* dch works on a copy, in a version that is not released yet: the top one or a new one. */
static void changelog_add(const char *folder, const char *item, const char *work)
{
	const char *path = text("%s/debian/changelog", folder), *copy = text("%s/changelog", work);
	char *top = changelog_top(backport_file_read(path, NULL)), *said;
	const struct backport_command heard = { .directory = work,
						.output = &said,
						.errors = &said };
	const bool open = strstr(text("%.*s", (int)strcspn(top, "\n"), top), ") UNRELEASED;");
	size_t size;

	if (open && strstr(top, item))
		return;
	if (!backport_file_copy(path, copy))
		die(EXIT_UNKNOWN, "cannot copy %s: %m", path);
	if (run(&heard, "dch", "--no-conf", text("--changelog=%s", copy), "--check-dirname-level=0",
		"--no-auto-nmu", "--distribution=UNRELEASED", open ? "--append" : "--increment",
		"--", item))
		backport_refuse(text("dch failed: %s", said),
				"nothing is in debian/patches/series yet");
	top = backport_file_read(copy, &size);
	backport_file_replace(path, top, size);
}

void backport_debian_export(const struct backport_plan *plan, const char *folder)
{
	const char *patches = text("%s/debian/patches", folder);
	const char *series = backport_file_read(text("%s/series", patches), NULL);
	struct backport_patch *list;
	size_t count;

	list = backport_patches_read(plan, &count);
	for (size_t i = 0; i < count; i++) {
		const char *entry = text(FOLDER "/%s", list[i].name);

		if (series_lists(series, entry)) {
			say("%s lists %s already: nothing to do", folder, entry);
			continue;
		}
		if (!backport_folder_make(text("%s/" FOLDER, patches)))
			backport_refuse(text("cannot write to %s: nothing was changed", patches),
					"make it writable");
		backport_file_replace(text("%s/%s", patches, entry), list[i].content,
				      strlen(list[i].content));
		changelog_add(folder, changelog_item(list[i].subject), backport_work);
		series_add(folder, entry, &plan->files);
	}
}
