// SPDX-License-Identifier: GPL-2.0-only
/*
 * git.c: git in somebody else's checkout, whose configuration must not choose what we run
 *
 * A repository names programs that git runs as it goes: hooks, a monitor of its files, filters, a
 * program that signs, merge drivers, the transports of a partial clone. All are off.
 */
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

/* "filter.NAME.smudge" of the configuration: the filter and all of its commands are off. */
static void add_filter(struct backport_list *argv, struct backport_list *known, char *key)
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
	add_setting(argv, text("%s.process=", key));
	add_setting(argv, text("%s.clean=", key));
	add_setting(argv, text("%s.smudge=", key));
	add_setting(argv, text("%s.required=false", key));
}

static void add_filters(struct backport_list *argv, const char *tree)
{
	struct backport_list known = { 0 };
	char *keys = NULL, *key;
	const struct backport_command there = { .directory = tree, .output = &keys, .quiet = true };

	run(&there, "git", "config", "--name-only", "--get-regexp", "^filter\\.");
	while ((key = backport_line_next(&keys)))
		add_filter(argv, &known, key);
}

int backport_git_run(const struct backport_command *command, const char *const argv[])
{
	struct backport_list all = { 0 };

	/* No object of a partial clone is fetched: that runs what its remote says. */
	setenv("GIT_ALLOW_PROTOCOL", "none", 1);
	setenv("GIT_NO_LAZY_FETCH", "1", 1);
	backport_list_add(&all, "git");
	for (size_t i = 0; i < sizeof(shield) / sizeof(*shield); i++)
		add_setting(&all, shield[i]);
	add_filters(&all, command->directory);
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
