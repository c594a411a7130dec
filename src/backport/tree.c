// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c: what a folder is, as a kernel tree, and copies of it
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"
#include "lib/sha256.h"

const char *const tree_files[] = {
	"Makefile", "Kconfig", "arch/arm64/Kconfig",
	"arch/arm64/include/asm/cacheflush.h", "arch/arm64/mm/cache.S",
	"arch/arm64/kernel/probes/uprobes.c", "arch/arm64/mm/flush.c", NULL
};

static bool has(const char *tree, const char *name)
{
	return path_exists(text("%s/%s", tree, name));
}

/* The top Makefile of every kernel says its version; only that it does counts here. */
static bool names_a_version(const char *tree)
{
	char *makefile = file_read(text("%s/Makefile", tree), NULL), *at = makefile;

	while (at && (at = strstr(at, "PATCHLEVEL"))) {
		if (at == makefile || at[-1] == '\n')
			return at[10 + strspn(at + 10, " ")] == '=';
		at++;
	}
	return false;
}

static const char *user_name(void)
{
	const struct passwd *entry = getpwuid(geteuid());

	return entry ? entry->pw_name : text("user %u", geteuid());
}

char *tree_problem(const char *path)
{
	char source[4096] = "";
	struct stat status;

	if (stat(path, &status))
		return text(errno == EACCES ? "%s cannot be reached by %s" : "there is nothing at %s",
			    path, user_name());
	if (!S_ISDIR(status.st_mode))
		return text("%s is a file, not a folder", path);
	if (access(path, R_OK | X_OK))
		return text("%s cannot be read by %s", path, user_name());
	if (readlink(text("%s/source", path), source, sizeof(source) - 1) > 0 &&
	    !has(path, "Kconfig"))
		return text("%s is the build folder of a kernel: its source is %s", path, source);
	if (!names_a_version(path))
		return text("%s is not a kernel tree: no Makefile with a PATCHLEVEL in it", path);
	if (!has(path, "arch/arm64"))
		return text("%s is a kernel tree without arch/arm64", path);
	if (!has(path, "arch/arm64/Kconfig") || !has(path, "arch/arm64/mm"))
		return text("%s holds kernel headers only: no arch/arm64/mm", path);
	return NULL;
}

/* icache-ipi-check beside this program, else the one on PATH: it alone judges code. */
static const char *check_program(void)
{
	char self[4096] = "";
	const char *beside;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0) {
		beside = text("%s/icache-ipi-check", folder_of(self));
		if (!access(beside, X_OK))
			return beside;
	}
	return "icache-ipi-check";
}

static char *state_by_awk(const char *path)
{
	char *state = NULL;
	const struct command there = { .directory = path, .output = &state };
	struct list argv = { 0 };

	list_add(&argv, "awk");
	list_add(&argv, "-f");
	list_add(&argv, text("%s/../scripts/tree-state.awk", series_patches_dir));
	for (int i = 0; tree_files[i]; i++)
		if (!access(text("%s/%s", path, tree_files[i]), R_OK))
			list_add(&argv, tree_files[i]);
	if (argv.count == 3)
		return text("not recognised");
	if (command_run(&there, argv.items))
		die(EXIT_UNKNOWN, "cannot judge %s", path);
	state[strcspn(state, "\n")] = '\0';
	return state;
}

char *tree_state(const char *path)
{
	char *state = NULL;
	const struct command quietly = { .output = &state, .quiet = true };
	const int code = run(&quietly, check_program(), "--state", "--", path);

	if (code == EXIT_USAGE)
		return state_by_awk(path);
	state[strcspn(state, "\n")] = '\0';
	if (!*state)
		die(EXIT_UNKNOWN, "icache-ipi-check failed on %s (%d)", path, code);
	return state;
}

/* What git says, without the newline; NULL when it fails. */
static char *git_says(const char *tree, const char *const argv[])
{
	char *said = NULL;
	const struct command there = { .directory = tree, .output = &said, .quiet = true };

	if (command_run(&there, argv))
		return NULL;
	if (*said && said[strlen(said) - 1] == '\n')
		said[strlen(said) - 1] = '\0';
	return said;
}

#define git(tree, ...) git_says(tree, (const char *const[]){ "git", __VA_ARGS__, NULL })

bool tree_is_checkout(const char *path)
{
	char *top = has(path, ".git") ? git(path, "rev-parse", "--show-toplevel") : NULL;

	return top && !strcmp(top, path) &&
	       git(path, "rev-parse", "--quiet", "--verify", "HEAD");
}

bool tree_is_clean_checkout(const char *path)
{
	char *changes;

	if (!tree_is_checkout(path))
		return false;
	changes = git(path, "status", "--porcelain", "--untracked-files=no");
	return changes && !*changes;
}

char *tree_symlink(const char *tree, const char *file, bool itself)
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
	char type = S_ISREG(status->st_mode) ? 'f' : S_ISLNK(status->st_mode) ? 'l' :
		    S_ISFIFO(status->st_mode) ? 'p' : S_ISSOCK(status->st_mode) ? 's' :
		    S_ISCHR(status->st_mode) ? 'c' : 'b';

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
	struct list lines = { 0 };
	char *line;

	while ((line = line_next(&all)))
		list_add(&lines, line);
	list_sort(&lines);
	list_add(&lines, "");
	return list_join(&lines, "\n");
}

char *tree_fingerprint(const char *path)
{
	char hex[65], *all;

	if (tree_is_clean_checkout(path))
		all = text("%s\n%s\n", path, git(path, "rev-parse", "HEAD"));
	else
		all = text("%s\n%s", path, lines_sorted(describe_all(path)));
	sha256_hex(all, strlen(all), hex);
	return text("%.12s", hex);
}

static bool copy_entries(const char *tree, const char *to)
{
	DIR *folder = opendir(tree);
	struct list argv = { 0 };
	struct dirent *entry;

	list_add(&argv, "cp");
	list_add(&argv, "--archive");
	list_add(&argv, "--reflink=auto");
	list_add(&argv, text("--target-directory=%s", to));
	list_add(&argv, "--");
	while (folder && (entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    is_of_the_tree(entry->d_name))
			list_add(&argv, text("%s/%s", tree, entry->d_name));
	if (folder)
		closedir(folder);
	return folder && !command_run(NULL, argv.items);
}

bool tree_copy(const char *tree, const char *to)
{
	if (tree_is_clean_checkout(tree))
		return !run(NULL, "git", "-C", tree, "worktree", "add", "--quiet", "--force",
			    "--detach", to, "HEAD");
	return copy_entries(tree, to);
}

/* Does git know this folder as a worktree of some checkout? */
static bool is_worktree(const char *path)
{
	struct stat status;

	return !stat(text("%s/.git", path), &status) && S_ISREG(status.st_mode);
}

bool tree_rename(const char *from, const char *to)
{
	if (path_exists(to) && rmdir(to))
		return false;
	if (is_worktree(from))
		return !run(NULL, "git", "-C", from, "worktree", "move", "--force", from, to);
	return !rename(from, to);
}

void tree_remove(const char *path)
{
	const struct command quietly = { .quiet = true };

	if (is_worktree(path))
		run(&quietly, "git", "-C", path, "worktree", "remove", "--force", path);
	remove_all(path);
}
