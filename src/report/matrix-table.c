// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-table.c: a matrix for a terminal, and as JUnit XML for the systems that draw it themselves
 */
#include <string.h>

#include "report/matrix.h"
#include "report/text.h"

/* The last part of a path. */
static const char *kernel_name(const struct cell *cell)
{
	const char *slash = strrchr(cell->kernel, '/');

	return slash && slash[1] ? slash + 1 : cell->kernel;
}

static size_t widest(size_t width, const char *text)
{
	return report_text_columns(text) > width ? report_text_columns(text) : width;
}

/* "fixed (posted)", "unknown" */
static void print_verdict(FILE *to, const struct cell *cell)
{
	fprintf(to, "%-7s  %s", cell_state_names[cell->state],
		cell->ran ? verdict_names[cell->verdict] : "-");
	if (cell->verdict == VERDICT_FIXED && *cell->code && strcmp(cell->code, "fixed"))
		fprintf(to, " (%s)", cell->code);
	fputc('\n', to);
}

static double cell_cpu_seconds(const struct cell *cell)
{
	return (cell->cost.cpu_s > 0 ? cell->cost.cpu_s : 0) +
	       (cell->count_cost.cpu_s > 0 ? cell->count_cost.cpu_s : 0);
}

static void print_numbers(FILE *to, const struct cell *cell)
{
	const struct summary *summary = &cell->summary;
	char number[32], worst[40];

	if (cell->ran && summary->complete)
		fprintf(to, "  %9s  %8s  %4u", report_digits(summary->per_huge_page, number),
			report_milliseconds(summary->worst_ns, worst), summary->lockups);
	else
		fprintf(to, "  %9s  %8s  %4s", "-", "-", "-");
	if (cell->cost.cpu_s >= 0)
		fprintf(to, "  %5.0f  ", cell_cpu_seconds(cell));
	else
		fprintf(to, "  %5s  ", "-");
}

static void print_costs(FILE *to, const struct matrix *matrix)
{
	double guests = 0, builds = 0;
	size_t built = 0, ran = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		ran += matrix->cells[i].cost.cpu_s >= 0;
		guests += cell_cpu_seconds(&matrix->cells[i]);
	}
	for (size_t i = 0; i < matrix->builds_count; i++) {
		if (matrix->builds[i].build_s < 0)
			continue;
		built++;
		builds += matrix->builds[i].build_s;
	}
	fprintf(to, "\ncost: %zu kernel%s, %.0f s of building; %zu cell%s, %.0f CPU seconds of "
		"guests\n", built, built == 1 ? "" : "s", builds, ran, ran == 1 ? "" : "s",
		guests);
}

void matrix_print_table(FILE *to, const struct matrix *matrix)
{
	size_t kernel = strlen("kernel"), compiler = strlen("compiler");
	const size_t passed = matrix->states[CELL_PASS];

	for (size_t i = 0; i < matrix->count; i++) {
		kernel = widest(kernel, kernel_name(&matrix->cells[i]));
		compiler = widest(compiler, matrix->cells[i].compiler);
	}
	fprintf(to, "%-*s  pages  %-*s  fix     CPUs   IPIs per     worst  lock-    CPU  verdict\n"
		"%*s         %*s                huge page     split    ups      s\n",
		(int)kernel, "kernel", (int)compiler, "compiler", (int)kernel, "", (int)compiler, "");
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		report_print_padded(to, kernel_name(cell), kernel);
		fprintf(to, "  %-5s  ", cell->pages);
		report_print_padded(to, cell->compiler, compiler);
		fprintf(to, "  %-6s  %4u", cell->series, cell->cpus);
		print_numbers(to, cell);
		print_verdict(to, cell);
	}
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		if (cell->state == CELL_PASS)
			continue;
		fprintf(to, "\n%s ", cell_state_names[cell->state]);
		report_print_text(to, cell->name);
		fputs(": ", to);
		report_print_text(to, cell->reason);
		fputc('\n', to);
	}
	print_costs(to, matrix);
	fprintf(to, "\n%s  %zu of %zu cells %s as expected\n",
		passed == matrix->count ? "PASS" : "FAIL", passed, matrix->count,
		passed == 1 ? "is" : "are");
}

static void print_suite(FILE *to, const struct matrix *matrix, const char *element)
{
	uint64_t ns = 0;

	for (size_t i = 0; i < matrix->count; i++)
		ns += matrix->cells[i].guest_ns;
	fprintf(to, "<%s name=\"icache-ipi matrix\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"skipped=\"0\" time=\"%.9f\">\n", element, matrix->count,
		matrix->states[CELL_FAIL], matrix->states[CELL_UNKNOWN], ns / 1e9);
}

/* Times are guest seconds: host seconds stay out, so that equal results give equal bytes. */
void matrix_print_junit(FILE *to, const struct matrix *matrix)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", to);
	print_suite(to, matrix, "testsuites");
	fputc('\t', to);
	print_suite(to, matrix, "testsuite");
	for (size_t i = 0; i < matrix->count; i++) {
		const struct cell *cell = &matrix->cells[i];

		fputs("\t\t<testcase classname=\"matrix.", to);
		report_print_markup(to, cell->build);
		fputs("\" name=\"", to);
		report_print_markup(to, cell->name);
		fprintf(to, "\" time=\"%.9f\"", cell->guest_ns / 1e9);
		if (cell->state == CELL_PASS) {
			fputs("/>\n", to);
			continue;
		}
		fprintf(to, ">\n\t\t\t<%s type=\"%s\" message=\"",
			cell->state == CELL_FAIL ? "failure" : "error",
			cell->state == CELL_FAIL ? "contradicted" : "unknown");
		report_print_markup(to, cell->reason);
		fputs("\"/>\n\t\t</testcase>\n", to);
	}
	fputs("\t</testsuite>\n</testsuites>\n", to);
}
