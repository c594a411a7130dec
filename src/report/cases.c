// SPDX-License-Identifier: GPL-2.0-only
/*
 * cases.c: which row and which verdict is a pass, a failure, or neither
 *
 * A row passes when it costs what a fixed kernel may cost, posted or merged. It is passed over
 * where the run as a whole proves nothing: an unknown kernel's zero is never shown as good.
 */
#include <inttypes.h>
#include <string.h>

#include "report/cases.h"

void report_name_result(const struct result *result, char *name, size_t size)
{
	snprintf(name, size, "%s on %u CPU%s", *result->label ? result->label : "kernel",
		 result->cpus, result->cpus == 1 ? "" : "s");
}

enum report_case_state report_proof_state(const struct report_proof *proof)
{
	switch (proof->code) {
	case EXIT_GOOD: return CASE_PASSED;
	case EXIT_DORMANT: return CASE_SKIPPED;
	case EXIT_UNKNOWN: return CASE_ERROR;
	default: return CASE_FAILED;
	}
}

static enum report_case_state verdict_state(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const bool wanted = report->proof.asked && report_wants_affected(report, index);

	if (result->verdict == VERDICT_UNKNOWN)
		return result->outcome == OUTCOME_TIMEOUT || result->outcome == OUTCOME_STALLED ?
			       CASE_TIMEOUT :
			       CASE_ERROR;
	if (report->proof.asked && report_half_defect(report, index))
		return CASE_FAILED;
	switch (result->verdict) {
	case VERDICT_FIXED: return CASE_PASSED;
	case VERDICT_AFFECTED: return wanted ? CASE_EXPECTED : CASE_FAILED;
	case VERDICT_MITIGATED: /* the code is affected still */ return CASE_EXPECTED;
	default: return CASE_SKIPPED;
	}
}

static void fill_verdict(const struct report *report, size_t index, struct report_case *to)
{
	const struct result *result = &report->results[index];
	const char *defect = report->proof.asked ? report_half_defect(report, index) : NULL;

	snprintf(to->name, sizeof(to->name), "verdict");
	to->state = verdict_state(report, index);
	snprintf(to->message, sizeof(to->message), "%s%s%s%s: %s", defect ? defect : "",
		 defect ? ": it is " : "",
		 result->outcome == OUTCOME_COMPLETED ? "" : result_outcome_names[result->outcome],
		 result->outcome == OUTCOME_COMPLETED ? verdict_names[result->verdict] : "",
		 result->reason);
	to->ns = result->guest_end_ns > result->guest_boot_ns ?
			 result->guest_end_ns - result->guest_boot_ns :
			 0;
}

static enum report_case_state row_state(unsigned int fits, enum report_case_state whole)
{
	const unsigned int fixed = 1u << FORM_POSTED | 1u << FORM_MERGED;

	if (whole == CASE_SKIPPED)
		return CASE_SKIPPED;
	if (!fits)
		return CASE_FAILED;
	if (whole == CASE_ERROR || whole == CASE_TIMEOUT)
		return CASE_SKIPPED;
	if (fits & fixed)
		return CASE_PASSED;
	return whole == CASE_EXPECTED ? CASE_EXPECTED : CASE_FAILED;
}

static void fill_row(const struct result *result, const struct row *row,
		     enum report_case_state whole, struct report_case *to)
{
	const unsigned int fits = report_row_fits(result, row);
	const struct price *price = price_find(row->step);

	snprintf(to->name, sizeof(to->name), "%s/%s at %" PRIu64, row->scenario, row->step,
		 row->at_once);
	to->state = row_state(fits, whole);
	to->ns = row->worst_ns;
	if (whole == CASE_SKIPPED || (to->state == CASE_SKIPPED && fits)) {
		snprintf(to->message, sizeof(to->message), "the run is %s",
			 verdict_names[result->verdict]);
		return;
	}
	snprintf(to->message, sizeof(to->message), "%" PRIu64 " x %g broadcasts", row->operations,
		 report_row_broadcasts(result, row));
	for (int code = 0; code < FORMS && price; code++) {
		const size_t used = strlen(to->message);

		snprintf(to->message + used, sizeof(to->message) - used, "%s%s %" PRIu64,
			 code ? ", " : "; ", form_names[code],
			 price_broadcasts(price, code, 1, row->ptes));
	}
}

static void fill_skip(const struct result_skip *skip, struct report_case *to)
{
	snprintf(to->name, sizeof(to->name), "%s%s%s", skip->scenario, *skip->step ? "/" : "",
		 skip->step);
	snprintf(to->message, sizeof(to->message), "%s", skip->reason);
	to->state = CASE_SKIPPED;
}

size_t report_list_cases(const struct report *report, size_t index, struct report_case *cases)
{
	const struct result *result = &report->results[index];
	size_t count = 1;

	memset(cases, 0, CASES_MAX * sizeof(*cases));
	fill_verdict(report, index, &cases[0]);
	for (size_t i = 0; i < result->rows_count; i++)
		fill_row(result, &result->rows[i], cases[0].state, &cases[count++]);
	for (size_t i = 0; i < result->skips_count; i++)
		fill_skip(&result->skips[i], &cases[count++]);
	return count;
}
