// SPDX-License-Identifier: GPL-2.0-only
/*
 * proof.c: does a fix do what it says? The first kernel must be affected, the others fixed, on the
 * same number of CPUs.
 */
#include <stdarg.h>

#include "report/report.h"
#include "report/text.h"

__attribute__((format(printf, 3, 4)))
static void add_line(struct proof *proof, bool pass, const char *format, ...)
{
	struct proof_line *line = &proof->lines[proof->lines_count++];
	va_list arguments;

	line->pass = pass;
	va_start(arguments, format);
	vsnprintf(line->text, sizeof(line->text), format, arguments);
	va_end(arguments);
}

const char *proof_half_defect(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct summary *summary = &report->summaries[index];

	if (!index && result->verdict != VERDICT_AFFECTED)
		return "should be affected";
	if (index && result->verdict != VERDICT_FIXED)
		return "should be fixed";
	if (index && summary->lockups)
		return "is fixed, yet reports soft lockups: the host's artefact";
	if (summary->control_lockups)
		return "reports soft lockups in a control: the host's artefact";
	if (!summary->complete || result->cpus != report->results[0].cpus)
		return "cannot be compared";
	return NULL;
}

static void fail_half(struct report *report, size_t index, const char *defect)
{
	const struct result *result = &report->results[index];

	add_line(&report->proof, false, "%s %s: it is %s (%s)", result->label, defect,
		 verdict_names[result->verdict], result->reason);
	report->proof.code = exit_worst(report->proof.code,
					result->verdict == VERDICT_UNKNOWN ? EXIT_UNKNOWN :
					EXIT_AFFECTED);
}

static void pass_half(struct report *report, size_t index)
{
	const struct summary *affected = &report->summaries[0];
	const struct summary *fixed = &report->summaries[index];
	char removed[32], all[32];

	add_line(&report->proof, true, "the %s fix removes %s of %s IPIs; the worst split is %.0f "
		 "times shorter", report->results[index].fix,
		 text_digits(affected->burst_ipis - fixed->burst_ipis, removed),
		 text_digits(affected->burst_ipis, all),
		 (double)affected->worst_ns / (fixed->worst_ns ? fixed->worst_ns : 1));
}

void proof_judge(struct report *report)
{
	struct proof *proof = &report->proof;

	proof->asked = true;
	for (size_t i = 0; i < report->count; i++) {
		const char *defect = proof_half_defect(report, i);

		if (defect)
			fail_half(report, i, defect);
	}
	if (!proof->lines_count && report->count == 1) {
		add_line(proof, false, "there is no fixed kernel to compare %s with",
			 report->results[0].label);
		proof->code = EXIT_UNKNOWN;
	}
	for (size_t i = 1; i < report->count && proof->code == EXIT_GOOD; i++)
		pass_half(report, i);
}
