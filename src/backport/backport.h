/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * backport.h: what the parts of icache-ipi-backport share
 *
 * Strings and lists that functions here return are never freed: the program does one thing and ends.
 * Functions that say "or the program ends" have told the reason, and what to do next, on stderr.
 */
#ifndef ICACHE_IPI_BACKPORT_BACKPORT_H
#define ICACHE_IPI_BACKPORT_BACKPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "kernel/tree.h"
#include "lib/say.h"
#include "lib/text.h"

/* list.c */
struct backport_list {
	const char **items; /* NULL-terminated, or NULL when nothing was ever added */
	size_t count;
};

bool backport_text_starts(const char *text, const char *start);
void backport_list_add(struct backport_list *list, const char *item);
bool backport_list_has(const struct backport_list *list, const char *item);
void backport_list_sort(struct backport_list *list);
char *backport_list_join(const struct backport_list *list, const char *between);
/* The next line of *@rest, cut out of it; NULL at the end. */
char *backport_line_next(char **rest);
/* @string without each line that @is_out, given @what, says so of; every line has its newline. */
char *backport_lines_without(const char *string, bool (*is_out)(const char *line, const void *what),
			     const void *what);

/* Says @what, then @next, and ends the program: nothing was changed. */
void backport_refuse(const char *what, const char *next) __attribute__((noreturn));

/* cleanup.c: what is removed when the program ends, also by a signal */
extern const char *backport_work;	/* a folder of this run's own */
extern const char *backport_unfinished; /* a copy of a tree that is not yet whole; or NULL */
/* Makes backport_work, and has both removed at the end. Or the program ends. */
void backport_cleanup_begin(void);

/*
 * A new folder PREFIX-and-six-letters in @folder, locked while the program runs; those that killed runs
 * left there are removed. NULL: errno says why.
 */
char *backport_folder_new(const char *folder, const char *prefix);
/*
 * Keeps other runs out of the folder while this program runs; *@waited: one was in it, and may have changed
 * it. Returns the folder, open. Or the program ends.
 */
int backport_folder_lock(const char *path, bool *waited);

/* file.c: false or NULL leaves the reason in errno */
char *backport_file_read(const char *path, size_t *size);
/* A new file, on disk when this returns, with the mode and (where allowed) owner of @like if any. */
bool backport_file_write(const char *path, const char *data, size_t size, const struct stat *like);
bool backport_file_copy(const char *from, const char *to);
/* What is there, or nothing yet, becomes @data in one rename; or the program ends. */
void backport_file_replace(const char *path, const char *data, size_t size);
bool backport_path_exists(const char *path);
bool backport_folder_make(const char *path);
bool backport_folder_is_empty(const char *path);
char *backport_folder_of(const char *path);
const char *backport_base_of(const char *path);
void backport_remove_all(const char *path);

/* command.c */
struct backport_command {
	const char *directory; /* where it runs; NULL: here */
	const char *input;     /* the file it reads as stdin; NULL: none */
	char **output;	       /* takes its stdout; NULL: goes to our stderr */
	char **errors;	       /* takes its stderr; the same as output: both, in order */
	bool quiet;	       /* its stderr is thrown away */
	bool contained;	       /* it runs what a package says: what it leaves running is ended */
};

/*
 * Runs argv[0] from PATH, never through a shell; @command may be NULL. Returns its exit code, or
 * 128 + n when signal n ended it.
 */
int backport_command_run(const struct backport_command *command, const char *const argv[]);
/* As backport_command_run(), with the arguments here. */
#define run(command, ...) backport_command_run(command, (const char *const[]){ __VA_ARGS__, NULL })
bool backport_command_exists(const char *name);
/* timeout(1) ends the preparation of a package after so long; does the @code of that say so? */
#define PREPARE_SECONDS "1800"
bool backport_command_ran_out(int code);
/* Stops being interrupted by signals: what runs now is the cleaning up. */
void backport_command_uninterrupted(void);
void backport_command_catch_signals(void);

/* git.c: git in a checkout, as backport_command_run(), and nothing that the checkout names is run */
int backport_git_run(const struct backport_command *command, const char *const argv[]);
/* What it says, without the newline; NULL when it fails. */
char *backport_git_says(const char *tree, const char *const argv[]);
#define git_run(command, ...) backport_git_run(command, (const char *const[]){ __VA_ARGS__, NULL })
#define git_says(tree, ...) backport_git_says(tree, (const char *const[]){ __VA_ARGS__, NULL })
/*
 * What git would write into, for the checkout @tree, though it is no part of it: a repository that does not
 * know it, or a link in its own. NULL: there is none.
 */
char *backport_git_elsewhere(const char *tree);
/* Has the checkout parts of a configuration that hold in some folders alone (includeIf)? */
bool backport_git_is_conditional(const char *tree);

/* tree.c */
/*
 * What a tree is, by its code alone: one of kernel_tree_words[], of which patches/<series>/series
 * speaks; in @why what was found.
 */
const char *backport_tree_read(const char *path, char why[static REASON_SIZE]);
/* The same of @tree with the files of the folder @over in the place of its own. */
const char *backport_tree_read_over(const char *tree, const char *over,
				    char why[static REASON_SIZE]);
/* Only the state. */
const char *backport_tree_state(const char *path);
/* A checkout whose tracked files are as committed, and whose repository is its own. */
bool backport_tree_is_clean_checkout(const char *path);
bool backport_tree_is_checkout(const char *path);
/* A directory on the way to TREE/FILE, or (@itself) FILE, that is a symbolic link; NULL: none. */
char *backport_tree_symlink(const char *tree, const char *file, bool itself);
/* Changes when anything in the tree does: names, sizes, times, modes. 12 digits. */
char *backport_tree_fingerprint(const char *path);
/* A worktree where @tree is a clean checkout, else a copy without .git. @to is an empty folder. */
bool backport_tree_copy(const char *tree, const char *to);
/* A plain copy in any case; git does not learn of it. */
bool backport_tree_copy_files(const char *tree, const char *to);
/* Gives a copy its final name, which is free or an empty folder. */
bool backport_tree_rename(const char *from, const char *to);
void backport_tree_remove(const char *path);

/* series.c */
extern const char *backport_series_patches_dir; /* absolute */

struct backport_series {
	const char *name; /* a folder of patches/ */
	bool reverse;
};

void backport_series_find_patches(const char *named);
struct backport_list backport_series_names(void);
bool backport_series_exists(const char *name);
/* Do @name's patches lead to a form of the fix, as the short words do: "posted", "merged"? */
bool backport_series_is_word(const char *name);
/* The state that the series starts from, or leads to. */
char *backport_series_from(const struct backport_series *series);
char *backport_series_to(const struct backport_series *series);
/* The paths of its patches, in the order to use them, and what they change. */
struct backport_list backport_series_patches(const struct backport_series *series);
void backport_series_add_files(const struct backport_series *series, struct backport_list *files);

/* prepare.c: the changed files, made in a folder of their own */
struct backport_plan {
	const char *tree;		/* absolute */
	const char *was;		/* its state */
	struct backport_series *series; /* names resolved by backport_plan_prepare() */
	size_t count;
	struct backport_list files; /* what changes, relative to the tree */
	const char *old, *new;	    /* folders that hold them as they were, as they will be */
	struct backport_list crlf;  /* those in @new that have to get their CRs back */
	const char *script; /* made by this Coccinelle script instead of the series; or NULL */
};

/* Fills in @files, @old and @new, made in @work; the tree stays as it is. Or the program ends. */
void backport_plan_prepare(struct backport_plan *plan, const char *work);
/* Steps of that: @files into @old and @new, CRs back, links out of the tree refused. */
void backport_plan_stage(struct backport_plan *plan, const struct backport_list *files,
			 const char *work);
void backport_plan_restore_crlf(const struct backport_plan *plan);
void backport_plan_check_links(const struct backport_plan *plan);
/* The same by Coccinelle, for affected trees that no series fits: semantic.c. */
void backport_plan_prepare_semantic(struct backport_plan *plan, const char *work,
				    bool callers_checked);
const char *backport_plan_goal(const struct backport_plan *plan);

/*
 * The posted form gives sync_icache_aliases() an argument: refuses a tree with calls that the plan leaves
 * without it. Or the program ends.
 */
void backport_plan_check_callers(const struct backport_plan *plan);

/*
 * compile.c: compiles the files of the plan in a copy of the tree, made in @work, where there is a compiler
 * and the tree is whole; says so where not. It runs the tree's Makefiles. Or the program ends.
 */
void backport_compile(const struct backport_plan *plan, const char *work);

/* copy.c: a patched copy; both return its path, or the program ends */
char *backport_cache_folder(void);
char *backport_copy_to(const struct backport_plan *plan, const char *output);
char *backport_copy_to_cache(const struct backport_plan *plan);

/* inplace.c */
/* Keeps others out of @tree and ends what a killed run began. True: the tree may have changed. */
bool backport_in_place_begin(const char *tree);
/* Changes the tree: all of it or nothing. Or the program ends. */
void backport_in_place_install(const struct backport_plan *plan);
/* The folder of a tree that --in-place works in. */
#define IN_PLACE_FOLDER ".icache-ipi-backport"
#define IN_PLACE_JOURNAL IN_PLACE_FOLDER "/journal"

/* branch.c: all end the program when git refuses */
void backport_branch_check(const char *tree, const char *name);
char *backport_branch_worktree(const char *tree, const char *work);
void backport_branch_make(const struct backport_plan *plan, const char *name, bool signoff);

/* patch.c: a patch as packages want it */
struct backport_patch {
	char *name; /* its file's name, of the subject */
	char *subject;
	char *content;
};

/* Those of the plan, in order. */
struct backport_patch *backport_patches_read(const struct backport_plan *plan, size_t *count);

/* change.c: what an export will write, known as a whole before anything is written */
struct backport_change {
	const char *path;
	const char *data; /* NULL: the file goes */
	size_t size;
};
struct backport_changes {
	struct backport_change *items;
	size_t count;
};
void backport_change_add(struct backport_changes *changes, const char *path, const char *data,
			 size_t size);
void backport_change_add_text(struct backport_changes *changes, const char *path, const char *data);
/* As diff(1) shows them, to stdout; nothing is written. */
void backport_changes_show(const struct backport_changes *changes);
/*
 * Removes what a run that was killed left in the @folders of a package, of which @path is the spec or the
 * changelog. True: that run was killed while it renamed; its work is to be completed, and then said to be.
 */
bool backport_changes_begin(const char *path, const struct backport_list *folders);
void backport_changes_end(const char *path);
/*
 * Writes all of them under other names, then renames each, in order. Or puts back what was renamed, and the
 * program ends. While names are changed, a note in the cache says so of the package that @path is of.
 */
void backport_changes_install(const struct backport_changes *changes, const char *path);
/* Refuses those whose path is there and is no file of its own. Or the program ends. */
void backport_changes_check(const struct backport_changes *changes);
/* What the other names end in. */
#define BACKPORT_NEW ".backport-new"

/* How an export is to be made. */
struct backport_export {
	struct backport_list defines; /* "NAME VALUE": macros for rpmbuild */
	bool dry_run;		      /* show the changes, and make none */
	bool reverse;		      /* take an export out again */
};

/*
 * debian.c, rpm.c: into an unpacked Debian `linux` source package; beside a spec file. Nothing is written
 * before the package's own preparation, in a place of ours, led to the state wanted.
 */
void backport_debian_check(const char *folder);
void backport_debian_export(const struct backport_plan *plan, const char *folder,
			    const struct backport_export *how);
/*
 * debian-prove.c: has quilt push the patches of the package in @folder with @changes made, in a place of
 * ours, and reads the tree that comes of it. Returns its state, or NULL where quilt fails; @why says what
 * came of it. Where the package has no sources, @entries alone are pushed, onto the files of @plan.
 */
const char *backport_debian_prepare(const char *folder, const struct backport_changes *changes,
				    const struct backport_plan *plan,
				    const struct backport_list *entries, const char **why);
/* Are the kernel's sources in the folder, too? */
bool backport_debian_is_whole(const char *folder);
/* Does this list of patches, or of applied patches, have @entry? */
bool backport_debian_lists(const char *series, const char *entry);
void backport_rpm_export(const struct backport_plan *plan, const char *spec,
			 const struct backport_export *how);

#endif
