// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-report: results in, a table and a verdict out
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/result.h"
#include "lib/say.h"

#define RESULTS_MAX 64

static const char usage[] =
"usage: icache-ipi-report [OPTION]... RESULT...\n"
"Prints one line per result of icache-ipi-vm or icache-ipi-stress --json.\n"
"RESULT is a result.json or a directory that holds one.\n"
"\n"
"  -p, --proof     judge a proof: the first kernel must be affected, the others fixed\n"
"  -j, --json      one JSON array of results; verdicts are judged anew from the counts\n"
"  -h, --help, --version\n"
"\n"
"Exit: the worst verdict (0 fixed, 1 dormant or mitigated, 2 affected, 3 unknown);\n"
"with --proof 0 PASS, 2 FAIL, 3 when a half proves nothing. 64 usage.\n";

/* "2,060,352" into @text. */
static const char *group_digits(uint64_t number, char text[32])
{
	char digits[24];
	const int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *to = text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

/* The row of @step with the most CPUs at work in a burst, or alone in "split"; or NULL. */
static const struct row *find_row(const struct result *result, const char *step, bool alone)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < result->rows_count; i++) {
		const struct row *row = &result->rows[i];

		if (strcmp(row->scenario, alone ? "split" : "burst") || strcmp(row->step, step))
			continue;
		if (alone ? row->at_once == 1 : !found || row->at_once > found->at_once)
			found = row;
	}
	return found;
}

/* What a line of the table and the verdict of a proof are made of. */
struct summary {
	uint64_t per_huge_page;		/* IPIs of fault and split, one CPU at a time */
	double per_pte_and_cpu;
	uint64_t burst_ipis;		/* of all pages in the row with the most CPUs at once */
	uint64_t worst_ns;		/* split, same row */
	unsigned int lockups;
	bool control_lockups;
};

/* What the broadcasts of @row cost: from their exact number where a kprobe counted them. */
static uint64_t row_ipis(const struct row *row, unsigned int cpus)
{
	if (row->probed && row->broadcasts >= row->control_broadcasts)
		return (row->broadcasts - row->control_broadcasts) * (cpus - 1);
	return row->ipis > row->control_ipis ? row->ipis - row->control_ipis : 0;
}

/* False when the run did not complete, or lacks the rows of scenario "split". */
static bool summarize(const struct result *result, struct summary *summary)
{
	const struct row *fault = find_row(result, "fault", true);
	const struct row *split = find_row(result, "split", true);
	const struct row *burst_fault = find_row(result, "fault", false);
	const struct row *burst_split = find_row(result, "split", false);

	memset(summary, 0, sizeof(*summary));
	summary->lockups = result_lockups(result);
	if (result->outcome != OUTCOME_COMPLETED || !fault || !split || !fault->operations ||
	    !split->operations || !burst_fault || !burst_split)
		return false;
	summary->per_huge_page = row_ipis(fault, result->cpus) / fault->operations +
				 row_ipis(split, result->cpus) / split->operations;
	if (result->cpus > 1)
		summary->per_pte_and_cpu = (double)summary->per_huge_page / split->ptes /
					   (result->cpus - 1);
	summary->burst_ipis = row_ipis(burst_fault, result->cpus) +
			      row_ipis(burst_split, result->cpus);
	summary->worst_ns = burst_split->worst_ns;
	for (size_t i = 0; i < result->rows_count; i++)
		summary->control_lockups |= result->rows[i].control_lockups > 0;
	return true;
}

static int widest(const struct result *results, size_t count)
{
	size_t width = strlen("kernel");

	for (size_t i = 0; i < count; i++)
		if (strlen(results[i].label) > width)
			width = strlen(results[i].label);
	return width;
}

static void print_table(const struct result *results, size_t count)
{
	const int width = widest(results, count);

	printf("%-*s  %-8s  %18s  %15s  %13s  %14s  %s\n", width, "kernel", "fix",
	       "IPIs per huge page", "per pte and CPU", "worst split", "soft lockups", "verdict");
	for (size_t i = 0; i < count; i++) {
		const struct result *result = &results[i];
		char number[32], worst[40] = "-", lockups[32];
		struct summary summary;

		if (!summarize(result, &summary)) {
			printf("%-*s  %-8s  %18s  %15s  %13s  %14s  %s (%s)\n", width,
			       result->label, result->fix, "-", "-", "-", "-",
			       verdict_names[result->verdict], outcome_names[result->outcome]);
			continue;
		}
		if (summary.worst_ns < 10 * 1000 * 1000)
			snprintf(worst, sizeof(worst), "%.1f ms", summary.worst_ns / 1e6);
		else
			snprintf(worst, sizeof(worst), "%s ms",
				 group_digits((summary.worst_ns + 500000) / 1000000, number));
		snprintf(lockups, sizeof(lockups), summary.lockups ? "%u of %u CPUs" : "%u",
			 summary.lockups, result->cpus);
		printf("%-*s  %-8s  %18s  %15.3f  %13s  %14s  %s\n", width, result->label,
		       result->fix, group_digits(summary.per_huge_page, number),
		       summary.per_pte_and_cpu, worst, lockups, verdict_names[result->verdict]);
	}
}

/* Why one half of a proof fails, or NULL. */
static const char *half_defect(const struct result *result, const struct summary *summary,
			       bool affected)
{
	if (affected && result->verdict != VERDICT_AFFECTED)
		return "should be affected";
	if (!affected && result->verdict != VERDICT_FIXED)
		return "should be fixed";
	if (!affected && summary->lockups)
		return "is fixed, yet reports soft lockups: the host's artefact";
	if (summary->control_lockups)
		return "reports soft lockups in a control: the host's artefact";
	return NULL;
}

/* The first result must be affected, the others fixed, on the same machine. */
static enum exit_code judge_proof(const struct result *results, size_t count)
{
	struct summary affected, fixed;
	enum exit_code code = EXIT_GOOD;

	for (size_t i = 0; i < count; i++) {
		const struct result *result = &results[i];
		struct summary *summary = i ? &fixed : &affected;
		const bool complete = summarize(result, summary);
		const char *defect = half_defect(result, summary, !i);

		if (!defect && complete && result->cpus == results[0].cpus)
			continue;
		printf("FAIL  %s %s: it is %s (%s)\n", result->label,
		       defect ? defect : "cannot be compared", verdict_names[result->verdict],
		       result->reason);
		code = exit_worst(code, result->verdict == VERDICT_UNKNOWN ? EXIT_UNKNOWN :
					EXIT_AFFECTED);
	}
	if (count == 1 && code == EXIT_GOOD) {
		printf("FAIL  there is no fixed kernel to compare %s with\n", results[0].label);
		code = EXIT_UNKNOWN;
	}
	for (size_t i = 1; i < count && code == EXIT_GOOD; i++) {
		char removed[32], all[32];

		summarize(&results[i], &fixed);
		printf("PASS  the %s fix removes %s of %s IPIs; the worst split is %.0f times "
		       "shorter\n", results[i].fix,
		       group_digits(affected.burst_ipis - fixed.burst_ipis, removed),
		       group_digits(affected.burst_ipis, all),
		       (double)affected.worst_ns / (fixed.worst_ns ? fixed.worst_ns : 1));
	}
	return code;
}

static void print_json(const struct result *results, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, result_to_json(&results[i]));
	json_dumpf(array, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(array);
}

static const struct option long_options[] = {
	{ "proof", no_argument, NULL, 'p' },
	{ "json", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 }
};

int main(int argc, char **argv)
{
	static struct result results[RESULTS_MAX];
	bool proof = false, json = false;
	enum exit_code code = EXIT_GOOD;
	size_t count = 0;
	int option;

	say_program = "icache-ipi-report";
	while ((option = getopt_long(argc, argv, "pjh", long_options, NULL)) >= 0) {
		switch (option) {
		case 'p':
			proof = true;
			break;
		case 'j':
			json = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_GOOD;
		case 'V':
			puts("icache-ipi-report " ICACHE_IPI_VERSION);
			return EXIT_GOOD;
		default:
			say("try --help");
			return EXIT_USAGE;
		}
	}
	if (argc == optind || argc - optind > RESULTS_MAX)
		die_usage("1 to %d results are wanted", RESULTS_MAX);
	for (; optind < argc; optind++) {
		if (!result_load(&results[count], argv[optind]))
			return EXIT_UNKNOWN;
		code = exit_worst(code, verdict_exit(results[count++].verdict));
	}
	if (json)
		print_json(results, count);
	else
		print_table(results, count);
	if (proof) {
		if (!json)
			putchar('\n');
		code = judge_proof(results, count);
	}
	for (size_t i = 0; i < count; i++)
		result_release(&results[i]);
	return code;
}
