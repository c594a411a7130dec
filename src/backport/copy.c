// SPDX-License-Identifier: GPL-2.0-only
/*
 * copy.c: where a patched copy of a kernel tree goes, and how it gets there whole or not at all
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backport/backport.h"
#include "kernel/digest.h"

/* The changed files into the copy, which is not under its own name yet. */
static bool files_install(const struct backport_plan *plan, const char *copy)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *target = text("%s/%s", copy, plan->files.items[i]);
		const char *written = text("%s.backport-new", target);
		struct stat status;
		size_t size;
		char *data = backport_file_read(text("%s/%s", plan->new, plan->files.items[i]),
						&size);
		const char *link = backport_tree_symlink(copy, plan->files.items[i], true);

		/* Its owner may have changed the tree since it was read; the copy is ours alone. */
		if (link)
			backport_refuse(
				text("%s/%s became a symbolic link meanwhile", plan->tree, link),
				"nothing was changed; copy the tree where nobody else writes to it");
		/* The copy of a read-only tree is ours. */
		if (!stat(backport_folder_of(target), &status))
			chmod(backport_folder_of(target), status.st_mode | S_IWUSR);
		if (!data || stat(target, &status) ||
		    !backport_file_write(written, data, size, &status) || rename(written, target))
			return false;
	}
	return true;
}

static void copy_make(const struct backport_plan *plan, const char *copy, const char *output)
{
	backport_unfinished = copy;
	if (!backport_tree_copy(plan->tree, copy) || !files_install(plan, copy) ||
	    !backport_tree_rename(copy, output))
		backport_refuse(text("cannot copy %s to %s", plan->tree, output),
				"look for room on that disk (df)");
	backport_unfinished = NULL;
}

static void folder_need(const char *path)
{
	if (!backport_folder_make(path))
		backport_refuse(text("cannot write to %s", path),
				"name another folder: --output, XDG_CACHE_HOME");
}

static bool is_inside(const char *path, const char *tree)
{
	char *whole;

	while (!(whole = realpath(path, NULL)) && strcmp(path, backport_folder_of(path)))
		path = backport_folder_of(path);
	return whole && backport_text_starts(text("%s/", whole), text("%s/", tree));
}

char *backport_copy_to(const struct backport_plan *plan, const char *output)
{
	char *whole, *copy;
	struct stat status;

	if (!lstat(output, &status) && S_ISLNK(status.st_mode) && status.st_uid &&
	    status.st_uid != geteuid())
		backport_refuse(text("%s is somebody else's link: nothing was changed", output),
				"name a new folder");
	if (is_inside(output, plan->tree))
		backport_refuse(text("%s is inside %s", output, plan->tree),
				"name a folder outside of it");
	folder_need(output);
	whole = realpath(output, NULL);
	if (!whole || !backport_folder_is_empty(whole))
		backport_refuse(text("%s is not empty: nothing was changed", output),
				"name a new folder");
	copy = backport_folder_new(backport_folder_of(whole), ".icache-ipi-backport.");
	if (!copy)
		backport_refuse(text("the copy is made beside %s first, and cannot be: %m", whole),
				"name another folder");
	copy_make(plan, copy, whole);
	return whole;
}

/* NAME-SERIES-KEY: the key changes with anything in the tree or in the patches. */
static char *copy_name(const struct backport_plan *plan)
{
	char *all = text("%s\n", backport_tree_fingerprint(plan->tree)), hex[65];
	struct backport_list names = { 0 };

	if (plan->script) {
		backport_list_add(&names, text("semantic-%s", plan->series[0].name));
		all = text("%s%s", all, backport_file_read(plan->script, NULL));
	}
	for (size_t i = 0; !plan->script && i < plan->count; i++) {
		const struct backport_list patches = backport_series_patches(&plan->series[i]);

		backport_list_add(&names, plan->series[i].name);
		for (size_t j = 0; j < patches.count; j++)
			all = text("%s%s", all, backport_file_read(patches.items[j], NULL));
	}
	kernel_digest(all, strlen(all), hex);
	return text("%s-%s%s-%.12s", backport_base_of(plan->tree),
		    plan->series[0].reverse ? "without-" : "", backport_list_join(&names, "+"),
		    hex);
}

/* What runs that were killed left behind. */
static void leftovers_remove(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (backport_text_starts(entry->d_name, "tmp."))
			backport_tree_remove(text("%s/%s", folder, entry->d_name));
	if (entries)
		closedir(entries);
}

char *backport_cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");

	if (cache && *cache)
		return text("%s/icache-ipi/backport", cache);
	return text("%s/.cache/icache-ipi/backport", getenv("HOME") ?: "");
}

char *backport_copy_to_cache(const struct backport_plan *plan)
{
	char *folder = backport_cache_folder(), *output, *copy;
	struct stat status;
	int lock;

	folder_need(folder);
	lock = open(text("%s/lock", folder), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0 || flock(lock, LOCK_EX))
		die(EXIT_UNKNOWN, "cannot lock %s: %m", folder);
	output = text("%s/%s", folder, copy_name(plan));
	if (!stat(output, &status) && S_ISDIR(status.st_mode)) {
		if (strcmp(backport_tree_state(output), backport_plan_goal(plan)))
			backport_refuse(text("the copy made earlier is no longer '%s': %s",
					     backport_plan_goal(plan), output),
					"remove it, or name another folder with --output");
		return output;
	}
	leftovers_remove(folder);
	copy = text("%s/tmp.XXXXXX", folder);
	if (!mkdtemp(copy))
		die(EXIT_UNKNOWN, "cannot write to %s: %m", folder);
	copy_make(plan, copy, output);
	return output;
}
