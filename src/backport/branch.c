// SPDX-License-Identifier: GPL-2.0-only
/*
 * branch.c: the series as commits on a branch of its own, made by git am beside the checkout
 *
 * git am works in a worktree that holds only the files it changes, so that neither the checked-out
 * branch nor a file of it is touched, and a whole kernel is not written for three files.
 */
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

static char *last_line(char *said)
{
	char *last = text("git does not say why"), *line;

	while ((line = backport_line_next(&said)))
		if (*line && !backport_text_starts(line, "hint:"))
			last = line;
	return last;
}

/* As backport_git_run(), and the program ends with git's reason when it fails. */
static void git_must(const char *tree, const char *const argv[])
{
	char *said;
	const struct backport_command heard = { .directory = tree,
						.output = &said,
						.errors = &said };

	if (backport_git_run(&heard, argv))
		backport_refuse(text("git %s failed: %s", argv[0], last_line(said)),
				"no branch was made, and nothing was changed");
}

#define git(tree, ...) git_must(tree, (const char *const[]){ __VA_ARGS__, NULL })

void backport_branch_check(const char *tree, const char *name)
{
	const char *ref = text("refs/heads/%s", name), *elsewhere;

	if (!backport_tree_is_checkout(tree))
		backport_refuse(text("%s is not the top of a git checkout with a commit in it",
				     tree),
				"take a copy instead: no --branch");
	elsewhere = backport_git_elsewhere(tree);
	if (elsewhere)
		backport_refuse(text("git would write to %s, which is not the checkout's own: "
				     "nothing was changed",
				     elsewhere),
				"take a copy instead: no --branch");
	if (backport_git_is_conditional(tree))
		backport_refuse(
			text("the configuration of %s has includeIf: what it has git run is not "
			     "known here",
			     tree),
			"take a copy instead: no --branch");
	if (*name == '-' || !git_says(tree, "check-ref-format", ref))
		die_usage("git refuses the branch name %s", name);
	if (git_says(tree, "rev-parse", "--quiet", "--verify", ref))
		backport_refuse(text("there is a branch %s already: nothing was changed", name),
				"name another, or delete it first: git branch -D");
	if (!backport_tree_is_clean_checkout(tree))
		say("%s has uncommitted changes: they are not in the branch", tree);
}

/* Of what is committed at HEAD, the files that count: a folder to judge and to work in. */
char *backport_branch_worktree(const char *tree, const char *work)
{
	char *folder = text("%s/branch", work);
	const struct backport_command quietly = { .directory = folder, .quiet = true };

	backport_unfinished = folder;
	git(tree, "worktree", "add", "--quiet", "--no-checkout", "--detach", folder, "HEAD");
	git(folder, "read-tree", "HEAD");
	/* A file that HEAD lacks is a matter for icache-ipi-check. */
	for (int i = 0; kernel_tree_files[i]; i++)
		git_run(&quietly, "checkout-index", "--", kernel_tree_files[i]);
	return folder;
}

void backport_branch_make(const struct backport_plan *plan, const char *name, bool signoff)
{
	struct backport_list argv = { 0 };

	backport_list_add(&argv, "am");
	backport_list_add(&argv, "--quiet");
	/* A merge would run the drivers that the checkout names. */
	backport_list_add(&argv, "--no-3way");
	backport_list_add(&argv, signoff ? "--signoff" : "--no-signoff");
	for (size_t i = 0; i < plan->count; i++) {
		const struct backport_list patches = backport_series_patches(&plan->series[i]);

		for (size_t j = 0; j < patches.count; j++)
			backport_list_add(&argv, patches.items[j]);
	}
	git_must(plan->tree, argv.items);
	git(plan->tree, "branch", "--no-track", name, "HEAD");
	backport_tree_remove(backport_unfinished);
	backport_unfinished = NULL;
}
