// SPDX-License-Identifier: GPL-2.0-only
/*
 * json.c: one object; docs/schemas/icache-ipi-report.schema.json describes it
 */
#include "lib/say.h"
#include "report/report.h"

static json_t *row_to_json(const struct result *result, const struct row *row)
{
	const struct price *price = price_find(row->step);
	const unsigned int fits = row_fits(result, row);
	json_t *expected = json_object(), *names = json_array();

	for (int code = 0; code < FORMS; code++) {
		if (price)
			json_object_set_new(expected, form_names[code],
				json_integer(price_broadcasts(price, code, row->operations,
							      row->ptes)));
		if (fits & 1u << code)
			json_array_append_new(names, json_string(form_names[code]));
	}
	return json_pack("{s:s, s:s, s:I, s:I, s:f, s:o, s:o}", "scenario", row->scenario,
			 "step", row->step, "at_once", (json_int_t)row->at_once,
			 "operations", (json_int_t)row->operations,
			 "broadcasts_each", row_broadcasts_each(result, row),
			 "expected", expected, "fits", names);
}

static json_t *summary_to_json(const struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	const struct summary *summary = &report->summaries[index];
	json_t *rows = json_array(), *numbers = json_null();

	for (size_t i = 0; i < result->rows_count; i++)
		json_array_append_new(rows, row_to_json(result, &result->rows[i]));
	if (summary->complete)
		numbers = json_pack("{s:I, s:f, s:i, s:I, s:I}",
				    "ipis_per_huge_page", (json_int_t)summary->per_huge_page,
				    "ipis_per_pte_and_cpu", summary->per_pte_and_cpu,
				    "at_once", summary->at_once,
				    "burst_ipis", (json_int_t)summary->burst_ipis,
				    "worst_split_ns", (json_int_t)summary->worst_ns);
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:O?}", "verdict",
			 verdict_names[result->verdict], "code", form_names[result->form],
			 "lockups", summary->lockups, "numbers", numbers, "rows", rows,
			 "censuses", report->censuses[index]);
}

static json_t *proof_to_json(const struct proof *proof)
{
	json_t *lines = json_array();

	if (!proof->asked) {
		json_decref(lines);
		return json_null();
	}
	for (size_t i = 0; i < proof->lines_count; i++)
		json_array_append_new(lines, json_pack("{s:b, s:s}", "pass", proof->lines[i].pass,
						       "text", proof->lines[i].text));
	return json_pack("{s:b, s:i, s:o}", "holds", proof->code == EXIT_GOOD,
			 "exit", proof->code, "lines", lines);
}

bool json_print(FILE *to, const struct report *report)
{
	json_t *results = json_array(), *summaries = json_array(), *object;
	bool done = results && summaries;

	for (size_t i = 0; i < report->count && done; i++)
		done = !json_array_append_new(results, result_to_json(&report->results[i])) &&
		       !json_array_append_new(summaries, summary_to_json(report, i));
	object = json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "schema", "icache-ipi-report",
			   "version", 1, "tool", ICACHE_IPI_VERSION, "results", results,
			   "summaries", summaries, "proof", proof_to_json(&report->proof));
	done = done && object && !json_dumpf(object, to, JSON_INDENT(2));
	fputc('\n', to);
	json_decref(object);
	if (!done)
		say("a result cannot be written as JSON: out of memory?");
	return done;
}
