// SPDX-License-Identifier: GPL-2.0-only
/*
 * prepare.c: makes what the changed files of a tree will be, in a folder of their own
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"

static size_t count_of(const char *data, const char *what)
{
	size_t count = 0;

	for (; (data = strstr(data, what)); data++)
		count++;
	return count;
}

static void rewrite(const char *path, const char *data, size_t size)
{
	struct stat status;

	if (stat(path, &status) || unlink(path) || !backport_file_write(path, data, size, &status))
		die(EXIT_UNKNOWN, "cannot write %s: %m", path);
}

/*
 * A file whose every line ends in CR LF is patched without the CRs, and gets them back. True: it
 * had them, and lost them.
 */
static bool carriage_returns_drop(const char *path)
{
	char *data = backport_file_read(path, NULL), *to = data;
	size_t lines = data ? count_of(data, "\n") : 0;

	if (!lines || count_of(data, "\r\n") != lines)
		return false;
	for (const char *from = data; *from; from++)
		if (from[0] != '\r' || from[1] != '\n')
			*to++ = *from;
	rewrite(path, data, to - data);
	return true;
}

static void carriage_returns_add(const char *path)
{
	char *rest = backport_file_read(path, NULL), *made, *line;
	size_t size;
	FILE *to = open_memstream(&made, &size);

	while (to && (line = backport_line_next(&rest)))
		fprintf(to, "%s\r\n", line);
	if (!to || fclose(to))
		die(EXIT_UNKNOWN, "out of memory");
	rewrite(path, made, size);
}

/* The files that any series changes, and those that a state is read from. */
static struct backport_list files_of_interest(void)
{
	const struct backport_list names = backport_series_names();
	struct backport_list files = { 0 };

	for (int i = 0; kernel_tree_files[i]; i++)
		backport_list_add(&files, kernel_tree_files[i]);
	for (size_t i = 0; i < names.count; i++)
		backport_series_add_files(&(struct backport_series){ .name = names.items[i] },
					  &files);
	return files;
}

void backport_plan_stage(struct backport_plan *plan, const struct backport_list *files,
			 const char *work)
{
	plan->old = text("%s/old", work);
	plan->new = text("%s/new", work);
	for (size_t i = 0; i < files->count; i++) {
		const char *from = text("%s/%s", plan->tree, files->items[i]);
		const char *old = text("%s/%s", plan->old, files->items[i]);
		const char *to = text("%s/%s", plan->new, files->items[i]);

		backport_folder_make(backport_folder_of(old));
		backport_folder_make(backport_folder_of(to));
		if (!backport_path_exists(from))
			continue;
		if (!backport_file_copy(from, old) || !backport_file_copy(old, to))
			die(EXIT_UNKNOWN, "cannot read %s: %m; nothing was changed", from);
		chmod(to, 0644);
		if (carriage_returns_drop(to))
			backport_list_add(&plan->crlf, to);
	}
}

void backport_plan_restore_crlf(const struct backport_plan *plan)
{
	for (size_t i = 0; i < plan->crlf.count; i++)
		carriage_returns_add(plan->crlf.items[i]);
}

void backport_plan_check_links(const struct backport_plan *plan)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *link = backport_tree_symlink(plan->tree, plan->files.items[i], false);

		if (link)
			backport_refuse(
				text("%s/%s is a symbolic link: what is behind it may not be of this tree",
				     plan->tree, link),
				"nothing was changed; name the tree that it leads to, or put a folder there");
	}
}

/* The line of patch's output that says why, after the file it says it of. */
static char *patch_reason(char *log)
{
	const char *file = "", *line;

	while ((line = backport_line_next(&log))) {
		if (backport_text_starts(line, "patching file "))
			file = line + strlen("patching file ");
		else if (strstr(line, "FAILED at"))
			return text("%s: %s", file, line);
		else if (backport_text_starts(line, "can't find file"))
			return text("a file is missing");
	}
	return text("patch(1) does not say why");
}

/* Applies the series to the files in @folder, which hide those of @tree. NULL: done; else why it does not fit. */
static char *series_apply(const struct backport_series *series, const char *folder,
			  const char *tree)
{
	const struct backport_list patches = backport_series_patches(series);
	char *log = NULL, why[REASON_SIZE];
	const char *state;
	const struct backport_command logged = { .output = &log, .errors = &log };

	for (size_t i = 0; i < patches.count; i++) {
		const int code = run(&logged, "patch", text("--directory=%s", folder),
				     text("--input=%s", patches.items[i]), "--strip=1", "--fuzz=0",
				     "--force", "--no-backup-if-mismatch", "--reject-file=-",
				     series->reverse ? "--reverse" : "--forward");

		if (code > 1)
			backport_refuse(text("patch(1) failed: %.200s", log),
					"nothing was changed; this is no fault of the patch");
		if (code)
			return text("%s does not fit: %s", patches.items[i], patch_reason(log));
	}
	state = backport_tree_read_over(tree, folder, why);
	if (strcmp(state, backport_series_to(series)))
		return text("after %s the code should be '%s', and is '%s'", series->name,
			    backport_series_to(series), state);
	return NULL;
}

/* A series that the tree is not ready for, and the way out. */
static void refuse_state(const struct backport_series *series, const char *state)
{
	const char *next =
		text("compare sync_icache_aliases() in arch/arm64/mm/flush.c with %s/README.md",
		     backport_series_patches_dir);

	if (!strcmp(state, "fixed as posted"))
		next = "take that form out first: --series posted --reverse";
	else if (!strcmp(state, "fixed as merged"))
		next = "take that form out first: --series regress";
	else if (!strcmp(state, "affected"))
		next = "the tree has no fix, so there is nothing to take out";
	else if (!strcmp(state, "not affected"))
		next = "this kernel is older than the fault and needs no series";
	else if (!strcmp(state, "partly applied"))
		next = "part of the posted form is in: undo it or finish it by hand";
	backport_refuse(text("%s is for a tree that is '%s'; this one is '%s'", series->name,
			     backport_series_from(series), state),
			text("nothing was changed; %s", next));
}

/* Tries in a copy of the staged files, which takes their place when the series fits. */
static char *series_try(const struct backport_series *series, struct backport_plan *plan,
			const char *work)
{
	const char *trial = text("%s/trial", work);
	char *reason;

	if (run(NULL, "cp", "--archive", "--", plan->new, trial))
		backport_refuse(text("cannot write to %s", work),
				"is there room on that disk (df)?");
	reason = series_apply(series, trial, plan->tree);
	backport_remove_all(reason ? trial : plan->new);
	if (!reason && rename(trial, plan->new))
		die(EXIT_UNKNOWN, "cannot rename %s: %m", trial);
	return reason;
}

/*
 * "posted" stands for the first series that fits of 4.19.y-posted, 5.10.y-posted and so on; "regress" for
 * itself and for 6.1.y-regress.
 */
static bool stands_for(const char *word, const char *name)
{
	const char *of_version = strstr(name, ".y-");

	return !strcmp(word, name) || (of_version && !strcmp(word, of_version + strlen(".y-")));
}

/* True when a series that the name stands for fits. */
static bool series_resolve(struct backport_series *series, const char *state,
			   struct backport_plan *plan, const char *work)
{
	const struct backport_list names = backport_series_names();
	struct backport_series found = *series;

	for (size_t i = 0; i < names.count; i++) {
		found.name = names.items[i];
		if (stands_for(series->name, found.name) &&
		    !strcmp(backport_series_from(&found), state) &&
		    !series_try(&found, plan, work)) {
			*series = found;
			return true;
		}
	}
	return false;
}

/* The option that takes another series, which fits and leads to a form of the fix or, reversed, out of it. */
static const char *option_that_fits(const struct backport_series *series, const char *state,
				    struct backport_plan *plan, const char *work)
{
	const struct backport_list names = backport_series_names();

	for (size_t i = 0; i < names.count; i++) {
		struct backport_series other = { names.items[i], series->reverse };
		const char *form = other.reverse ? backport_series_from(&other) :
						   backport_series_to(&other);

		/* One that fits takes the place of what was staged: the program ends now. */
		if (backport_text_starts(form, "fixed as ") &&
		    !strcmp(backport_series_from(&other), state) && !series_try(&other, plan, work))
			return text("%s fits: take --series %s%s", other.name,
				    form + strlen("fixed as "), other.reverse ? " --reverse" : "");
	}
	return NULL;
}

/* From the staged files in @state to what @series leads to; or the program ends. */
static void step(struct backport_series *series, const char *state, struct backport_plan *plan,
		 const char *work)
{
	char *reason;

	if (strcmp(state, backport_series_to(series)) && series_resolve(series, state, plan, work))
		return;
	if (backport_series_is_word(series->name))
		series->name = text("4.19.y-%s", series->name);
	if (!strcmp(state, backport_series_to(series)))
		return;
	if (strcmp(state, backport_series_from(series)))
		refuse_state(series, state);
	reason = series_try(series, plan, work);
	if (reason)
		backport_refuse(text("the code is '%s', but %s", state, reason),
				text("nothing was changed; %s",
				     option_that_fits(series, state, plan, work) ?:
					     "no series fits: adapt the patch by hand, or try "
					     "--semantic"));
}

const char *backport_plan_goal(const struct backport_plan *plan)
{
	return backport_series_to(&plan->series[plan->count - 1]);
}

void backport_plan_prepare(struct backport_plan *plan, const char *work)
{
	const struct backport_list files = files_of_interest();
	const char *state = plan->was; /* what was staged is a copy of the tree */
	char why[REASON_SIZE];

	backport_plan_stage(plan, &files, work);
	/* A link out of the tree was not followed there; here it was, and is refused below by name. */
	if (!strcmp(state, kernel_tree_words[TREE_NOT_RECOGNISED]))
		state = backport_tree_read_over(plan->tree, plan->new, why);
	for (size_t i = 0; i < plan->count; i++) {
		step(&plan->series[i], state, plan, work);
		state = backport_series_to(&plan->series[i]);
		backport_series_add_files(&plan->series[i], &plan->files);
	}
	backport_plan_restore_crlf(plan);
	backport_plan_check_links(plan);
}
