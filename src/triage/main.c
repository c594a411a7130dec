// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-triage: is the lockup in this log our fault?
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "lib/text.h"
#include "triage/triage.h"

static const struct option long_options[] = {
	{ "explain", no_argument, NULL, 'e' },
	{ "json", no_argument, NULL, 'j' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "redact", no_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* clang-format off */
static const char help[] =
"usage: icache-ipi-triage [OPTION...] LOG...\n"
"\n"
"Says whether the lockup in a log is this fault: by the stack of the CPU that interrupts all others.\n"
"LOG is what dmesg, journalctl, syslog, pstore, /dev/kmsg or a console wrote, also when quoted.\n"
"It may be compressed: .gz, .xz or .zst. A folder of such files will do, and - is standard input.\n"
"\n"
"  --explain   also print every stack that was read, in groups, and the rule that decided\n"
"  --json      print one JSON object a line, one for each log\n"
"  --redact    print the one log again, without names of machines, processes and registers\n"
"  --quiet     print nothing; only the exit code tells\n"
"\n"
"Of several logs each gets one line. Exit: 0 not this fault; 2 this fault; 3 cannot tell; 64 usage.\n"
"Of several logs the worst counts, in the order 2, 3, 0.\n";
/* clang-format on */

enum style { STYLE_TEXT, STYLE_EXPLAIN, STYLE_JSON, STYLE_QUIET, STYLE_REDACT };

static struct {
	enum style style;
	bool many;
	size_t logs;
	enum exit_code code;
} run;

static void print_log(const struct triage_log *log)
{
	switch (run.style) {
	case STYLE_TEXT: triage_print(stdout, log, run.many ? DETAIL_LINE : DETAIL_TEXT); break;
	case STYLE_EXPLAIN: triage_print(stdout, log, DETAIL_EXPLAIN); break;
	case STYLE_JSON:
		if (!triage_print_json(stdout, log))
			die(EXIT_UNKNOWN, "cannot print a result: out of memory, or output closed");
		break;
	default: break;
	}
	fflush(stdout);
}

static void take_path(void *context, const char *path)
{
	struct triage_log *log;
	char why[TRIAGE_REASON_SIZE];

	(void)context;
	run.logs++;
	switch (triage_input_read(path, run.style == STYLE_REDACT ? stdout : NULL, &log, why)) {
	case INPUT_VMCORE:
		log = run.style == STYLE_REDACT ? NULL : triage_core_judge(path);
		if (log)
			break;
		say("%s: is a vmcore: only a log can be redacted", path);
		run.code = exit_worst(run.code, EXIT_UNKNOWN);
		return;
	case INPUT_FAILED:
		say("%s: %s", path, why);
		run.code = exit_worst(run.code, EXIT_UNKNOWN);
		return;
	default: break;
	}
	print_log(log);
	run.code = exit_worst(run.code, triage_judge_exit(log->verdict));
	triage_log_free(log);
}

static void arguments_read(int argc, char **argv)
{
	int option;

	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		switch (option) {
		case 'e': run.style = STYLE_EXPLAIN; break;
		case 'j': run.style = STYLE_JSON; break;
		case 'q': run.style = STYLE_QUIET; break;
		case 'r': run.style = STYLE_REDACT; break;
		case 'V': puts("icache-ipi-triage " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
		case 'h': fputs(help, stdout); exit(EXIT_GOOD);
		default: say("try --help"); exit(EXIT_USAGE);
		}
	}
	if (optind == argc)
		die_usage("name a log, or - for standard input");
	if (run.style == STYLE_REDACT && argc - optind > 1)
		die_usage("--redact takes one log");
}

static void count_path(void *context, const char *path)
{
	(void)path;
	++*(size_t *)context;
}

/* More than one log, also in one folder: one line each. */
static bool are_many(char **paths, int count)
{
	char why[TRIAGE_REASON_SIZE];
	size_t logs = 0;

	for (int i = 0; i < count; i++)
		triage_input_walk(paths[i], count_path, &logs, why);
	return logs > 1;
}

int main(int argc, char **argv)
{
	char why[TRIAGE_REASON_SIZE];

	say_begin("icache-ipi-triage");
	arguments_read(argc, argv);
	run.many = are_many(argv + optind, argc - optind);
	if (run.style == STYLE_REDACT && run.many)
		die_usage("--redact takes one log");
	for (int i = optind; i < argc; i++)
		if (!triage_input_walk(argv[i], take_path, NULL, why)) {
			say("%s: %s", argv[i], why);
			run.code = exit_worst(run.code, EXIT_UNKNOWN);
		}
	if (!run.logs) {
		say("there is no file to read: nothing was judged");
		run.code = exit_worst(run.code, EXIT_UNKNOWN);
	}
	return run.code;
}
