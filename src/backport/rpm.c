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
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/rpm.h"
#include "lib/beneath.h"
#include "lib/file.h"

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

/* The last line that @matches, or NULL. */
static const char *last_line(const char *string, bool (*matches)(const char *line))
{
	const char *last = NULL;

	for (const char *line = string; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (matches(line))
			last = line;
	}
	return last;
}

static bool is_patch_tag(const char *line)
{
	return backport_rpm_tag_file(line, "Patch");
}
static bool is_source_tag(const char *line)
{
	return backport_rpm_tag_file(line, "Source");
}
static bool is_series_tag(const char *line)
{
	const char *file = backport_rpm_tag_file(line, "Source");

	return file && !strcmp(file, "series.conf");
}
static bool is_tarball_tag(const char *line)
{
	const char *file = backport_rpm_tag_file(line, "Source");

	return file && backport_text_starts(file, "patches.tar");
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
	const char *why; /* what came of the last one; NULL: nothing was tried */
	const char *next;
};

static bool proves(struct trial *trial, const struct backport_changes *changes)
{
	return backport_rpm_prove(trial->rpm, changes, trial->plan, trial->patch, trial->goal,
				  &trial->why);
}

static const char *source_path(const struct backport_rpm *rpm, const char *name)
{
	return text("%s/%s", rpm->sources, name);
}

static unsigned long patch_number(const char *line)
{
	line += strspn(line, " \t");
	return strtoul(line + strlen("Patch"), NULL, 10);
}

static unsigned long next_number(const char *spec)
{
	unsigned long next = 0;
	char *rest = text("%s", spec), *line;

	while ((line = backport_line_next(&rest)))
		if (is_patch_tag(line) && patch_number(line) >= next)
			next = patch_number(line) + 1;
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

	*behind = last_line(spec, is_apply_patch);
	if (*behind)
		return text("%.*sApplyPatch %s", (int)strspn(*behind, " \t"), *behind, name);
	*behind = last_line(spec, is_patch_macro);
	if (!*behind) {
		*behind = last_line(spec, is_patch_file);
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
	tag = last_line(spec, behind_patches ? is_patch_tag : is_source_tag);
	if (!tag)
		return false;
	spec = insert_behind(spec, backport_rpm_outside(spec, tag),
			     text("Patch%lu: %s", number, trial->patch->name));
	backport_change_add_text(changes, source_path(rpm, trial->patch->name),
				 trial->patch->content);
	backport_change_add_text(changes, rpm->path, spec);
	return true;
}

static bool patches_export(struct trial *trial, struct backport_changes *changes)
{
	for (int attempt = 0; attempt < 4; attempt++) {
		*changes = (struct backport_changes){ 0 };
		if (patches_change(trial, attempt < 2, attempt % 2, changes) &&
		    proves(trial, changes))
			return true;
	}
	return false;
}

/* Fedora marks a build with such a patch by a buildid; the spec has the line ready, commented. */
static bool test_patch_export(struct trial *trial, struct backport_changes *changes)
{
	const struct backport_rpm *rpm = trial->rpm;
	const char *path = source_path(rpm, RPM_TEST_PATCH);
	const char *have = backport_file_read(path, NULL) ?: "";
	const char *spec = line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS);

	if (!last_line(rpm->text, is_test_patch_tag))
		return false;
	*changes = (struct backport_changes){ 0 };
	backport_change_add_text(changes, path, text("%s%s", have, trial->patch->content));
	if (spec)
		backport_change_add_text(changes, rpm->path, spec);
	return proves(trial, changes);
}

/* Into the folder of the unpacked tarball, which no link of its leads out of. */
static void patch_put(const char *folder, const struct backport_patch *patch)
{
	const char *name = text("patches/%s", patch->name);
	const int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = beneath_open(top, name, O_RDONLY | O_NONBLOCK, 0);

	if (fd < 0 && errno == ENOENT) {
		fd = beneath_open(top, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
		if (fd >= 0 && (!file_write_fd(fd, patch->content, strlen(patch->content)) ||
				fchmod(fd, 0644)))
			die(EXIT_UNKNOWN, "cannot write %s/%s: %m", folder, name);
	}
	if (fd < 0)
		backport_refuse(text("cannot put %s into the tarball: %s", name,
				     errno == ELOOP || errno == ENOTDIR ?
					     "'patches' in it leads elsewhere" :
					     strerror(errno)),
				"nothing was changed; look at the tarball of patches");
	close(fd);
	close(top);
}

/* A tarball that is not there is no empty one: the list names what would be missing. */
static void tarball_unpack(const char *tarball, const char *folder)
{
	backport_remove_all(folder);
	backport_folder_make(folder);
	if (!backport_path_exists(tarball))
		backport_refuse(text("%s is not there, and series.conf names its patches", tarball),
				"nothing was changed; put it where rpmbuild looks for it");
	if (run(NULL, "tar", "--force-local", "--extract", "--no-same-owner",
		"--no-same-permissions", text("--file=%s", tarball),
		text("--directory=%s", folder)))
		backport_refuse(text("cannot unpack %s", tarball), "nothing was changed");
}

static void tarball_pack(const char *tarball, const char *folder, struct backport_changes *changes)
{
	const char *made = text("%s/new-%s", backport_work, backport_base_of(tarball));
	size_t size;
	char *data;

	unlink(made);
	if (run(NULL, "tar", "--force-local", "--create", "--auto-compress", "--sort=name",
		"--owner=0", "--group=0", "--numeric-owner", text("--file=%s", made),
		text("--directory=%s", folder), "."))
		backport_refuse(text("cannot pack %s again", tarball), "nothing was changed");
	data = backport_file_read(made, &size);
	if (!data)
		die(EXIT_UNKNOWN, "cannot read %s: %m", made);
	backport_change_add(changes, tarball, data, size);
}

/* The names of series.conf and its tarball; NULL: the spec has none. */
static const char *series_tarball(const struct backport_rpm *rpm)
{
	const char *tarball = last_line(rpm->text, is_tarball_tag);

	return last_line(rpm->text, is_series_tag) && tarball ?
		       source_path(rpm, backport_rpm_tag_file(tarball, "Source")) :
		       NULL;
}

/* In force? Else what turns it off is why nothing was tried. */
static bool series_is_active(struct trial *trial)
{
	const struct backport_rpm *rpm = trial->rpm;
	const char *at = last_line(rpm->text, is_series_tag);
	const char *condition, *name;

	if (backport_rpm_is_active(rpm, at))
		return true;
	condition = backport_rpm_conditional(rpm, at) ?: "a conditional";
	trial->why = text("does not use series.conf: it is under %s, which is off", condition);
	name = strstr(condition, "%{?");
	name = name ? text("%.*s", (int)strcspn(name + 3, ":}! "), name + 3) : NULL;
	trial->next = text("nothing was changed; add %s if your build has it on",
			   name ? text("--define '%s 1'", name) :
				  "--define 'MACRO VALUE', as your build sets it,");
	return false;
}

static bool series_export(struct trial *trial, struct backport_changes *changes)
{
	const struct backport_rpm *rpm = trial->rpm;
	const char *tarball = series_tarball(rpm), *series = source_path(rpm, "series.conf");
	const char *folder = text("%s/tarball", backport_work), *have;
	bool ends;

	if (!tarball || !series_is_active(trial))
		return false;
	have = backport_file_read(series, NULL);
	if (!have)
		backport_refuse(text("%s is not there", series),
				"nothing was changed; put it where rpmbuild looks for it");
	*changes = (struct backport_changes){ 0 };
	tarball_unpack(tarball, folder);
	mkdir(text("%s/patches", folder), 0755);
	patch_put(folder, trial->patch);
	tarball_pack(tarball, folder, changes);
	ends = !*have || have[strlen(have) - 1] == '\n';
	backport_change_add_text(changes, series,
				 text("%s%spatches/%s\n", have, ends ? "" : "\n",
				      trial->patch->name));
	return proves(trial, changes);
}

/* Where the patch is by now: a line of the spec or of series.conf, or the test patch. */
struct traces {
	bool spec, series, test;
};

static struct traces find_traces(const struct backport_rpm *rpm, const struct backport_patch *patch)
{
	const char *series = backport_file_read(source_path(rpm, "series.conf"), NULL);
	const char *test = backport_file_read(source_path(rpm, RPM_TEST_PATCH), NULL);

	return (struct traces){
		.spec = strstr(rpm->text, patch->name),
		.series = series && strstr(series, patch->name) && series_tarball(rpm),
		.test = test && strstr(test, text("\nSubject: %s\n", patch->subject)),
	};
}

/* @string without each line that has @what in it. */
static char *without_lines(const char *string, const char *what)
{
	char *rest = text("%s", string), *line, *made = text("%s", "");

	while ((line = backport_line_next(&rest)))
		if (!strstr(line, what))
			made = text("%s%s\n", made, line);
	return made;
}

/* The spec without the lines that export_patches put in. */
static char *spec_without(const char *spec, const char *name)
{
	char *rest = text("%s", spec), *line;
	unsigned long number = 0;

	while ((line = backport_line_next(&rest)))
		if (is_patch_tag(line) && strstr(line, name))
			number = patch_number(line);
	rest = text("%s", spec);
	spec = text("%s", "");
	while ((line = backport_line_next(&rest))) {
		const char *call = line + strspn(line, " \t");

		if (strstr(line, name) || (number && strstr(line, text("%%{PATCH%lu}", number))) ||
		    (is_patch_macro(line) &&
		     (backport_text_starts(call, text("%%patch%lu ", number)) ||
		      backport_text_starts(call, text("%%patch -P %lu ", number)))))
			continue;
		spec = text("%s%s\n", spec, line);
	}
	return text("%s", spec);
}

static void take_out(const struct backport_rpm *rpm, const struct backport_patch *patch,
		     struct traces traces, struct backport_changes *changes)
{
	const char *test = source_path(rpm, RPM_TEST_PATCH), *spec = rpm->text, *at;
	const char *folder = text("%s/tarball", backport_work);
	char *have;

	if (traces.series) {
		have = backport_file_read(source_path(rpm, "series.conf"), NULL);
		backport_change_add_text(changes, source_path(rpm, "series.conf"),
					 without_lines(have, text("patches/%s", patch->name)));
		tarball_unpack(series_tarball(rpm), folder);
		unlink(text("%s/patches/%s", folder, patch->name));
		tarball_pack(series_tarball(rpm), folder, changes);
	}
	if (traces.spec)
		spec = spec_without(spec, patch->name);
	if (traces.test)
		spec = line_replaced(spec, BUILDID_OURS, BUILDID_READY) ?: spec;
	if (spec != rpm->text)
		backport_change_add_text(changes, rpm->path, spec);
	if (traces.spec)
		backport_change_add(changes, source_path(rpm, patch->name), NULL, 0);
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

static void finish(const struct backport_changes *changes, const struct backport_export *how)
{
	struct stat status;

	for (size_t i = 0; i < changes->count; i++)
		if (!lstat(changes->items[i].path, &status) && !S_ISREG(status.st_mode))
			backport_refuse(text("%s is no file of its own", changes->items[i].path),
					"nothing was changed; put the file itself there");
	if (how->dry_run)
		backport_changes_show(changes);
	else
		backport_changes_install(changes);
}

/* Takes each patch of the plan out; the package must then lead to what it was for. */
static void reverse(struct trial *trial, const struct backport_export *how)
{
	struct backport_changes changes = { 0 };
	const struct traces traces = find_traces(trial->rpm, trial->patch);

	if (!traces.spec && !traces.series && !traces.test) {
		say("%s does not have %s: nothing to do", trial->rpm->path, trial->patch->name);
		return;
	}
	take_out(trial->rpm, trial->patch, traces, &changes);
	trial->goal = backport_series_from(trial->plan->series);
	if (!proves(trial, &changes))
		backport_refuse(text("without %s, rpmbuild -bp of %s %s", trial->patch->name,
				     trial->rpm->path, trial->why),
				"nothing was changed; take the patch out by hand");
	finish(&changes, how);
}

static void export(struct trial *trial, const struct backport_export *how)
{
	struct backport_changes changes = { 0 };
	const struct backport_rpm *rpm = trial->rpm;
	const struct traces traces = find_traces(rpm, trial->patch);

	/* A run that was killed after the patch, and before the label. */
	if (traces.test && backport_change_was_cut(rpm->path) &&
	    line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS))
		backport_change_add_text(&changes, rpm->path,
					 line_replaced(rpm->text, BUILDID_READY, BUILDID_OURS));
	if (traces.spec || traces.series || traces.test) {
		if (!proves(trial, &changes))
			backport_refuse(text("%s has %s, but rpmbuild -bp %s", rpm->path,
					     trial->patch->name, trial->why),
					"nothing was changed; look at where the spec applies it, "
					"or take it out with --reverse");
		if (changes.count) {
			finish(&changes, how);
			return;
		}
		say("%s has %s already: nothing to do", rpm->path, trial->patch->name);
		return;
	}
	if (series_export(trial, &changes) || test_patch_export(trial, &changes) ||
	    (!series_tarball(rpm) && patches_export(trial, &changes))) {
		finish(&changes, how);
		return;
	}
	if (!trial->why)
		backport_refuse(
			text("%s applies patches in a way unknown here: no series.conf with "
			     "patches.tar.*, no " RPM_TEST_PATCH ", no Patch or Source line",
			     rpm->path),
			"nothing was changed; add the patch by hand: it is in the patches folder");
	if (backport_text_starts(trial->why, "fails")) {
		const char *why = trial->why;

		proves(trial, &(struct backport_changes){ 0 });
		if (backport_text_starts(trial->why, "fails"))
			backport_refuse(text("rpmbuild -bp of %s %s, also without the patch",
					     rpm->path, trial->why),
					"nothing was changed; make that work first");
		trial->why = why;
	}
	backport_refuse(text("with the patch in it, rpmbuild -bp of %s %s", rpm->path, trial->why),
			trial->next ?:
				      "nothing was changed; add the patch by hand, where the spec "
				      "applies patches: it is in the patches folder");
}

void backport_rpm_export(const struct backport_plan *plan, const char *path,
			 const struct backport_export *how)
{
	struct backport_rpm rpm;
	struct backport_patch *list;
	size_t count;

	backport_rpm_open(&rpm, path, &how->defines);
	if (!last_line(rpm.text, is_prep))
		backport_refuse(text("%s is no spec file: it has no %%prep", path),
				"name the spec file of the kernel");
	list = backport_patches_read(plan, &count);
	for (size_t i = 0; i < count; i++) {
		struct trial trial = { .rpm = &rpm,
				       .plan = plan,
				       .patch = &list[i],
				       .goal = backport_plan_goal(plan) };

		if (how->reverse)
			reverse(&trial, how);
		else
			export(&trial, how);
		backport_rpm_open(&rpm, path, &how->defines);
	}
}
