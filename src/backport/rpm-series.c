// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpm-series.c: a spec that applies the patches of a tarball which series.conf names: openEuler's, and
 * those made after it
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/rpm.h"
#include "lib/beneath.h"
#include "lib/file.h"

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

/* Out of that folder, and of no other: a link in the tarball may lead to the files of somebody else. */
static void patch_drop(const char *folder, const struct backport_patch *patch)
{
	const char *name = text("patches/%s", patch->name), *base;
	const int top = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int parent = beneath_open_parent(top, name, &base);

	if ((parent < 0 || unlinkat(parent, base, 0)) && errno != ENOENT)
		backport_refuse(text("cannot take %s out of the tarball: %s", name,
				     errno == ELOOP || errno == ENOTDIR ?
					     "'patches' in it leads elsewhere" :
					     strerror(errno)),
				"nothing was changed; look at the tarball of patches");
	if (parent >= 0)
		close(parent);
	close(top);
}

/* A tarball that is not there is no empty one: the list names what would be missing. */
static void tarball_unpack(const char *tarball, const char *folder)
{
	if (!backport_path_exists(tarball))
		backport_refuse(text("%s is not there, and series.conf names its patches", tarball),
				"nothing was changed; put it where rpmbuild looks for it");
	if (!backport_rpm_unpack(tarball, folder))
		backport_refuse(text("cannot unpack %s", tarball), "nothing was changed");
}

static void tarball_pack(const char *tarball, const char *folder, struct backport_changes *changes)
{
	const char *made = text("%s/new-%s", backport_work, backport_base_of(tarball));
	size_t size;
	char *data;

	if (!backport_rpm_pack(made, folder))
		backport_refuse(text("cannot pack %s again", tarball), "nothing was changed");
	data = backport_file_read(made, &size);
	if (!data)
		die(EXIT_UNKNOWN, "cannot read %s: %m", made);
	backport_change_add(changes, tarball, data, size);
}

const char *backport_rpm_series_tarball(const struct backport_rpm *rpm)
{
	const char *tarball = backport_rpm_last_line(rpm->text, is_tarball_tag);

	return backport_rpm_last_line(rpm->text, is_series_tag) && tarball ?
		       backport_rpm_source(rpm, backport_rpm_tag_file(tarball, "Source")) :
		       NULL;
}

/* The macro that turns a condition on: "%if 0%{?NAME}", "%if %{with NAME}" and their like; NULL: unknown. */
static char *macro_of(const char *condition)
{
	static const char *const builds[] = { "with ", "without " };
	const char *name = strstr(condition, "%{");

	if (!name)
		return NULL;
	name += 2 + strspn(name + 2, "?!");
	for (int i = 0; i < 2; i++)
		if (backport_text_starts(name, builds[i]))
			return text("_%.*s_%.*s", (int)strlen(builds[i]) - 1, builds[i],
				    (int)strcspn(name + strlen(builds[i]), "} "),
				    name + strlen(builds[i]));
	return text("%.*s", (int)strcspn(name, ":}! "), name);
}

/* The number of the last line before @at that sets the macro whatever was set before; 0: none does. */
static int line_that_sets(const char *spec, const char *at, const char *macro)
{
	static const char *const words[] = { "%define", "%global" };
	const size_t length = strlen(macro);
	int number = 1, last = 0;

	for (const char *line = spec; line && line < at; number++) {
		for (int i = 0; i < 2; i++) {
			const char *name = line + strspn(line, " \t");

			if (!backport_text_starts(name, words[i]))
				continue;
			name += strlen(words[i]);
			name += strspn(name, " \t");
			if (!strncmp(name, macro, length) && strchr(" \t\n", name[length]))
				last = number;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return last;
}

bool backport_rpm_series_is_active(const struct backport_rpm *rpm, const char **why,
				   const char **next)
{
	const char *at = backport_rpm_last_line(rpm->text, is_series_tag);
	const char *condition, *name;
	int line;

	if (backport_rpm_is_active(rpm, at))
		at = backport_rpm_last_line(rpm->text, is_tarball_tag);
	if (backport_rpm_is_active(rpm, at))
		return true;
	condition = backport_rpm_conditional(rpm, at) ?: "a conditional";
	*why = text("does not use series.conf: it is under %s, which is off", condition);
	name = macro_of(condition);
	line = name ? line_that_sets(rpm->text, at, name) : 0;
	if (line)
		*next = text("nothing was changed; line %d of the spec sets %s, whatever "
			     "--define says: change it there",
			     line, name);
	else
		*next = text("nothing was changed; add %s if your build has it on",
			     name ? text("--define '%s 1'", name) :
				    "--define 'MACRO VALUE', as your build sets it,");
	return false;
}

void backport_rpm_series_add(const struct backport_rpm *rpm, const struct backport_patch *patch,
			     struct backport_changes *changes)
{
	const char *tarball = backport_rpm_series_tarball(rpm);
	const char *series = backport_rpm_source(rpm, "series.conf");
	const char *folder = text("%s/tarball", backport_work);
	const char *have = backport_file_read(series, NULL);
	bool ends;

	if (!have)
		backport_refuse(text("%s is not there", series),
				"nothing was changed; put it where rpmbuild looks for it");
	tarball_unpack(tarball, folder);
	mkdir(text("%s/patches", folder), 0755);
	patch_put(folder, patch);
	tarball_pack(tarball, folder, changes);
	ends = !*have || have[strlen(have) - 1] == '\n';
	backport_change_add_text(changes, series,
				 text("%s%spatches/%s\n", have, ends ? "" : "\n", patch->name));
}

static bool line_has(const char *line, const void *what)
{
	return strstr(line, what);
}

void backport_rpm_series_remove(const struct backport_rpm *rpm, const struct backport_patch *patch,
				struct backport_changes *changes)
{
	const char *tarball = backport_rpm_series_tarball(rpm);
	const char *series = backport_rpm_source(rpm, "series.conf");
	const char *folder = text("%s/tarball", backport_work);

	backport_change_add_text(changes, series,
				 backport_lines_without(backport_file_read(series, NULL), line_has,
							text("patches/%s", patch->name)));
	tarball_unpack(tarball, folder);
	patch_drop(folder, patch);
	tarball_pack(tarball, folder, changes);
}
