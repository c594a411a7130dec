// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c: what a report makes of results, and of words that it does not trust, and its pictures
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../src/report/text.c"
#include "../../src/report/census.c"
#include "../../src/report/proof.c"
#include "../../src/report/cases.c"
#include "../../src/report/incidents.c"
#include "../../src/report/summary.c"
#include "../../src/report/pictures.c"

/* What @function writes about @words; valid until the next call. */
static const char *written(void (*function)(FILE *, const char *), const char *words)
{
	static char text[1024];
	FILE *to = fmemopen(text, sizeof(text), "w");

	function(to, words);
	fclose(to);
	return text;
}

static void test_digits(void **state)
{
	char text[40];

	(void)state;
	assert_string_equal(text_digits(0, text), "0");
	assert_string_equal(text_digits(999, text), "999");
	assert_string_equal(text_digits(1000, text), "1,000");
	assert_string_equal(text_digits(2060352, text), "2,060,352");
	assert_string_equal(text_digits(UINT64_MAX, text), "18,446,744,073,709,551,615");
	assert_string_equal(report_milliseconds(0, text), "0.0 ms");
	assert_string_equal(report_milliseconds(9949999, text), "9.9 ms");
	assert_string_equal(report_milliseconds(6172572080, text), "6,173 ms");
}

static void test_words(void **state)
{
	static const struct {
		const char *words, *terminal, *markup;
	} cases[] = {
		{ "4.19.19+posted", "4.19.19+posted", "4.19.19+posted" },
		{ "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7",
		  "\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\xa7" },
		{ "<a b=\"c\">'&]]>", "<a b=\"c\">'&]]>",
		  "&lt;a b=&quot;c&quot;&gt;&#39;&amp;]]&gt;" },
		{ "\x1b[2J\r\n\t\x7f", "?[2J????",
		  "\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		  "\xef\xbf\xbd" },
		{ "\xc2\x9b", "?", "\xef\xbf\xbd" },		  /* C1: CSI */
		{ "\xe2\x80\xae", "?", "\xef\xbf\xbd" },	  /* right to left */
		{ "\xe2\x81\xa6", "?", "\xef\xbf\xbd" },	  /* isolate */
		{ "\xef\xbf\xbe", "?", "\xef\xbf\xbd" },	  /* U+FFFE */
		{ "\xed\xa0\x80", "?", "\xef\xbf\xbd" },	  /* surrogate */
		{ "\xc0\x80", "??", "\xef\xbf\xbd\xef\xbf\xbd" }, /* overlong */
		{ "\xe0\x80\xbc", "???", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf4\x90\x80\x80", "????", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "a\xe2\x82", "a??", "a\xef\xbf\xbd\xef\xbf\xbd" }, /* cut in two */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(written(report_print_text, cases[i].words), cases[i].terminal);
		assert_string_equal(written(report_print_markup, cases[i].words), cases[i].markup);
		assert_int_equal(report_text_columns(cases[i].words),
				 report_text_columns(cases[i].terminal));
	}
	assert_string_equal(written(report_print_name, "a # SKIP b\\n"), "a ? SKIP b?n");
}

static void print_short(FILE *to, const char *words)
{
	report_print_markup_short(to, words, 4);
}

static void test_short_and_mended_words(void **state)
{
	static const char *const ends[][2] = {
		{ "abc", "abc" },
		{ "ab\xc3\xa9", "ab\xc3\xa9" },
		{ "ab\xc3", "ab" },
		{ "ab\xe2\x82", "ab" },
		{ "ab\xf0\x9f\x90", "ab" },
		{ "\xe2", "" },
		{ "", "" },
	};
	char word[16];

	(void)state;
	assert_string_equal(written(print_short, "abcd"), "abcd");
	assert_string_equal(written(print_short, "<&>abc"), "&lt;&amp;&gt;\xe2\x80\xa6");
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		strcpy(word, ends[i][0]);
		text_mend(word);
		assert_string_equal(word, ends[i][1]);
	}
}

/* design.md, section 5; 2 x thresh units less one sample for the impossible one. */
static void test_lockup_arithmetic(void **state)
{
	(void)state;
	assert_true(fabs(report_lockup_certain(1) - 3.6) < 0.05);
	assert_true(fabs(report_lockup_certain(10) - 26.6) < 0.05);
	assert_true(fabs(report_lockup_impossible(1) - 1.75) < 0.05);
	assert_true(fabs(report_lockup_impossible(10) - 17.5) < 0.05);
}

static void test_round_steps(void **state)
{
	(void)state;
	assert_true(fabs(round_step(1) - 0.2) < 1e-9);
	assert_true(fabs(round_step(6.7) - 2) < 1e-9);
	assert_true(fabs(round_step(35481) - 10000) < 1e-6);
	assert_true(fabs(round_step(5) - 1) < 1e-9);
}

/* A run of @verdict with the one row that tells, @broadcasts of it for each of two operations. */
static void fill_result(struct report *report, enum verdict verdict, uint64_t broadcasts,
			const char *fix)
{
	struct result *result = &report->results[report->count];
	struct report_summary *summary = &report->summaries[report->count++];
	struct report_kernel *kernel = &report->kernels[report->kernels_count++];
	struct row *row = &result->rows[0];

	kernel->runs[kernel->runs_count++] = kernel->widest = kernel->busiest = report->count - 1;
	snprintf(result->label, sizeof(result->label), "4.19.%zu", report->count);
	snprintf(result->fix, sizeof(result->fix), "%s", fix);
	snprintf(result->reason, sizeof(result->reason), "because");
	result->cpus = 8;
	result->verdict = verdict;
	result->form = verdict == VERDICT_AFFECTED ? FORM_AFFECTED :
		       verdict == VERDICT_FIXED	   ? FORM_FIXED :
						     FORM_NONE;
	result->rows_count = 1;
	strcpy(row->scenario, "split");
	strcpy(row->step, "split");
	row->at_once = 1;
	row->operations = 2;
	row->ptes = 512;
	row->probed = 1;
	row->broadcasts = 2 * broadcasts;
	row->ipis = 7 * row->broadcasts;
	row->worst_ns = 1000 * (broadcasts + 1);
	summary->complete = true;
	summary->burst_ipis = row->ipis;
	summary->worst_ns = row->worst_ns;
}

/* What the picture of two bars looks like, to the letter. */
static void test_bars(void **state)
{
	const struct report_bar bars[] = {
		{ .kind = "affected", .value = 4, .number = "4 <CPUs>", .words = "<b>&" },
		{ .kind = "idle", .value = 0, .number = "0", .words = "none" },
	};
	char text[4096];
	FILE *to = fmemopen(text, sizeof(text), "w");

	(void)state;
	report_draw_bars(to, "p", "Title", bars, 2);
	fclose(to);
	assert_string_equal(
		text,
		"<svg viewBox='0 0 420 92' font-size='13' role='img' "
		"aria-labelledby='p-title p-desc'>\n<title id='p-title'>Title</title>\n"
		"<desc id='p-desc'>&lt;b&gt;&amp;: 4 &lt;CPUs&gt;; none: 0</desc>\n"
		"<text y='16' fill='var(--ink)'>&lt;b&gt;&amp;</text>\n"
		"<rect x='1.0' y='22.0' width='340.0' height='16.0' fill='var(--affected)'/>\n"
		"<line x1='1.0' y1='20.0' x2='1.0' y2='40.0' stroke='var(--muted)' "
		"stroke-width='2'/>\n"
		"<text x='348.0' y='35.0' fill='var(--ink)'>4 &lt;CPUs&gt;</text>\n"
		"<text y='62' fill='var(--ink)'>none</text>\n"
		"<rect x='1.0' y='68.0' width='0.0' height='16.0' fill='var(--idle)'/>\n"
		"<line x1='1.0' y1='66.0' x2='1.0' y2='86.0' stroke='var(--muted)' "
		"stroke-width='2'/>\n"
		"<text x='8.0' y='81.0' fill='var(--ink)'>0</text>\n</svg>\n");
}

/* The stalls of @report, valid until the next call. */
static const char *drawn_stalls(const struct report *report)
{
	static char text[16384];
	FILE *to = fmemopen(text, sizeof(text), "w");

	report_draw_chart(to, report, REPORT_STALLS);
	fclose(to);
	return text;
}

static void test_charts(void **state)
{
	static struct report report;
	struct row *row;
	const char *svg;

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_AFFECTED, 511, "none");
	assert_false(report_chart_worth(&report, REPORT_STALLS));
	assert_false(report_chart_worth(&report, REPORT_IPIS));
	row = &report.results[0].rows[report.results[0].rows_count++];
	*row = report.results[0].rows[0];
	strcpy(row->scenario, "burst");
	row->at_once = 8;
	row->worst_ns = 5000000000;
	assert_true(report_chart_worth(&report, REPORT_STALLS));
	assert_false(report_chart_worth(&report, REPORT_IPIS));
	strcpy(report.results[0].label, "<i>");
	svg = drawn_stalls(&report);
	assert_non_null(strstr(svg, "; &lt;i&gt;: 0.000512 at 1, 5 at 8</desc>"));
	assert_null(strstr(svg, "soft lockup from"));
	/* The right edge is 1.04 times the most CPUs, the top 1.1 times the longest stall. */
	assert_non_null(strstr(svg, "<polyline points=' 104.3,224.0 393.8,51.3'"));
	report.results[0].watchdog_thresh = 1;
	assert_non_null(strstr(drawn_stalls(&report), ">soft lockup from 3.6 s</text>"));
	assert_null(strstr(drawn_stalls(&report), "watchdog_thresh"));
	/* Another kernel's threshold has lines of its own; the same one has not. */
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	report.results[1].watchdog_thresh = 1;
	assert_null(strstr(drawn_stalls(&report), "watchdog_thresh"));
	report.results[1].watchdog_thresh = 10;
	assert_non_null(
		strstr(drawn_stalls(&report), ">with watchdog_thresh 10 from 26.6 s</text>"));
	/* The first one's lines are not drawn again after it. */
	fill_result(&report, VERDICT_FIXED, 0, "merged");
	report.results[2].watchdog_thresh = 1;
	assert_null(strstr(drawn_stalls(&report), "with watchdog_thresh 1 "));
}

static void test_rows(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_AFFECTED, 511, "none");
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	fill_result(&report, VERDICT_FIXED, 0, "unknown");
	fill_result(&report, VERDICT_UNKNOWN, 7, "none");
	fill_result(&report, VERDICT_MITIGATED, 0, "none");
	assert_int_equal(report_row_fits(&report.results[0], report.results[0].rows),
			 1 << FORM_AFFECTED);
	assert_int_equal(report_row_fits(&report.results[1], report.results[1].rows),
			 1 << FORM_POSTED | 1 << FORM_MERGED);
	assert_int_equal(report_row_fits(&report.results[3], report.results[3].rows), 0);
	assert_true(report_row_broadcasts(&report.results[0], report.results[0].rows) == 511);
	assert_ptr_equal(report_find_row(&report.results[0], "split", 1), report.results[0].rows);
	assert_null(report_find_row(&report.results[0], "split", 8));
	report.results[0].rows[0].at_once = 8;
	assert_non_null(report_find_row(&report.results[0], "split", 8));
	strcpy(report.results[0].rows[0].scenario, "burst");
	assert_non_null(report_find_row(&report.results[0], "split", 8));
	strcpy(report.results[0].rows[0].scenario, "execute");
	assert_null(report_find_row(&report.results[0], "split", 8));
	/* More in the control than beside it: the probe saw others, the interrupts tell. */
	report.results[1].rows[0].broadcasts = 4;
	report.results[1].rows[0].control_broadcasts = 6;
	report.results[1].rows[0].ipis = 14;
	assert_true(report_row_broadcasts(&report.results[1], report.results[1].rows) == 1);
	/* A single CPU has nobody to interrupt: no column is told from another. */
	report.results[0].cpus = 1;
	assert_int_equal(report_row_fits(&report.results[0], report.results[0].rows), 0);
	assert_true(report_row_broadcasts(&report.results[0], report.results[0].rows) == 0);
}

/* Verdict and row of the result at @index, with and without a proof. */
static void expect_cases(struct report *report, size_t index, enum report_case_state verdict,
			 enum report_case_state row)
{
	struct report_case cases[CASES_MAX];

	assert_int_equal(report_list_cases(report, index, cases), 2);
	assert_int_equal(cases[0].state, verdict);
	assert_int_equal(cases[1].state, row);
	assert_string_equal(cases[1].name, "split/split at 1");
}

static void test_cases(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_AFFECTED, 511, "none");
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	fill_result(&report, VERDICT_UNKNOWN, 0, "none");
	fill_result(&report, VERDICT_UNKNOWN, 7, "none");
	fill_result(&report, VERDICT_DORMANT, 0, "none");
	fill_result(&report, VERDICT_MITIGATED, 0, "none");
	report.results[3].outcome = OUTCOME_TIMEOUT;
	expect_cases(&report, 0, CASE_FAILED, CASE_FAILED);
	expect_cases(&report, 1, CASE_PASSED, CASE_PASSED);
	expect_cases(&report, 2, CASE_ERROR, CASE_SKIPPED);
	expect_cases(&report, 3, CASE_TIMEOUT, CASE_FAILED);
	expect_cases(&report, 4, CASE_SKIPPED, CASE_SKIPPED);
	expect_cases(&report, 5, CASE_EXPECTED, CASE_PASSED);
	report.proof.asked = true;
	expect_cases(&report, 0, CASE_EXPECTED, CASE_EXPECTED);
	expect_cases(&report, 1, CASE_PASSED, CASE_PASSED);
	expect_cases(&report, 4, CASE_FAILED, CASE_PASSED);
	report.summaries[1].lockups = 1;
	expect_cases(&report, 1, CASE_FAILED, CASE_PASSED);
}

static void test_skips(void **state)
{
	static struct report report;
	struct report_case cases[CASES_MAX];

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	report.results[0].skips_count = 2;
	strcpy(report.results[0].skips[0].scenario, "migrate");
	strcpy(report.results[0].skips[0].reason, "one node");
	strcpy(report.results[0].skips[1].scenario, "fault");
	strcpy(report.results[0].skips[1].step, "zero");
	assert_int_equal(report_list_cases(&report, 0, cases), 4);
	assert_int_equal(cases[2].state, CASE_SKIPPED);
	assert_string_equal(cases[2].name, "migrate");
	assert_string_equal(cases[2].message, "one node");
	assert_string_equal(cases[3].name, "fault/zero");
}

static void test_proof(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_AFFECTED, 511, "none");
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_UNKNOWN);
	memset(&report.proof, 0, sizeof(report.proof));
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_GOOD);
	assert_int_equal(report.proof.lines_count, 1);
	assert_string_equal(report.proof.lines[0].text,
			    "the posted fix removes 7,154 of 7,154 "
			    "IPIs; the worst split is 512 times shorter");
	memset(&report.proof, 0, sizeof(report.proof));
	fill_result(&report, VERDICT_UNKNOWN, 0, "merged");
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_UNKNOWN);
	assert_false(report.proof.lines[0].pass);
	memset(&report.proof, 0, sizeof(report.proof));
	report.results[1].cpus = 16;
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_AFFECTED);
	assert_int_equal(report.proof.lines_count, 2);
}

/* Each thing that may be wrong with a half of a proof, alone, is named, and the proof does not pass. */
static void test_defects(void **state)
{
	static const struct {
		const char *what, *defect;
		int half;
	} cases[] = {
		{ "", NULL, 0 },
		{ "verdict", "should be affected", 0 },
		{ "verdict", "should be fixed", 1 },
		{ "lockups", NULL, 0 }, /* that is what the fault does */
		{ "lockups", "is fixed, but reports soft lockups, which the host causes", 1 },
		{ "control", "reports soft lockups in a control, which the host causes", 0 },
		{ "control", "reports soft lockups in a control, which the host causes", 1 },
		{ "incomplete", "cannot be compared", 0 },
		{ "incomplete", "cannot be compared", 1 },
		{ "form", "does not have the form of the fix that it should have", 1 },
		{ "cpus", "cannot be compared", 1 },
	};
	static struct report report;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *what = cases[i].what, *defect;
		const int half = cases[i].half;

		memset(&report, 0, sizeof(report));
		fill_result(&report, VERDICT_AFFECTED, 511, "none");
		fill_result(&report, VERDICT_FIXED, 0, "posted");
		if (!strcmp(what, "verdict"))
			report.results[half].verdict = half ? VERDICT_AFFECTED : VERDICT_FIXED;
		report.summaries[half].lockups = !strcmp(what, "lockups");
		report.summaries[half].control_lockups = !strcmp(what, "control");
		if (!strcmp(what, "incomplete"))
			report.summaries[half].complete = false;
		if (!strcmp(what, "form"))
			report.results[half].form = FORM_MERGED;
		if (!strcmp(what, "cpus"))
			report.results[half].cpus++;
		defect = report_half_defect(&report, half);
		if (!defect != !cases[i].defect || (defect && strcmp(defect, cases[i].defect)))
			fail_msg("%s, %d: %s", what, half, defect);
		assert_null(report_half_defect(&report, !half));
		report_judge_proof(&report);
		assert_int_equal(report.proof.code == EXIT_GOOD, !defect);
	}
}

/* One CPU interrupts no other: dormant, which is no pass and no failure; a kernel that is not, is one. */
static void test_one_cpu(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	for (int i = 0; i < 2; i++) {
		fill_result(&report, VERDICT_DORMANT, 0, i ? "posted" : "none");
		report.results[i].cpus = 1;
	}
	report_judge_proof(&report);
	assert_int_equal(report.code, EXIT_DORMANT);
	assert_int_equal(report.proof.lines_count, 1);
	assert_false(report.proof.lines[0].pass);
	assert_string_equal(report_proof_word(&report.proof, false), "DORMANT");
	memset(&report.proof, 0, sizeof(report.proof));
	report.results[1].cpus = 8;
	report_judge_proof(&report);
	assert_int_equal(report.code, EXIT_AFFECTED);
}

/* A run of the count tier has no line of its own; it must agree, and tells the form. */
static void test_witnesses(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	fill_result(&report, VERDICT_AFFECTED, 511, "none");
	fill_result(&report, VERDICT_FIXED, 0, "posted");
	for (int i = 0; i < 2; i++) {
		struct report_kernel *kernel = &report.kernels[i];

		report.summaries[i].at_once = 64;
		fill_result(&report, i ? VERDICT_FIXED : VERDICT_AFFECTED, i ? 0 : 511,
			    i ? "posted" : "none");
		report.results[2 + i].cpus = 16;
		report.results[2 + i].form = i ? FORM_POSTED : FORM_AFFECTED;
		report.kernels_count--;
		kernel->runs[kernel->runs_count++] = 2 + i;
	}
	assert_false(report_is_witness(&report, 0));
	assert_true(report_is_witness(&report, 2));
	assert_true(report_wants_affected(&report, 2));
	assert_false(report_wants_affected(&report, 3));
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_GOOD);
	assert_int_equal(report.proof.lines_count, 1);
	assert_non_null(
		strstr(report.proof.lines[0].text, "; all 1 prices are those of the posted"));
	assert_string_equal(report_kernel_form(&report, &report.kernels[1]), "posted");

	memset(&report.proof, 0, sizeof(report.proof));
	report.results[3].form = FORM_MERGED;
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_AFFECTED);
	assert_non_null(strstr(report.proof.lines[0].text, "does not have the form of the fix"));
	/* The count tier was run, and does not tell: "fixed" alone is not enough. */
	memset(&report.proof, 0, sizeof(report.proof));
	report.results[3].form = FORM_FIXED;
	report.summaries[3].at_once = 1;
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_UNKNOWN);
	assert_non_null(strstr(report.proof.lines[0].text, "has no row that shows which form"));
	memset(&report.proof, 0, sizeof(report.proof));
	report.results[3].form = FORM_POSTED;
	report.results[2].verdict = VERDICT_UNKNOWN;
	report_judge_proof(&report);
	assert_int_equal(report.proof.code, EXIT_UNKNOWN);
}

/* The same kernel with other numbers of CPUs is one kernel; another build-id is another. */
static void test_kernels(void **state)
{
	static struct report report;

	(void)state;
	memset(&report, 0, sizeof(report));
	for (size_t i = 0; i < 4; i++) {
		fill_result(&report, VERDICT_FIXED, 0, "posted");
		strcpy(report.results[i].label, "4.19.19");
	}
	report.results[1].cpus = 64;
	report.results[2].cpus = 16;
	report.summaries[2].at_once = 16;
	strcpy(report.results[3].build_id, "00");
	memset(report.kernels, 0, sizeof(report.kernels));
	report.kernels_count = 0;
	for (size_t i = 0; i < 4; i++)
		sort_into_kernels(&report, i);
	assert_int_equal(report.kernels_count, 2);
	assert_int_equal(report.kernels[0].runs_count, 3);
	assert_int_equal(report.kernels[0].widest, 1);
	assert_int_equal(report.kernels[0].busiest, 2);
	assert_int_equal(report.kernels[1].widest, 3);
}

/* What the rows of any run tell goes before what the caller says. */
static void test_kinds(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *fix;
		enum form forms[2];
		const char *kind;
	} wanted[] = {
		{ VERDICT_AFFECTED, "merged", { FORM_AFFECTED, FORM_AFFECTED }, "affected" },
		{ VERDICT_MITIGATED, "posted", { FORM_NONE, FORM_NONE }, "mitigated" },
		{ VERDICT_UNKNOWN, "posted", { FORM_NONE, FORM_NONE }, "unknown" },
		{ VERDICT_FIXED, "posted", { FORM_FIXED, FORM_FIXED }, "posted" },
		{ VERDICT_FIXED, "other", { FORM_FIXED, FORM_FIXED }, "fixed" },
		{ VERDICT_FIXED, "other", { FORM_FIXED, FORM_POSTED }, "posted" },
		{ VERDICT_FIXED, "posted", { FORM_FIXED, FORM_MERGED }, "merged" },
	};
	static struct report report;

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		memset(&report, 0, sizeof(report));
		for (size_t j = 0; j < 2; j++) {
			fill_result(&report, wanted[i].verdict, 0, wanted[i].fix);
			strcpy(report.results[j].label, "4.19.19");
			report.results[j].form = wanted[i].forms[j];
			sort_into_kernels(&report, j);
		}
		assert_string_equal(report_kernel_kind(&report, report.kernels), wanted[i].kind);
	}
}

/* A row is looked for in the widest run first, then in the others; rows are listed once. */
static void test_rows_of_kernels(void **state)
{
	static const struct row *rows[ROWS_MAX];
	static struct report report;
	const struct result *result;
	struct row other = { .scenario = "split", .step = "split", .at_once = 8 };

	(void)state;
	memset(&report, 0, sizeof(report));
	for (size_t i = 0; i < 3; i++) {
		fill_result(&report, VERDICT_FIXED, 0, "posted");
		strcpy(report.results[i].label, "4.19.19");
	}
	report.results[1].cpus = 64;
	report.results[2].rows[0].at_once = 8;
	for (size_t i = 0; i < 3; i++)
		sort_into_kernels(&report, i);
	assert_int_equal(report_list_rows(&report, rows), 2);
	assert_ptr_equal(rows[0], &report.results[0].rows[0]);
	assert_ptr_equal(rows[1], &report.results[2].rows[0]);
	strcpy(report.results[1].rows[0].scenario, "burst");
	assert_int_equal(report_list_rows(&report, rows), 3);
	assert_ptr_equal(rows[1], &report.results[2].rows[0]);
	assert_ptr_equal(rows[2], &report.results[1].rows[0]);
	strcpy(report.results[1].rows[0].scenario, "split");
	assert_ptr_equal(report_find_kernel_row(&report, report.kernels, rows[0], &result),
			 &report.results[1].rows[0]);
	assert_ptr_equal(report_find_kernel_row(&report, report.kernels, &other, &result),
			 &report.results[2].rows[0]);
	assert_ptr_equal(result, &report.results[2]);
	other.at_once = 9;
	assert_null(report_find_kernel_row(&report, report.kernels, &other, &result));
}

static void test_census_groups(void **state)
{
	static const struct {
		const char *json;
		enum census_act act;
		const char *chain, *cpus;
	} groups[] = {
		{ "{\"kind\": \"kernel\", \"cpus\": [5, 3, 1, 2], \"frames\": [\"queued_spin_lock_"
		  "slowpath\", \"__split_huge_pmd\"]}",
		  CENSUS_WAITS, "queued_spin_lock_slowpath < __split_huge_pmd", "1-3,5" },
		{ "{\"kind\": \"kernel\", \"cpus\": [0], \"frames\": [\"_raw_spin_lock\", "
		  "\"kick_all_cpus_sync\"]}",
		  CENSUS_BROADCASTS, "_raw_spin_lock < kick_all_cpus_sync", "0" },
		{ "{\"kind\": \"kernel\", \"cpus\": [7], \"frames\": [\"el1_irq\", "
		  "\"queued_spin_lock_slowpath\"]}",
		  CENSUS_WAITS, "el1_irq < queued_spin_lock_slowpath", "7" },
		{ "{\"kind\": \"kernel\", \"cpus\": [511], \"frames\": []}", CENSUS_KERNEL,
		  "kernel", "511" },
		{ "{\"kind\": \"idle\", \"cpus\": [0, 1], \"frames\": [\"cpu_do_idle\"]}",
		  CENSUS_IDLE, "cpu_do_idle", "0-1" },
		{ "{\"kind\": \"user\", \"cpus\": [8, 10], \"frames\": []}", CENSUS_USER, "user",
		  "8,10" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		json_t *group = json_loads(groups[i].json, 0, NULL);

		assert_non_null(group);
		assert_int_equal(report_census_act(group), groups[i].act);
		report_census_chain(group, text, sizeof(text));
		assert_string_equal(text, groups[i].chain);
		report_census_cpus(group, text, sizeof(text));
		assert_string_equal(text, groups[i].cpus);
		report_census_chain(group, text, 5);
		assert_int_equal(strlen(text), 4);
		json_decref(group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_digits),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_short_and_mended_words),
		cmocka_unit_test(test_lockup_arithmetic),
		cmocka_unit_test(test_round_steps),
		cmocka_unit_test(test_bars),
		cmocka_unit_test(test_charts),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_skips),
		cmocka_unit_test(test_proof),
		cmocka_unit_test(test_defects),
		cmocka_unit_test(test_one_cpu),
		cmocka_unit_test(test_witnesses),
		cmocka_unit_test(test_kernels),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_rows_of_kernels),
		cmocka_unit_test(test_census_groups),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
