// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-report: results in; a table, KTAP, JUnit, JSON or a page out
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "report/matrix.h"
#include "report/output.h"
#include "report/report.h"

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-report [OPTION]... RESULT...\n"
"       icache-ipi-report --matrix [OPTION]... DIR\n"
"Compares up to 64 results of icache-ipi-vm or icache-ipi-stress --json.\n"
"RESULT is a result.json or a directory that holds one. It also shows a census.json beside it.\n"
"What icache-ipi-triage --json printed may stand among them: the page shows its incidents.\n"
"\n"
"  -f, --format=FORMAT   table (the default), ktap, junit, json or html; may be repeated\n"
"  -o, --output=FILE     write the format before it to FILE, completely or not at all\n"
"                        (default: standard output)\n"
"  -p, --proof           judge a proof: the first kernel must be affected, the others fixed\n"
"  -r, --rows            also print every row of the price list in the table\n"
"  -j, --json            the same as --format=json\n"
"  -m, --matrix          list the proofs that scripts/matrix left in DIR (table, junit, json\n"
"                        or html)\n"
"  -h, --help, --version\n"
"\n"
"Exit: 0 fixed; 1 dormant or mitigated; 2 affected; 3 unknown; 64 usage. The worst counts.\n"
"With --proof: 0 PASS; 1 every kernel ran on one CPU; 2 FAIL; 3 nothing is proven.\n"
"With --matrix the worst proof counts.\n";
/* clang-format on */

enum format { FORMAT_TABLE, FORMAT_KTAP, FORMAT_JUNIT, FORMAT_JSON, FORMAT_HTML, FORMATS };

static const char *const format_names[FORMATS] = {
	[FORMAT_TABLE] = "table", [FORMAT_KTAP] = "ktap", [FORMAT_JUNIT] = "junit",
	[FORMAT_JSON] = "json",	  [FORMAT_HTML] = "html",
};

/* One form of the report, and where it goes. */
struct target {
	enum format format;
	const char *output; /* NULL: standard output */
};

#define TARGETS_MAX 16

struct options {
	struct target targets[TARGETS_MAX];
	bool proof, rows, matrix;
	size_t formats, outputs; /* said so far: the nth output is the nth format's */
};

enum { OPTION_VERSION = 256 };

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "proof", no_argument, NULL, 'p' },
	{ "rows", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "matrix", no_argument, NULL, 'm' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static enum format parse_format(const char *name)
{
	for (int format = 0; format < FORMATS; format++)
		if (!strcmp(name, format_names[format]))
			return format;
	die_usage("--format=%s: table, ktap, junit, json or html is wanted", name);
}

static void add_format(struct options *options, enum format format)
{
	if (options->formats == TARGETS_MAX)
		die_usage("--format: at most %d", TARGETS_MAX);
	options->targets[options->formats++].format = format;
}

static void add_output(struct options *options, const char *output)
{
	if (options->outputs == TARGETS_MAX)
		die_usage("--output: at most %d", TARGETS_MAX);
	options->targets[options->outputs++].output = output;
}

static void check_options(struct options *options, int count)
{
	if (!options->formats)
		add_format(options, FORMAT_TABLE);
	if (options->outputs > options->formats || options->outputs + 1 < options->formats)
		die_usage("each --format takes an --output; one may go to standard output");
	if (options->matrix && (options->proof || options->rows))
		die_usage("--matrix shows finished proofs: no --proof, no --rows");
	for (size_t i = 0; i < options->formats; i++)
		if (options->matrix && options->targets[i].format == FORMAT_KTAP)
			die_usage("--matrix has no such format");
	if (options->matrix && count != 1)
		die_usage("--matrix takes one folder");
	if (count < 1 || count > RESULTS_MAX)
		die_usage("1 to %d results are wanted", RESULTS_MAX);
}

static void parse_options(int argc, char **argv, struct options *options)
{
	int option;

	while ((option = getopt_long(argc, argv, "f:o:prmjh", long_options, NULL)) >= 0) {
		switch (option) {
		case 'f': add_format(options, parse_format(optarg)); break;
		case 'o': add_output(options, optarg); break;
		case 'p': options->proof = true; break;
		case 'r': options->rows = true; break;
		case 'j': add_format(options, FORMAT_JSON); break;
		case 'm': options->matrix = true; break;
		case 'h': fputs(usage, stdout); exit(EXIT_GOOD);
		case OPTION_VERSION: puts("icache-ipi-report " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
		default: say("try --help"); exit(EXIT_USAGE);
		}
	}
	check_options(options, argc - optind);
}

static bool print_report(FILE *to, const struct report *report, enum format format,
			 const struct options *options)
{
	switch (format) {
	case FORMAT_KTAP: report_print_ktap(to, report); return true;
	case FORMAT_JUNIT: report_print_junit(to, report); return true;
	case FORMAT_JSON: return report_print_json(to, report);
	case FORMAT_HTML: report_print_page(to, report); return true;
	default: report_print_table(to, report, options->rows); return true;
	}
}

static bool print_matrix(FILE *to, const struct report_matrix *matrix, enum format format)
{
	switch (format) {
	case FORMAT_JUNIT: report_print_matrix_junit(to, matrix); return true;
	case FORMAT_JSON: return report_print_matrix_json(to, matrix);
	case FORMAT_HTML: report_print_matrix_page(to, matrix); return true;
	default: report_print_matrix_table(to, matrix); return true;
	}
}

/* In memory first: a report that fails halfway leaves nothing behind, not even on stdout. */
static bool write_target(const struct report *report, const struct report_matrix *matrix,
			 const struct target *target, const struct options *options)
{
	char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);
	const bool printed = memory &&
			     (matrix ? print_matrix(memory, matrix, target->format) :
				       print_report(memory, report, target->format, options));
	const bool intact = memory && !ferror(memory);
	const bool whole = memory && !fclose(memory) && intact;
	const bool written = printed && whole && report_write_output(target->output, text, length);

	if (!whole)
		say("out of memory");
	free(text);
	return written;
}

/* All forms, also when one of them fails. */
static bool write_targets(const struct report *report, const struct report_matrix *matrix,
			  const struct options *options)
{
	bool written = true;

	for (size_t i = 0; i < options->formats; i++)
		written &= write_target(report, matrix, &options->targets[i], options);
	return written;
}

static enum exit_code show_matrix(const char *path, const struct options *options)
{
	struct report_matrix matrix;
	enum exit_code code = EXIT_UNKNOWN;

	if (report_load_matrix(&matrix, path) && write_targets(NULL, &matrix, options))
		code = matrix.code;
	report_release_matrix(&matrix);
	return code;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct options options = { 0 };
	enum exit_code code = EXIT_UNKNOWN;

	say_begin("icache-ipi-report");
	parse_options(argc, argv, &options);
	/* A reader that goes away is an error of its write(), not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (options.matrix)
		return show_matrix(argv[optind], &options);
	if (report_load(&report, argv + optind, argc - optind)) {
		if (options.proof)
			report_judge_proof(&report);
		if (write_targets(&report, NULL, &options))
			code = report.code;
	}
	report_release(&report);
	return code;
}
