// SPDX-License-Identifier: GPL-2.0-only
/*
 * summary.c: from results to the numbers that every form of a report shows
 */
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "lib/text.h"
#include "report/census.h"
#include "report/incidents.h"
#include "report/report.h"
#include "report/text.h"

static bool in_burst(const struct row *row)
{
	return !strcmp(row->scenario, "burst") || !strcmp(row->scenario, "split");
}

const struct row *report_find_row(const struct result *result, const char *step, uint64_t at_once)
{
	for (size_t i = 0; i < result->rows_count; i++) {
		const struct row *row = &result->rows[i];

		if (row->at_once == at_once && !strcmp(row->step, step) &&
		    (at_once == 1 || in_burst(row)))
			return row;
	}
	return NULL;
}

static bool same_row(const struct row *a, const struct row *b)
{
	return a->at_once == b->at_once && !strcmp(a->step, b->step) &&
	       !strcmp(a->scenario, b->scenario);
}

static const struct row *find_same_row(const struct result *result, const struct row *row)
{
	for (size_t i = 0; i < result->rows_count; i++)
		if (same_row(&result->rows[i], row))
			return &result->rows[i];
	return NULL;
}

const struct row *report_find_kernel_row(const struct report *report,
					 const struct report_kernel *kernel, const struct row *row,
					 const struct result **result)
{
	const struct row *found;

	*result = &report->results[kernel->widest];
	found = find_same_row(*result, row);
	for (size_t i = 0; i < kernel->runs_count && !found; i++) {
		*result = &report->results[kernel->runs[i]];
		found = find_same_row(*result, row);
	}
	return found;
}

size_t report_list_rows(const struct report *report, const struct row *rows[ROWS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++) {
		for (size_t j = 0; j < report->results[i].rows_count; j++) {
			const struct row *row = &report->results[i].rows[j];
			size_t place = count;
			bool listed = false;

			for (size_t k = 0; k < count && !listed; k++) {
				listed = same_row(rows[k], row);
				if (!strcmp(rows[k]->scenario, row->scenario))
					place = k + 1;
			}
			if (listed)
				continue;
			memmove(rows + place + 1, rows + place, (count - place) * sizeof(*rows));
			rows[place] = row;
			count++;
		}
	}
	return count;
}

/* The most CPUs that split huge pages at the same moment. */
static uint64_t most_at_once(const struct result *result)
{
	uint64_t most = 0;

	for (size_t i = 0; i < result->rows_count; i++) {
		const struct row *row = &result->rows[i];

		if (in_burst(row) && !strcmp(row->step, "split") && row->at_once > most)
			most = row->at_once;
	}
	return most;
}

/* What the broadcasts of @row cost: from their exact number where a kprobe counted them. */
static uint64_t row_ipis(const struct row *row, unsigned int cpus)
{
	if (row->probed && row->broadcasts >= row->control_broadcasts)
		return (row->broadcasts - row->control_broadcasts) * (cpus - 1);
	return row->ipis > row->control_ipis ? row->ipis - row->control_ipis : 0;
}

unsigned int report_row_fits(const struct result *result, const struct row *row)
{
	const struct verdict_machine machine =
		verdict_machine(result->cpus, result->icache, result->mitigation);
	unsigned int fits = 0;

	if (result->cpus < 2)
		return 0;
	for (int code = 0; code < FORMS; code++)
		if (verdict_row_fits(row, &machine, code))
			fits |= 1u << code;
	return fits;
}

double report_row_broadcasts(const struct result *result, const struct row *row)
{
	if (!row->operations || result->cpus < 2)
		return 0;
	return (double)row_ipis(row, result->cpus) / (result->cpus - 1) / row->operations;
}

const struct report_kernel *report_kernel_of(const struct report *report, size_t index)
{
	for (size_t i = 0; i < report->kernels_count; i++)
		for (size_t j = 0; j < report->kernels[i].runs_count; j++)
			if (report->kernels[i].runs[j] == index)
				return &report->kernels[i];
	return NULL;
}

/* "posted" or "merged" when @word is one of them, or NULL. */
static const char *fixed_code(const char *word)
{
	for (int code = FORM_POSTED; code < FORMS; code++)
		if (!strcmp(word, form_names[code]))
			return form_names[code];
	return NULL;
}

const char *report_kernel_form(const struct report *report, const struct report_kernel *kernel)
{
	const char *code = NULL;

	for (size_t i = 0; i < kernel->runs_count && !code; i++)
		code = fixed_code(form_names[report->results[kernel->runs[i]].form]);
	return code ? code : "";
}

const char *report_kernel_kind(const struct report *report, const struct report_kernel *kernel)
{
	const struct result *widest = &report->results[kernel->widest];
	const char *code = report_kernel_form(report, kernel);

	if (widest->verdict != VERDICT_FIXED)
		return verdict_names[widest->verdict];
	if (*code)
		return code;
	code = fixed_code(widest->fix);
	return code ? code : verdict_names[VERDICT_FIXED];
}

static void summarize(const struct result *result, struct report_summary *summary)
{
	const uint64_t most = most_at_once(result);
	const struct row *fault = report_find_row(result, "fault", 1);
	const struct row *split = report_find_row(result, "split", 1);
	const struct row *burst_fault = report_find_row(result, "fault", most);
	const struct row *burst_split = report_find_row(result, "split", most);

	summary->lockups = result_lockups(result);
	for (size_t i = 0; i < result->rows_count; i++)
		summary->control_lockups |= result->rows[i].control_lockups > 0;
	if (result->outcome != OUTCOME_COMPLETED || !fault || !split || !burst_fault ||
	    !fault->operations || !split->operations || !split->ptes)
		return;
	summary->complete = true;
	summary->per_huge_page = row_ipis(fault, result->cpus) / fault->operations +
				 row_ipis(split, result->cpus) / split->operations;
	if (result->cpus > 1)
		summary->per_pte_and_cpu = !split->ptes ? 0 :
							  (double)summary->per_huge_page /
								  split->ptes / (result->cpus - 1);
	summary->at_once = most;
	summary->burst_ipis = row_ipis(burst_fault, result->cpus) +
			      row_ipis(burst_split, result->cpus);
	summary->worst_ns = burst_split->worst_ns;
}

static bool same_kernel(const struct result *a, const struct result *b)
{
	return !strcmp(a->label, b->label) && !strcmp(a->fix, b->fix) &&
	       !strcmp(a->mitigation, b->mitigation) && !strcmp(a->build_id, b->build_id);
}

static void sort_into_kernels(struct report *report, size_t index)
{
	const struct result *result = &report->results[index];
	struct report_kernel *kernel = report->kernels, *end = kernel + report->kernels_count;

	while (kernel < end && !same_kernel(&report->results[kernel->runs[0]], result))
		kernel++;
	if (kernel == end)
		report->kernels_count++;
	kernel->runs[kernel->runs_count++] = index;
	if (kernel->runs_count == 1 || result->cpus > report->results[kernel->widest].cpus)
		kernel->widest = index;
	if (kernel->runs_count == 1 ||
	    report->summaries[index].at_once > report->summaries[kernel->busiest].at_once)
		kernel->busiest = index;
}

/*
 * The judgement is read, not made again; but one that its own rows contradict is none, wherever it
 * comes from: a form that is claimed is the form of every row.
 */
static bool rows_agree(const struct result *result)
{
	unsigned int wanted = 0;

	for (enum form form = 0; form < FORMS; form++)
		if (result->form == form || (form != FORM_AFFECTED && result->form == FORM_FIXED))
			wanted |= 1u << form;
	if (result->verdict == VERDICT_UNKNOWN || result->form == FORM_NONE)
		return true;
	for (size_t i = 0; i < result->rows_count; i++)
		if (!(report_row_fits(result, &result->rows[i]) & wanted))
			return false;
	return result->rows_count > 0;
}

static bool load_result(struct report *report, const char *path)
{
	const size_t index = report->count;
	struct result *result = &report->results[index];
	char why[RESULT_REASON_SIZE];

	if (!result_load(result, path, why)) {
		say("%s", why);
		return false;
	}
	if (!rows_agree(result)) {
		say("%s: its rows contradict its own verdict, %s: measure it again", path,
		    verdict_names[result->verdict]);
		result_release(result);
		return false;
	}
	text_mend(result->label);
	text_mend(result->fix);
	text_mend(result->reason);
	report->count++;
	if (!report_load_census(path, &report->censuses[index]))
		return false;
	summarize(result, &report->summaries[index]);
	sort_into_kernels(report, index);
	report->code = exit_worst(report->code, verdict_exit(result->verdict));
	return true;
}

bool report_load(struct report *report, char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (report_is_triage(paths[i]) ? !report_load_triage(report, paths[i]) :
						 !load_result(report, paths[i]))
			return false;
	}
	if (!report->count)
		say("no result is among these files: triage's answers stand beside results");
	return report->count > 0;
}
void report_release(struct report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		result_release(&report->results[i]);
		json_decref(report->censuses[i]);
	}
	for (size_t i = 0; i < report->triaged; i++)
		json_decref(report->triage[i]);
	memset(report, 0, sizeof(*report));
}
