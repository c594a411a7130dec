// SPDX-License-Identifier: GPL-2.0-only
/*
 * page.c: one HTML page that needs nothing else: no script, no font, no other file
 *
 * In the order in which a person asks: what is the answer, which kernels, what does it look like,
 * what exactly was counted, what were the CPUs doing, and how was all that made.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "lib/text.h"
#include "report/census.h"
#include "report/frame.h"
#include "report/page-stacks.h"
#include "report/pictures.h"
#include "report/report.h"
#include "report/text.h"

static void print_label(FILE *to, const struct result *result)
{
	report_print_bdi(to, *result->label ? result->label : "(no label)");
}

/* "LABEL on 64 CPUs" */
static void print_run(FILE *to, const struct result *result)
{
	print_label(to, result);
	fprintf(to, " on %u CPU%s", result->cpus, result->cpus == 1 ? "" : "s");
}

/* The worst of a kernel's runs. */
static enum verdict kernel_verdict(const struct report *report, const struct report_kernel *kernel)
{
	enum verdict worst = report->results[kernel->runs[0]].verdict;

	for (size_t i = 1; i < kernel->runs_count; i++) {
		const enum verdict verdict = report->results[kernel->runs[i]].verdict;

		if (verdict_exit(verdict) != verdict_exit(worst) &&
		    exit_worst(verdict_exit(verdict), verdict_exit(worst)) == verdict_exit(verdict))
			worst = verdict;
	}
	return worst;
}

/* PASS, FAIL, "4.19.19 is affected" or "1 kernel affected, 2 fixed" into @text. */
static void write_headline(const struct report *report, char text[256])
{
	const char *words = "";

	if (report->proof.asked) {
		strcpy(text, report_proof_word(&report->proof, report->proof.code == EXIT_GOOD));
		return;
	}
	if (report->kernels_count == 1) {
		snprintf(text, 256, "%s is %s", report->results[0].label,
			 verdict_names[kernel_verdict(report, report->kernels)]);
		return;
	}
	for (int verdict = VERDICTS - 1; verdict >= 0; verdict--) {
		size_t count = 0;

		for (size_t i = 0; i < report->kernels_count; i++)
			count += kernel_verdict(report, &report->kernels[i]) ==
				 (enum verdict)verdict;
		if (count)
			text += sprintf(text, "%s%zu%s %s", words, count,
					*words	   ? "" :
					count == 1 ? " kernel" :
						     " kernels",
					verdict_names[verdict]);
		words = count ? ", " : words;
	}
}

static void print_header(FILE *to, const struct report *report, const char *headline, bool pictures,
			 bool censuses, bool incidents)
{
	const struct report_proof *proof = &report->proof;

	report_open_answer(to, report->code, headline);
	for (size_t i = 0; i < proof->lines_count; i++)
		report_print_paragraph(to, proof->lines[i].text);
	if (!proof->asked && report->count == 1)
		report_print_paragraph(to, report->results[0].reason);
	fprintf(to,
		"</div>\n<nav aria-label=\"Sections\"><a href=\"#kernels\">Kernels</a>%s"
		"<a href=\"#prices\">Price list</a>%s%s<a href=\"#provenance\">Provenance</a></nav>\n"
		"</header>\n",
		pictures ? "<a href=\"#pictures\">Pictures</a>" : "",
		censuses ? "<a href=\"#census\">Census</a>" : "",
		incidents ? "<a href=\"#incidents\">Incidents</a>" : "");
}

static void print_kernel(FILE *to, const struct result *result,
			 const struct report_summary *summary)
{
	char text[40];

	fputs("<tr><th scope=\"row\">", to);
	print_label(to, result);
	fputs("</th><td data-of=\"Fix\">", to);
	report_print_bdi(to, result->fix);
	fputs("</td>", to);
	report_print_number(to, "CPUs", "%u", result->cpus);
	if (summary->complete) {
		report_print_number(to, "IPIs per huge page", "%s",
				    text_digits(summary->per_huge_page, text));
		report_print_number(to, "per pte and CPU", "%.3f", summary->per_pte_and_cpu);
		report_print_number(to, "Worst split", "%s",
				    report_milliseconds(summary->worst_ns, text));
	} else {
		report_print_none(to, 3);
	}
	report_print_number(to, "Soft lockups", "%u of %u", summary->lockups, result->cpus);
	fputs("<td class=\"verdict\">", to);
	report_print_badge(to, result->verdict);
	if (result->verdict != VERDICT_FIXED && result->verdict != VERDICT_AFFECTED) {
		fputs("<br><small>", to);
		if (result->outcome != OUTCOME_COMPLETED)
			fprintf(to, "%s: ", result_outcome_names[result->outcome]);
		report_print_markup(to, result->reason);
		fputs("</small>", to);
	} else if (result->form != FORM_NONE &&
		   strcmp(form_names[result->form], verdict_names[result->verdict])) {
		fprintf(to, "<br><small>as %s</small>", form_names[result->form]);
	}
	fputs("</td></tr>\n", to);
}

static void print_kernels(FILE *to, const struct report *report)
{
	fputs("<section id=\"kernels\">\n<h2>Kernels</h2>\n<div class=\"scroll\">"
	      "<table class=\"cards\">\n<thead><tr><th scope=\"col\">Kernel</th>"
	      "<th scope=\"col\">Fix</th><th scope=\"col\" class=\"n\">CPUs</th>"
	      "<th scope=\"col\" class=\"n\">IPIs per huge page</th>"
	      "<th scope=\"col\" class=\"n\">per pte and CPU</th>"
	      "<th scope=\"col\" class=\"n\">Worst split</th>"
	      "<th scope=\"col\" class=\"n\">Soft lockups</th><th scope=\"col\">Verdict</th>"
	      "</tr></thead>\n<tbody>\n",
	      to);
	for (size_t i = 0; i < report->count; i++)
		print_kernel(to, &report->results[i], &report->summaries[i]);
	fputs("</tbody></table></div>\n<p class=\"note\"><b>IPIs per huge page</b>: interrupts "
	      "that touching and splitting one executable huge page costs, one CPU at a time. "
	      "<b>Worst split</b>: the slowest of all splits when as many CPUs as possible split "
	      "at the same moment, in guest time. <b>Soft lockups</b>: CPUs that the "
	      "kernel\xe2\x80\x99s own watchdog reported. The verdict comes from counts "
	      "alone.</p>\n</section>\n",
	      to);
}

static void print_legend(FILE *to, const struct report *report)
{
	fputs("<ul class=\"legend\">\n", to);
	for (size_t i = 0; i < report->kernels_count; i++) {
		const char *kind = report_kernel_kind(report, &report->kernels[i]);

		fprintf(to,
			"<li><span class=\"mark\" style=\"color:var(--%s)\" "
			"aria-hidden=\"true\">%s</span> ",
			kind, report_mark(i));
		print_label(to, &report->results[report->kernels[i].widest]);
		fprintf(to, " <small>%s</small></li>\n", kind);
	}
	fputs("</ul>\n", to);
}

static void open_figure(FILE *to, const char *title)
{
	fprintf(to, "<figure>\n<h3>%s</h3>\n", title);
}

static void close_figure(FILE *to, const char *caption)
{
	fprintf(to, "<figcaption>%s</figcaption>\n</figure>\n", caption);
}

static void print_charts(FILE *to, const struct report *report, bool ipis, bool stalls)
{
	if (ipis) {
		open_figure(to, "Interrupts per huge page against CPUs");
		report_draw_chart(to, report, REPORT_IPIS);
		close_figure(to,
			     "Fault and split of one executable huge page, one CPU at a time. "
			     "Affected code interrupts every other CPU once for each of its ptes.");
	}
	if (stalls) {
		open_figure(to, "Worst split against CPUs that split at once");
		report_draw_chart(to, report, REPORT_STALLS);
		close_figure(
			to,
			"All wait for one lock, held during each broadcast. Above "
			"the dashed line the soft-lockup detector always reports, below the dotted "
			"line never. In between it depends on its phase.");
	}
}

/* A bar for each kernel, by its run with the most CPUs, online or at once. */
static void draw_kernels(FILE *to, const struct report *report, bool stalls, const char *name,
			 const char *title)
{
	struct report_bar bars[RESULTS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct report_kernel *kernel = &report->kernels[i];
		const size_t run = stalls ? kernel->busiest : kernel->widest;
		const struct report_summary *summary = &report->summaries[run];
		const unsigned int cpus = stalls ? summary->at_once : report->results[run].cpus;
		struct report_bar *bar = &bars[count];

		if (!summary->complete)
			continue;
		count++;
		bar->kind = report_kernel_kind(report, kernel);
		bar->value = stalls ? summary->worst_ns : summary->per_huge_page;
		snprintf(bar->words, sizeof(bar->words), "%s, %s, %u CPU%s",
			 report->results[run].label, bar->kind, cpus, cpus == 1 ? "" : "s");
		if (stalls)
			report_milliseconds(summary->worst_ns, bar->number);
		else
			text_digits(summary->per_huge_page, bar->number);
	}
	open_figure(to, title);
	report_draw_bars(to, name, title, bars, count);
}

static void print_bars(FILE *to, const struct report *report)
{
	draw_kernels(to, report, false, "ipi-bars", "Interrupts per huge page, side by side");
	close_figure(to, "Each kernel by its run with the most CPUs.");
	draw_kernels(to, report, true, "stall-bars", "Worst split, side by side");
	close_figure(to, "Guest time of the slowest split, with as many CPUs at once as the run "
			 "had.");
}

static bool bars_worth(const struct report *report)
{
	size_t complete = 0;

	for (size_t i = 0; i < report->kernels_count; i++)
		complete += report->summaries[report->kernels[i].widest].complete;
	return complete > 1;
}

static void print_pictures(FILE *to, const struct report *report)
{
	const bool ipis = report_chart_worth(report, REPORT_IPIS);
	const bool stalls = report_chart_worth(report, REPORT_STALLS);

	fputs("<section id=\"pictures\">\n<h2>Pictures</h2>\n", to);
	if (ipis || stalls)
		print_legend(to, report);
	fputs("<div class=\"figures\">\n", to);
	print_charts(to, report, ipis, stalls);
	/* Beside a single chart there is room for both. */
	fputs(ipis != stalls ? "<div class=\"stack\">\n" : "", to);
	if (bars_worth(report))
		print_bars(to, report);
	fputs(ipis != stalls ? "</div>\n</div>\n</section>\n" : "</div>\n</section>\n", to);
}

/* A cell: "affected", "affected, posted", "fixed" (posted or merged), "any", "none". */
static void print_fits(FILE *to, unsigned int fits)
{
	const unsigned int fixed = 1u << FORM_POSTED | 1u << FORM_MERGED;
	const bool affected = fits & 1u << FORM_AFFECTED;
	const char *between = "";

	fprintf(to, "<td class=\"fits %s\">",
		!fits		? "unknown" :
		!(fits & fixed) ? "affected" :
		affected	? "any" :
				  "fixed");
	if (!fits || fits == fixed || fits == (1u << FORMS) - 1)
		fputs(!fits ? "none" : affected ? "any" : "fixed", to);
	else
		for (int form = 0; form < FORMS; form++)
			if (fits & 1u << form) {
				fprintf(to, "%s%s", between, form_names[form]);
				between = ", ";
			}
	fputs("</td>", to);
}

static void print_cost(FILE *to, const struct result *result, const struct row *row)
{
	double each;

	if (!row || result->cpus < 2) {
		report_print_none(to, 1);
		fputs("<td></td>", to);
		return;
	}
	each = report_row_broadcasts(result, row);
	fprintf(to, "<td class=\"n\"><b>%s%.*f</b></td>", row->probed ? "" : "\xe2\x89\x88",
		fabs(each - round(each)) < 0.005 ? 0 : 2, each);
	print_fits(to, report_row_fits(result, row));
}

/* @why: with the place in the kernel that the price comes from. */
static void print_step(FILE *to, const struct row *row, bool why)
{
	const struct price *price = price_find(row->step);

	fputs("<tr><th scope=\"row\">", to);
	report_print_bdi(to, row->scenario);
	fputc('/', to);
	report_print_bdi(to, row->step);
	if (why && price) {
		fputs("<small>", to);
		report_print_markup(to, price->source);
		fputs("</small>", to);
	}
	fprintf(to, "</th><td class=\"n\">%" PRIu64 "</td>", row->at_once);
}

static void print_expected(FILE *to, const struct row *row, uint64_t operations)
{
	const struct price *price = price_find(row->step);
	char digits[32];

	for (int code = 0; code < FORMS; code++)
		fprintf(to, "<td class=\"n\">%s</td>",
			!price ? "?" :
				 text_digits(price_broadcasts(price, code, operations, row->ptes),
					     digits));
}

static void print_price_row(FILE *to, const struct report *report, const struct row *row,
			    bool first)
{
	print_step(to, row, first);
	print_expected(to, row, 1);
	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct result *result;
		const struct row *same =
			report_find_kernel_row(report, &report->kernels[i], row, &result);

		print_cost(to, result, same);
	}
	fputs("</tr>\n", to);
}

static bool step_before(const struct row *const *rows, size_t row)
{
	for (size_t i = 0; i < row; i++)
		if (!strcmp(rows[i]->step, rows[row]->step))
			return true;
	return false;
}

static void print_price_list(FILE *to, const struct report *report)
{
	static const struct row *rows[ROWS_MAX];
	const size_t count = report_list_rows(report, rows);

	fputs(SCROLL("Price list") "<table class=\"prices\">\n"
				   "<thead><tr><th scope=\"col\" rowspan=\"2\">Step</th>"
				   "<th scope=\"col\" rowspan=\"2\" class=\"n\">At once</th>"
				   "<th scope=\"colgroup\" colspan=\"3\" class=\"over\">costs in code that is</th>",
	      to);
	fprintf(to,
		"<th scope=\"colgroup\" colspan=\"%zu\" class=\"over\">measured, and what it "
		"fits</th></tr>\n<tr>",
		2 * report->kernels_count);
	for (int code = 0; code < FORMS; code++)
		fprintf(to, "<th scope=\"col\" class=\"n\">%s</th>", form_names[code]);
	for (size_t i = 0; i < report->kernels_count; i++) {
		fputs("<th scope=\"col\" colspan=\"2\" class=\"k\">", to);
		print_label(to, &report->results[report->kernels[i].widest]);
		fputs("</th>", to);
	}
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < count; i++)
		print_price_row(to, report, rows[i], !step_before(rows, i));
	fputs("</tbody></table></div>\n", to);
}

static void print_pair(FILE *to, uint64_t value, uint64_t control)
{
	char digits[32];

	fprintf(to, "<td class=\"n\">%s", text_digits(value, digits));
	fprintf(to, "</td><td class=\"n c\">%s</td>", text_digits(control, digits));
}

/* What only a kprobe counts. */
static void print_probed(FILE *to, bool probed, uint64_t value, uint64_t control)
{
	if (probed)
		print_pair(to, value, control);
	else
		report_print_none(to, 2);
}

static void print_times(FILE *to, uint64_t ns, uint64_t control_ns)
{
	char text[40];

	fprintf(to, "<td class=\"n\">%s", report_milliseconds(ns, text));
	fprintf(to, "</td><td class=\"n c\">%s</td>", report_milliseconds(control_ns, text));
}

static void print_row(FILE *to, const struct result *result, const struct row *row)
{
	char digits[32];

	print_step(to, row, false);
	fprintf(to, "<td class=\"n\">%s</td>", text_digits(row->operations, digits));
	print_expected(to, row, row->operations);
	print_probed(to, row->probed, row->broadcasts, row->control_broadcasts);
	print_probed(to, row->probed > 1, row->maintenances, row->control_maintenances);
	print_pair(to, row->ipis, row->control_ipis);
	print_fits(to, report_row_fits(result, row));
	print_times(to, row->worst_ns, row->control_worst_ns);
	print_times(to, row->median_ns, row->control_median_ns);
	print_pair(to, row->walked, row->control_walked);
	print_pair(to, row->lockups, row->control_lockups);
	fputs("</tr>\n", to);
}

static void print_rows(FILE *to, const struct result *result)
{
	static const char *const pairs[] = { "Broadcasts", "Maintenance", "IPIs",   NULL,
					     "Worst",	   "Median",	  "Walked", "Lockups" };

	fputs("<details><summary>Every number of ", to);
	print_run(to, result);
	fputs("</summary>\n" SCROLL(
		      "Rows") "<table class=\"dense\">\n<thead><tr>"
			      "<th scope=\"col\" rowspan=\"2\">Step</th>"
			      "<th scope=\"col\" rowspan=\"2\" class=\"n\">At once</th>"
			      "<th scope=\"col\" rowspan=\"2\" class=\"n\">Operations</th>"
			      "<th scope=\"colgroup\" colspan=\"3\" class=\"over\">Expected broadcasts</th>",
	      to);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i])
			fprintf(to, "<th scope=\"colgroup\" colspan=\"2\" class=\"over\">%s</th>",
				pairs[i]);
		else
			fputs("<th scope=\"col\" rowspan=\"2\">Fits</th>", to);
	fputs("</tr>\n<tr>", to);
	for (int code = 0; code < FORMS; code++)
		fprintf(to, "<th scope=\"col\" class=\"n\">%s</th>", form_names[code]);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i])
			fputs("<th scope=\"col\" class=\"n\">exec</th>"
			      "<th scope=\"col\" class=\"n c\">control</th>",
			      to);
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < result->rows_count; i++)
		print_row(to, result, &result->rows[i]);
	fputs("</tbody></table></div></details>\n", to);
}

/* What a run passed over, and why: a missing row is told from one that was never run. */
static void print_skips(FILE *to, const struct report *report)
{
	bool any = false;

	for (size_t i = 0; i < report->count; i++)
		any |= report->results[i].skips_count > 0;
	if (!any)
		return;
	fputs("<h3>Not run</h3>\n<ul class=\"skips\">\n", to);
	for (size_t i = 0; i < report->count; i++) {
		const struct result *result = &report->results[i];

		for (size_t j = 0; j < result->skips_count; j++) {
			const struct result_skip *skip = &result->skips[j];

			fputs("<li>", to);
			print_run(to, result);
			fputs(": <bdi>", to);
			report_printf_markup(to, "%s%s%s", skip->scenario, *skip->step ? "/" : "",
					     skip->step);
			fputs("</bdi>: ", to);
			report_print_bdi(to, skip->reason);
			fputs("</li>\n", to);
		}
	}
	fputs("</ul>\n", to);
}

static void print_prices(FILE *to, const struct report *report)
{
	fputs("<section id=\"prices\">\n<h2>Price list</h2>\n<p class=\"note\">Broadcasts of one "
	      "operation, beside the same operation without PROT_EXEC. A broadcast interrupts "
	      "every other CPU. \xe2\x89\x88: computed from the interrupts, because no kprobe counted. "
	      "<b>fixed</b>: what posted and merged code cost alike; <b>any</b>: all "
	      "three.</p>\n",
	      to);
	print_price_list(to, report);
	for (size_t i = 0; i < report->count; i++)
		if (report->results[i].rows_count)
			print_rows(to, &report->results[i]);
	print_skips(to, report);
	fputs("</section>\n", to);
}

static bool any_census(const struct report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (json_array_size(report->censuses[i]))
			return true;
	return false;
}

static void print_fact(FILE *to, const char *name, const char *value, bool code)
{
	if (!value || !*value)
		return;
	fprintf(to, "<dt>%s</dt><dd>%s", name, code ? "<code>" : "<bdi>");
	report_print_markup(to, value);
	fprintf(to, "%s</dd>\n", code ? "</code>" : "</bdi>");
}

/* As one line that a shell takes back, for words without quotes of their own. */
static void print_command(FILE *to, const json_t *command)
{
	const json_t *word;
	size_t i;

	if (!json_array_size(command))
		return;
	fputs("<dt>Command</dt><dd><code class=\"command\">", to);
	json_array_foreach(command, i, word) {
		const char *text = json_string_value(word);
		const bool quote = text && strpbrk(text, " \t*?$&;()|<>\"\\");

		if (!text)
			continue;
		fputs(i ? quote ? " '" : " " : quote ? "'" : "", to);
		report_print_markup(to, text);
		fputs(quote ? "'" : "", to);
	}
	fputs("</code></dd>\n", to);
}

static void print_machine(FILE *to, const struct result *result)
{
	const char *qemu = json_string_value(json_object_get(result->vm, "qemu"));
	const json_t *shift = json_object_get(result->vm, "icount_shift");

	fprintf(to,
		"<dt>Machine</dt><dd>%u CPUs, %u NUMA node%s, %" PRIu64 " KiB pages, %" PRIu64
		" MiB huge pages, I-cache ",
		result->cpus, result->nodes, result->nodes == 1 ? "" : "s", result->page_size >> 10,
		result->huge_page_size >> 20);
	report_print_bdi(to, *result->icache ? result->icache : "not told");
	fprintf(to, ", watchdog_thresh %u s</dd>\n", result->watchdog_thresh);
	if (!qemu)
		return;
	fputs("<dt>Emulated by</dt><dd>QEMU ", to);
	report_print_bdi(to, qemu);
	if (json_is_integer(shift))
		fprintf(to, ", one instruction = 2<sup>%" PRId64 "</sup> ns of guest time",
			(int64_t)json_integer_value(shift));
	else if (qemu)
		fputs(", by the clock of the host: times and lockups are its own", to);
	fputs("</dd>\n", to);
}

static void print_origin(FILE *to, const struct result *result)
{
	fputs("<article>\n<h3>", to);
	print_run(to, result);
	fputs("</h3>\n<dl>\n", to);
	print_fact(to, "Kernel", result->banner, false);
	print_fact(to, "Build-id", result->build_id, true);
	print_machine(to, result);
	print_fact(to, "Image SHA-256",
		   json_string_value(json_object_get(result->vm, "image_sha256")), true);
	print_fact(to, "Initramfs SHA-256",
		   json_string_value(json_object_get(result->vm, "initramfs_sha256")), true);
	if (json_is_true(json_object_get(result->vm, "own_init")))
		print_fact(to, "Init", "not the one shipped: its counts are what that program says",
			   false);
	if (json_is_true(json_object_get(result->vm, "own_initramfs")))
		print_fact(
			to, "Own initramfs",
			"the kernel was built with one: it may run another init than the one shipped",
			false);
	print_fact(to, "Outcome", result_outcome_names[result->outcome], false);
	if (result->guest_end_ns > result->guest_boot_ns)
		fprintf(to, "<dt>Guest time</dt><dd>%.3f s after %.3f s of boot</dd>\n",
			(result->guest_end_ns - result->guest_boot_ns) / 1e9,
			result->guest_boot_ns / 1e9);
	print_fact(to, "Measured by icache-ipi", result->tool, false);
	print_command(to, json_object_get(result->vm, "command"));
	fputs("</dl>\n</article>\n", to);
}

static void print_provenance(FILE *to, const struct report *report)
{
	fputs("<section id=\"provenance\">\n<h2>Provenance</h2>\n", to);
	for (size_t i = 0; i < report->count; i++)
		print_origin(to, &report->results[i]);
	fputs("</section>\n", to);
}

void report_print_page(FILE *to, const struct report *report)
{
	const bool pictures = report_chart_worth(report, REPORT_IPIS) ||
			      report_chart_worth(report, REPORT_STALLS) || bars_worth(report);
	const bool censuses = any_census(report);
	char headline[256];

	write_headline(report, headline);
	report_open_page(to, headline);
	print_header(to, report, headline, pictures, censuses, report->triaged > 0);
	print_kernels(to, report);
	if (pictures)
		print_pictures(to, report);
	print_prices(to, report);
	if (censuses)
		report_print_censuses(to, report);
	if (report->triaged)
		report_print_incidents(to, report);
	print_provenance(to, report);
	report_close_page(to);
}
