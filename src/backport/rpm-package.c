// SPDX-License-Identifier: GPL-2.0-only
/*
 * rpm-package.c: a spec file as rpm reads it, and where its sources are
 *
 * Macros of a spec are programs: %(...) runs a shell. Nothing here is called before an export was asked
 * for, and each call of rpm has an end.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/rpm.h"

#define PARSE_SECONDS "120"
#define MARK "@icache_ipi_line@"

char *backport_rpm_tag_file(const char *line, const char *tag)
{
	const char *at;
	char *value;

	line += strspn(line, " \t");
	if (strncasecmp(line, tag, strlen(tag)))
		return NULL;
	at = line + strlen(tag);
	at += strspn(at, "0123456789");
	at += strspn(at, " \t");
	if (*at++ != ':')
		return NULL;
	at += strspn(at, " \t");
	value = text("%.*s", (int)strcspn(at, " \t\r\n"), at);
	return text("%s", backport_base_of(value));
}

const char *backport_rpm_last_line(const char *spec, bool (*matches)(const char *line))
{
	const char *last = NULL;

	for (const char *line = spec; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (matches(line))
			last = line;
	}
	return last;
}

const char *backport_rpm_source(const struct backport_rpm *rpm, const char *name)
{
	return text("%s/%s", rpm->sources, name);
}

/* rpmspec on the spec in @path; what it prints, or NULL with its words in @errors. */
static char *parse(const struct backport_rpm *rpm, const char *path, char **errors)
{
	struct backport_list words = { 0 };
	char *parsed = NULL;
	const struct backport_command heard = { .output = &parsed,
						.errors = errors,
						.contained = true };
	static const char *const begin[] = { "timeout", "--kill-after=10", PARSE_SECONDS, "rpmspec",
					     "--parse", "--target",	   "aarch64" };

	for (size_t i = 0; i < sizeof(begin) / sizeof(*begin); i++)
		backport_list_add(&words, begin[i]);
	backport_list_add(&words, text("--define=_sourcedir %s", rpm->sources));
	backport_list_add(&words, text("--define=_specdir %s", backport_folder_of(rpm->path)));
	for (size_t i = 0; i < rpm->defines->count; i++)
		backport_list_add(&words, text("--define=%s", rpm->defines->items[i]));
	backport_list_add(&words, path);
	return backport_command_run(&heard, words.items) ? NULL : parsed;
}

/* The files that the spec names; with @sources the ones that are not there. */
static struct backport_list named_files(const char *spec, const char *sources)
{
	struct backport_list list = { 0 };
	char *rest = text("%s", spec), *line, *file;

	while ((line = backport_line_next(&rest))) {
		file = backport_rpm_tag_file(line, "Source") ?:
							       backport_rpm_tag_file(line, "Patch");
		if (file && *file && !strchr(file, '%') && !backport_list_has(&list, file) &&
		    (!sources || !backport_path_exists(text("%s/%s", sources, file))))
			backport_list_add(&list, file);
	}
	return list;
}

static char *defined_sources(const struct backport_list *defines)
{
	for (size_t i = 0; i < defines->count; i++)
		if (backport_text_starts(defines->items[i], "_sourcedir "))
			return text("%s", defines->items[i] + strlen("_sourcedir "));
	return NULL;
}

/* %_sourcedir of this user and machine. */
static char *users_sources(void)
{
	char *said = NULL;
	const struct backport_command heard = { .output = &said, .quiet = true };

	if (run(&heard, "rpm", "--eval", "%{_sourcedir}") || !said)
		return text("/");
	said[strcspn(said, "\n")] = '\0';
	return said;
}

/*
 * Where rpmbuild will look. What was said; else the one of these places that has most of the files: SOURCES
 * beside a folder SPECS, the spec's own folder, %_sourcedir.
 */
static const char *find_sources(const char *path, const char *spec,
				const struct backport_list *defines)
{
	const char *folder = backport_folder_of(path);
	const char *beside = text("%s/../SOURCES", folder), *best;
	const bool specs = !strcmp(backport_base_of(folder), "SPECS") &&
			   backport_path_exists(beside);
	const char *const places[] = { specs ? realpath(beside, NULL) : folder, folder,
				       users_sources() };
	const size_t all = named_files(spec, NULL).count;
	size_t most = 0;

	best = defined_sources(defines);
	if (best)
		return best;
	best = places[0];
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const size_t there = all - named_files(spec, places[i]).count;

		if (there > most) {
			most = there;
			best = places[i];
		}
	}
	return best;
}

/* The line of rpm's words that says why: the first error, or the last line. */
static const char *first_error(char *errors)
{
	const char *last = "it does not say why";
	char *line;

	while (errors && (line = backport_line_next(&errors))) {
		if (!strncmp(line, "error:", 6)) {
			last = line;
			break;
		}
		if (*line && strncmp(line, MARK, strlen(MARK)))
			last = line;
	}
	return text("%.300s", last);
}

void backport_rpm_open(struct backport_rpm *rpm, const char *path,
		       const struct backport_list *defines)
{
	size_t size;
	char *errors = NULL, *spec = backport_file_read(path, &size);
	const char *whole = realpath(path, NULL);

	if (!spec || !whole)
		backport_refuse(text("cannot read %s: %m", path),
				"name the spec file of the kernel");
	if (strlen(spec) != size)
		backport_refuse(text("%s is no text: it has a byte that is 0", path),
				"nothing was changed; name the spec file of the kernel");
	if (!backport_command_exists("rpmspec") || !backport_command_exists("rpmbuild"))
		backport_refuse("there is no rpmbuild here, which is to prove what is exported",
				"nothing was changed; install it (package rpm, or rpm-build)");
	*rpm = (struct backport_rpm){ .path = whole, .text = spec, .defines = defines };
	rpm->sources = find_sources(whole, spec, defines);
	rpm->parsed = parse(rpm, whole, &errors);
	if (!rpm->parsed)
		backport_refuse(text("rpm cannot read %s: %s", path, first_error(errors)),
				"nothing was changed; name the spec file of the kernel, with the "
				"macros that it wants (--define 'NAME VALUE')");
	rpm->missing = named_files(rpm->parsed, rpm->sources);
}

bool backport_rpm_unpack(const char *path, const char *folder)
{
	backport_remove_all(folder);
	backport_folder_make(folder);
	return !run(NULL, "tar", "--force-local", "--extract", "--no-same-owner",
		    "--no-same-permissions", text("--file=%s", path),
		    text("--directory=%s", folder));
}

bool backport_rpm_pack(const char *path, const char *folder)
{
	unlink(path);
	return !run(NULL, "tar", "--force-local", "--create", "--auto-compress", "--sort=name",
		    "--owner=0", "--group=0", "--numeric-owner", text("--file=%s", path),
		    text("--directory=%s", folder), ".");
}

bool backport_rpm_is_active(const struct backport_rpm *rpm, const char *at)
{
	const char *marked = text("%s/marked.spec", backport_work);
	const char *made = text("%.*s%%{echo:" MARK "}\n%s", (int)(at - rpm->text), rpm->text, at);
	char *errors = NULL, *parsed;

	backport_file_replace(marked, made, strlen(made));
	parsed = parse(rpm, marked, &errors);
	/* Releases of rpm differ in where %{echo:} goes. */
	return parsed && (strstr(parsed, MARK) || strstr(errors, MARK));
}

static bool begins(const char *line, const char *word)
{
	line += strspn(line, " \t");
	return backport_text_starts(line, word) && !isalnum((unsigned char)line[strlen(word)]);
}

static bool opens(const char *line)
{
	return begins(line, "%if") || begins(line, "%ifarch") || begins(line, "%ifnarch") ||
	       begins(line, "%ifos") || begins(line, "%ifnos");
}

static const char *next_line(const char *line)
{
	const char *end = strchr(line, '\n');

	return end ? end + 1 : NULL;
}

const char *backport_rpm_outside(const char *spec, const char *at)
{
	int depth = 0;

	for (const char *line = spec; line && *line; line = next_line(line)) {
		if (opens(line))
			depth++;
		else if (begins(line, "%endif") && depth)
			depth--;
		if (line >= at && !depth)
			return line;
	}
	return at;
}

char *backport_rpm_conditional(const struct backport_rpm *rpm, const char *at)
{
	const char *open[64];
	int depth = 0, number = 1, numbers[64];

	for (const char *line = rpm->text; line && line < at; line = next_line(line), number++) {
		if (opens(line) && depth < 64) {
			open[depth] = line;
			numbers[depth++] = number;
		} else if (begins(line, "%endif") && depth) {
			depth--;
		}
	}
	for (int i = 0; i < depth; i++)
		if (i + 1 == depth || !backport_rpm_is_active(rpm, next_line(open[i])))
			return text("%.*s (line %d)", (int)strcspn(open[i], "\r\n"), open[i],
				    numbers[i]);
	return NULL;
}
