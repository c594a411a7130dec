// SPDX-License-Identifier: GPL-2.0-only
/*
 * series.c: any text as a Debian package, parted by form feeds: the list of patches, the changelog, a patch.
 * What passes has nothing but names for quilt; nothing is written outside of where it works.
 */
#include <regex.h>

#include "fuzz/program.h"

/* Their functions are their own. */
#include "backport/debian-prove.c"
#include "backport/debian.c"

#define ENTRY "bugfix/arm64/fix.patch"
#define ITEM "[arm64] Do not issue IPIs for user executable ptes"

/* The lines of @string, with a newline behind the last one. */
static char *whole_lines(const char *string)
{
	const bool ends = !*string || string[strlen(string) - 1] == '\n';

	return text("%s%s", string, ends ? "" : "\n");
}

/* What quilt gets: a name, none of whose parts begins with a dot or two alone, and its options */
static void check_words(const char *list)
{
	static const char name[] = "([.]?[.]?[A-Za-z0-9_+~,:=@%-]|[.][.][.])[A-Za-z0-9._+~,:=@%-]*";
	char *rest = text("%s", list), *line;
	static regex_t line_wanted;

	if (!line_wanted.re_nsub &&
	    regcomp(&line_wanted,
		    text("^(%s(/%s)*([ \t\r]+(-R|-p[0-9]|-pab))*)?[ \t\r]*$", name, name),
		    REG_EXTENDED))
		abort();
	while ((line = backport_line_next(&rest))) {
		line[strcspn(line, "#")] = '\0';
		if (*line == '-' || strstr(line, "/-") || regexec(&line_wanted, line, 0, NULL, 0))
			abort();
	}
}

static void check_list_of(const char *list)
{
	const struct backport_list files = { 0 };
	const char *made = series_with("p", list, ENTRY, &files);

	if (!backport_debian_lists(made, ENTRY))
		abort();
	if (!backport_debian_lists(list, ENTRY) &&
	    strcmp(backport_lines_without(made, names_entry, ENTRY), whole_lines(list)))
		abort();
}

static void run_input(struct parts *parts)
{
	const char *list = program_text(parts), *changelog = program_text(parts);
	const char *patch = program_text(parts), *rest;

	backport_remove_all("work");
	mkdir("work", 0700);
	check_list_of(list);
	rest = changelog_without(changelog, ITEM);
	if (!strstr(changelog, ITEM) && strcmp(rest, changelog))
		abort();
	if (strlen(rest) > strlen(changelog) + 1)
		abort();
	stopped_at(text("%s", changelog));
	parts_write("patch", (const uint8_t *)patch, strlen(patch));
	copy_files("p", "work", "patch");
	check_list("p", "debian/patches/series", list);
	check_words(list);
}

/* A package with links that lead out of it, and what they lead to. */
static void prepare_folder(void)
{
	static bool done;

	parts_enter_folder();
	if (done)
		return;
	done = true;
	if (system("rm -rf p outside; mkdir -p p/a/b outside && echo x >p/a/f && echo x >outside/x && "
		   "ln -s ../outside p/out && ln -s ../../outside p/a/out && ln -s ../outside/x p/link && "
		   "mkfifo p/pipe"))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const nowhere[] = { "outside/new", "work/out", "work/link", "work/a/out",
					       "work/pipe" };
	struct stat status;

	prepare_folder();
	program_run(run_input, data, size);
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(*nowhere); i++)
		if (!lstat(nowhere[i], &status))
			abort();
	return 0;
}
