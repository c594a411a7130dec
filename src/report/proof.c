// SPDX-License-Identifier: GPL-2.0-only
/*
 * proof.c: does a fix do what it says? The first kernel must be affected, the others fixed, on the
 * same number of CPUs. Runs without a burst, of the count tier, are further witnesses of a kernel
 * that has one: they must agree with it, and tell which form of the fix it is.
 */
#include <stdarg.h>
#include <string.h>

#include "lib/text.h"
#include "report/report.h"
#include "report/text.h"

__attribute__((format(printf, 3, 4))) static void add_line(struct report_proof *proof, bool pass,
							   const char *format, ...)
{
	struct report_line *line = &proof->lines[proof->lines_count++];
	va_list arguments;

	line->pass = pass;
	va_start(arguments, format);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
}

bool report_is_witness(const struct report *report, size_t index)
{
	const struct report_kernel *kernel = report_kernel_of(report, index);

	return report->summaries[index].at_once <= 1 &&
	       report->summaries[kernel->busiest].at_once > 1;
}

bool report_wants_affected(const struct report *report, size_t index)
{
	return !index || (report_is_witness(report, index) &&
			  report_kernel_of(report, index) == report_kernel_of(report, 0));
}

/* True when the rows fit one form of the fix, and the caller said it is the other one. */
static bool wrong_form(const struct result *result)
{
	const char *posted = form_names[FORM_POSTED], *merged = form_names[FORM_MERGED];

	return (!strcmp(result->fix, posted) && !strcmp(form_names[result->form], merged)) ||
	       (!strcmp(result->fix, merged) && !strcmp(form_names[result->form], posted));
}

/*
 * True when the rows of the count tier, which tell one form of the fix from the other, were run and
 * tell neither.
 */
static bool form_is_missing(const struct report *report, size_t index)
{
	const struct report_kernel *kernel = report_kernel_of(report, index);
	const char *fix = report->results[index].fix;
	bool counted = false;

	if (report_is_witness(report, index) || report->results[index].verdict != VERDICT_FIXED ||
	    (strcmp(fix, form_names[FORM_POSTED]) && strcmp(fix, form_names[FORM_MERGED])))
		return false;
	for (size_t i = 0; i < kernel->runs_count; i++)
		counted |= report->summaries[kernel->runs[i]].at_once == 1;
	return counted && !*report_kernel_form(report, kernel);
}

/* True when every kernel ran on one CPU, where there is nothing to interrupt. */
static bool all_on_one_cpu(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].cpus != 1 || report->results[i].verdict != VERDICT_DORMANT)
			return false;
	return true;
}

const char *report_half_defect(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct report_summary *summary = &report->summaries[index];
	const bool affected = report_wants_affected(report, index);

	if (all_on_one_cpu(report))
		return NULL;
	if (affected && result->verdict != VERDICT_AFFECTED)
		return "should be affected";
	if (!affected && result->verdict != VERDICT_FIXED)
		return "should be fixed";
	if (!affected && wrong_form(result))
		return "does not have the form of the fix that it should have";
	if (!affected && summary->lockups)
		return "is fixed, but reports soft lockups, which the host causes";
	if (summary->control_lockups)
		return "reports soft lockups in a control, which the host causes";
	if (!summary->complete ||
	    (!report_is_witness(report, index) && result->cpus != report->results[0].cpus))
		return "cannot be compared";
	if (!affected && form_is_missing(report, index))
		return "has no row that shows which form of the fix it has";
	return NULL;
}

static void fail_half(struct report *report, size_t index, const char *defect)
{
	const struct result *result = &report->results[index];

	add_line(&report->proof, false, "%s %s: it is %s (%s)", result->label, defect,
		 verdict_names[result->verdict], result->reason);
	report->proof.code =
		exit_worst(report->proof.code,
			   result->verdict == VERDICT_UNKNOWN || form_is_missing(report, index) ?
				   EXIT_UNKNOWN :
				   EXIT_AFFECTED);
}

/* Rows of a witness of the same kernel as @index, or 0: every one of them fits (verdict.c). */
static size_t witness_rows(const struct report *report, size_t index)
{
	const struct report_kernel *kernel = report_kernel_of(report, index);
	size_t rows = 0;

	for (size_t i = 0; i < kernel->runs_count; i++)
		if (report_is_witness(report, kernel->runs[i]))
			rows += report->results[kernel->runs[i]].rows_count;
	return rows;
}

static void pass_half(struct report *report, size_t index)
{
	const struct report_kernel *kernel = report_kernel_of(report, index);
	const struct report_summary *affected = &report->summaries[0];
	const struct report_summary *fixed = &report->summaries[index];
	const size_t rows = witness_rows(report, index);
	char removed[32], all[32], witness[80] = "";

	if (rows && witness_rows(report, 0))
		snprintf(witness, sizeof(witness), "; all %zu prices are those of the %s code",
			 rows, report_kernel_kind(report, kernel));
	add_line(&report->proof, true,
		 "the %s fix removes %s of %s IPIs; the worst split is %.0f "
		 "times shorter%s",
		 report->results[index].fix,
		 text_digits(affected->burst_ipis - fixed->burst_ipis, removed),
		 text_digits(affected->burst_ipis, all),
		 (double)affected->worst_ns / (fixed->worst_ns ? fixed->worst_ns : 1), witness);
}

const char *report_proof_word(const struct report_proof *proof, bool pass)
{
	return pass ? "PASS" : proof->code == EXIT_DORMANT ? "DORMANT" : "FAIL";
}

void report_judge_proof(struct report *report)
{
	struct report_proof *proof = &report->proof;
	size_t halves = 0;

	proof->asked = true;
	for (size_t i = 0; i < report->count; i++) {
		const char *defect = report_half_defect(report, i);

		if (defect)
			fail_half(report, i, defect);
		halves += !report_is_witness(report, i);
	}
	if (!proof->lines_count && halves == 1) {
		add_line(proof, false, "there is no fixed kernel to compare %s with",
			 report->results[0].label);
		proof->code = EXIT_UNKNOWN;
	} else if (!proof->lines_count && all_on_one_cpu(report)) {
		add_line(proof, false,
			 "every kernel is dormant, as it must be on one CPU; this proves "
			 "nothing about the fix");
		proof->code = EXIT_DORMANT;
	}
	for (size_t i = 1; i < report->count && proof->code == EXIT_GOOD; i++)
		if (!report_is_witness(report, i))
			pass_half(report, i);
	report->code = proof->code;
}
