// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-who: which process and which path in the kernel interrupts all CPUs
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/say.h"
#include "who/who.h"

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-who [OPTION]... [-- COMMAND [ARGUMENT]...]\n"
"Counts who interrupts all CPUs: which process, why, and on which path through the kernel. It shows\n"
"a live view on a terminal. Elsewhere it counts for ten seconds, or while COMMAND runs, and prints\n"
"a table. It needs root. Counts are exact, and what is lost is printed.\n"
"\n"
"      --all                 count every function call to other CPUs, to some or to one, not\n"
"                            broadcasts alone\n"
"      --duration=SECONDS    print a table after that time (default: 10)\n"
"      --interval=SECONDS    print a table each time, or refresh the live view (default: 2)\n"
"  -p, --pid=PID             count the broadcasts of this process alone\n"
"      --cpu=LIST            count the interrupts of these CPUs, for example 8-15,32\n"
"      --json                print one JSON object\n"
"      --max-per-second=N    exit with 2 if there are more than N interrupts a second\n"
"      --prometheus=FILE     write counters by cause to FILE each 15 seconds or --interval, for\n"
"                            node_exporter; print nothing\n"
"      --root=DIR            read proc and sys under DIR\n"
"      --help, --version\n"
"\n"
"Exit: 0 counted; 2 more than N interrupts a second; 3 cannot count; 64 usage.\n";
/* clang-format on */

static double parse_number(const char *name, const char *text, double least, double most)
{
	char *end;
	double number;

	errno = 0;
	number = strtod(text, &end);
	if (end == text || *end || errno || !isfinite(number) || number < least || number > most)
		die_usage("%s takes a number from %g to %.15g, not '%s'", name, least, most, text);
	return number;
}

static struct who_cpus *parse_cpus(const char *list)
{
	static struct who_cpus cpus;

	if (!who_cpus_parse(&cpus, list) || !cpus.count)
		die_usage("--cpu takes a list such as 0-3,8, not '%s'", list);
	return &cpus;
}

static uint32_t parse_process(const char *text)
{
	const double number = parse_number("--pid", text, 1, 4194304);

	if (number != floor(number))
		die_usage("--pid takes a number without a fraction, not '%s'", text);
	return number;
}

static struct who_options parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "duration", required_argument, NULL, 'd' },
		{ "interval", required_argument, NULL, 'i' },
		{ "pid", required_argument, NULL, 'p' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "json", no_argument, NULL, 'j' },
		{ "max-per-second", required_argument, NULL, 'm' },
		{ "prometheus", required_argument, NULL, 'P' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	struct who_options options = { .seconds = 10,
				       .interval = INFINITY,
				       .most = INFINITY,
				       .root = "" };
	bool timed = false;
	int option;

	while ((option = getopt_long(argc, argv, "+p:h", long_options, NULL)) >= 0) {
		switch (option) {
		case 'd':
			options.seconds = parse_number("--duration", optarg, 0.001, 1e9);
			timed = true;
			break;
		case 'a': options.all = true; break;
		case 'p': options.process = parse_process(optarg); break;
		case 'c': options.cpus = parse_cpus(optarg); break;
		case 'i': options.interval = parse_number("--interval", optarg, 0.001, 1e9); break;
		case 'j': options.json = true; break;
		case 'm': options.most = parse_number("--max-per-second", optarg, 0, 1e15); break;
		case 'P': options.prometheus = optarg; break;
		case 'r': options.root = optarg; break;
		case 'h': fputs(usage, stdout); exit(EXIT_GOOD);
		case 'V': puts("icache-ipi-who " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
		default: say("try --help"); exit(EXIT_USAGE);
		}
	}
	if (optind < argc && strcmp(argv[optind - 1], "--"))
		die_usage("a command stands behind '--', not '%s'", argv[optind]);
	options.command = optind < argc ? argv + optind : NULL;
	if (options.prometheus && options.json)
		die_usage("either --json or --prometheus");
	if (options.prometheus && options.all)
		die_usage("--prometheus has broadcasts alone: leave out --all");
	if (options.prometheus && isinf(options.interval))
		options.interval = 15;
	options.live = !timed && !options.command && !options.json && !options.prometheus &&
		       isinf(options.most) && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	if (options.live && isinf(options.interval))
		options.interval = 2;
	if (!timed && (options.command || options.interval < INFINITY))
		options.seconds = INFINITY;
	return options;
}

int main(int argc, char **argv)
{
	struct who_options options;
	char why[WHO_REASON_SIZE];
	bool old;

	say_begin("icache-ipi-who");
	options = parse(argc, argv);
	if (!who_refuse(options.root, &old, why))
		return who_run(&options);
	if (!old)
		die(EXIT_UNKNOWN, "%s", why);
	return who_run_rates(&options, why);
}
