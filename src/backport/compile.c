// SPDX-License-Identifier: GPL-2.0-only
/*
 * compile.c: do the changed files of a tree compile? In a copy of it that is thrown away
 *
 * This runs the Makefiles of the tree, which are programs: only --semantic does it, and --no-compile
 * leaves it out.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backport/backport.h"

/* What make needs of a tree, which a part of one lacks. */
static const char *const kernel_parts[] = {
	"Makefile",
	"Kbuild",
	"Kconfig",
	"arch/arm64/Makefile",
	"arch/arm64/Kconfig",
	"scripts/Makefile.build",
	"include/linux/mm.h",
	"kernel/smp.c",
	NULL
};

/* The prefix of a compiler for arm64; NULL: there is none. */
static const char *cross_compiler(void)
{
	const char *named = getenv("CROSS_COMPILE");
	struct utsname machine;

	if (named && *named)
		return backport_command_exists(text("%sgcc", named)) ? named : NULL;
	if (!uname(&machine) && !strcmp(machine.machine, "aarch64"))
		return backport_command_exists("gcc") ? "" : NULL;
	return backport_command_exists("aarch64-linux-gnu-gcc") ? "aarch64-linux-gnu-" : NULL;
}

/* Why nothing can be compiled here; NULL: it can. */
static const char *obstacle(const char *tree)
{
	static const char *const programs[] = { "make", "flex", "bison", "bc", NULL };

	for (size_t i = 0; kernel_parts[i]; i++)
		if (!backport_path_exists(text("%s/%s", tree, kernel_parts[i])))
			return text("this is a part of a tree, it has no %s", kernel_parts[i]);
	if (!cross_compiler())
		return "there is no compiler for arm64 (aarch64-linux-gnu-gcc, or CROSS_COMPILE=)";
	for (size_t i = 0; programs[i]; i++)
		if (!backport_command_exists(programs[i]))
			return text("there is no %s", programs[i]);
	return NULL;
}

/* make in @copy; what it says stays in *@said. */
static bool make(const char *copy, const char *const targets[], char **said)
{
	const struct backport_command heard = { .directory = copy, .output = said, .errors = said };
	struct backport_list argv = { 0 };

	backport_list_add(&argv, "make");
	backport_list_add(&argv, "--silent");
	backport_list_add(&argv, "-j2");
	backport_list_add(&argv, "ARCH=arm64");
	backport_list_add(&argv, text("CROSS_COMPILE=%s", cross_compiler()));
	/* dtc of 4.19 defines yylloc twice, which gcc 10 no longer forgives. */
	backport_list_add(&argv, "HOSTCFLAGS=-fcommon -O2");
	while (*targets)
		backport_list_add(&argv, *targets++);
	return !backport_command_run(&heard, argv.items);
}

#define make_run(copy, said, ...) make(copy, (const char *const[]){ __VA_ARGS__, NULL }, said)

static bool config_has(const char *copy, const char *line)
{
	const char *config = backport_file_read(text("%s/.config", copy), NULL);

	return config && strstr(config, line);
}

/* Its own configuration, or the default with what the fix touches. */
static bool configure(const char *copy, char **said)
{
	const char *path = text("%s/.config", copy);
	char *config;
	size_t size;

	if (backport_path_exists(path))
		return make_run(copy, said, "olddefconfig");
	if (!make_run(copy, said, "defconfig"))
		return false;
	config = backport_file_read(path, &size);
	config = text("%sCONFIG_KPROBES=y\nCONFIG_UPROBE_EVENTS=y\n", config ?: "");
	backport_file_replace(path, config, strlen(config));
	return make_run(copy, said, "olddefconfig");
}

/* The files of the plan, as they were or as they will be, in the copy. */
static void put(const struct backport_plan *plan, const char *from, const char *copy)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *to = text("%s/%s", copy, plan->files.items[i]);
		size_t size;
		char *data = backport_file_read(text("%s/%s", from, plan->files.items[i]), &size);

		if (data)
			backport_file_replace(to, data, size);
	}
}

/* flush.c and what else changed and is configured, as objects. */
static struct backport_list objects(const struct backport_plan *plan, const char *copy)
{
	static const char flush[] = "arch/arm64/mm/flush.c";
	struct backport_list found = { 0 };

	backport_list_add(&found, "arch/arm64/mm/flush.o");
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *file = plan->files.items[i];
		const size_t length = strlen(file);

		if (!strcmp(file + length - 2, ".c") && strcmp(file, flush) &&
		    (!strstr(file, "uprobes") || config_has(copy, "\nCONFIG_UPROBES=y\n")))
			backport_list_add(&found, text("%.*s.o", (int)length - 2, file));
	}
	return found;
}

/* The line that says why; the last one where none does. */
static const char *first_error(char *said)
{
	const char *last = "make says nothing", *line;

	while ((line = backport_line_next(&said))) {
		if (strstr(line, "error:") || strstr(line, "Error:"))
			return line;
		if (*line)
			last = line;
	}
	return last;
}

void backport_compile(const struct backport_plan *plan, const char *work)
{
	const char *copy = text("%s/compile", work), *problem = obstacle(plan->tree), *line;
	struct backport_list list;
	char *said = NULL;

	if (problem) {
		say("the change was not compiled: %s", problem);
		return;
	}
	say("compiling the changed files in a copy of %s", plan->tree);
	unsetenv("MAKEFLAGS");
	unsetenv("MAKELEVEL");
	unsetenv("KBUILD_OUTPUT");
	if (!backport_folder_make(copy) || !backport_tree_copy_files(plan->tree, copy))
		backport_refuse(text("cannot copy %s to %s", plan->tree, copy),
				"is there room on that disk (df)? nothing was changed");
	if (!configure(copy, &said))
		backport_refuse(text("the tree cannot be configured: %.300s", first_error(said)),
				"nothing was changed; --no-compile leaves this out");
	put(plan, plan->new, copy);
	list = objects(plan, copy);
	if (make(copy, list.items, &said)) {
		backport_remove_all(copy);
		return;
	}
	line = text("%.300s", first_error(said));
	put(plan, plan->old, copy);
	if (!make(copy, list.items, &said))
		backport_refuse(text("the tree does not compile, with the change or without: %s",
				     line),
				"nothing was changed; --no-compile leaves this out");
	backport_refuse(text("with the change the tree does not compile: %s", line),
			"nothing was changed; change this tree by hand");
}
