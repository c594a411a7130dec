/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backport.h: what the parts of icache-ipi-backport share
 *
 * Strings and lists that functions here return are never freed: the program does one thing and ends.
 * Functions that say "or the program ends" have told the reason, and what to do next, on stderr.
 */
#ifndef ICACHE_IPI_BACKPORT_H
#define ICACHE_IPI_BACKPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "lib/say.h"
#include "lib/text.h"

/* list.c */
struct list {
	const char **items;	/* NULL-terminated, or NULL when nothing was ever added */
	size_t count;
};

bool text_starts(const char *text, const char *start);
void list_add(struct list *list, const char *item);
bool list_has(const struct list *list, const char *item);
void list_sort(struct list *list);
char *list_join(const struct list *list, const char *between);
/* The next line of *@rest, cut out of it; NULL at the end. */
char *line_next(char **rest);

/* Says @what, then @next, and ends the program: nothing was changed. */
void refuse(const char *what, const char *next) __attribute__((noreturn));

/* file.c: false or NULL leaves the reason in errno */
char *file_read(const char *path, size_t *size);
/* A new file, on disk when this returns, with the mode and (where allowed) owner of @like if any. */
bool file_write(const char *path, const char *data, size_t size, const struct stat *like);
bool file_copy(const char *from, const char *to);
/* What is there, or nothing yet, becomes @data in one rename; or the program ends. */
void file_replace(const char *path, const char *data, size_t size);
bool path_exists(const char *path);
bool folder_make(const char *path);
bool folder_is_empty(const char *path);
char *folder_of(const char *path);
const char *base_of(const char *path);
void remove_all(const char *path);

/* command.c */
struct command {
	const char *directory;	/* where it runs; NULL: here */
	const char *input;	/* the file it reads as stdin; NULL: none */
	char **output;		/* takes its stdout; NULL: goes to our stderr */
	char **errors;		/* takes its stderr; the same as output: both, in order */
	bool quiet;		/* its stderr is thrown away */
};

/*
 * Runs argv[0] from PATH, never through a shell; @command may be NULL. Returns its exit code, or
 * 128 + n when signal n ended it.
 */
int command_run(const struct command *command, const char *const argv[]);
/* As command_run(), with the arguments here. */
#define run(command, ...) command_run(command, (const char *const[]){ __VA_ARGS__, NULL })
bool command_exists(const char *name);
/* Stops being interrupted by signals: what runs now is the cleaning up. */
void command_uninterrupted(void);
void command_catch_signals(void);

/* tree.c */
/* What icache-ipi-check says of a tree, by its code alone. */
struct judgement {
	char *state;	/* one of those that patches/<series>/series speaks of, among others */
	char *why;	/* "" unless it cannot tell */
	enum exit_code code;
};

struct judgement tree_judge(const char *path);
/* Only the state. */
char *tree_state(const char *path);
bool tree_is_none(const struct judgement *judgement);
/* The files that decide the state, NULL-terminated. */
extern const char *const tree_files[];
/* A checkout whose tracked files are as committed. */
bool tree_is_clean_checkout(const char *path);
bool tree_is_checkout(const char *path);
/* A directory on the way to TREE/FILE, or (@itself) FILE, that is a symbolic link; NULL: none. */
char *tree_symlink(const char *tree, const char *file, bool itself);
/* Changes when anything in the tree does: names, sizes, times, modes. 12 digits. */
char *tree_fingerprint(const char *path);
/* A worktree where @tree is a clean checkout, else a copy without .git. @to is an empty folder. */
bool tree_copy(const char *tree, const char *to);
/* Gives a copy its final name, which is free or an empty folder. */
bool tree_rename(const char *from, const char *to);
void tree_remove(const char *path);

/* series.c */
extern const char *series_patches_dir;	/* absolute */

struct series {
	const char *name;	/* a folder of patches/ */
	bool reverse;
};

void series_find_patches(const char *named);
struct list series_names(void);
bool series_exists(const char *name);
/* Do @name's patches lead to a form of the fix, as the short words do: "posted", "merged"? */
bool series_is_word(const char *name);
/* The state that the series starts from, or leads to. */
char *series_from(const struct series *series);
char *series_to(const struct series *series);
/* The paths of its patches, in the order to use them, and what they change. */
struct list series_patches(const struct series *series);
void series_add_files(const struct series *series, struct list *files);

/* prepare.c: the changed files, made in a folder of their own */
struct plan {
	const char *tree;	/* absolute */
	const char *was;	/* its state */
	struct series *series;	/* names resolved by plan_prepare() */
	size_t count;
	struct list files;	/* what changes, relative to the tree */
	const char *old, *new;	/* folders that hold them as they were, as they will be */
	struct list crlf;	/* those in @new that have to get their CRs back */
	const char *script;	/* made by this Coccinelle script instead of the series; or NULL */
};

/* Fills in @files, @old and @new, made in @work; the tree stays as it is. Or the program ends. */
void plan_prepare(struct plan *plan, const char *work);
/* Steps of that: @files into @old and @new, CRs back, links out of the tree refused. */
void plan_stage(struct plan *plan, const struct list *files, const char *work);
void plan_restore_crlf(const struct plan *plan);
void plan_check_links(const struct plan *plan);
/* The same by meaning, for trees that no series fits: semantic.c. */
void plan_prepare_semantic(struct plan *plan, const char *work, bool callers_checked);
const char *plan_goal(const struct plan *plan);

/* copy.c: a patched copy; both return its path, or the program ends */
char *copy_to(const struct plan *plan, const char *output);
char *copy_to_cache(const struct plan *plan);

/* inplace.c */
/* Keeps others out of @tree and ends what a killed run began. True: the tree may have changed. */
bool in_place_begin(const char *tree);
/* Changes the tree: all of it or nothing. Or the program ends. */
void in_place_install(const struct plan *plan);
/* The folder of a tree that --in-place works in. */
#define IN_PLACE_FOLDER ".icache-ipi-backport"
#define IN_PLACE_JOURNAL IN_PLACE_FOLDER "/journal"

/* branch.c: all end the program when git refuses */
void branch_check(const char *tree, const char *name);
char *branch_worktree(const char *tree, const char *work);
void branch_make(const struct plan *plan, const char *name, bool signoff);

/* patch.c: a patch as packages want it */
struct patch {
	char *name;	/* its file's name, of the subject */
	char *subject;
	char *content;
};

/* Those of the plan, in order. */
struct patch *patches_read(const struct plan *plan, size_t *count);

/* debian.c, rpm.c: into an unpacked Debian `linux` source package; beside a spec file */
void debian_check(const char *folder);
void debian_export(const struct plan *plan, const char *folder);
void rpm_check(const char *spec);
void rpm_export(const struct plan *plan, const char *spec);

/* main.c: what cleaning up removes, also after a signal: a folder, and a copy not yet whole */
extern const char *cleanup_work, *cleanup_copy;

#endif
