// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpm.c: the fix beside the spec file of a kernel, in the way that this spec takes patches
 *
 * Three ways are known: a series.conf with a tarball of patches (openEuler, and kernels made after
 * it), the empty linux-kernel-test.patch that Fedora and RHEL keep for this, and PatchN lines that
 * %autosetup, %autopatch, %patchN or ApplyPatch apply. The spec, or the list, is changed last.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"
#include "lib/beneath.h"
#include "lib/file.h"

#define TEST_PATCH "linux-kernel-test.patch"

enum way { WAY_SERIES, WAY_TEST_PATCH, WAY_PATCHES, WAY_NONE };

struct spec {
	const char *path, *folder;
	char *text;
	enum way way;
	char *series, *tarball; /* WAY_SERIES: both beside the spec */
};

/* The file that a line "Source9: https://host/NAME" or "Patch1: NAME" is about; NULL: no such line. */
static char *tag_file(const char *line, const char *tag)
{
	const char *at;
	char *value;

	if (strncasecmp(line, tag, strlen(tag)))
		return NULL;
	at = line + strlen(tag);
	at += strspn(at, "0123456789");
	if (*at++ != ':')
		return NULL;
	at += strspn(at, " \t");
	value = text("%.*s", (int)strcspn(at, " \t\r\n"), at);
	return text("%s", backport_base_of(value));
}

static bool line_calls(const char *line, const char *name)
{
	line += strspn(line, " \t");
	return backport_text_starts(line, name) && !isalpha((unsigned char)line[strlen(name)]);
}

/* Does any line start with the macro or function? */
static bool spec_calls(const struct spec *spec, const char *name)
{
	char *rest = text("%s", spec->text), *line;

	while ((line = backport_line_next(&rest)))
		if (line_calls(line, name))
			return true;
	return false;
}

static void find_files(struct spec *spec)
{
	char *rest = text("%s", spec->text), *line, *file;

	while ((line = backport_line_next(&rest))) {
		file = tag_file(line, "Source");
		if (file && !strcmp(file, "series.conf"))
			spec->series = text("%s/%s", spec->folder, file);
		else if (file && backport_text_starts(file, "patches.tar"))
			spec->tarball = text("%s/%s", spec->folder, file);
		file = tag_file(line, "Patch");
		if (file && !strcmp(file, TEST_PATCH))
			spec->way = WAY_TEST_PATCH;
	}
}

static struct spec spec_read(const char *path)
{
	struct spec spec = { .path = path, .folder = backport_folder_of(path), .way = WAY_NONE };

	size_t size;

	spec.text = backport_file_read(path, &size);
	if (!spec.text)
		backport_refuse(text("cannot read %s: %m", path),
				"name the spec file of the kernel");
	if (strlen(spec.text) != size)
		backport_refuse(text("%s is no text: it has a byte that is 0", path),
				"nothing was changed; name the spec file of the kernel");
	find_files(&spec);
	if (spec.series && spec.tarball)
		spec.way = WAY_SERIES;
	else if (spec.way == WAY_NONE &&
		 (spec_calls(&spec, "%autosetup") || spec_calls(&spec, "%autopatch") ||
		  spec_calls(&spec, "%patch") || spec_calls(&spec, "ApplyPatch")))
		spec.way = WAY_PATCHES;
	return spec;
}

void backport_rpm_check(const char *path)
{
	const struct spec spec = spec_read(path);

	if (!spec_calls(&spec, "%prep"))
		backport_refuse(text("%s is no spec file: it has no %%prep", path),
				"name the spec file of the kernel");
	if (spec.way == WAY_NONE)
		backport_refuse(
			text("%s applies patches in a way unknown here: no series.conf with "
			     "patches.tar.*, no " TEST_PATCH
			     ", no %%autosetup, %%patch or ApplyPatch",
			     path),
			"nothing was changed; add the patch by hand: it is in the patches folder");
}

/* @text with @line put in behind the line that starts at @at. */
static char *insert_behind(const char *string, const char *at, const char *line)
{
	const char *end = at + strcspn(at, "\n");

	return text("%.*s\n%s%s", (int)(end - string), string, line, *end ? end : "\n");
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
	return tag_file(line, "Patch");
}
static bool is_source_tag(const char *line)
{
	return tag_file(line, "Source");
}
static bool is_apply_patch(const char *line)
{
	return line_calls(line, "ApplyPatch");
}
static bool is_patch_macro(const char *line)
{
	line += strspn(line, " \t");
	return backport_text_starts(line, "%patch") &&
	       (isdigit((unsigned char)line[6]) || line[6] == ' ');
}

static unsigned long next_number(const char *string)
{
	unsigned long next = 0;
	char *rest = text("%s", string), *line;

	while ((line = backport_line_next(&rest)))
		if (is_patch_tag(line) && strtoul(line + 5, NULL, 10) >= next)
			next = strtoul(line + 5, NULL, 10) + 1;
	return next ?: 1;
}

/* How the spec applies the patches before: the same for this one. NULL: it takes all by itself. */
static char *apply_line(const char *string, unsigned long number, const char *name,
			const char **behind)
{
	const char *options;

	*behind = last_line(string, is_apply_patch);
	if (*behind)
		return text("%.*sApplyPatch %s", (int)strspn(*behind, " \t"), *behind, name);
	*behind = last_line(string, is_patch_macro);
	if (!*behind)
		return NULL;
	options = strstr(*behind, " -p");
	return text("%%patch%lu%s", number,
		    options ? text("%.*s", (int)strcspn(options + 1, " \n") + 1, options) : "");
}

static void export_patches(struct spec *spec, const struct backport_patch *patch)
{
	const unsigned long number = next_number(spec->text);
	const char *behind, *tag = last_line(spec->text, is_patch_tag);
	char *line = apply_line(spec->text, number, patch->name, &behind);

	backport_file_replace(text("%s/%s", spec->folder, patch->name), patch->content,
			      strlen(patch->content));
	if (line)
		spec->text = insert_behind(spec->text, behind, line);
	tag = tag ? last_line(spec->text, is_patch_tag) : last_line(spec->text, is_source_tag);
	if (!tag)
		backport_refuse(text("%s has neither a Source nor a Patch line", spec->path),
				"nothing in it was changed");
	spec->text = insert_behind(spec->text, tag, text("Patch%lu: %s", number, patch->name));
	backport_file_replace(spec->path, spec->text, strlen(spec->text));
}

/* Fedora marks a build with such a patch by a buildid; the spec has the line ready, commented. */
static void export_test_patch(struct spec *spec, const struct backport_patch *patch)
{
	const char *path = text("%s/" TEST_PATCH, spec->folder),
		   ready[] = "\n# define buildid .local\n";
	const char *have = backport_file_read(path, NULL) ?: "", *at = strstr(spec->text, ready),
		   *made;

	if (at) {
		spec->text = text("%.*s\n%%define buildid .icache_ipi\n%s", (int)(at - spec->text),
				  spec->text, at + strlen(ready));
		backport_file_replace(spec->path, spec->text, strlen(spec->text));
	}
	made = text("%s%s", have, patch->content);
	backport_file_replace(path, made, strlen(made));
}

/* Is the patch in the tarball, as a file? What is listed is what a build unpacks. */
static bool tarball_has(const char *tarball, const char *name)
{
	char *listed = NULL, *line;
	const struct backport_command heard = { .output = &listed };

	if (run(&heard, "tar", "--force-local", "--list", text("--file=%s", tarball)))
		return false;
	while ((line = backport_line_next(&listed)))
		if (!strcmp(line, text("./patches/%s", name)))
			return true;
	return false;
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

/* The tarball as it is, with the patch in its folder "patches"; made anew in one rename. */
static void tarball_add(const struct spec *spec, const struct backport_patch *patch)
{
	const char *folder = text("%s/tarball", backport_work);
	const char *made = text("%s/new-%s", backport_work, backport_base_of(spec->tarball));
	size_t size;
	char *data;

	backport_folder_make(folder);
	if (backport_path_exists(spec->tarball) &&
	    run(NULL, "tar", "--force-local", "--extract", "--no-same-owner",
		"--no-same-permissions", text("--file=%s", spec->tarball),
		text("--directory=%s", folder)))
		backport_refuse(text("cannot unpack %s", spec->tarball), "nothing was changed");
	mkdir(text("%s/patches", folder), 0755);
	patch_put(folder, patch);
	if (run(NULL, "tar", "--force-local", "--create", "--auto-compress", "--sort=name",
		"--owner=0", "--group=0", "--numeric-owner", text("--file=%s", made),
		text("--directory=%s", folder), ".") ||
	    !tarball_has(made, patch->name))
		backport_refuse(text("cannot pack %s again", spec->tarball), "nothing was changed");
	data = backport_file_read(made, &size);
	if (!data)
		die(EXIT_UNKNOWN, "cannot read %s: %m", made);
	backport_file_replace(spec->tarball, data, size);
	backport_remove_all(folder);
}

static void export_series(const struct spec *spec, const struct backport_patch *patch)
{
	const char *have = backport_file_read(spec->series, NULL) ?: "", *made;
	const bool ends = !*have || have[strlen(have) - 1] == '\n';

	tarball_add(spec, patch);
	made = text("%s%spatches/%s\n", have, ends ? "" : "\n", patch->name);
	backport_file_replace(spec->series, made, strlen(made));
}

/* In what is changed last: the list, the test patch itself, or the spec. */
static bool has_it(const struct spec *spec, const struct backport_patch *patch)
{
	const char *where = spec->way == WAY_SERIES ?
				    backport_file_read(spec->series, NULL) :
			    spec->way == WAY_TEST_PATCH ?
				    backport_file_read(text("%s/" TEST_PATCH, spec->folder), NULL) :
				    spec->text;
	const char *what = spec->way == WAY_TEST_PATCH ? text("\nSubject: %s\n", patch->subject) :
							 patch->name;

	return where && strstr(where, what);
}

void backport_rpm_export(const struct backport_plan *plan, const char *path)
{
	struct spec spec = spec_read(path);
	struct backport_patch *list;
	size_t count;

	list = backport_patches_read(plan, &count);
	for (size_t i = 0; i < count; i++) {
		if (has_it(&spec, &list[i]))
			say("%s has %s already: nothing to do", path, list[i].name);
		else if (spec.way == WAY_SERIES)
			export_series(&spec, &list[i]);
		else if (spec.way == WAY_TEST_PATCH)
			export_test_patch(&spec, &list[i]);
		else
			export_patches(&spec, &list[i]);
	}
}
