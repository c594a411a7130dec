// SPDX-License-Identifier: GPL-2.0-only
/*
 * inplace.c: changes a tree itself, so that a run killed at any moment leaves all of it or nothing
 *
 * One changed file is renamed over the old one. Several are put into a copy, made of hard links, of
 * the folder that holds them all (arch/arm64), and the two folders change places in one
 * renameat2(2): no moment shows half of it. Where a file system cannot do that, files are renamed
 * one by one under a journal, which the next run carries out to its end.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "backport/backport.h"
#include "kernel/digest.h"
#include "lib/beneath.h"
#include "lib/file.h"

/* 64 files by their names and digests. */
#define JOURNAL_MAX_SIZE (1ul << 20)
#define SOURCE_MAX_SIZE (512ul << 20)

static void refuse_write(const char *tree)
{
	const char *problem = text("cannot write to %s: nothing was changed (%m)", tree);

	backport_remove_all(text("%s/" IN_PLACE_FOLDER, tree));
	backport_refuse(problem, "make it writable, or take a copy: no --in-place");
}

static void folder_sync(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* The tree, open and locked as long as the program runs. */
static int top = -1;

/* Of a file of the tree that no link leads to. */
static bool digest_beneath(const char *name, char hex[65])
{
	int fd = beneath_open(top, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	size_t size;
	char *data = fd < 0 ? NULL : file_read_fd(fd, SOURCE_MAX_SIZE, &size);

	if (data)
		kernel_digest(data, size, hex);
	free(data);
	if (fd >= 0)
		close(fd);
	return data;
}

/* Renames beneath the tree alone, whatever becomes a link meanwhile. */
static bool rename_beneath(const char *from, const char *to, unsigned int flags)
{
	const char *old, *new;
	const int here = beneath_open_parent(top, from, &old);
	const int there = here < 0 ? -1 : beneath_open_parent(top, to, &new);
	bool done = false;

	/* Not by renameat2() where renameat() will do: some file systems know no flags. */
	if (there >= 0)
		done = !(flags ? renameat2(here, old, there, new, flags) :
				 renameat(here, old, there, new));
	if (done)
		fsync(there);
	for (int i = 0, error = errno; i < 2; i++, errno = error)
		if ((i ? there : here) >= 0)
			close(i ? there : here);
	return done;
}

static bool digest(const char *path, char hex[65])
{
	size_t size;
	char *data = backport_file_read(path, &size);

	if (data)
		kernel_digest(data, size, hex);
	free(data);
	return data;
}

static bool same_content(const char *a, const char *b)
{
	char first[65], second[65];

	return digest(a, first) && digest(b, second) && !strcmp(first, second);
}

/* The journal: a line for each file, "BEFORE AFTER NAME"; what file i becomes is in .../i. */
struct entry {
	const char *before, *after, *target, *staged;
};

static struct entry entry_read(char *line, size_t i)
{
	struct entry entry = { .before = strsep(&line, " "), .after = strsep(&line, " ") };

	entry.target = line ?: "";
	entry.staged = text(IN_PLACE_FOLDER "/%zu", i);
	return entry;
}

/* A file that a series, or a semantic patch, changes: never one of git's, or of other programs. */
static bool is_source(const char *name)
{
	const size_t length = strlen(name);

	return length > 2 && name[length - 2] == '.' && strchr("chS", name[length - 1]) &&
	       name[0] != '.' && !strstr(name, "/.");
}

/* May the entry still be carried out, or is it already? */
static bool entry_holds(const struct entry *entry)
{
	char now[65], new[65];

	if (!entry->after || !is_source(entry->target) || !digest_beneath(entry->target, now))
		return false;
	return !strcmp(now, entry->after) ||
	       (!strcmp(now, entry->before) && digest_beneath(entry->staged, new) &&
		!strcmp(new, entry->after));
}

static void journal_replay(const char *tree, char *journal)
{
	struct entry entries[64];
	size_t count = 0;
	char *line;

	for (; count < 64 && (line = backport_line_next(&journal)); count++) {
		entries[count] = entry_read(line, count);
		if (!entry_holds(&entries[count]))
			backport_refuse(
				text("%s/%s is not as the run that was killed left it", tree,
				     entries[count].target),
				text("undo that change, or put all files back and remove %s/" IN_PLACE_FOLDER,
				     tree));
	}
	for (size_t i = 0; i < count; i++)
		if (!rename_beneath(entries[i].staged, entries[i].target, 0) && errno != ENOENT)
			die(EXIT_UNKNOWN, "cannot rename to %s/%s: %m; run this again", tree,
			    entries[i].target);
	unlink(text("%s/" IN_PLACE_JOURNAL, tree));
}

/*
 * What is in the folder is carried out. One that came with the tree, in an archive, a clone or from
 * its owner, is not of a run of ours.
 */
static void folder_believe(const char *tree)
{
	struct stat status;
	char *tracked;

	if (fstatat(top, IN_PLACE_FOLDER, &status, AT_SYMLINK_NOFOLLOW))
		return;
	tracked = backport_command_exists("git") ?
			  git_says(tree, "ls-files", "--", IN_PLACE_FOLDER) :
			  NULL;
	if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 077 ||
	    (tracked && *tracked))
		backport_refuse(text("%s/" IN_PLACE_FOLDER
				     " came with the tree: nothing was changed",
				     tree),
				"look at what is in it, then remove it");
}

static char *journal_read(void)
{
	int fd = beneath_open(top, IN_PLACE_JOURNAL, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	char *journal = fd < 0 ? NULL : file_read_fd(fd, JOURNAL_MAX_SIZE, NULL);

	if (fd >= 0)
		close(fd);
	return journal;
}

bool backport_in_place_begin(const char *tree)
{
	const char *folder = text("%s/" IN_PLACE_FOLDER, tree);
	char *journal;
	bool waited;

	top = backport_folder_lock(tree, &waited);
	folder_believe(tree);
	journal = journal_read();
	if (journal) {
		journal_replay(tree, journal);
		say("%s: finished the work of a run that was killed", tree);
	}
	if (backport_path_exists(folder))
		backport_remove_all(folder);
	return waited || journal;
}

/* Nothing can be renamed from one into another. */
static void refuse_other_file_systems(const char *tree, const struct backport_list *files)
{
	struct stat here, there;

	for (size_t i = 0; i < files->count; i++) {
		const char *target = text("%s/%s", tree, files->items[i]);

		if (!stat(tree, &here) && !stat(target, &there) && here.st_dev != there.st_dev) {
			backport_remove_all(text("%s/" IN_PLACE_FOLDER, tree));
			backport_refuse(text("%s is on another file system than %s", target, tree),
					"nothing was changed; take a copy: no --in-place");
		}
	}
}

/* Without a moment between old and new for every file by itself, and a second run for them all. */
static void install_by_journal(const char *tree, const struct backport_list *files, const char *new)
{
	const char *folder = text("%s/" IN_PLACE_FOLDER, tree), *lines = "";
	const char *written = text("%s/journal.new", folder);
	char before[65], after[65];

	refuse_other_file_systems(tree, files);
	for (size_t i = 0; i < files->count; i++) {
		const char *target = text("%s/%s", tree, files->items[i]);
		const char *from = text("%s/%s", new, files->items[i]);
		struct stat status;
		size_t size;
		char *data = backport_file_read(from, &size);

		if (!data || stat(target, &status) || !digest(target, before) ||
		    !digest(from, after) ||
		    !backport_file_write(text("%s/%zu", folder, i), data, size, &status))
			refuse_write(tree);
		lines = text("%s%s %s %s\n", lines, before, after, files->items[i]);
	}
	if (!backport_file_write(written, lines, strlen(lines), NULL) ||
	    rename(written, text("%s/" IN_PLACE_JOURNAL, tree)))
		refuse_write(tree);
	folder_sync(folder);
	folder_sync(tree);
	journal_replay(tree, text("%s", lines));
}

/* Attributes of a folder that a new one would not have by itself; a label comes of its own. */
static bool has_attributes(const char *folder)
{
	char names[4096];
	ssize_t size = llistxattr(folder, names, sizeof(names));

	for (ssize_t at = 0; at < size; at += strlen(names + at) + 1)
		if (!backport_text_starts(names + at, "security."))
			return true;
	return size < 0 && errno != ENOTSUP;
}

static bool folder_finish(const char *path, const struct stat *like)
{
	const struct timespec times[2] = { like->st_atim, like->st_mtim };

	return (!lchown(path, like->st_uid, like->st_gid) || geteuid()) &&
	       !chmod(path, like->st_mode & 07777) && !utimensat(AT_FDCWD, path, times, 0);
}

static bool file_make(const char *from, const char *to, const struct stat *like)
{
	size_t size;
	char *data = backport_file_read(from, &size);
	bool done = data && backport_file_write(to, data, size, like);

	free(data);
	return done;
}

/* One entry of the folder that is copied: @name is below the tree. */
static bool link_entry(const FTSENT *entry, const char *name, const char *to,
		       const struct backport_list *files, const char *new)
{
	struct stat copy;

	switch (entry->fts_info) {
	case FTS_D:
		/* What is mounted inside would stay behind in the old folder. */
		return !has_attributes(entry->fts_path) && !mkdir(to, 0700) && !stat(to, &copy) &&
		       copy.st_dev == entry->fts_statp->st_dev;
	case FTS_DP: return folder_finish(to, entry->fts_statp);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS: return false;
	}
	if (backport_list_has(files, name))
		return file_make(text("%s/%s", new, name), to, entry->fts_statp);
	return !linkat(AT_FDCWD, entry->fts_path, AT_FDCWD, to, 0);
}

/* All at the end: the first one has the file system write most of it, the others little. */
static void folders_sync(const char *path)
{
	char *roots[] = { text("%s", path), NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT, NULL);
	FTSENT *entry;

	while (walk && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_DP)
			folder_sync(entry->fts_path);
	if (walk)
		fts_close(walk);
}

/* TREE/PART as it will be, made at @copy of hard links and of the changed files. */
static bool link_folder(const char *tree, const char *part, const char *copy,
			const struct backport_list *files, const char *new)
{
	char *roots[] = { text("%s/%s", tree, part), NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool done = walk;
	FTSENT *entry;

	while (done && (entry = fts_read(walk)))
		done = link_entry(entry, entry->fts_path + strlen(tree) + 1,
				  text("%s%s", copy, entry->fts_path + strlen(roots[0])), files,
				  new);
	if (walk)
		fts_close(walk);
	if (done)
		folders_sync(copy);
	return done;
}

static size_t entries_count(const char *path)
{
	DIR *folder = opendir(path);
	size_t count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

/* Did anybody work in the folder while its copy was made? @old was at TREE/PART. */
static bool was_disturbed(const char *old, const char *tree, const char *part,
			  const struct backport_list *files)
{
	char *roots[] = { text("%s", old), NULL };
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	bool disturbed = !walk;
	struct stat status;
	FTSENT *entry;

	while (!disturbed && (entry = fts_read(walk))) {
		const char *name = text("%s%s", part, entry->fts_path + strlen(old));
		const char *path = text("%s/%s", tree, name);

		if (entry->fts_info == FTS_D)
			disturbed = entries_count(entry->fts_path) != entries_count(path);
		else if (entry->fts_info != FTS_DP && !backport_list_has(files, name))
			disturbed = lstat(path, &status) ||
				    status.st_ino != entry->fts_statp->st_ino;
	}
	if (walk)
		fts_close(walk);
	return disturbed;
}

/* The deepest folder that holds all of the files, or "" */
static char *common_folder(const struct backport_list *files)
{
	char *common = backport_folder_of(files->items[0]);

	for (size_t i = 1; i < files->count; i++)
		while (strcmp(common, ".") &&
		       !backport_text_starts(files->items[i], text("%s/", common)))
			common = backport_folder_of(common);
	return strcmp(common, ".") ? common : text("%s", "");
}

/* False: not possible here, and nothing was done. */
static bool install_by_exchange(const struct backport_plan *plan, const struct backport_list *files)
{
	const char *part = common_folder(files), *tree = plan->tree;
	const char *copy = text("%s/" IN_PLACE_FOLDER "/folder", tree);
	const char *place = text("%s/%s", tree, part);

	if (!*part || !link_folder(tree, part, copy, files, plan->new) ||
	    !rename_beneath(IN_PLACE_FOLDER "/folder", part, RENAME_EXCHANGE)) {
		backport_remove_all(copy);
		return false;
	}
	if (was_disturbed(copy, tree, part, files) &&
	    rename_beneath(IN_PLACE_FOLDER "/folder", part, RENAME_EXCHANGE)) {
		backport_remove_all(text("%s/" IN_PLACE_FOLDER, tree));
		backport_refuse(text("another program works in %s: nothing was changed", place),
				"try again");
	}
	return true;
}

static void install_one(const char *tree, const char *file, const char *new)
{
	const char *target = text("%s/%s", tree, file);
	const char *staged = text("%s/" IN_PLACE_FOLDER "/0", tree);
	struct stat status;

	if (stat(target, &status) || !file_make(text("%s/%s", new, file), staged, &status) ||
	    !rename_beneath(IN_PLACE_FOLDER "/0", file, 0))
		refuse_write(tree);
}

/* Those files of the plan that really change. Refuses what must not be changed from here. */
static struct backport_list files_to_change(const struct backport_plan *plan)
{
	struct backport_list files = { 0 };

	for (size_t i = 0; i < plan->files.count; i++) {
		const char *file = plan->files.items[i], *target = text("%s/%s", plan->tree, file);

		if (backport_tree_symlink(plan->tree, file, true))
			backport_refuse(
				text("%s is a symbolic link: it leads to a file elsewhere", target),
				"nothing was changed; name the tree it leads to, or take a copy");
		if (!same_content(target, text("%s/%s", plan->old, file)))
			backport_refuse(text("another program changed %s meanwhile", target),
					"nothing was changed; try again");
		if (!same_content(target, text("%s/%s", plan->new, file)))
			backport_list_add(&files, file);
		if (access(backport_folder_of(target), W_OK))
			refuse_write(plan->tree);
	}
	return files;
}

void backport_in_place_install(const struct backport_plan *plan)
{
	const char *folder = text("%s/" IN_PLACE_FOLDER, plan->tree);
	const struct backport_list files = files_to_change(plan);

	if (!files.count)
		return;
	if (mkdir(folder, 0700))
		refuse_write(plan->tree);
	if (files.count == 1)
		install_one(plan->tree, files.items[0], plan->new);
	else if (!install_by_exchange(plan, &files))
		install_by_journal(plan->tree, &files, plan->new);
	backport_remove_all(folder);
}
