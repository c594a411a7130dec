// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-page.c: a matrix as one HTML page that needs nothing else
 *
 * In the order in which a person asks: is all as it should be, which cell is not and why, every
 * cell's numbers, and what it cost. Host time is in the last section alone: without it, equal
 * results give equal bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "report/matrix.h"
#include "report/page.h"
#include "report/text.h"

static const char *state_class(const struct cell *cell)
{
	switch (cell->state) {
	case CELL_PASS:
		return "fixed";
	case CELL_FAIL:
		return "affected";
	default:
		return "unknown";
	}
}

static const char *state_sign(const struct cell *cell)
{
	switch (cell->state) {
	case CELL_PASS:
		return "\xe2\x9c\x93";	/* U+2713 check mark */
	case CELL_FAIL:
		return "\xe2\x9c\x97";	/* U+2717 ballot x */
	default:
		return "?";
	}
}

static const char *matrix_answer(const struct matrix *matrix)
{
	return matrix->states[CELL_PASS] == matrix->count ? "PASS" : "FAIL";
}

static void print_head(FILE *to, const struct matrix *matrix)
{
	char title[128];

	snprintf(title, sizeof(title), "%s: %zu of %zu cells", matrix_answer(matrix),
		 matrix->states[CELL_PASS], matrix->count);
	report_open_page(to, title);
	report_open_answer(to, matrix->code, matrix_answer(matrix));
	fprintf(to, "<p>%zu of %zu cells as expected; %zu failed, %zu unknown</p>\n</div>\n",
		matrix->states[CELL_PASS], matrix->count, matrix->states[CELL_FAIL],
		matrix->states[CELL_UNKNOWN]);
	fputs("<nav aria-label=\"Sections\"><a href=\"#cells\">Cells</a><a href=\"#numbers\">Numbers"
	      "</a><a href=\"#cost\">Cost</a></nav>\n</header>\n", to);
}

/* Cells that differ in CPUs alone share a line of the overview. */
static bool same_line(const struct cell *a, const struct cell *b)
{
	return !strcmp(a->build, b->build) && !strcmp(a->kernel, b->kernel);
}

static bool first_of_line(const struct matrix *matrix, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (same_line(&matrix->cells[i], &matrix->cells[index]))
			return false;
	return true;
}

/* The numbers of CPUs that any cell has, upwards. */
static size_t list_cpus(const struct matrix *matrix, unsigned int list[RESULT_CPUS_MAX])
{
	bool used[RESULT_CPUS_MAX + 1] = { false };
	size_t count = 0;

	for (size_t i = 0; i < matrix->count; i++)
		used[matrix->cells[i].cpus] = true;
	for (unsigned int cpus = 1; cpus <= RESULT_CPUS_MAX; cpus++)
		if (used[cpus])
			list[count++] = cpus;
	return count;
}

static void print_square(FILE *to, const struct matrix *matrix, size_t line, unsigned int cpus)
{
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (cell->cpus != cpus || !same_line(cell, &matrix->cells[line]))
			continue;
		fprintf(to, "<td data-of=\"%u CPUs\"><a href=\"#cell-%zu\" class=\"%s badge\">%s %s"
			"</a></td>", cpus, i, state_class(cell), state_sign(cell),
			cell->ran ? verdict_names[cell->verdict] : "not run");
		return;
	}
	fputs("<td class=\"none\"></td>", to);
}

static void print_names(FILE *to, const struct cell *cell)
{
	const char *slash = strrchr(cell->kernel, '/');

	fputs("<th scope=\"row\"><bdi>", to);
	report_print_markup(to, slash && slash[1] ? slash + 1 : cell->kernel);
	fprintf(to, "</bdi></th><td data-of=\"Fix\">%s</td><td data-of=\"Pages\">%s</td>"
		"<td data-of=\"Compiler\"><bdi>", cell->series, cell->pages);
	report_print_markup(to, cell->compiler);
	fputs("</bdi></td>", to);
}

#define NAMES_HEAD "<th scope=\"col\">Kernel</th><th scope=\"col\">Fix</th>" \
	"<th scope=\"col\">Pages</th><th scope=\"col\">Compiler</th>"

static void print_failures(FILE *to, const struct matrix *matrix)
{
	if (matrix->states[CELL_PASS] == matrix->count)
		return;
	fputs("<h3>Not as expected</h3>\n<ul class=\"skips\">\n", to);
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (cell->state == CELL_PASS)
			continue;
		fprintf(to, "<li><b>%s</b> <bdi>", cell_state_names[cell->state]);
		report_print_markup(to, cell->name);
		fputs("</bdi>: <bdi>", to);
		report_print_markup(to, cell->reason);
		fputs("</bdi></li>\n", to);
	}
	fputs("</ul>\n", to);
}

static void print_overview(FILE *to, const struct matrix *matrix)
{
	static unsigned int cpus[RESULT_CPUS_MAX];
	const size_t count = list_cpus(matrix, cpus);

	fputs("<section id=\"cells\">\n<h2>Cells</h2>\n", to);
	print_failures(to, matrix);
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Cells\">"
	      "<table class=\"cards\">\n<thead><tr>" NAMES_HEAD, to);
	for (size_t i = 0; i < count; i++)
		fprintf(to, "<th scope=\"col\">%u CPU%s</th>", cpus[i], cpus[i] == 1 ? "" : "s");
	fputs("</tr></thead>\n<tbody>\n", to);
	for (size_t line = 0; line < matrix->count; line++) {
		if (!first_of_line(matrix, line))
			continue;
		fputs("<tr>", to);
		print_names(to, &matrix->cells[line]);
		for (size_t i = 0; i < count; i++)
			print_square(to, matrix, line, cpus[i]);
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table></div>\n<p class=\"note\">\xe2\x9c\x93: the cell is what it should be: "
	      "<b>affected</b> without the fix, <b>fixed</b> in that form with it, <b>dormant</b> "
	      "on one CPU.</p>\n</section>\n", to);
}

static void print_numbers(FILE *to, const struct cell *cell, size_t index)
{
	const struct summary *summary = &cell->summary;
	char text[40];

	fprintf(to, "<tr id=\"cell-%zu\">", index);
	print_names(to, cell);
	fprintf(to, "<td class=\"n\" data-of=\"CPUs\">%u</td>", cell->cpus);
	if (cell->ran && summary->complete) {
		fprintf(to, "<td class=\"n\" data-of=\"IPIs per huge page\">%s</td>",
			report_digits(summary->per_huge_page, text));
		fprintf(to, "<td class=\"n\" data-of=\"Worst split\">%s</td>",
			report_milliseconds(summary->worst_ns, text));
		fprintf(to, "<td class=\"n\" data-of=\"Soft lockups\">%u</td>", summary->lockups);
	} else {
		fputs("<td class=\"n none\">\xe2\x80\x93</td><td class=\"n none\">\xe2\x80\x93</td>"
		      "<td class=\"n none\">\xe2\x80\x93</td>", to);
	}
	fprintf(to, "<td><span class=\"badge %s\">%s %s</span>",
		cell->ran ? verdict_names[cell->verdict] : "unknown", state_sign(cell),
		cell->ran ? verdict_names[cell->verdict] : "not run");
	if (cell->ran && *cell->code && strcmp(cell->code, verdict_names[cell->verdict]))
		fprintf(to, "<br><small>as %s</small>", cell->code);
	fputs("</td></tr>\n", to);
}

static void print_cells(FILE *to, const struct matrix *matrix)
{
	fputs("<section id=\"numbers\">\n<h2>Numbers</h2>\n", to);
	fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Numbers\">"
	      "<table class=\"cards\">\n<thead><tr>" NAMES_HEAD
	      "<th scope=\"col\" class=\"n\">CPUs</th>"
	      "<th scope=\"col\" class=\"n\">IPIs per huge page</th>"
	      "<th scope=\"col\" class=\"n\">Worst split</th>"
	      "<th scope=\"col\" class=\"n\">Soft lockups</th><th scope=\"col\">Verdict</th>"
	      "</tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < matrix->count; i++)
		print_numbers(to, &matrix->cells[i], i);
	fputs("</tbody></table></div>\n</section>\n", to);
}

static void print_seconds(FILE *to, const char *name, double seconds)
{
	if (seconds < 0)
		fputs("<td class=\"n none\">\xe2\x80\x93</td>", to);
	else
		fprintf(to, "<td class=\"n\" data-of=\"%s\">%.1f</td>", name, seconds);
}

static void print_builds(FILE *to, const struct matrix *matrix)
{
	fputs("<h3>Kernels</h3>\n<div class=\"scroll\"><table class=\"cards dense\">\n<thead><tr>"
	      "<th scope=\"col\">Kernel</th><th scope=\"col\">Machine</th>"
	      "<th scope=\"col\" class=\"n\">Sources, s</th>"
	      "<th scope=\"col\" class=\"n\">Build, s</th>"
	      "<th scope=\"col\" class=\"n\">Build, CPU s</th></tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < matrix->builds_count; i++) {
		const struct build *build = &matrix->builds[i];

		fputs("<tr><th scope=\"row\"><bdi>", to);
		report_print_markup(to, build->name);
		fputs("</bdi></th><td data-of=\"Machine\"><bdi>", to);
		report_print_markup(to, build->machine);
		fputs("</bdi></td>", to);
		print_seconds(to, "Sources, s", build->source_s);
		print_seconds(to, "Build, s", build->build_s);
		print_seconds(to, "Build, CPU s", build->build_cpu_s);
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}

static void print_guests(FILE *to, const struct matrix *matrix)
{
	fputs("<h3>Guests</h3>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" "
	      "aria-label=\"Guests\"><table class=\"cards dense\">\n<thead><tr>"
	      "<th scope=\"col\">Cell</th><th scope=\"col\">Machine</th>"
	      "<th scope=\"col\" class=\"n\">CPU s</th><th scope=\"col\" class=\"n\">Boot, s</th>"
	      "<th scope=\"col\" class=\"n\">Work, s</th>"
	      "<th scope=\"col\" class=\"n\">Count tier, CPU s</th>"
	      "<th scope=\"col\" class=\"n\">In all, s</th></tr></thead>\n<tbody>\n", to);
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		fputs("<tr><th scope=\"row\"><bdi>", to);
		report_print_markup(to, cell->name);
		fputs("</bdi></th><td data-of=\"Machine\"><bdi>", to);
		report_print_markup(to, cell->machine);
		fputs("</bdi></td>", to);
		print_seconds(to, "CPU s", cell->cost.cpu_s);
		print_seconds(to, "Boot, s", cell->cost.boot_s);
		print_seconds(to, "Work, s", cell->cost.work_s);
		print_seconds(to, "Count tier, CPU s", cell->count_cost.cpu_s);
		print_seconds(to, "In all, s", cell->wall_s);
		fputs("</tr>\n", to);
	}
	fputs("</tbody></table></div>\n", to);
}

static bool print_cost(FILE *to, const struct matrix *matrix)
{
	struct cost_model model;
	char *text = NULL;
	size_t size;
	FILE *memory = open_memstream(&text, &size);

	if (!memory)
		return false;
	cost_measure(&model, matrix);
	cost_print_model(memory, &model);
	fclose(memory);
	fputs("<section id=\"cost\">\n<h2>Cost</h2>\n<p class=\"note\">Host time, the only numbers "
	      "here that differ from run to run. <b>CPU s</b> is user and system time: a busy host "
	      "stretches it less than the wall time of the other columns, but up to three and a half "
	      "times were seen.</p>\n", to);
	if (*text) {
		fputs("<p class=\"note\"><b>Model</b>:<br><code>", to);
		for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
			report_print_markup(to, line);
			fputs("<br>", to);
		}
		fputs("</code></p>\n", to);
	}
	print_builds(to, matrix);
	print_guests(to, matrix);
	fputs("</section>\n", to);
	free(text);
	return true;
}

bool matrix_print_page(FILE *to, const struct matrix *matrix)
{
	print_head(to, matrix);
	print_overview(to, matrix);
	print_cells(to, matrix);
	if (!print_cost(to, matrix))
		return false;
	report_close_page(to);
	return true;
}
