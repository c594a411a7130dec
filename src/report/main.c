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

static const char usage[] =
"usage: icache-ipi-report [OPTION]... RESULT...\n"
"       icache-ipi-report --matrix [OPTION]... DIR\n"
"Compares results of icache-ipi-vm or icache-ipi-stress --json, at most 64 of them.\n"
"RESULT is a result.json or a directory that holds one; a census.json beside it is shown too.\n"
"\n"
"  -f, --format=FORMAT   table (the default), ktap, junit, json, html\n"
"  -o, --output=FILE     written whole or not at all (default: standard output)\n"
"  -p, --proof           judge a proof: the first kernel must be affected, the others fixed\n"
"  -r, --rows            in the table: also every row of the price list\n"
"  -j, --json            --format=json\n"
"  -m, --matrix          DIR is what scripts/matrix left: judge its cells (table, junit, json,\n"
"                        html)\n"
"      --plan=DIR        with --matrix: what the matrix planned in DIR would cost, from the costs\n"
"                        measured in this one\n"
"      --assume=PAGES    with --plan: page sizes that were not measured cost as these\n"
"      --machines=N      with --plan: machines (default: 1)\n"
"      --slots=N         with --plan: CPUs of each (default: 2)\n"
"  -h, --help, --version\n"
"\n"
"Exit: the worst verdict (0 fixed, 1 dormant or mitigated, 2 affected, 3 unknown);\n"
"with --proof 0 PASS, 2 FAIL, 3 when a half proves nothing; with --matrix 0 all as expected,\n"
"1 but some dormant, 2 one is not, 3 one is unknown. 64 usage.\n";

enum format { FORMAT_TABLE, FORMAT_KTAP, FORMAT_JUNIT, FORMAT_JSON, FORMAT_HTML, FORMATS };

static const char *const format_names[FORMATS] = {
	[FORMAT_TABLE] = "table", [FORMAT_KTAP] = "ktap", [FORMAT_JUNIT] = "junit",
	[FORMAT_JSON] = "json", [FORMAT_HTML] = "html",
};

struct options {
	enum format format;
	const char *output, *plan, *assume;
	bool proof, rows, matrix;
	unsigned int machines, slots;
};

enum {
	OPTION_PLAN = 256, OPTION_ASSUME, OPTION_MACHINES, OPTION_SLOTS,
	OPTION_VERSION
};

static const struct option long_options[] = {
	{ "format", required_argument, NULL, 'f' },
	{ "output", required_argument, NULL, 'o' },
	{ "proof", no_argument, NULL, 'p' },
	{ "rows", no_argument, NULL, 'r' },
	{ "json", no_argument, NULL, 'j' },
	{ "matrix", no_argument, NULL, 'm' },
	{ "plan", required_argument, NULL, OPTION_PLAN },
	{ "assume", required_argument, NULL, OPTION_ASSUME },
	{ "machines", required_argument, NULL, OPTION_MACHINES },
	{ "slots", required_argument, NULL, OPTION_SLOTS },
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

static unsigned int parse_count(const char *name, const char *text)
{
	char *end;
	const unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !number || number > 100000)
		die_usage("--%s=%s: a number from 1 to 100000 is wanted", name, text);
	return number;
}

static void check_options(const struct options *options, int count)
{
	if (!options->matrix && options->plan)
		die_usage("--plan goes with --matrix");
	if (options->matrix && (options->proof || options->rows))
		die_usage("--matrix judges by itself: no --proof, no --rows");
	if (options->matrix && (options->format == FORMAT_KTAP ||
				(options->plan && options->format != FORMAT_TABLE)))
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
		case 'm':
			options->matrix = true;
			break;
		case OPTION_PLAN:
			options->plan = optarg;
			break;
		case OPTION_ASSUME:
			options->assume = optarg;
			break;
		case OPTION_MACHINES:
			options->machines = parse_count("machines", optarg);
			break;
		case OPTION_SLOTS:
			options->slots = parse_count("slots", optarg);
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
	check_options(options, argc - optind);
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
		report_print_page(to, report);
		return true;
	default:
		table_print(to, report, options->rows);
		return true;
	}
}

static bool print_plan(FILE *to, const struct matrix *measured, const struct options *options)
{
	struct cost_model model;
	struct matrix plan;
	bool printed = false;

	cost_measure(&model, measured);
	model.assumed = options->assume;
	if (matrix_load(&plan, options->plan))
		printed = cost_print_plan(to, &model, &plan, options->machines, options->slots);
	matrix_release(&plan);
	return printed;
}

static bool print_matrix(FILE *to, const struct matrix *matrix, const struct options *options)
{
	if (options->plan)
		return print_plan(to, matrix, options);
	switch (options->format) {
	case FORMAT_JUNIT:
		matrix_print_junit(to, matrix);
		return true;
	case FORMAT_JSON:
		return matrix_print_json(to, matrix);
	case FORMAT_HTML:
		return matrix_print_page(to, matrix);
	default:
		matrix_print_table(to, matrix);
		return true;
	}
}

/* In memory first: a report that fails halfway leaves nothing behind, not even on stdout. */
static bool write_report(const struct report *report, const struct matrix *matrix,
			 const struct options *options)
{
	char *text = NULL;
	size_t length;
	FILE *memory = open_memstream(&text, &length);
	const bool printed = memory && (matrix ? print_matrix(memory, matrix, options) :
						 print_report(memory, report, options));
	const bool intact = memory && !ferror(memory);
	const bool whole = memory && !fclose(memory) && intact;
	const bool written = printed && whole && report_write_output(options->output, text, length);

	if (!whole)
		say("out of memory");
	free(text);
	return written;
}

static enum exit_code report_matrix(const char *path, const struct options *options)
{
	struct matrix matrix;
	enum exit_code code = EXIT_UNKNOWN;

	if (matrix_load(&matrix, path) && write_report(NULL, &matrix, options))
		code = options->plan ? EXIT_GOOD : matrix.code;
	matrix_release(&matrix);
	return code;
}

int main(int argc, char **argv)
{
	static struct report report;
	struct options options = { .machines = 1, .slots = 2 };
	enum exit_code code;

	say_program = "icache-ipi-report";
	parse_options(argc, argv, &options);
	/* A reader that goes away is an error of its write(), not our end. */
	signal(SIGPIPE, SIG_IGN);
	if (options.matrix)
		return report_matrix(argv[optind], &options);
	if (!report_load(&report, argv + optind, argc - optind, options.proof))
		code = EXIT_UNKNOWN;
	else
		code = write_report(&report, NULL, &options) ? report.code : EXIT_UNKNOWN;
	report_release(&report);
	return code;
}
