// SPDX-License-Identifier: GPL-2.0-only
/*
 * report.c: any bytes as one or two result.json, each with a census.json, and as an answer of triage, through
 * every form of a report
 */
#include "fuzz/parts.h"
#include "report/report.h"

static const char *const names[] = { "a/result.json", "a/census.json", "b/result.json",
				     "b/census.json", "c" };

static void check_forms(const struct report *report)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	report_print_table(to, report, true);
	report_print_ktap(to, report);
	report_print_junit(to, report);
	report_print_page(to, report);
	fclose(to);
	parts_check_printable(text, size, "\t");
	free(text);
	to = open_memstream(&text, &size);
	if (!report_print_json(to, report))
		abort();
	fclose(to);
	parts_check_json(text, size);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct report report;
	char *paths[] = { (char[]){ "a" }, (char[]){ "b" }, (char[]){ "c" } };
	struct parts parts = { data, data + size };
	size_t count = 0, length;

	parts_enter_folder();
	mkdir("a", 0755);
	mkdir("b", 0755);
	for (size_t i = 0; i < 5; i++) {
		const uint8_t *part = parts_next(&parts, &length);

		parts_write(names[i], part, length);
		count += part && i % 2 == 0;
	}
	if (report_load(&report, paths, count)) {
		check_forms(&report);
		report_judge_proof(&report);
		check_forms(&report);
	}
	report_release(&report);
	return 0;
}
