// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: what a folder is, as a kernel tree, and copies of it
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"
#include "kernel/digest.h"

static bool has(const char *tree, const char *name)
{
	return backport_path_exists(text("%s/%s", tree, name));
}

const char *backport_tree_read(const char *path, char why[static REASON_SIZE])
{
	const enum kernel_tree_state state = kernel_tree_read(path, why);

	text_make_printable(why);
	return kernel_tree_words[state];
}

const char *backport_tree_read_over(const char *tree, const char *over,
				    char why[static REASON_SIZE])
{
	const enum kernel_tree_state state = kernel_tree_read_over(tree, over, why);

	text_make_printable(why);
	return kernel_tree_words[state];
}

const char *backport_tree_state(const char *path)
{
	char why[REASON_SIZE];

	return backport_tree_read(path, why);
}

bool backport_tree_is_checkout(const char *path)
{
	char *top = has(path, ".git") ? git_says(path, "rev-parse", "--show-toplevel") : NULL;

	return top && !strcmp(top, path) &&
	       git_says(path, "rev-parse", "--quiet", "--verify", "HEAD");
}

bool backport_tree_is_clean_checkout(const char *path)
{
	char *changes;

	if (!backport_tree_is_checkout(path) || backport_git_elsewhere(path) ||
	    backport_git_is_conditional(path))
		return false;
	/* In a submodule git would be another one, with what that one's configuration names. */
	changes = git_says(path, "status", "--porcelain", "--untracked-files=no",
			   "--ignore-submodules=dirty");
	return changes && !*changes;
}

char *backport_tree_symlink(const char *tree, const char *file, bool itself)
{
	char *part = text("%s", file), *slash = part;
	struct stat status;

	while ((slash = strchr(slash, '/'))) {
		*slash = '\0';
		if (!lstat(text("%s/%s", tree, part), &status) && S_ISLNK(status.st_mode))
			return part;
		*slash++ = '/';
	}
	if (itself && !lstat(text("%s/%s", tree, part), &status) && S_ISLNK(status.st_mode))
		return part;
	return NULL;
}

/* One line of the fingerprint. Not the times of folders: make changes them by looking around. */
static void describe(FILE *to, const FTSENT *entry, size_t skip)
{
	const struct stat *status = entry->fts_statp;
	const char *name = entry->fts_path + skip;
	char type = S_ISREG(status->st_mode)  ? 'f' :
		    S_ISLNK(status->st_mode)  ? 'l' :
		    S_ISFIFO(status->st_mode) ? 'p' :
		    S_ISSOCK(status->st_mode) ? 's' :
		    S_ISCHR(status->st_mode)  ? 'c' :
						'b';

	name += *name == '/';
	if (S_ISDIR(status->st_mode))
		fprintf(to, "%s %o\n", name, status->st_mode & 07777);
	else
		fprintf(to, "%s %c %jd %jd.%09ld0 %o\n", name, type, (intmax_t)status->st_size,
			(intmax_t)status->st_mtim.tv_sec, status->st_mtim.tv_nsec,
			status->st_mode & 07777);
}

static bool is_of_the_tree(const char *name)
{
	return strcmp(name, ".git") && strcmp(name, IN_PLACE_FOLDER);
}

static char *describe_all(const char *path)
{
	char *roots[] = { text("%s", path), NULL }, *all = NULL;
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	size_t size;
	FILE *to = open_memstream(&all, &size);
	FTSENT *entry;

	if (!walk || !to)
		die(EXIT_UNKNOWN, "cannot read %s: %m", path);
	while ((entry = fts_read(walk))) {
		if (!is_of_the_tree(entry->fts_name))
			fts_set(walk, entry, FTS_SKIP);
		else if (entry->fts_info != FTS_DP && entry->fts_statp)
			describe(to, entry, strlen(path));
	}
	fts_close(walk);
	fclose(to);
	return all;
}

static char *lines_sorted(char *all)
{
	struct backport_list lines = { 0 };
	char *line;

	while ((line = backport_line_next(&all)))
		backport_list_add(&lines, line);
	backport_list_sort(&lines);
	backport_list_add(&lines, "");
	return backport_list_join(&lines, "\n");
}

char *backport_tree_fingerprint(const char *path)
{
	char hex[65], *all;

	if (backport_tree_is_clean_checkout(path))
		all = text("%s\n%s\n", path, git_says(path, "rev-parse", "HEAD"));
	else
		all = text("%s\n%s", path, lines_sorted(describe_all(path)));
	kernel_digest(all, strlen(all), hex);
	return text("%.12s", hex);
}

bool backport_tree_copy_files(const char *tree, const char *to)
{
	DIR *folder = opendir(tree);
	struct backport_list argv = { 0 };
	struct dirent *entry;

	backport_list_add(&argv, "cp");
	backport_list_add(&argv, "--archive");
	backport_list_add(&argv, "--reflink=auto");
	backport_list_add(&argv, text("--target-directory=%s", to));
	backport_list_add(&argv, "--");
	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    is_of_the_tree(entry->d_name))
			backport_list_add(&argv, text("%s/%s", tree, entry->d_name));
	if (folder)
		closedir(folder);
	return folder && !backport_command_run(NULL, argv.items);
}

bool backport_tree_copy(const char *tree, const char *to)
{
	const struct backport_command here = { .directory = tree }, there = { .directory = to };

	if (!backport_tree_is_clean_checkout(tree))
		return backport_tree_copy_files(tree, to);
	return !git_run(&here, "worktree", "add", "--quiet", "--force", "--detach", "--no-checkout",
			to, "HEAD") &&
	       !git_run(&there, "reset", "--quiet", "--hard");
}

/* Does git know this folder as a worktree of some checkout? */
static bool is_worktree(const char *path)
{
	struct stat status;

	return !stat(text("%s/.git", path), &status) && S_ISREG(status.st_mode);
}

bool backport_tree_rename(const char *from, const char *to)
{
	if (backport_path_exists(to) && rmdir(to))
		return false;
	if (is_worktree(from))
		return !git_run(&(struct backport_command){ .directory = from }, "worktree", "move",
				"--force", from, to);
	return !rename(from, to);
}

void backport_tree_remove(const char *path)
{
	const struct backport_command quietly = { .directory = path, .quiet = true };

	if (is_worktree(path))
		git_run(&quietly, "worktree", "remove", "--force", path);
	backport_remove_all(path);
}
