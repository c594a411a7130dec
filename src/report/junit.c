// SPDX-License-Identifier: GPL-2.0-only
/*
 * junit.c: JUnit XML as Jenkins and its kin read it: a suite per result, a case for its verdict and
 * for every row
 *
 * Times are guest seconds: of a row its slowest operation, of a verdict the whole workload. There
 * is no timestamp and no host name, so that equal results give equal bytes.
 */
#include <inttypes.h>
#include <string.h>

#include "report/cases.h"
#include "report/report.h"
#include "report/text.h"

struct tally {
	size_t tests, failures, errors, skipped;
	uint64_t ns;
};

struct suite {
	char name[96];
	const struct result *result; /* NULL: the proof */
	struct report_case cases[CASES_MAX];
	size_t count;
	struct tally tally;
};

static void add_case(struct tally *tally, const struct report_case *test)
{
	tally->tests++;
	tally->failures += test->state == CASE_FAILED;
	tally->errors += test->state == CASE_ERROR || test->state == CASE_TIMEOUT;
	tally->skipped += test->state == CASE_SKIPPED;
}

static void print_seconds(FILE *to, uint64_t ns)
{
	fprintf(to, " time=\"%" PRIu64 ".%09" PRIu64 "\"", ns / 1000000000, ns % 1000000000);
}

static void open_suite(FILE *to, const char *element, const char *name, const struct tally *tally)
{
	fprintf(to, "<%s name=\"", element);
	report_print_markup(to, name);
	fprintf(to, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"",
		tally->tests, tally->failures, tally->errors, tally->skipped);
	print_seconds(to, tally->ns);
	fputs(">\n", to);
}

static void print_outcome(FILE *to, const char *element, const char *type, const char *message)
{
	fprintf(to, ">\n\t\t\t<%s%s%s%s message=\"", element, type ? " type=\"" : "",
		type ? type : "", type ? "\"" : "");
	report_print_markup(to, message);
	fputs("\"/>\n\t\t</testcase>\n", to);
}

static void print_case(FILE *to, const char *suite, const struct report_case *test)
{
	fputs("\t\t<testcase classname=\"", to);
	report_print_markup(to, suite);
	fputs("\" name=\"", to);
	report_print_markup(to, test->name);
	fputc('"', to);
	print_seconds(to, test->ns);
	switch (test->state) {
	case CASE_FAILED: print_outcome(to, "failure", "contradicted", test->message); break;
	case CASE_ERROR: print_outcome(to, "error", "unknown", test->message); break;
	case CASE_TIMEOUT: print_outcome(to, "error", "timeout", test->message); break;
	case CASE_SKIPPED: print_outcome(to, "skipped", NULL, test->message); break;
	default:
		if (!*test->message) {
			fputs("/>\n", to);
			break;
		}
		fprintf(to, ">\n\t\t\t<system-out>%s",
			test->state == CASE_EXPECTED ? "expected: " : "");
		report_print_markup(to, test->message);
		fputs("</system-out>\n\t\t</testcase>\n", to);
	}
}

static void print_property(FILE *to, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	fprintf(to, "\t\t\t<property name=\"%s\" value=\"", name);
	report_print_markup(to, value);
	fputs("\"/>\n", to);
}

static void print_number(FILE *to, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	print_property(to, name, text);
}

static void print_properties(FILE *to, const struct result *result)
{
	static const char *const vm[] = { "qemu", "image_sha256", "initramfs_sha256" };

	fputs("\t\t<properties>\n", to);
	print_property(to, "verdict", verdict_names[result->verdict]);
	print_property(to, "outcome", result_outcome_names[result->outcome]);
	print_property(to, "fix", result->fix);
	print_property(to, "tool", result->tool);
	print_property(to, "release", result->release);
	print_property(to, "banner", result->banner);
	print_property(to, "build_id", result->build_id);
	print_number(to, "cpus", result->cpus);
	print_number(to, "page_size", result->page_size);
	print_number(to, "huge_page_size", result->huge_page_size);
	print_property(to, "icache", result->icache);
	print_number(to, "watchdog_thresh", result->watchdog_thresh);
	for (size_t i = 0; i < sizeof(vm) / sizeof(vm[0]); i++)
		print_property(to, vm[i], json_string_value(json_object_get(result->vm, vm[i])));
	fputs("\t\t</properties>\n", to);
}

/* The lines of a proof as cases; returns how many. */
static size_t list_proof(const struct report_proof *proof, struct report_case *cases)
{
	for (size_t i = 0; i < proof->lines_count; i++) {
		snprintf(cases[i].name, sizeof(cases[i].name), "proof %zu", i + 1);
		snprintf(cases[i].message, sizeof(cases[i].message), "%s", proof->lines[i].text);
		cases[i].state = proof->lines[i].pass ? CASE_PASSED : report_proof_state(proof);
	}
	return proof->lines_count;
}

/* The suite of the result at @index; behind the last one, the proof's. */
static void fill_suite(struct suite *suite, const struct report *report, size_t index)
{
	memset(suite, 0, sizeof(*suite));
	if (index < report->count) {
		suite->result = &report->results[index];
		report_name_result(suite->result, suite->name, sizeof(suite->name));
		suite->count = report_list_cases(report, index, suite->cases);
		suite->tally.ns = suite->cases[0].ns;
	} else {
		strcpy(suite->name, "proof");
		suite->count = list_proof(&report->proof, suite->cases);
	}
	for (size_t i = 0; i < suite->count; i++)
		add_case(&suite->tally, &suite->cases[i]);
}

void report_print_junit(FILE *to, const struct report *report)
{
	const size_t suites = report->count + report->proof.asked;
	static struct suite suite;
	struct tally all = { 0 };

	for (size_t i = 0; i < suites; i++) {
		fill_suite(&suite, report, i);
		all.tests += suite.tally.tests;
		all.failures += suite.tally.failures;
		all.errors += suite.tally.errors;
		all.skipped += suite.tally.skipped;
		all.ns += suite.tally.ns;
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", to);
	open_suite(to, "testsuites", "icache-ipi", &all);
	for (size_t i = 0; i < suites; i++) {
		fill_suite(&suite, report, i);
		fputc('\t', to);
		open_suite(to, "testsuite", suite.name, &suite.tally);
		if (suite.result)
			print_properties(to, suite.result);
		for (size_t j = 0; j < suite.count; j++)
			print_case(to, suite.name, &suite.cases[j]);
		fputs("\t</testsuite>\n", to);
	}
	fputs("</testsuites>\n", to);
}
