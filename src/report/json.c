// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: one object; docs/schemas/icache-ipi-report.schema.json describes it
 */
#include "lib/say.h"
#include "report/report.h"

static json_t *row_to_json(const struct result *result, const struct row *row)
{
	const struct price *price = price_find(row->step);
	const unsigned int fits = report_row_fits(result, row);
	json_t *expected = json_object(), *names = json_array();

	for (int code = 0; code < FORMS; code++) {
		if (price)
			json_object_set_new(expected, form_names[code],
					    json_integer(price_broadcasts(
						    price, code, row->operations, row->ptes)));
		if (fits & 1u << code)
			json_array_append_new(names, json_string(form_names[code]));
	}
	return json_pack("{s:o, s:o, s:I, s:I, s:f, s:o, s:o}", "scenario",
			 result_text(row->scenario), "step", result_text(row->step), "at_once",
			 (json_int_t)row->at_once, "operations", (json_int_t)row->operations,
			 "broadcasts_each", report_row_broadcasts(result, row), "expected",
			 expected, "fits", names);
}

static json_t *numbers_to_json(const struct report_summary *summary)
{
	if (!summary->complete)
		return json_null();
	return json_pack("{s:I, s:f, s:i, s:I, s:I}", "ipis_per_huge_page",
			 (json_int_t)summary->per_huge_page, "ipis_per_pte_and_cpu",
			 summary->per_pte_and_cpu, "at_once", summary->at_once, "burst_ipis",
			 (json_int_t)summary->burst_ipis, "worst_split_ns",
			 (json_int_t)summary->worst_ns);
}

static json_t *summary_to_json(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct report_summary *summary = &report->summaries[index];
	json_t *rows = json_array();

	for (size_t i = 0; i < result->rows_count; i++)
		json_array_append_new(rows, row_to_json(result, &result->rows[i]));
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:O?}", "verdict",
			 verdict_names[result->verdict], "code", form_names[result->form],
			 "lockups", summary->lockups, "numbers", numbers_to_json(summary), "rows",
			 rows, "censuses", report->censuses[index]);
}

/* A kernel of a proof, with what its runs of both tiers say together. */
static json_t *half_to_json(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct report_summary *summary = &report->summaries[index];
	const char *form = report_kernel_form(report, report_kernel_of(report, index));

	return json_pack("{s:o, s:o, s:i, s:s, s:s, s:i, s:o}", "label", result_text(result->label),
			 "fix", result_text(result->fix), "cpus", result->cpus, "verdict",
			 verdict_names[result->verdict], "code",
			 *form ? form : form_names[result->form], "lockups", summary->lockups,
			 "numbers", numbers_to_json(summary));
}

static json_t *proof_to_json(const struct report *report)
{
	const struct report_proof *proof = &report->proof;
	json_t *lines, *halves;

	if (!proof->asked)
		return json_null();
	lines = json_array();
	halves = json_array();
	for (size_t i = 0; i < proof->lines_count; i++)
		json_array_append_new(lines, json_pack("{s:b, s:o}", "pass", proof->lines[i].pass,
						       "text", result_text(proof->lines[i].text)));
	for (size_t i = 0; i < report->count; i++)
		if (!report_is_witness(report, i))
			json_array_append_new(halves, half_to_json(report, i));
	return json_pack("{s:b, s:i, s:o, s:o}", "holds", proof->code == EXIT_GOOD, "exit",
			 proof->code, "lines", lines, "halves", halves);
}

bool report_print_json(FILE *to, const struct report *report)
{
	json_t *results = json_array(), *summaries = json_array(), *object;
	bool done = results && summaries;

	for (size_t i = 0; i < report->count && done; i++)
		done = !json_array_append_new(results, result_to_json(&report->results[i])) &&
		       !json_array_append_new(summaries, summary_to_json(report, i));
	object = json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "schema", "icache-ipi-report",
			   "version", 1, "tool", ICACHE_IPI_VERSION, "results", results,
			   "summaries", summaries, "proof", proof_to_json(report));
	done = done && object && !json_dumpf(object, to, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', to);
	json_decref(object);
	if (!done)
		say("a result cannot be written as JSON: out of memory?");
	return done;
}
