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

enum mode { MODE_COPY, MODE_CHECK, MODE_IN_PLACE, MODE_BRANCH, MODE_DEBIAN, MODE_RPM };

static const struct option long_options[] = {
	{ "branch", required_argument, NULL, 'b' },
	{ "check", no_argument, NULL, 'c' },
	{ "export", required_argument, NULL, 'e' },
	{ "in-place", no_argument, NULL, 'i' },
	{ "output", required_argument, NULL, 'o' },
	{ "patches", required_argument, NULL, 'p' },
	{ "reverse", no_argument, NULL, 'r' },
	{ "semantic", no_argument, NULL, 'm' },
	{ "callers-checked", no_argument, NULL, 'C' },
	{ "series", required_argument, NULL, 's' },
	{ "signoff", no_argument, NULL, 'S' },
	{ "no-compile", no_argument, NULL, 'n' },
	{ "define", required_argument, NULL, 'D' },
	{ "dry-run", no_argument, NULL, 'N' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* clang-format off */
static const char help[] =
"usage: icache-ipi-backport TREE [--series NAME]... [--reverse] [--output DIR | --in-place]\n"
"       icache-ipi-backport TREE --branch NAME [--signoff] [--series NAME]...\n"
"       icache-ipi-backport [TREE] --export debian DIR [--series NAME]... [--reverse] [--dry-run]\n"
"       icache-ipi-backport TREE --export rpm-spec SPEC [--series NAME]... [--reverse] [--dry-run]\n"
"                           [--define 'MACRO VALUE']...\n"
"       icache-ipi-backport TREE --check\n"
"\n"
"Applies a series to a copy of TREE and prints the path of the copy.\n"
"It reads the code of TREE, never its version, to find out what TREE is.\n"
"\n"
"  --check        only print the state: affected, fixed as posted, fixed as merged,\n"
"                 not affected, partly applied, not recognised, not an arm64 kernel tree\n"
"  --series NAME  a folder of the patches, or posted (the default) or merged, which select the\n"
"                 series of that form that fits; may be repeated. There are:\n"
"                 %s\n"
"  --reverse      take the series out\n"
"  --output DIR   put the copy into DIR, a new or empty folder (default: a folder in the cache,\n"
"                 used again for the same content)\n"
"  --in-place     change TREE itself, completely or not at all\n"
"  --semantic     change the code with Coccinelle, for a tree that no series fits. If the patch\n"
"                 does not know a caller, print it and change nothing. With --callers-checked\n"
"                 the merged form takes the broadcast from such callers. The changed files are\n"
"                 compiled in a copy, which runs the Makefiles of TREE; --no-compile does not\n"
"  --branch NAME  make a git branch of TREE's HEAD with git am. Author, date and tags are kept.\n"
"                 The checked-out files stay as they are. --signoff adds your Signed-off-by\n"
"  --export debian DIR    put the fix into the unpacked Debian source package linux in DIR,\n"
"                 if quilt push -a in a scratch folder leads to the fix\n"
"  --export rpm-spec SPEC put the fix beside the spec file of a kernel and into the spec. TREE\n"
"                 has the package's own patches applied, and decides which series fits. An\n"
"                 export runs the package's own preparation (rpmbuild -bp) in a scratch folder,\n"
"                 with all macros of the spec. It changes nothing unless that leads to the fix\n"
"  --define 'MACRO VALUE' give rpmbuild this macro, for example 'with_patch 1'\n"
"  --dry-run      print what an export would change, and change nothing. It runs what the export\n"
"                 runs: rpm the macros and %%prep of the spec, quilt the patches\n"
"  --patches DIR  use these patches (default: those that came with this program)\n"
"\n"
"The copy of a clean git checkout is a git worktree with the patches uncommitted. If TREE already\n"
"has the state that the series leads to, its own path is printed.\n"
"\n"
"Exit: 0 good, or fixed; 2 affected (--check); 3 cannot tell, or does not fit; 64 usage.\n";
/* clang-format on */

static struct {
	enum mode mode;
	const char *tree, *output, *patches, *branch, *into;
	struct backport_list series;
	struct backport_list defines;
	bool reverse, signoff, semantic, callers_checked, no_compile, dry_run, help;
} options;

static void mode_set(enum mode mode)
{
	if (options.mode != MODE_COPY && options.mode != mode)
		die_usage("one of --check, --in-place, --branch and --export");
	options.mode = mode;
}

static void export_take(char **argv)
{
	if (!strcmp(optarg, "debian"))
		mode_set(MODE_DEBIAN);
	else if (!strcmp(optarg, "rpm-spec"))
		mode_set(MODE_RPM);
	else
		die_usage("--export debian or rpm-spec, not '%s'", optarg);
	if (!argv[optind])
		die_usage("--export %s needs a path", optarg);
	options.into = argv[optind++];
}

static void option_take(int option, char **argv)
{
	switch (option) {
	case 'b':
		mode_set(MODE_BRANCH);
		options.branch = optarg;
		break;
	case 'e': export_take(argv); break;
	case 'm': options.semantic = true; break;
	case 'C': options.callers_checked = true; break;
	case 'n': options.no_compile = true; break;
	case 'D': backport_list_add(&options.defines, optarg); break;
	case 'N': options.dry_run = true; break;
	case 'S': options.signoff = true; break;
	case 'c': mode_set(MODE_CHECK); break;
	case 'i': mode_set(MODE_IN_PLACE); break;
	case 'o': options.output = optarg; break;
	case 'p': options.patches = optarg; break;
	case 'r': options.reverse = true; break;
	case 's': backport_list_add(&options.series, optarg); break;
	case 'h': options.help = true; break;
	case 'V': puts("icache-ipi-backport " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
	default: say("try --help"); exit(EXIT_USAGE);
	}
}

static void options_check(const struct backport_list *names)
{
	if (!options.tree && options.mode == MODE_DEBIAN)
		options.tree = options.into;
	if (!options.tree)
		die_usage("no tree named");
	if (options.signoff && options.mode != MODE_BRANCH)
		die_usage("--signoff goes with --branch");
	if (options.semantic &&
	    (options.reverse || options.mode >= MODE_BRANCH || options.series.count > 1 ||
	     (options.series.count && !backport_series_is_word(options.series.items[0]))))
		die_usage(
			"--semantic makes a copy or goes --in-place, with --series posted or merged");
	if (options.callers_checked && !options.semantic)
		die_usage("--callers-checked goes with --semantic");
	if (options.no_compile && !options.semantic)
		die_usage("--no-compile goes with --semantic");
	if (options.reverse && options.mode == MODE_BRANCH)
		die_usage("--reverse goes with a copy, --in-place or --export");
	if (options.defines.count && options.mode != MODE_RPM)
		die_usage("--define goes with --export rpm-spec");
	for (size_t i = 0; i < options.defines.count; i++)
		if (!strchr(options.defines.items[i], ' '))
			die_usage("--define 'NAME VALUE', not '%s'", options.defines.items[i]);
	if (options.dry_run && options.mode < MODE_DEBIAN)
		die_usage("--dry-run goes with --export");
	if (options.mode == MODE_CHECK &&
	    (options.series.count || options.output || options.reverse))
		die_usage("--check goes alone");
	if (options.mode != MODE_COPY && options.output)
		die_usage("--output is for a copy");
	if (options.reverse && options.series.count > 1)
		die_usage("--reverse takes one series");
	for (size_t i = 0; i < options.series.count; i++)
		if (!backport_series_is_word(options.series.items[i]) &&
		    !backport_series_exists(options.series.items[i]))
			die_usage("no such series: %s; there are: %s", options.series.items[i],
				  backport_list_join(names, " "));
}

/* The names as lines of the help, which is 17 columns further right. */
static char *names_wrapped(const struct backport_list *names)
{
	char *lines = text("%s", "");
	size_t column = 0;

	for (size_t i = 0; i < names->count; i++) {
		const size_t width = strlen(names->items[i]) + 1;
		const bool fits = !i || column + width <= 75;

		lines = text("%s%s%s", lines,
			     !i	  ? "" :
			     fits ? " " :
				    "\n                 ",
			     names->items[i]);
		column = fits ? column + width : width;
	}
	return lines;
}

static void options_read(int argc, char **argv)
{
	struct backport_list names;
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		if ((option == 'o' || option == 's' || option == 'p') && !*optarg)
			die_usage("%s wants a value", argv[optind - 1]);
		option_take(option, argv);
	}
	backport_series_find_patches(options.patches);
	names = backport_series_names();
	if (options.help) {
		printf(help, names_wrapped(&names));
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
	char why[REASON_SIZE];
	const enum kernel_tree_state state = kernel_tree_read(options.tree, why);
	const enum verdict verdict = kernel_tree_verdict(state);

	puts(kernel_tree_words[state]);
	text_make_printable(why);
	if (verdict == VERDICT_UNKNOWN)
		say("%s", why);
	return verdict_exit(verdict);
}

/* Without --series, either form of the fix will do. */
static bool nothing_to_do(const struct backport_plan *plan)
{
	if (options.series.count && !(options.mode >= MODE_DEBIAN && options.reverse))
		return !strcmp(plan->was, backport_plan_goal(plan));
	if (options.mode >= MODE_DEBIAN && options.reverse)
		return false; /* the package is asked, not the tree */
	if (options.semantic)
		return false; /* it is for affected trees, and refuses others */
	return !options.reverse &&
	       (backport_text_starts(plan->was, "fixed") || !strcmp(plan->was, "not affected"));
}

/* What can be refused before anything is read of the tree. */
static void prepare_mode(void)
{
	if (options.mode == MODE_BRANCH) {
		backport_branch_check(options.tree, options.branch);
		options.tree = backport_branch_worktree(options.tree, backport_work);
	} else if (options.mode == MODE_DEBIAN) {
		backport_debian_check(options.into);
	} else if (options.mode == MODE_COPY &&
		   backport_path_exists(text("%s/" IN_PLACE_JOURNAL, options.tree))) {
		backport_refuse(text("a run with --in-place was killed in %s", options.tree),
				"run it again with --in-place to finish it");
	}
}

static void plan_begin(struct backport_plan *plan)
{
	char why[REASON_SIZE];

	prepare_mode();
	plan->was = backport_tree_read(options.tree, why);
	if (plan->was == kernel_tree_words[TREE_NONE] && options.mode == MODE_DEBIAN)
		backport_refuse(why, "name the tree that the package's patches lead to: "
				     "icache-ipi-backport TREE --export debian DIR");
	if (plan->was == kernel_tree_words[TREE_NONE])
		backport_refuse(why, "name the top folder of an arm64 kernel tree "
				     "(scripts/kernel-source unpacks one)");
	if (options.mode == MODE_IN_PLACE && backport_in_place_begin(options.tree))
		plan->was = backport_tree_state(options.tree);
	plan->tree = options.tree;
	plan->count = options.series.count ?: 1;
	plan->series = calloc(plan->count, sizeof(*plan->series));
	if (!plan->series)
		die(EXIT_UNKNOWN, "out of memory");
	for (size_t i = 0; i < plan->count; i++)
		plan->series[i] = (struct backport_series){
			options.series.count ? options.series.items[i] : "posted",
			options.reverse && options.mode < MODE_DEBIAN
		};
}

/* Where the fix is now. */
static const char *install(const struct backport_plan *plan)
{
	const struct backport_export how = { options.defines, options.dry_run, options.reverse };

	switch (options.mode) {
	case MODE_IN_PLACE: backport_in_place_install(plan); return plan->tree;
	case MODE_BRANCH:
		backport_branch_make(plan, options.branch, options.signoff);
		return options.branch;
	case MODE_DEBIAN: backport_debian_export(plan, options.into, &how); return options.into;
	case MODE_RPM: backport_rpm_export(plan, options.into, &how); return options.into;
	default:
		return options.output ? backport_copy_to(plan, options.output) :
					backport_copy_to_cache(plan);
	}
}

int main(int argc, char **argv)
{
	struct backport_plan plan = { 0 };
	const char *place, *whole, *named;

	say_begin("icache-ipi-backport");
	/* A hook of somebody's git may have called this for another tree. */
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_INDEX_FILE");
	setenv("LC_ALL", "C.UTF-8", 1);
	options_read(argc, argv);
	backport_command_catch_signals();
	whole = realpath(options.tree, NULL);
	options.tree = named = whole ?: options.tree;
	if (options.mode == MODE_CHECK)
		return check();
	backport_cleanup_begin();
	plan_begin(&plan);
	if (nothing_to_do(&plan)) {
		say("%s is '%s' already: nothing to do", named, plan.was);
		puts(options.mode == MODE_BRANCH ? "HEAD" : named);
		return EXIT_GOOD;
	}
	if (options.semantic) {
		backport_plan_prepare_semantic(&plan, backport_work, options.callers_checked);
		if (!options.no_compile)
			backport_compile(&plan, backport_work);
	} else {
		backport_plan_prepare(&plan, backport_work);
		backport_plan_check_callers(&plan);
	}
	place = install(&plan);
	if (options.dry_run)
		return EXIT_GOOD;
	if (options.mode < MODE_DEBIAN || !options.reverse)
		say("%s is '%s'; '%s' is in %s", named, plan.was, backport_plan_goal(&plan), place);
	puts(place);
	return EXIT_GOOD;
}
