// SPDX-License-Identifier: GPL-2.0-only
/*
 * table.c: a table for a terminal of 80 columns
 */
#include <inttypes.h>
#include <string.h>

#include "lib/text.h"
#include "report/incidents.h"
#include "report/report.h"
#include "report/text.h"

static size_t widest_label(const struct report *report)
{
	size_t width = strlen("kernel");

	for (size_t i = 0; i < report->count; i++)
		if (report_text_columns(report->results[i].label) > width)
			width = report_text_columns(report->results[i].label);
	return width;
}

static size_t widest_fix(const struct report *report)
{
	size_t width = strlen("fix");

	for (size_t i = 0; i < report->count; i++)
		if (report_text_columns(report->results[i].fix) > width)
			width = report_text_columns(report->results[i].fix);
	return width;
}

/* "fixed", "fixed (merged)" when the rows tell, "unknown (guest-died)" */
static void print_verdict(FILE *to, const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const char *code = form_names[result->form];

	/* A run of the count tier tells the form; the kernel's line is another run's. */
	if (!strcmp(code, "fixed"))
		code = report_kernel_form(report, report_kernel_of(report, index));
	fputs(verdict_names[result->verdict], to);
	if (result->outcome != OUTCOME_COMPLETED)
		fprintf(to, " (%s)", result_outcome_names[result->outcome]);
	else if (result->verdict == VERDICT_FIXED && *code && strcmp(code, "fixed"))
		fprintf(to, " (%s)", code);
	fputc('\n', to);
}

static void print_summary(FILE *to, const struct result *result,
			  const struct report_summary *summary)
{
	char number[32], worst[40], lockups[32];

	snprintf(lockups, sizeof(lockups), "%u of %u", summary->lockups, result->cpus);
	if (!summary->complete) {
		fprintf(to, "  %9s  %7s  %8s  %8s  ", "-", "-", "-", result->cpus ? lockups : "-");
		return;
	}
	fprintf(to, "  %9s  %7.3f  %8s  %8s  ", text_digits(summary->per_huge_page, number),
		summary->per_pte_and_cpu, report_milliseconds(summary->worst_ns, worst), lockups);
}

static void print_results(FILE *to, const struct report *report)
{
	const size_t label = widest_label(report), fix = widest_fix(report);

	fprintf(to, "%-*s  %-*s  %9s  %7s  %8s  %8s  %s\n", (int)label, "kernel", (int)fix, "fix",
		"IPIs per", "per pte", "worst", "lockups", "verdict");
	fprintf(to, "%*s  %*s  %9s  %7s  %8s  %8s\n", (int)label, "", (int)fix, "", "huge page",
		"and CPU", "split", "of CPUs");
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];

		if (report_is_witness(report, i))
			continue;
		report_print_padded(to, result->label, label);
		fputs("  ", to);
		report_print_padded(to, result->fix, fix);
		print_summary(to, result, &report->summaries[i]);
		print_verdict(to, report, i);
	}
}

static void print_note(FILE *to, bool *first, const char *label, const char *what,
		       const char *reason)
{
	fputs(*first ? "\n" : "", to);
	*first = false;
	report_print_text(to, label);
	fputs(": ", to);
	report_print_text(to, what);
	fputs(": ", to);
	report_print_text(to, reason);
	fputc('\n', to);
}

/* Why a verdict is neither good nor bad, what was not run: below the table, where there is room. */
static void print_notes(FILE *to, const struct report *report)
{
	bool first = true;
	char what[64];

	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];

		if (result->verdict != VERDICT_FIXED && result->verdict != VERDICT_AFFECTED)
			print_note(to, &first, result->label, verdict_names[result->verdict],
				   result->reason);
		for (size_t j = 0; j < result->skips_count; j++) {
			const struct result_skip *skip = &result->skips[j];

			snprintf(what, sizeof(what), "skipped %s%s%s", skip->scenario,
				 *skip->step ? "/" : "", skip->step);
			print_note(to, &first, result->label, what, skip->reason);
		}
	}
}

/* "511 a": broadcasts of one operation, and the columns that they fit. */
static void print_cell(FILE *to, const struct result *result, const struct row *row, bool last)
{
	const unsigned int fits = row ? report_row_fits(result, row) : 0;
	char letters[FORMS + 2] = "";
	size_t count = 0;

	if (!row) {
		fprintf(to, "  %5s%-*s", "-", last ? 0 : 4, "");
		return;
	}
	for (int code = 0; code < FORMS; code++)
		if (fits & 1u << code)
			letters[count++] = form_names[code][0];
	if (!fits)
		letters[count++] = '!';
	fprintf(to, "  %5.6g %-*s", report_row_broadcasts(result, row), last ? 0 : 3, letters);
}

/* "split/fault" */
static size_t step_columns(const struct row *row)
{
	return report_text_columns(row->scenario) + 1 + report_text_columns(row->step);
}

static size_t widest_step(const struct row *const *rows, size_t count)
{
	size_t width = strlen("step");

	for (size_t i = 0; i < count; i++)
		if (step_columns(rows[i]) > width)
			width = step_columns(rows[i]);
	return width;
}

static void print_row(FILE *to, const struct report *report, const struct row *row, size_t width)
{
	const struct price *price = price_find(row->step);

	report_print_text(to, row->scenario);
	fputc('/', to);
	report_print_padded(to, row->step, width - report_text_columns(row->scenario) - 1);
	fprintf(to, " %4" PRIu64, row->at_once);
	for (int code = 0; code < FORMS; code++)
		if (price)
			fprintf(to, " %4" PRIu64, price_broadcasts(price, code, 1, row->ptes));
		else
			fputs("    ?", to);
	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct result *result;
		const struct row *same =
			report_find_kernel_row(report, &report->kernels[i], row, &result);

		print_cell(to, result, same, i + 1 == report->kernels_count);
	}
	fputc('\n', to);
}

/* The rows of all kernels side by side. */
static void print_prices(FILE *to, const struct report *report)
{
	static const struct row *rows[ROWS_MAX];
	const size_t count = report_list_rows(report, rows);
	const size_t width = widest_step(rows, count);
	char heading[24];

	fprintf(to,
		"\nBroadcasts of one operation in code that is affected, posted, merged; measured"
		"\n%-*s once",
		(int)width, "step");
	for (int code = 0; code < FORMS; code++)
		fprintf(to, " %4c", form_names[code][0]);
	for (size_t i = 0; i < report->kernels_count; i++) {
		snprintf(heading, sizeof(heading), "[%zu]", i + 1);
		fprintf(to, "  %5s%*s", heading, i + 1 == report->kernels_count ? 0 : 4, "");
	}
	fputc('\n', to);
	for (size_t i = 0; i < count; i++)
		print_row(to, report, rows[i], width);
	fputc('\n', to);
	for (size_t i = 0; i < report->kernels_count; i++) {
		fprintf(to, "[%zu] ", i + 1);
		report_print_text(to, report->results[report->kernels[i].widest].label);
		fputc('\n', to);
	}
	fputs("a, p, m: it costs what such code costs; !: it costs what no known code costs\n", to);
}

void report_print_table(FILE *to, const struct report *report, bool rows)
{
	const struct report_proof *proof = &report->proof;

	print_results(to, report);
	print_notes(to, report);
	if (rows)
		print_prices(to, report);
	for (size_t i = 0; i < proof->lines_count; i++) {
		fprintf(to, "%s%s  ", i ? "" : "\n",
			report_proof_word(proof, proof->lines[i].pass));
		report_print_text(to, proof->lines[i].text);
		fputc('\n', to);
	}
	for (size_t i = 0; i < report->triaged; i++) {
		const json_t *answer = report->triage[i];

		fputs(i ? "" : "\n", to);
		report_print_text(to, json_string_value(json_object_get(answer, "path")));
		fprintf(to, ": %s: ",
			report_triage_words(json_string_value(json_object_get(answer, "verdict"))));
		report_print_text(to, json_string_value(json_object_get(answer, "reason")));
		fputc('\n', to);
	}
}
