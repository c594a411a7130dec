// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktap.c: KTAP version 1 (Documentation/dev-tools/ktap.rst): a test per result, a subtest per row
 *
 * An expected failure is "ok ... # XFAIL", as ksft_test_result_xfail() of the kernel's selftests
 * prints it. Readers of plain TAP, `prove` for one, pass over the indented subtests and come to the
 * same answer, since a test's own line carries all of its subtests.
 */
#include "report/cases.h"
#include "report/report.h"
#include "report/text.h"

static void print_line(FILE *to, int indent, size_t number, const char *name,
		       enum report_case_state state, const char *message)
{
	static const char *const directives[CASE_STATES] = {
		[CASE_EXPECTED] = "XFAIL ",
		[CASE_SKIPPED] = "SKIP ",
		[CASE_TIMEOUT] = "TIMEOUT ",
		[CASE_ERROR] = "ERROR ",
	};
	const bool ok = state == CASE_PASSED || state == CASE_EXPECTED || state == CASE_SKIPPED;

	fprintf(to, "%*s%s %zu ", indent, "", ok ? "ok" : "not ok", number);
	report_print_name(to, name);
	if (directives[state] || *message) {
		fprintf(to, " # %s", directives[state] ? directives[state] : "");
		report_print_name(to, message);
	}
	fputc('\n', to);
}

static void print_result(FILE *to, const struct report *report, size_t index)
{
	struct report_case cases[CASES_MAX];
	const size_t count = report_list_cases(report, index, cases);
	char name[96];

	if (count > 1)
		fprintf(to, "  KTAP version 1\n  1..%zu\n", count - 1);
	for (size_t i = 1; i < count; i++)
		print_line(to, 2, i, cases[i].name, cases[i].state, cases[i].message);
	report_name_result(&report->results[index], name, sizeof(name));
	print_line(to, 0, index + 1, name, cases[0].state, cases[0].message);
}

void report_print_ktap(FILE *to, const struct report *report)
{
	const struct report_proof *proof = &report->proof;

	fprintf(to, "KTAP version 1\n1..%zu\n", report->count + proof->asked);
	for (size_t i = 0; i < report->count; i++)
		print_result(to, report, i);
	if (!proof->asked)
		return;
	for (size_t i = 0; i < proof->lines_count; i++) {
		fprintf(to, "# %s  ", report_proof_word(proof, proof->lines[i].pass));
		report_print_name(to, proof->lines[i].text);
		fputc('\n', to);
	}
	print_line(to, 0, report->count + 1, "proof", report_proof_state(proof),
		   proof->code == EXIT_UNKNOWN ? "nothing is proven" : "");
}
