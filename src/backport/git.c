// SPDX-License-Identifier: GPL-2.0-only
/*
 * git.c: git in somebody else's checkout, whose configuration must not choose what we run
 *
 * A repository names programs that git runs as it goes: hooks, a monitor of its files, filters, a
 * program that signs, merge drivers, the transports of a partial clone. All are off. It can also lie where
 * somebody else's is, in whole or by links, and git would write there: such a one is not asked to write.
 * Nor is one whose configuration is another where git works: it may name hooks that cannot be seen here.
 */
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "backport/backport.h"

static const char *const shield[] = {
	"core.fsmonitor=false",	  "core.hooksPath=/dev/null", "commit.gpgSign=false", "gc.auto=0",
	"maintenance.auto=false", "submodule.recurse=false",  "core.pager=cat",
};

static void add_setting(struct backport_list *argv, const char *setting)
{
	backport_list_add(argv, "-c");
	backport_list_add(argv, setting);
}

/* "filter.NAME.smudge" and, since git 2.54, "hook.NAME.command": all of that NAME is off. */
static void add_program(struct backport_list *argv, struct backport_list *known, char *key)
{
	char *dot = strrchr(key, '.');

	if (!dot)
		return;
	*dot = '\0';
	if (backport_list_has(known, key))
		return;
	backport_list_add(known, key);
	/* git -c takes what is before the first '=' for the name. */
	if (strchr(key, '='))
		backport_refuse(text("git cannot be told to leave out '%s' of this checkout", key),
				"nothing was changed; remove it from .git/config");
	if (backport_text_starts(key, "hook")) {
		add_setting(argv, text("%s.enabled=false", key));
		return;
	}
	add_setting(argv, text("%s.process=", key));
	add_setting(argv, text("%s.clean=", key));
	add_setting(argv, text("%s.smudge=", key));
	add_setting(argv, text("%s.required=false", key));
}

static void add_programs(struct backport_list *argv, const char *tree)
{
	struct backport_list known = { 0 };
	char *keys = NULL, *key;
	const struct backport_command there = { .directory = tree, .output = &keys, .quiet = true };

	run(&there, "git", "config", "--name-only", "--get-regexp", "^(filter|hook)\\.");
	while ((key = backport_line_next(&keys)))
		add_program(argv, &known, key);
}

/*
 * Filters may hang on where the configuration is read (includeIf): a command that checks out is run in the
 * folder in which it does, whose filters these are.
 */
int backport_git_run(const struct backport_command *command, const char *const argv[])
{
	struct backport_list all = { 0 };

	/* No object of a partial clone is fetched: that runs what its remote says. */
	setenv("GIT_ALLOW_PROTOCOL", "none", 1);
	setenv("GIT_NO_LAZY_FETCH", "1", 1);
	backport_list_add(&all, "git");
	for (size_t i = 0; i < sizeof(shield) / sizeof(*shield); i++)
		add_setting(&all, shield[i]);
	add_programs(&all, command->directory);
	for (; *argv; argv++)
		backport_list_add(&all, *argv);
	return backport_command_run(command, all.items);
}

char *backport_git_says(const char *tree, const char *const argv[])
{
	char *said = NULL;
	const struct backport_command there = { .directory = tree, .output = &said, .quiet = true };

	if (backport_git_run(&there, argv))
		return NULL;
	if (*said && said[strlen(said) - 1] == '\n')
		said[strlen(said) - 1] = '\0';
	return said;
}

/* The folder that git calls @option of rev-parse; NULL: none */
static char *folder_of(const char *tree, const char *option)
{
	char *said = git_says(tree, "rev-parse", option);

	if (!said)
		return NULL;
	return realpath(*said == '/' ? said : text("%s/%s", tree, said), NULL);
}

static bool is_beneath(const char *path, const char *folder)
{
	return backport_text_starts(path, text("%s/", folder));
}

/* Does the repository @common, elsewhere, know @tree: as a worktree of its own, or as a submodule? */
static bool knows_tree(const char *common, const char *tree)
{
	char *folder = folder_of(tree, "--git-dir"), *named;

	if (!folder)
		return false;
	if (!strcmp(folder, common))
		return git_says(tree, "config", "--file", text("%s/config", common),
				"core.worktree");
	named = is_beneath(folder, text("%s/worktrees", common)) ?
			backport_file_read(text("%s/gitdir", folder), NULL) :
			NULL;
	if (!named)
		return false;
	if (*named && named[strlen(named) - 1] == '\n')
		named[strlen(named) - 1] = '\0';
	named = realpath(*named == '/' ? named : text("%s/%s", folder, named), NULL);
	return named && !strcmp(named, text("%s/.git", tree));
}

/* The name of a link in the repository, where git writes; NULL: none. Hooks are off, and may be links. */
static char *find_link(const char *common)
{
	char *roots[] = { text("%s", common), NULL }, *link = NULL;
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	while (walk && !link && (entry = fts_read(walk))) {
		if (entry->fts_level == 1 &&
		    (!strcmp(entry->fts_name, "hooks") || !strcmp(entry->fts_name, "modules")))
			fts_set(walk, entry, FTS_SKIP);
		else if (entry->fts_info == FTS_SL || entry->fts_info == FTS_SLNONE)
			link = text("%s", entry->fts_path);
	}
	if (walk)
		fts_close(walk);
	return link;
}

bool backport_git_is_conditional(const char *tree)
{
	static const char *const files[] = { "--local", "--worktree" };
	bool found = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !found; i++)
		found = git_says(tree, "config", files[i], "--includes", "--name-only",
				 "--get-regexp", "^includeif\\.");
	return found;
}

char *backport_git_elsewhere(const char *tree)
{
	char *common = folder_of(tree, "--git-common-dir");

	if (!common)
		return text("%s/.git", tree);
	if (!is_beneath(common, tree) && !knows_tree(common, tree))
		return common;
	return find_link(common);
}
