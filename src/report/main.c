// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-report: results in; a table, KTAP, JUnit, JSON or a page out
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "report/output.h"
#include "report/report.h"

static const char usage[] =
"usage: icache-ipi-report [OPTION]... RESULT...\n"
"Compares results of icache-ipi-vm or icache-ipi-stress --json, at most 64 of them.\n"
"RESULT is a result.json or a directory that holds one; a census.json beside it is shown too.\n"
"\n"
"  -f, --format=FORMAT   table (the default), ktap, junit, json, html\n"
"  -o, --output=FILE     written whole or not at all (default: standard output)\n"
"  -p, --proof           judge a proof: the first kernel must be affected, the others fixed\n"
"  -r, --rows            in the table: also every row of the price list\n"
"  -j, --json            --format=json\n"
"      --gnuplot=PROGRAM what draws the page's pictures (default: gnuplot)\n"
"      --no-pictures     a page without them\n"
"  -h, --help, --version\n"
"\n"
"Exit: the worst verdict (0 fixed, 1 dormant or mitigated, 2 affected, 3 unknown);\n"
"with --proof 0 PASS, 2 FAIL, 3 when a half proves nothing. 64 usage.\n";

enum format { FORMAT_TABLE, FORMAT_KTAP, FORMAT_JUNIT, FORMAT_JSON, FORMAT_HTML, FORMATS };

static const char *const format_names[FORMATS] = {
	[FORMAT_TABLE] = "table", [FORMAT_KTAP] = "ktap", [FORMAT_JUNIT] = "junit",
	[FORMAT_JSON] = "json", [FORMAT_HTML] = "html",
};

struct options {
	enum format format;
	const char *output, *gnuplot;
	bool proof, rows;
};

enum { OPTION_GNUPLOT = 256, OPTION_NO_PICTURES, OPTION_VERSION };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "proof", no_argument, NULL, 'p' },
	{ "rows", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "gnuplot", required_argument, NULL, OPTION_GNUPLOT },
	{ "no-pictures", no_argument, NULL, OPTION_NO_PICTURES },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 }
};

static enum format parse_format(const char *name)
{
	for (int format = 0; format < FORMATS; format++)
		if (!strcmp(name, format_names[format]))
			return format;
	die_usage("--format=%s: table, ktap, junit, json or html is wanted", name);
}

static void parse_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "f:o:prjh", long_options, NULL)) >= 0) {
		switch (option) {
		case 'f':
			options->format = parse_format(optarg);
			break;
		case 'o':
			options->output = optarg;
			break;
		case 'p':
			options->proof = true;
			break;
		case 'r':
			options->rows = true;
			break;
		case 'j':
			options->format = FORMAT_JSON;
			break;
		case OPTION_GNUPLOT:
			options->gnuplot = optarg;
			break;
		case OPTION_NO_PICTURES:
			options->gnuplot = NULL;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_GOOD);
		case OPTION_VERSION:
			puts("icache-ipi-report " ICACHE_IPI_VERSION);
			exit(EXIT_GOOD);
		default:
			say("try --help");
			exit(EXIT_USAGE);
		}
	}
	if (argc == optind || argc - optind > RESULTS_MAX)
		die_usage("1 to %d results are wanted", RESULTS_MAX);
}

static bool print_report(FILE *to, const struct report *report, const struct options *options)
{
	switch (options->format) {
	case FORMAT_KTAP:
		ktap_print(to, report);
		return true;
	case FORMAT_JUNIT:
		junit_print(to, report);
		return true;
	case FORMAT_JSON:
		return json_print(to, report);
	case FORMAT_HTML:
		return page_print(to, report, options->gnuplot);
	default:
		table_print(to, report, options->rows);
		return true;
	}
}

/* In memory first: a report that fails halfway leaves nothing behind, not even on stdout. */
static bool write_report(const struct report *report, const struct options *options)
{
	char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);
	const bool printed = memory && print_report(memory, report, options);
	const bool whole = memory && !ferror(memory) & !fclose(memory);
	const bool written = printed && whole && output_write(options->output, text, length);

	if (!whole)
		say("out of memory");
	free(text);
	return written;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct options options = { .gnuplot = "gnuplot" };
	enum exit_code code;

	say_program = "icache-ipi-report";
	parse_options(argc, argv, &options);
	/* A gnuplot or a reader that goes away is an error of its write(), not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (!report_load(&report, argv + optind, argc - optind, options.proof))
		code = EXIT_UNKNOWN;
	else
		code = write_report(&report, &options) ? report.code : EXIT_UNKNOWN;
	report_release(&report);
	return code;
}
