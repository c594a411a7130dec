// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpm-prove.c: rpmbuild -bp of a changed package, in a place of ours, and what comes of it
 *
 * The place has a link to each source of the package, and the changed files instead of theirs. Where
 * sources are missing, which is common (a spec without its tarballs), stand-ins are made: archives with
 * the files of the tree that decide, and patches that the programs patch and git here pass over. Steps of
 * %prep that fail for want of the kernel's other files are passed over, too. That shows that our patch is
 * applied, where, and with which options; it is the weaker of the two.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backport/rpm.h"

#define LENIENT_SECONDS "120"
#define STAND_IN "icache-ipi-backport: a stand-in for a patch that is not here\n"

struct place {
	const char *top, *sources, *specs, *spec;
	bool weak;
};

static void write_program(const char *path, const char *content)
{
	backport_file_replace(path, content, strlen(content));
	chmod(path, 0755);
}

/* patch(1) and git(1) that pass over a stand-in; with no archive named, the tree is where patch runs. */
static void make_programs(const struct place *place, const struct backport_plan *plan,
			  bool no_archive)
{
	const char *bin = text("%s/bin", place->top);

	backport_folder_make(bin);
	write_program(text("%s/patch", bin),
		      text("#!/bin/sh\n"
			   "input=$(mktemp -p '%s') || exit 2\n"
			   "from=''\n"
			   "for word; do\n"
			   "	case $word in --input=*) from=${word#*=} ;; esac\n"
			   "	[ \"${last-}\" != -i ] || from=$word\n"
			   "	last=$word\n"
			   "done\n"
			   "cat ${from:+\"$from\"} >\"$input\" || exit 2\n"
			   "! grep -q '^icache-ipi-backport: a stand-in' \"$input\" || exit 0\n"
			   "[ -s \"$input\" ] || exit 0\n"
			   "%s\n"
			   "exec /usr/bin/patch \"$@\" <\"$input\"\n",
			   place->top,
			   no_archive ? text("[ -e arch/arm64/mm/flush.c ] || cp -r '%s/.' .",
					     plan->old) :
					":"));
	write_program(text("%s/git", bin),
		      text("#!/bin/sh\n"
			   "case \" $* \" in\n"
			   "*' am '* | *' apply '*)\n"
			   "	for word; do\n"
			   "		[ ! -f \"$word\" ] || '%s/patch' -p1 -i \"$word\" || exit\n"
			   "	done\n"
			   "	;;\n"
			   "*) exec /usr/bin/git \"$@\" ;;\n"
			   "esac\n",
			   bin));
}

/* The folders that %prep may go to: of %setup -n, of cd, and what archives are called. */
static struct backport_list top_folders(const struct backport_rpm *rpm)
{
	struct backport_list tops = { 0 };
	char *rest = text("%s", rpm->parsed), *line;

	while ((line = backport_line_next(&rest))) {
		const char *at = strstr(line, " -n ");
		char *name = NULL;

		line += strspn(line, " \t");
		if (at && backport_text_starts(line, "%setup"))
			name = text("%.*s", (int)strcspn(at + 4, " \t"), at + 4);
		else if (backport_text_starts(line, "cd "))
			name = text("%.*s", (int)strcspn(line + 3, " \t;&"), line + 3);
		if (name && (*name == '\'' || *name == '"'))
			name = text("%.*s", (int)strcspn(name + 1, "'\""), name + 1);
		if (name && *name && !strchr("/.$%-", *name) && !strchr(name, '/') &&
		    !backport_list_has(&tops, name))
			backport_list_add(&tops, name);
	}
	return tops;
}

static const char *archive_end(const char *name)
{
	static const char *const ends[] = { ".tar", ".tgz", ".tbz", ".txz" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (strstr(name, ends[i]))
			return strstr(name, ends[i]);
	return NULL;
}

/* An archive that unpacks to the files of the tree that decide, in each folder %prep may go to. */
static void make_archive(const struct backport_rpm *rpm, const struct backport_plan *plan,
			 const char *path)
{
	const char *folder = text("%s/stand-in", backport_work), *name = backport_base_of(path);
	struct backport_list tops = top_folders(rpm);

	backport_list_add(&tops, text("%.*s", (int)(archive_end(name) - name), name));
	backport_remove_all(folder);
	backport_folder_make(folder);
	for (size_t i = 0; i < tops.count; i++)
		if (run(NULL, "cp", "--archive", "--", plan->old,
			text("%s/%s", folder, tops.items[i])))
			die(EXIT_UNKNOWN, "cannot write to %s", folder);
	if (!backport_rpm_pack(path, folder))
		die(EXIT_UNKNOWN, "cannot write %s", path);
}

/* Patches in an archive become stand-ins, too: they are for files that are not there. */
static void hollow_archive(const char *path, const struct backport_patch *patch)
{
	const char *folder = text("%s/hollow", backport_work);

	write_program(text("%s/stand-in.sh", backport_work),
		      text("[ \"${2##*/}\" = '%s' ] || printf '%%s' '" STAND_IN "' >\"$2\"\n",
			   patch->name));
	if (!backport_rpm_unpack(path, folder) ||
	    run(NULL, "find", folder, "-type", "f", "-exec", "sh",
		text("%s/stand-in.sh", backport_work), "x", "{}", ";") ||
	    !backport_rpm_pack(path, folder))
		die(EXIT_UNKNOWN, "cannot make a stand-in for %s", path);
}

static bool is_change(const struct backport_changes *changes, const char *path)
{
	for (size_t i = 0; i < changes->count; i++)
		if (!strcmp(changes->items[i].path, path))
			return true;
	return false;
}

/* A patch of the vendor's that the spec names: for a file that the stand-in tree does not have. */
static bool is_others_patch(const struct backport_rpm *rpm, const char *name,
			    const struct backport_patch *patch)
{
	char *rest = text("%s", rpm->parsed), *line, *file;

	if (!strcmp(name, patch->name) || !strcmp(name, RPM_TEST_PATCH))
		return false;
	while ((line = backport_line_next(&rest))) {
		file = backport_rpm_tag_file(line, "Patch");
		if (file && !strcmp(file, name))
			return true;
	}
	return false;
}

static void link_sources(const struct backport_rpm *rpm, const struct place *place,
			 const struct backport_changes *changes, const struct backport_patch *patch)
{
	DIR *folder = opendir(rpm->sources);
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		const char *from = text("%s/%s", rpm->sources, entry->d_name);
		const char *to = text("%s/%s", place->sources, entry->d_name);

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    is_change(changes, from))
			continue;
		if (place->weak && is_others_patch(rpm, entry->d_name, patch)) {
			backport_file_replace(to, STAND_IN, strlen(STAND_IN));
		} else if (place->weak && backport_text_starts(entry->d_name, "patches.tar")) {
			if (!backport_file_copy(from, to))
				die(EXIT_UNKNOWN, "cannot copy %s: %m", from);
			hollow_archive(to, patch);
		} else if (symlink(from, to)) {
			die(EXIT_UNKNOWN, "cannot write %s: %m", to);
		}
	}
	if (folder)
		closedir(folder);
}

/* Functions of a spec read other files beside it, or the spec under the package's name. */
static void link_specs(const struct backport_rpm *rpm, const struct place *place)
{
	const char *from = backport_folder_of(rpm->path);
	DIR *folder = opendir(from);
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, backport_base_of(rpm->path)) &&
		    symlink(text("%s/%s", from, entry->d_name),
			    text("%s/%s", place->specs, entry->d_name)))
			die(EXIT_UNKNOWN, "cannot write to %s: %m", place->specs);
	if (folder)
		closedir(folder);
}

static void make_changes(const struct backport_rpm *rpm, const struct place *place,
			 const struct backport_changes *changes, const struct backport_patch *patch)
{
	const char *spec = rpm->text;
	size_t size = strlen(rpm->text);

	for (size_t i = 0; i < changes->count; i++) {
		const struct backport_change *change = &changes->items[i];
		const char *to = text("%s/%s", place->sources, backport_base_of(change->path));

		if (!strcmp(change->path, rpm->path)) {
			spec = change->data;
			size = change->size;
		} else if (change->data) {
			backport_file_replace(to, change->data, change->size);
			if (place->weak && archive_end(to))
				hollow_archive(to, patch);
		}
	}
	unlink(place->spec);
	backport_file_replace(place->spec, spec, size);
}

static void make_missing(const struct backport_rpm *rpm, const struct place *place,
			 const struct backport_plan *plan)
{
	for (size_t i = 0; i < rpm->missing.count; i++) {
		const char *to = text("%s/%s", place->sources, rpm->missing.items[i]);

		if (backport_path_exists(to))
			continue;
		if (archive_end(rpm->missing.items[i]))
			make_archive(rpm, plan, to);
		else
			backport_file_replace(to, STAND_IN, strlen(STAND_IN));
	}
}

static bool names_archive(const struct backport_rpm *rpm)
{
	char *rest = text("%s", rpm->parsed), *line, *file;

	while ((line = backport_line_next(&rest))) {
		file = backport_rpm_tag_file(line, "Source");
		if (file && archive_end(file) && !backport_text_starts(file, "patches.tar"))
			return true;
	}
	return false;
}

static struct place place_make(const struct backport_rpm *rpm,
			       const struct backport_changes *changes,
			       const struct backport_plan *plan, const struct backport_patch *patch)
{
	const char *top = text("%s/rpm", backport_work);
	const bool beside = !strcmp(backport_folder_of(rpm->path), rpm->sources);
	struct place place = { .top = top, .sources = text("%s/SOURCES", top) };

	place.specs = beside ? place.sources : text("%s/SPECS", top);
	place.spec = text("%s/%s", place.specs, backport_base_of(rpm->path));
	place.weak = rpm->missing.count || !names_archive(rpm);
	backport_remove_all(top);
	backport_folder_make(place.sources);
	backport_folder_make(place.specs);
	link_sources(rpm, &place, changes, patch);
	if (!beside)
		link_specs(rpm, &place);
	make_changes(rpm, &place, changes, patch);
	if (place.weak) {
		make_missing(rpm, &place, plan);
		make_programs(&place, plan, !names_archive(rpm));
	}
	return place;
}

/* Its exit code. @lenient: what fails is passed over, and there is little time. */
static int prepare(const struct backport_rpm *rpm, const struct place *place, bool lenient,
		   char **said)
{
	struct backport_list words = { 0 };
	const struct backport_command heard = { .directory = place->top,
						.output = said,
						.errors = said,
						.contained = true };
	static const char *const begin[] = { "timeout", "--kill-after=10" };
	static const char *const command[] = { "rpmbuild", "-bp", "--nodeps", "--target",
					       "aarch64" };

	if (place->weak) {
		backport_list_add(&words, "env");
		backport_list_add(&words, text("PATH=%s/bin:%s", place->top,
					       getenv("PATH") ?: "/usr/bin:/bin"));
	}
	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++)
		backport_list_add(&words, begin[i]);
	backport_list_add(&words, lenient ? LENIENT_SECONDS : PREPARE_SECONDS);
	for (size_t i = 0; i < sizeof(command) / sizeof(*command); i++)
		backport_list_add(&words, command[i]);
	/* Specs are written for distributions whose sh is bash. */
	if (backport_path_exists("/bin/bash"))
		backport_list_add(&words, "--define=_buildshell /bin/bash");
	for (size_t i = 0; i < rpm->defines->count; i++)
		backport_list_add(&words, text("--define=%s", rpm->defines->items[i]));
	backport_list_add(&words, text("--define=_topdir %s", place->top));
	backport_list_add(&words, text("--define=_tmppath %s", place->top));
	backport_list_add(&words, text("--define=_builddir %s/BUILD", place->top));
	backport_list_add(&words, text("--define=_sourcedir %s", place->sources));
	backport_list_add(&words, text("--define=_specdir %s", place->specs));
	if (place->weak) {
		backport_list_add(&words, text("--define=__patch %s/bin/patch", place->top));
		backport_list_add(&words, text("--define=__git %s/bin/git", place->top));
	}
	if (lenient)
		backport_list_add(&words, "--define=___build_args +e");
	backport_list_add(&words, place->spec);
	return backport_command_run(&heard, words.items);
}

static const char *last_words(char *said)
{
	const char *last = "it does not say why", *error = NULL;
	char *line;

	while ((line = backport_line_next(&said))) {
		line += strspn(line, " \t");
		if (backport_text_starts(line, "error:") && !error)
			error = line;
		else if (*line && *line != '+' && !backport_text_starts(line, "RPM build") &&
			 !error)
			last = line;
	}
	return text("%.200s%s%.200s", last, error ? "; " : "", error ?: "");
}

/* The states of the trees that came of it. One that is only a pristine copy may stay as it was. */
static bool read_trees(const struct place *place, const char *goal, const char **why)
{
	static const char file[] = "/arch/arm64/mm/flush.c";
	char *found = NULL;
	const struct backport_command heard = { .output = &found, .quiet = true };
	const char *build = text("%s/BUILD", place->top), *other = NULL, *state, *name;
	bool reached = false;

	/* Two NULs end it: a folder may have a newline in its name. */
	run(&heard, "find", build, "-path", text("*%s", file), "-type", "f", "-print0");
	for (char *line = found; line && *line; line += strlen(line) + sizeof(file)) {
		line[strlen(line) - strlen(file)] = '\0';
		state = backport_tree_state(line);
		name = line + strlen(build) + 1;
		if (!strcmp(state, goal))
			reached = true;
		else if (!place->weak && !strstr(name, "vanilla"))
			other = text("leaves %s '%s'", name, state);
		else if (!other && !reached)
			*why = text("leaves %s '%s'", name, state);
	}
	if (other)
		*why = other;
	return reached && !other;
}

bool backport_rpm_prove(const struct backport_rpm *rpm, const struct backport_changes *changes,
			const struct backport_plan *plan, const struct backport_patch *patch,
			const char *goal, const char **why)
{
	const struct place place = place_make(rpm, changes, plan, patch);
	char *said = NULL;
	int code = prepare(rpm, &place, false, &said);
	bool proven = false;

	*why = "unpacks no kernel tree";
	if (backport_command_ran_out(code))
		*why = "does not come to its end in " PREPARE_SECONDS " s";
	else if (!code || place.weak)
		proven = read_trees(&place, goal, why);
	/* A step that wants more of the kernel than a stand-in has may stand before the patches. */
	if (place.weak && !proven && code && !backport_command_ran_out(code)) {
		backport_remove_all(text("%s/BUILD", place.top));
		code = prepare(rpm, &place, true, &said);
		proven = read_trees(&place, goal, why);
	}
	if (code && !proven && !backport_command_ran_out(code)) {
		const bool leaves = place.weak && backport_text_starts(*why, "leaves");

		*why = text("%s%s: %s", leaves ? *why : "fails", leaves ? " and fails" : "",
			    last_words(said));
	}
	if (!proven && rpm->missing.count)
		*why = text("%s (%zu sources are not there: stand-ins took their place)", *why,
			    rpm->missing.count);
	if (proven && place.weak && rpm->missing.count)
		say("%zu sources of the package are not there (%s%s): stand-ins took their place, which "
		    "show only that the patch is applied",
		    rpm->missing.count, rpm->missing.items[0],
		    rpm->missing.count > 1 ? ", ..." : "");
	else if (proven && place.weak)
		say("the spec names no archive with a kernel: it was only seen that the patch is applied");
	if (proven && place.weak)
		say("run rpmbuild -bp where the sources are");
	backport_remove_all(place.top);
	return proven;
}
