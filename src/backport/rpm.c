// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpm.c: the fix beside the spec file of a kernel, in the way that this spec takes patches
 *
 * Three ways are known: a series.conf with a tarball of patches (openEuler, and kernels made after
 * it), the empty linux-kernel-test.patch that Fedora and RHEL keep for this, and PatchN lines that
 * %autosetup, %autopatch, %patchN or ApplyPatch apply. Which of them is in force, and where a line has to
 * go, is not guessed: each is tried in a place of ours, where rpmbuild prepares the package, and the first
 * that leads to the fix is taken (rpm-prove.c). The spec, or the list, is changed last.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/rpm.h"

#define BUILDID_READY "# define buildid .local\n"
#define BUILDID_OURS "%define buildid .icache_ipi\n"

static bool line_calls(const char *line, const char *name)
{
	line += strspn(line, " \t");
	return backport_text_starts(line, name) && !isalpha((unsigned char)line[strlen(name)]);
}

/* @text with @line put in behind the line that starts at @at. */
static char *insert_behind(const char *string, const char *at, const char *line)
{
	const char *end = at + strcspn(at, "\n");

	return text("%.*s\n%s%s", (int)(end - string), string, line, *end ? end : "\n");
}

/* @string with @by for the line @what, both with their newline; NULL: it has no such line. */
static const char *line_replaced(const char *string, const char *what, const char *by)
{
	const char *at = strstr(string, what);

	while (at && at > string && at[-1] != '\n')
		at = strstr(at + 1, what);
	return at ? text("%.*s%s%s", (int)(at - string), string, by, at + strlen(what)) : NULL;
}

static bool is_patch_tag(const char *line)
{
	return backport_rpm_tag_file(line, "Patch");
}
static bool is_source_tag(const char *line)
{
	return backport_rpm_tag_file(line, "Source");
}
static bool is_test_patch_tag(const char *line)
{
	const char *file = backport_rpm_tag_file(line, "Patch");

	return file && !strcmp(file, RPM_TEST_PATCH);
}
static bool is_apply_patch(const char *line)
{
	return line_calls(line, "ApplyPatch") &&
	       strncmp(line + strspn(line, " \t"), "ApplyPatch()", 12);
}
static bool is_patch_macro(const char *line)
{
	line += strspn(line, " \t");
	return backport_text_starts(line, "%patch") &&
	       (isdigit((unsigned char)line[6]) || line[6] == ' ');
}
/* "patch -p1 < %{PATCH3}", on a line of its own. */
static bool is_patch_file(const char *line)
{
	const char *end = line + strcspn(line, "\n"), *at = strstr(line, "%{PATCH");

	return at && at < end && isdigit((unsigned char)at[7]) && end[-1] != '\\';
}
static bool is_prep(const char *line)
{
	return line_calls(line, "%prep");
}

/* What is tried, and what came of it. */
struct trial {
	const struct backport_rpm *rpm;
	const struct backport_plan *plan;
	const struct backport_patch *patch;
	const char *goal;
	const char *why;	    /* what came of the last one; NULL: nothing was tried */
	struct backport_list tried; /* "WAY: what came of it", those that did not lead there */
	const char *next;
	bool was_cut; /* a run was killed that changed the package */
};

/* @way: what the changes are, for a reader. */
static bool proves(struct trial *trial, const struct backport_changes *changes, const char *way)
{
	if (backport_rpm_prove(trial->rpm, changes, trial->plan, trial->patch, trial->goal,
			       &trial->why))
		return true;
	backport_list_add(&trial->tried, text("tried %s: rpmbuild -bp %s", way, trial->why));
	return false;
}

static unsigned long patch_number(const char *line)
{
	line += strspn(line, " \t");
	return strtoul(line + strlen("Patch"), NULL, 10);
}

/* The patch that the line applies by its number; 0: none, or the one without a number. */
static unsigned long applied_number(const char *line)
{
	const char *at = strstr(line, "%{PATCH");

	if (!is_patch_macro(line))
		return is_patch_file(line) ? strtoul(at + strlen("%{PATCH"), NULL, 10) : 0;
	line += strspn(line, " \t") + strlen("%patch");
	at = isdigit((unsigned char)*line) ? line : strstr(line, "-P");
	return !at ? 0 : strtoul(at + (at > line ? strlen("-P") : 0), NULL, 10);
}

static unsigned long next_number(const char *spec)
{
	unsigned long next = 0, number;
	char *rest = text("%s", spec), *line;

	while ((line = backport_line_next(&rest))) {
		number = applied_number(line);
		if (is_patch_tag(line) && patch_number(line) > number)
			number = patch_number(line);
		if ((number || is_patch_tag(line)) && number >= next && number < ULONG_MAX)
			next = number + 1;
	}
	return next ?: 1;
}

/* The line with %{PATCHn} once more, for another number. */
static char *patch_file_line(const char *line, unsigned long number)
{
	const char *digits = strstr(line, "%{PATCH") + strlen("%{PATCH");
	const char *rest = digits + strspn(digits, "0123456789");

	return text("%.*s%lu%.*s", (int)(digits - line), line, number, (int)strcspn(rest, "\n"),
		    rest);
}

/* How the spec applies the last patch before: the same for this one. NULL: no line does. */
static char *apply_line(const char *spec, unsigned long number, const char *name,
			const char **behind)
{
	const char *options;

	*behind = backport_rpm_last_line(spec, is_apply_patch);
	if (*behind)
		return text("%.*sApplyPatch %s", (int)strspn(*behind, " \t"), *behind, name);
	*behind = backport_rpm_last_line(spec, is_patch_macro);
	if (!*behind) {
		*behind = backport_rpm_last_line(spec, is_patch_file);
		return *behind ? patch_file_line(*behind, number) : NULL;
	}
	options = strstr(*behind, " -p");
	if (options && options > *behind + strcspn(*behind, "\n"))
		options = NULL;
	options = options ? text("%.*s", (int)strcspn(options + 1, " \n") + 1, options) : "";
	if (isdigit((unsigned char)(*behind + strspn(*behind, " \t"))[6]))
		return text("%%patch%lu%s", number, options);
	return text("%%patch -P %lu%s", number, options);
}

/*
 * A PatchN line behind the last one, or behind the last Source, outside of conditionals; with @applied the
 * line that applies it, too. False: the spec has no such place.
 */
static bool patches_change(const struct trial *trial, bool behind_patches, bool applied,
			   struct backport_changes *changes)
{
	const struct backport_rpm *rpm = trial->rpm;
	const unsigned long number = next_number(rpm->text);
	const char *behind, *spec = rpm->text, *tag;
	char *line = apply_line(spec, number, trial->patch->name, &behind);

	if (applied && !line)
		return false;
	if (applied)
		spec = insert_behind(spec, backport_rpm_outside(spec, behind), line);
	tag = backport_rpm_last_line(spec, behind_patches ? is_patch_tag : is_source_tag);
	if (!tag)
		return false;
	spec = insert_behind(spec, backport_rpm_outside(spec, tag),
			     text("Patch%lu: %s", number, trial->patch->name));
	backport_change_add_text(changes, backport_rpm_source(rpm, trial->patch->name),
				 trial->patch->content);
	backport_change_add_text(changes, rpm->path, spec);
	return true;
}

static bool patches_export(struct trial *trial, struct backport_changes *changes)
{
	static const char *const ways[] = {
		"a Patch line behind the last one", "the same, and a line that applies it",
		"a Patch line behind the sources", "the same, and a line that applies it"
	};

	for (int attempt = 0; attempt < 4; attempt++) {
		*changes = (struct backport_changes){ 0 };
		if (patches_change(trial, attempt < 2, attempt % 2, changes) &&
		    proves(trial, changes, ways[attempt]))
			return true;
	}
	return false;
}

/* Fedora marks a build with such a patch by a buildid; the spec has the line ready, commented. */
static bool test_patch_export(struct trial *trial, struct backport_changes *changes)
{
	const struct backport_rpm *rpm = trial->rpm;
	const char *path = backport_rpm_source(rpm, RPM_TEST_PATCH);
	const char *have = backport_file_read(path, NULL) ?: "";
	const char *spec = line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS);

	if (!backport_rpm_last_line(rpm->text, is_test_patch_tag))
		return false;
	*changes = (struct backport_changes){ 0 };
	backport_change_add_text(changes, path, text("%s%s", have, trial->patch->content));
	if (spec)
		backport_change_add_text(changes, rpm->path, spec);
	return proves(trial, changes, RPM_TEST_PATCH);
}

static bool series_export(struct trial *trial, struct backport_changes *changes)
{
	if (!backport_rpm_series_tarball(trial->rpm) ||
	    !backport_rpm_series_is_active(trial->rpm, &trial->why, &trial->next))
		return false;
	*changes = (struct backport_changes){ 0 };
	backport_rpm_series_add(trial->rpm, trial->patch, changes);
	return proves(trial, changes, "series.conf");
}

/* Where the patch is by now: a line of the spec or of series.conf, or the test patch. */
struct traces {
	bool spec, series, test;
};

static struct traces find_traces(const struct backport_rpm *rpm, const struct backport_patch *patch)
{
	const char *series = backport_file_read(backport_rpm_source(rpm, "series.conf"), NULL);
	const char *test = backport_file_read(backport_rpm_source(rpm, RPM_TEST_PATCH), NULL);

	return (struct traces){
		.spec = strstr(rpm->text, patch->name),
		.series = series && strstr(series, patch->name) && backport_rpm_series_tarball(rpm),
		.test = test && strstr(test, text("\nSubject: %s\n", patch->subject)),
	};
}

/* A patch of a spec: its name, and the number that it has in it. */
struct numbered {
	const char *name;
	unsigned long number;
};

static bool line_is_of(const char *line, const void *what)
{
	const struct numbered *patch = what;

	return strstr(line, patch->name) ||
	       (patch->number && applied_number(line) == patch->number);
}

/* The spec without the lines that patches_change() put in. */
static char *spec_without(const char *spec, const char *name)
{
	struct numbered patch = { .name = name };
	char *rest = text("%s", spec), *line;

	while ((line = backport_line_next(&rest)))
		if (is_patch_tag(line) && strstr(line, name))
			patch.number = patch_number(line);
	return backport_lines_without(spec, line_is_of, &patch);
}

static void take_out(const struct backport_rpm *rpm, const struct backport_patch *patch,
		     struct traces traces, struct backport_changes *changes)
{
	const char *test = backport_rpm_source(rpm, RPM_TEST_PATCH), *spec = rpm->text, *at;
	char *have;

	if (traces.series)
		backport_rpm_series_remove(rpm, patch, changes);
	if (traces.spec)
		spec = spec_without(spec, patch->name);
	if (traces.test)
		spec = line_replaced(spec, BUILDID_OURS, BUILDID_READY) ?: spec;
	if (spec != rpm->text)
		backport_change_add_text(changes, rpm->path, spec);
	if (traces.spec)
		backport_change_add(changes, backport_rpm_source(rpm, patch->name), NULL, 0);
	if (traces.test) {
		have = backport_file_read(test, NULL);
		at = strstr(have, patch->content);
		if (!at)
			backport_refuse(text("%s was changed since the export", test),
					"nothing was changed; take the patch out by hand");
		backport_change_add_text(changes, test,
					 text("%.*s%s", (int)(at - have), have,
					      at + strlen(patch->content)));
	}
}

static void finish(const struct trial *trial, const struct backport_changes *changes,
		   const struct backport_export *how)
{
	backport_changes_check(changes);
	if (how->dry_run)
		backport_changes_show(changes);
	else
		backport_changes_install(changes, trial->rpm->path);
}

/* Takes each patch of the plan out; the package must then lead to what it was for. */
static void reverse(struct trial *trial, const struct backport_export *how)
{
	struct backport_changes changes = { 0 };
	struct traces traces = find_traces(trial->rpm, trial->patch);

	if (trial->was_cut) { /* behind the list: what the list no longer names is still there */
		traces.spec |= backport_path_exists(
			backport_rpm_source(trial->rpm, trial->patch->name));
		traces.series |=
			backport_rpm_series_tarball(trial->rpm) &&
			backport_path_exists(backport_rpm_source(trial->rpm, "series.conf"));
	}
	if (!traces.spec && !traces.series && !traces.test) {
		say("%s does not have %s: nothing to do", trial->rpm->path, trial->patch->name);
		return;
	}
	take_out(trial->rpm, trial->patch, traces, &changes);
	trial->goal = backport_series_from(trial->plan->series);
	if (!proves(trial, &changes, "without it"))
		backport_refuse(text("without %s, rpmbuild -bp of %s %s", trial->patch->name,
				     trial->rpm->path, trial->why),
				"nothing was changed; take the patch out by hand");
	finish(trial, &changes, how);
}

/* Says what came of each way that was tried, and ends the program. */
static void refuse_tried(struct trial *trial)
{
	const char *path = trial->rpm->path;
	const size_t count = trial->tried.count; /* proves() adds to it */
	bool fails = false;

	for (size_t i = 0; i < count; i++)
		fails |= strstr(trial->tried.items[i], "rpmbuild -bp fails") != NULL;
	if (fails) {
		proves(trial, &(struct backport_changes){ 0 }, "it without the patch");
		if (backport_text_starts(trial->why, "fails"))
			backport_refuse(text("rpmbuild -bp of %s %s, also without the patch", path,
					     trial->why),
					"nothing was changed; make that work first");
	}
	for (size_t i = 0; i < count; i++)
		say("%s", trial->tried.items[i]);
	backport_refuse(count ? text("no way to put the patch into %s led to the fix", path) :
				text("%s %s", path, trial->why),
			trial->next ?:
				      "nothing was changed; add the patch by hand, where the spec "
				      "applies patches: it is in the patches folder");
}

static void export(struct trial *trial, const struct backport_export *how)
{
	struct backport_changes changes = { 0 };
	const struct backport_rpm *rpm = trial->rpm;
	const struct traces traces = find_traces(rpm, trial->patch);

	/* A run that was killed after the patch, and before the label. */
	if (traces.test && trial->was_cut && line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS))
		backport_change_add_text(&changes, rpm->path,
					 line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS));
	if (traces.spec || traces.series || traces.test) {
		if (!proves(trial, &changes, "as it is"))
			backport_refuse(text("%s has %s, but rpmbuild -bp %s", rpm->path,
					     trial->patch->name, trial->why),
					"nothing was changed; look at where the spec applies it, "
					"or take it out with --reverse");
		if (changes.count) {
			finish(trial, &changes, how);
			return;
		}
		backport_changes_end(rpm->path);
		say("%s has %s already: nothing to do", rpm->path, trial->patch->name);
		return;
	}
	if (series_export(trial, &changes) || test_patch_export(trial, &changes) ||
	    (!backport_rpm_series_tarball(rpm) && patches_export(trial, &changes))) {
		finish(trial, &changes, how);
		return;
	}
	if (!trial->why)
		backport_refuse(
			text("%s applies patches in a way unknown here: no series.conf with "
			     "patches.tar.*, no " RPM_TEST_PATCH ", no Patch or Source line",
			     rpm->path),
			"nothing was changed; add the patch by hand: it is in the patches folder");
	refuse_tried(trial);
}

void backport_rpm_export(const struct backport_plan *plan, const char *path,
			 const struct backport_export *how)
{
	struct backport_list folders = { 0 };
	struct backport_rpm rpm;
	struct backport_patch *list;
	bool was_cut, waited;
	size_t count;

	/* Its shell gets the paths of rpm's own files without quotes. */
	if (strpbrk(backport_work, " \t\n'\"\\`$&;|<>()*?[#~"))
		backport_refuse(text("rpmbuild cannot work in %s: the name has blanks or quotes",
				     backport_work),
				"nothing was changed; set TMPDIR to another folder");
	say("rpm now runs the macros and the %%prep of %s%s", path, geteuid() ? "" : ", as root");
	backport_folder_lock(backport_folder_of(path), &waited);
	backport_rpm_open(&rpm, path, &how->defines);
	if (!backport_rpm_last_line(rpm.text, is_prep))
		backport_refuse(text("%s is no spec file: it has no %%prep", path),
				"name the spec file of the kernel");
	backport_list_add(&folders, backport_folder_of(rpm.path));
	backport_list_add(&folders, rpm.sources);
	was_cut = backport_changes_begin(rpm.path, &folders);
	list = backport_patches_read(plan, &count);
	for (size_t i = 0; i < count; i++) {
		struct trial trial = { .rpm = &rpm,
				       .plan = plan,
				       .patch = &list[i],
				       .goal = backport_plan_goal(plan),
				       .was_cut = was_cut };

		if (i) /* the one before changed the spec */
			backport_rpm_open(&rpm, path, &how->defines);
		if (how->reverse)
			reverse(&trial, how);
		else
			export(&trial, how);
	}
}
