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
#include "lib/sha256.h"

/* The changed files into the copy, which is not under its own name yet. */
static bool files_install(const struct plan *plan, const char *copy)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *target = text("%s/%s", copy, plan->files.items[i]);
		const char *written = text("%s.backport-new", target);
		struct stat status;
		size_t size;
		char *data = file_read(text("%s/%s", plan->new, plan->files.items[i]), &size);

		/* The copy of a read-only tree is ours. */
		if (!stat(folder_of(target), &status))
			chmod(folder_of(target), status.st_mode | S_IWUSR);
		if (!data || stat(target, &status) || !file_write(written, data, size, &status) ||
		    rename(written, target))
			return false;
	}
	return true;
}

static void copy_make(const struct plan *plan, const char *copy, const char *output)
{
	cleanup_copy = copy;
	if (!tree_copy(plan->tree, copy) || !files_install(plan, copy) || !tree_rename(copy, output))
		refuse(text("cannot copy %s to %s", plan->tree, output),
		       "look for room on that disk (df)");
	cleanup_copy = NULL;
}

static void folder_need(const char *path)
{
	if (!folder_make(path))
		refuse(text("cannot write to %s", path),
		       "name another folder: --output, XDG_CACHE_HOME");
}

static bool is_inside(const char *path, const char *tree)
{
	char *whole;

	while (!(whole = realpath(path, NULL)) && strcmp(path, folder_of(path)))
		path = folder_of(path);
	return whole && text_starts(text("%s/", whole), text("%s/", tree));
}

char *copy_to(const struct plan *plan, const char *output)
{
	char *whole, *copy;

	if (is_inside(output, plan->tree))
		refuse(text("%s is inside %s", output, plan->tree), "name a folder outside of it");
	folder_need(output);
	whole = realpath(output, NULL);
	if (!whole || !folder_is_empty(whole))
		refuse(text("%s is not empty: nothing was changed", output), "name a new folder");
	copy = text("%s/.backport.XXXXXX", folder_of(whole));
	if (!mkdtemp(copy))
		refuse(text("the copy is made beside %s first, and cannot be: %m", whole),
		       "name another folder");
	copy_make(plan, copy, whole);
	return whole;
}

/* NAME-SERIES-KEY: the key changes with anything in the tree or in the patches. */
static char *copy_name(const struct plan *plan)
{
	char *all = text("%s\n", tree_fingerprint(plan->tree)), hex[65];
	struct list names = { 0 };

	if (plan->script) {
		list_add(&names, text("semantic-%s", plan->series[0].name));
		all = text("%s%s", all, file_read(plan->script, NULL));
	}
	for (size_t i = 0; !plan->script && i < plan->count; i++) {
		const struct list patches = series_patches(&plan->series[i]);

		list_add(&names, plan->series[i].name);
		for (size_t j = 0; j < patches.count; j++)
			all = text("%s%s", all, file_read(patches.items[j], NULL));
	}
	sha256_hex(all, strlen(all), hex);
	return text("%s-%s%s-%.12s", base_of(plan->tree),
		    plan->series[0].reverse ? "without-" : "", list_join(&names, "+"), hex);
}

/* What runs that were killed left behind. */
static void leftovers_remove(const char *folder)
{
	DIR *entries = opendir(folder);
	struct dirent *entry;

	while (entries && (entry = readdir(entries)))
		if (text_starts(entry->d_name, "tmp."))
			tree_remove(text("%s/%s", folder, entry->d_name));
	if (entries)
		closedir(entries);
}

static char *cache_folder(void)
{
	const char *cache = getenv("XDG_CACHE_HOME");

	if (cache && *cache)
		return text("%s/icache-ipi/backport", cache);
	return text("%s/.cache/icache-ipi/backport", getenv("HOME") ?: "");
}

char *copy_to_cache(const struct plan *plan)
{
	char *folder = cache_folder(), *output, *copy;
	struct stat status;
	int lock;

	folder_need(folder);
	lock = open(text("%s/lock", folder), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0 || flock(lock, LOCK_EX))
		die(EXIT_UNKNOWN, "cannot lock %s: %m", folder);
	output = text("%s/%s", folder, copy_name(plan));
	if (!stat(output, &status) && S_ISDIR(status.st_mode)) {
		if (strcmp(tree_state(output), plan_goal(plan)))
			refuse(text("the copy made earlier is no longer '%s': %s", plan_goal(plan),
				    output), "remove it, or name another folder with --output");
		return output;
	}
	leftovers_remove(folder);
	copy = text("%s/tmp.XXXXXX", folder);
	if (!mkdtemp(copy))
		die(EXIT_UNKNOWN, "cannot write to %s: %m", folder);
	copy_make(plan, copy, output);
	return output;
}
