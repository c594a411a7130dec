// SPDX-License-Identifier: GPL-2.0-only
/*
 * debian.c: the fix in an unpacked Debian `linux` source package, as its team would put it there
 *
 * The patch, then the entry in debian/patches/series, then the changelog, each in one rename: nothing says
 * that the fix is in before it is. A run that is killed between them is finished by the next. Before that,
 * quilt pushes all patches in a place of ours (debian-prove.c).
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static char *series_with(const char *folder, const char *series, const char *entry,
			 const struct backport_list *files)
{
	const char *place = series_place(folder, series, files);

	return text("%.*s%s%s\n%s", (int)(place - series), series,
		    place > series && place[-1] != '\n' ? "\n" : "", entry, place);
}

static bool names_entry(const char *line, const void *entry)
{
	return backport_debian_lists(line, entry);
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

static bool is_open(const char *top)
{
	return strstr(text("%.*s", (int)strcspn(top, "\n"), top), ") UNRELEASED;");
}

/* dch works on a copy, in a version that is not released yet: the top one or a new one. */
static char *changelog_with(const char *changelog, const char *item)
{
	const char *copy = text("%s/changelog", backport_work);
	char *top = changelog_top(changelog), *said;
	const struct backport_command heard = { .directory = backport_work,
						.output = &said,
						.errors = &said };
	const bool open = is_open(top);

	if (open && strstr(top, item))
		return text("%s", changelog);
	backport_file_replace(copy, changelog, strlen(changelog));
	if (run(&heard, "dch", "--no-conf", text("--changelog=%s", copy), "--check-dirname-level=0",
		"--no-auto-nmu", "--distribution=UNRELEASED", open ? "--append" : "--increment",
		"--", item))
		backport_refuse(text("dch failed: %s", said), "nothing was changed");
	return backport_file_read(copy, NULL);
}

/* Without the item in a version that is not released, and without that version if it says nothing else. */
static char *changelog_without(const char *changelog, const char *item)
{
	const char *top = changelog_top(changelog), *line = text("  * %s\n", item);
	const char *at = strstr(text("%s\n", top), line), *rest = changelog + strlen(top), *after;
	bool says_more = false;
	char *lines;

	if (!is_open(top) || !at)
		return text("%s", changelog);
	top = text("%.*s%s", (int)(strlen(top) + 1 - strlen(at)), top, at + strlen(line));
	lines = text("%s", top + strcspn(top, "\n"));
	for (char *one; (one = backport_line_next(&lines));)
		says_more |= one[strspn(one, " ")] && one[strspn(one, " ")] != '[';
	if (says_more)
		return text("%s%s", top, rest + (top[strlen(top) - 1] == '\n'));
	after = strchr(rest + 1, '\n'); /* of " -- NAME <MAIL>  DATE" */
	return text("%s", after ? after + 1 + strspn(after + 1, "\n") : "");
}

/* What an export needs to know of the package, and what it will write. */
struct export
{
	const char *folder, *series, *changelog;
	const struct backport_plan *plan;
	struct backport_patch *patches;
	size_t count;
	struct backport_list entries; /* of the patches */
	size_t listed;		      /* of these, how many the package lists */
	bool was_cut;		      /* a run was killed that changed the package */
	struct backport_changes changes;
};

static const char *in_patches(const struct export *export, const char *name)
{
	return text("%s/debian/patches/%s", export->folder, name);
}

/* The patch is there before the list names it, and the changelog says so after that. */
static void put_in(struct export *export)
{
	const char *series = export->series, *changelog = export->changelog;

	for (size_t i = 0; i < export->count; i++) {
		const char *entry = export->entries.items[i];
		const struct backport_patch *patch = &export->patches[i];

		changelog = changelog_with(changelog, changelog_item(patch->subject));
		if (backport_debian_lists(series, entry))
			continue;
		series = series_with(export->folder, series, entry, &export->plan->files);
		backport_change_add_text(&export->changes, in_patches(export, entry),
					 patch->content);
	}
	backport_change_add_text(&export->changes, in_patches(export, "series"), series);
	backport_change_add_text(&export->changes, text("%s/debian/changelog", export->folder),
				 changelog);
}

static void take_out(struct export *export)
{
	const char *series = export->series, *changelog = export->changelog;
	const char *applied = backport_file_read(text("%s/.pc/applied-patches", export->folder),
						 NULL);

	for (size_t i = 0; i < export->count; i++) {
		if (backport_debian_lists(applied, export->entries.items[i]))
			backport_refuse(text("%s is applied in %s", export->entries.items[i],
					     export->folder),
					"nothing was changed; take it out first: quilt pop");
		series = backport_lines_without(series, names_entry, export->entries.items[i]);
		changelog = changelog_without(changelog,
					      changelog_item(export->patches[i].subject));
	}
	if (strcmp(changelog, export->changelog))
		backport_change_add_text(&export->changes,
					 text("%s/debian/changelog", export->folder), changelog);
	backport_change_add_text(&export->changes, in_patches(export, "series"), series);
	for (size_t i = 0; i < export->count; i++)
		if (backport_path_exists(in_patches(export, export->entries.items[i])))
			backport_change_add(&export->changes,
					    in_patches(export, export->entries.items[i]), NULL, 0);
}

static void finish(const struct export *export, const struct backport_export *how)
{
	const struct backport_changes *changes = &export->changes;

	backport_changes_check(changes);
	if (how->dry_run) {
		backport_changes_show(changes);
		return;
	}
	if (!how->reverse && !backport_folder_make(in_patches(export, FOLDER)))
		backport_refuse(text("cannot write to %s/debian/patches", export->folder),
				"nothing was changed; make it writable");
	backport_changes_install(changes, text("%s/debian/changelog", export->folder));
	if (how->reverse)
		rmdir(in_patches(export, FOLDER)); /* where nothing else is in it */
	if (!backport_debian_is_whole(export->folder) && !how->reverse) {
		say("%s holds no sources: only our patch was tried, on the files of %s",
		    export->folder, export->plan->tree);
		say("run quilt push -a where the sources are");
	}
}

/* True: the package has it, or its own patches are the fix. Or the program ends. */
static bool is_in_already(struct export *export)
{
	const char *goal = backport_plan_goal(export->plan), *why;
	const char *state = backport_debian_prepare(export->folder, &(struct backport_changes){ 0 },
						    export->plan, &export->entries, &why);

	if (export->listed == export->count) {
		if (!state || strcmp(state, goal))
			backport_refuse(
				text("%s lists %s, but quilt push -a %s", export->folder,
				     export->entries.items[0], why),
				"nothing was changed; look at the patch, or take it out with --reverse");
		if (export->was_cut)
			return false;
		say("%s lists %s already: nothing to do", export->folder, export->entries.items[0]);
		return true;
	}
	if (!state)
		backport_refuse(text("quilt push -a in %s %s, without our patch", export->folder,
				     why),
				"nothing was changed; make that work first");
	if (!backport_text_starts(state, "fixed") && strcmp(state, "not affected"))
		return false;
	say("the patches of %s lead to '%s' already: nothing to do", export->folder, state);
	return true;
}

static void export_in(struct export *export, const struct backport_export *how)
{
	const char *goal = backport_plan_goal(export->plan), *state, *why;

	if (is_in_already(export))
		return;
	put_in(export);
	state = backport_debian_prepare(export->folder, &export->changes, export->plan,
					&export->entries, &why);
	if (!state || strcmp(state, goal))
		backport_refuse(
			text("with the patch in it, quilt push -a in %s %s", export->folder, why),
			text("nothing was changed; try --series %s, or name the tree that the package's "
			     "patches lead to",
			     strstr(goal, "merged") ? "posted" : "merged"));
	finish(export, how);
}

static void export_out(struct export *export, const struct backport_export *how)
{
	const char *from = backport_series_from(export->plan->series), *state, *why;

	if (!export->listed && !export->was_cut) {
		say("%s does not list %s: nothing to do", export->folder, export->entries.items[0]);
		return;
	}
	take_out(export);
	if (backport_debian_is_whole(export->folder)) {
		state = backport_debian_prepare(export->folder, &export->changes, export->plan,
						&(struct backport_list){ 0 }, &why);
		if (!state || strcmp(state, from))
			backport_refuse(text("without %s, quilt push -a in %s %s",
					     export->entries.items[0], export->folder, why),
					"nothing was changed; take the patch out by hand");
	}
	finish(export, how);
}

/* True: a run was killed in the midst of changing the package. */
static bool begin(const struct export *export)
{
	struct backport_list folders = { 0 };

	backport_list_add(&folders, text("%s/debian", export->folder));
	backport_list_add(&folders, in_patches(export, ""));
	backport_list_add(&folders, in_patches(export, FOLDER));
	return backport_changes_begin(text("%s/debian/changelog", export->folder), &folders);
}

void backport_debian_export(const struct backport_plan *plan, const char *folder,
			    const struct backport_export *how)
{
	struct export export = { .folder = folder, .plan = plan };
	bool waited;

	if (!backport_command_exists("quilt"))
		backport_refuse("quilt is not installed, which shows that the patch is applied",
				"nothing was changed; install quilt");
	if (!backport_command_exists("dch"))
		backport_refuse("dch is not installed, which writes the changelog",
				"nothing was changed; install devscripts");
	backport_folder_lock(text("%s/debian", folder), &waited);
	export.series = backport_file_read(in_patches(&export, "series"), NULL);
	export.changelog = backport_file_read(text("%s/debian/changelog", folder), NULL);
	if (!export.series || !export.changelog)
		die(EXIT_UNKNOWN, "cannot read %s/debian: %m", folder);
	export.was_cut = begin(&export);
	export.patches = backport_patches_read(plan, &export.count);
	for (size_t i = 0; i < export.count; i++) {
		const char *entry = text(FOLDER "/%s", export.patches[i].name);

		backport_list_add(&export.entries, entry);
		export.listed += backport_debian_lists(export.series, entry);
	}
	if (how->reverse)
		export_out(&export, how);
	else
		export_in(&export, how);
}
