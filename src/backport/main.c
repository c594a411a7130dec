// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-backport: say what an arm64 kernel tree is, and bring a series of patches/ into it
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backport/backport.h"

enum mode { MODE_COPY, MODE_CHECK, MODE_IN_PLACE };

static const struct option long_options[] = {
	{ "check", no_argument, NULL, 'c' },
	{ "in-place", no_argument, NULL, 'i' },
	{ "output", required_argument, NULL, 'o' },
	{ "patches", required_argument, NULL, 'p' },
	{ "reverse", no_argument, NULL, 'r' },
	{ "series", required_argument, NULL, 's' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

static const char help[] =
"usage: icache-ipi-backport TREE [--series NAME]... [--reverse] [--output DIR | --in-place]\n"
"       icache-ipi-backport TREE --check\n"
"\n"
"Applies a series and prints the path of the patched tree, a copy unless --in-place is said.\n"
"What TREE is, is read from its code and never from its version.\n"
"\n"
"  --check        only print the state: affected, fixed as posted, fixed as merged,\n"
"                 not affected, partly applied, not recognised, not an arm64 kernel tree\n"
"  --series NAME  a folder of the patches, or posted (the default) or merged: the one of that\n"
"                 form that fits; several: in turn. There are:\n"
"                 %s\n"
"  --reverse      take the series out again\n"
"  --output DIR   where the copy goes: a new or empty folder (default: one of its own in the cache,\n"
"                 named after series and content, used again next time)\n"
"  --in-place     change TREE itself: all of it or nothing, also when killed\n"
"  --patches DIR  the patches (default: those that came with this program)\n"
"\n"
"The copy of a clean git checkout is a git worktree with the patches uncommitted. A tree that is\n"
"already what the series leads to (or, with no --series, fixed either way) is not copied: its own\n"
"path is printed.\n"
"\n"
"exit: 0 good, or fixed; 2 affected (--check); 3 cannot tell, or does not fit; 64 usage\n";

static struct {
	enum mode mode;
	const char *tree, *output, *patches;
	struct list series;
	bool reverse, help;
} options;

const char *cleanup_work, *cleanup_copy;

static void clean_up(void)
{
	command_uninterrupted();
	if (cleanup_copy)
		tree_remove(cleanup_copy);
	if (cleanup_work)
		remove_all(cleanup_work);
}

static void mode_set(enum mode mode)
{
	if (options.mode != MODE_COPY && options.mode != mode)
		die_usage("one of --check and --in-place");
	options.mode = mode;
}

static void option_take(int option)
{
	switch (option) {
	case 'c': mode_set(MODE_CHECK); break;
	case 'i': mode_set(MODE_IN_PLACE); break;
	case 'o': options.output = optarg; break;
	case 'p': options.patches = optarg; break;
	case 'r': options.reverse = true; break;
	case 's': list_add(&options.series, optarg); break;
	case 'h': options.help = true; break;
	case 'V':
		puts("icache-ipi-backport " ICACHE_IPI_VERSION);
		exit(EXIT_GOOD);
	default:
		say("try --help");
		exit(EXIT_USAGE);
	}
}

static void options_check(const struct list *names)
{
	if (!options.tree)
		die_usage("no tree named");
	if (options.mode == MODE_CHECK && (options.series.count || options.output || options.reverse))
		die_usage("--check goes alone");
	if (options.mode == MODE_IN_PLACE && options.output)
		die_usage("--output or --in-place, not both");
	if (options.reverse && options.series.count > 1)
		die_usage("--reverse takes one series");
	for (size_t i = 0; i < options.series.count; i++)
		if (!series_is_word(options.series.items[i]) &&
		    !series_exists(options.series.items[i]))
			die_usage("no such series: %s; there are: %s", options.series.items[i],
				  list_join(names, " "));
}

static void options_read(int argc, char **argv)
{
	struct list names;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		if ((option == 'o' || option == 's' || option == 'p') && !*optarg)
			die_usage("%s wants a value", argv[optind - 1]);
		option_take(option);
	}
	series_find_patches(options.patches);
	names = series_names();
	if (options.help) {
		printf(help, list_join(&names, " "));
		exit(EXIT_GOOD);
	}
	for (; optind < argc; optind++) {
		if (options.tree)
			die_usage("one tree at a time: %s, %s", options.tree, argv[optind]);
		options.tree = argv[optind];
	}
	options_check(&names);
}

static enum exit_code check(void)
{
	const struct judgement judgement = tree_judge(options.tree);

	puts(judgement.state);
	if (*judgement.why)
		say("%s", judgement.why);
	return judgement.code;
}

/* Without --series, either form of the fix will do. */
static bool nothing_to_do(const struct plan *plan)
{
	if (options.series.count)
		return !strcmp(plan->was, plan_goal(plan));
	return !options.reverse &&
	       (text_starts(plan->was, "fixed") || !strcmp(plan->was, "not affected"));
}

static void plan_begin(struct plan *plan)
{
	struct judgement judgement = tree_judge(options.tree);

	plan->tree = options.tree;
	if (tree_is_none(&judgement))
		refuse(judgement.why, "name the top folder of an arm64 kernel tree "
		       "(scripts/kernel-source unpacks one)");
	if (options.mode == MODE_IN_PLACE && in_place_begin(plan->tree))
		judgement = tree_judge(options.tree);
	else if (path_exists(text("%s/" IN_PLACE_JOURNAL, plan->tree)))
		refuse(text("a run with --in-place was killed in %s", plan->tree),
		       "say --in-place once more: that finishes it");
	plan->was = judgement.state;
	plan->count = options.series.count ?: 1;
	plan->series = calloc(plan->count, sizeof(*plan->series));
	if (!plan->series)
		die(EXIT_UNKNOWN, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		plan->series[i] = (struct series){
			options.series.count ? options.series.items[i] : "posted", options.reverse
		};
}

static char *work_folder(void)
{
	char *work = text("%s/icache-ipi.XXXXXX", getenv("TMPDIR") ?: "/tmp");

	if (!mkdtemp(work))
		die(EXIT_UNKNOWN, "cannot write to %s: %m; set TMPDIR", folder_of(work));
	cleanup_work = work;
	return work;
}

static const char *install(const struct plan *plan)
{
	if (options.mode == MODE_IN_PLACE) {
		in_place_install(plan);
		return plan->tree;
	}
	return options.output ? copy_to(plan, options.output) : copy_to_cache(plan);
}

int main(int argc, char **argv)
{
	struct plan plan = { 0 };
	const char *place, *whole;

	say_program = "icache-ipi-backport";
	/* A hook of somebody's git may have called this for another tree. */
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_INDEX_FILE");
	setenv("LC_ALL", "C.UTF-8", 1);
	options_read(argc, argv);
	command_catch_signals();
	whole = realpath(options.tree, NULL);
	options.tree = whole ?: options.tree;
	if (options.mode == MODE_CHECK)
		return check();
	atexit(clean_up);
	plan_begin(&plan);
	if (nothing_to_do(&plan)) {
		say("%s is '%s' already: nothing to do", plan.tree, plan.was);
		puts(plan.tree);
		return EXIT_GOOD;
	}
	plan_prepare(&plan, work_folder());
	place = install(&plan);
	say("%s is '%s'; '%s' is in %s", plan.tree, plan.was, plan_goal(&plan), place);
	puts(place);
	return EXIT_GOOD;
}
