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

	if (stat(path, &status) || unlink(path) || !file_write(path, data, size, &status))
		die(EXIT_UNKNOWN, "cannot write %s: %m", path);
}

/*
 * A file whose every line ends in CR LF is patched without the CRs, and gets them back. True: it
 * had them, and lost them.
 */
static bool carriage_returns_drop(const char *path)
{
	char *data = file_read(path, NULL), *to = data;
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
	char *rest = file_read(path, NULL), *made, *line;
	size_t size;
	FILE *to = open_memstream(&made, &size);

	while (to && (line = line_next(&rest)))
		fprintf(to, "%s\r\n", line);
	if (!to || fclose(to))
		die(EXIT_UNKNOWN, "out of memory");
	rewrite(path, made, size);
}

/* The files that any series changes, and those that a state is read from. */
static struct list files_of_interest(void)
{
	const struct list names = series_names();
	struct list files = { 0 };

	for (int i = 0; tree_files[i]; i++)
		list_add(&files, tree_files[i]);
	for (size_t i = 0; i < names.count; i++)
		series_add_files(&(struct series){ .name = names.items[i] }, &files);
	return files;
}

void plan_stage(struct plan *plan, const struct list *files, const char *work)
{
	plan->old = text("%s/old", work);
	plan->new = text("%s/new", work);
	for (size_t i = 0; i < files->count; i++) {
		const char *from = text("%s/%s", plan->tree, files->items[i]);
		const char *old = text("%s/%s", plan->old, files->items[i]);
		const char *to = text("%s/%s", plan->new, files->items[i]);

		folder_make(folder_of(old));
		folder_make(folder_of(to));
		if (!path_exists(from))
			continue;
		if (!file_copy(from, old) || !file_copy(old, to))
			die(EXIT_UNKNOWN, "cannot read %s: %m; nothing was changed", from);
		chmod(to, 0644);
		if (carriage_returns_drop(to))
			list_add(&plan->crlf, to);
	}
}

void plan_restore_crlf(const struct plan *plan)
{
	for (size_t i = 0; i < plan->crlf.count; i++)
		carriage_returns_add(plan->crlf.items[i]);
}

void plan_check_links(const struct plan *plan)
{
	for (size_t i = 0; i < plan->files.count; i++) {
		const char *link = tree_symlink(plan->tree, plan->files.items[i], false);

		if (link)
			refuse(text("%s/%s is a symbolic link: what is behind it may not be of this tree",
				    plan->tree, link),
			       "nothing was changed; name the tree that it leads to, or put a folder there");
	}
}

/* The line of patch's output that says why, after the file it says it of. */
static char *patch_reason(char *log)
{
	const char *file = "", *line;

	while ((line = line_next(&log))) {
		if (text_starts(line, "patching file "))
			file = line + strlen("patching file ");
		else if (strstr(line, "FAILED at"))
			return text("%s: %s", file, line);
		else if (text_starts(line, "can't find file"))
			return text("a file is missing");
	}
	return text("patch(1) does not say why");
}

/* Applies the series to the files in @folder. NULL: done; else why it does not fit. */
static char *series_apply(const struct series *series, const char *folder)
{
	const struct list patches = series_patches(series);
	char *log = NULL, *state;
	const struct command logged = { .output = &log, .errors = &log };

	for (size_t i = 0; i < patches.count; i++)
		if (run(&logged, "patch", text("--directory=%s", folder),
			text("--input=%s", patches.items[i]), "--strip=1", "--fuzz=0", "--force",
			"--no-backup-if-mismatch", "--reject-file=-",
			series->reverse ? "--reverse" : "--forward"))
			return text("%s does not fit: %s", patches.items[i], patch_reason(log));
	state = tree_state(folder);
	if (strcmp(state, series_to(series)))
		return text("after %s the code should be '%s', and is '%s'", series->name,
			    series_to(series), state);
	return NULL;
}

/* A series that the tree is not ready for, and the way out. */
static void refuse_state(const struct series *series, const char *state)
{
	const char *next = text("compare sync_icache_aliases() in arch/arm64/mm/flush.c with %s/README.md",
				series_patches_dir);

	if (!strcmp(state, "fixed as posted"))
		next = "take that form out first: --series 4.19.y-posted --reverse";
	else if (!strcmp(state, "fixed as merged"))
		next = "take that form out first: --series regress";
	else if (!strcmp(state, "affected"))
		next = "the fix is not in, so there is nothing to take out";
	else if (!strcmp(state, "not affected"))
		next = "this kernel is older than the fault and needs no series";
	else if (!strcmp(state, "partly applied"))
		next = "some of the posted form is in: undo that or finish it by hand";
	refuse(text("%s is for a tree that is '%s'; this one is '%s'", series->name,
		    series_from(series), state), text("nothing was changed; %s", next));
}

/* Tries in a copy of the staged files, which takes their place when the series fits. */
static char *series_try(const struct series *series, struct plan *plan, const char *work)
{
	const char *trial = text("%s/trial", work);
	char *reason;

	if (run(NULL, "cp", "--archive", "--", plan->new, trial))
		refuse(text("cannot write to %s", work), "is there room on that disk (df)?");
	reason = series_apply(series, trial);
	remove_all(reason ? trial : plan->new);
	if (!reason && rename(trial, plan->new))
		die(EXIT_UNKNOWN, "cannot rename %s: %m", trial);
	return reason;
}

/* A short word stands for the first series of that form that fits. */
static bool word_resolve(struct series *series, const char *state, struct plan *plan,
			 const char *work)
{
	const struct list names = series_names();
	struct series found = *series;

	for (size_t i = 0; i < names.count; i++) {
		found.name = names.items[i];
		if (!strcmp(series_to(&found), series_to(series)) &&
		    !strcmp(series_from(&found), state) && !series_try(&found, plan, work)) {
			*series = found;
			return true;
		}
	}
	series->name = text("4.19.y-%s", series->name);
	return false;
}

static void step(struct series *series, struct plan *plan, const char *work)
{
	char *state = tree_state(plan->new), *reason;

	if (series_is_word(series->name)) {
		if (!strcmp(state, series_to(series))) {
			series->name = text("4.19.y-%s", series->name);
			return;
		}
		if (word_resolve(series, state, plan, work))
			return;
	}
	if (!strcmp(state, series_to(series)))
		return;
	if (strcmp(state, series_from(series)))
		refuse_state(series, state);
	reason = series_try(series, plan, work);
	if (reason)
		refuse(text("the code is '%s', but %s", state, reason),
		       "nothing was changed; adapt the patch by hand, name another --series, or try --semantic");
}

const char *plan_goal(const struct plan *plan)
{
	return series_to(&plan->series[plan->count - 1]);
}

void plan_prepare(struct plan *plan, const char *work)
{
	const struct list files = files_of_interest();

	plan_stage(plan, &files, work);
	for (size_t i = 0; i < plan->count; i++) {
		step(&plan->series[i], plan, work);
		series_add_files(&plan->series[i], &plan->files);
	}
	plan_restore_crlf(plan);
	plan_check_links(plan);
}
