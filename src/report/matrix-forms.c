// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-forms.c: a matrix for a terminal, as JUnit XML, and as JSON
 * (docs/icache-ipi-matrix.schema.json)
 */
#include <string.h>

#include "lib/say.h"
#include "lib/text.h"
#include "report/matrix.h"
#include "report/text.h"

static size_t widest(size_t width, const char *text)
{
	return report_text_columns(text) > width ? report_text_columns(text) : width;
}

static void print_names(FILE *to, const struct report_cell *cell, size_t kernel, size_t compiler)
{
	report_print_padded(to, report_cell_kernel(cell), kernel);
	fprintf(to, "  %-5s  ", cell->pages);
	report_print_padded(to, cell->compiler, compiler);
}

/* "fixed (posted)" */
static void print_verdict(FILE *to, const struct report_cell *cell, const struct report_half *half)
{
	fprintf(to, "%-7s  %s", report_cell_word(cell), verdict_names[half->verdict]);
	if (half->verdict == VERDICT_FIXED && *half->code && strcmp(half->code, "fixed")) {
		fputs(" (", to);
		report_print_text(to, half->code);
		fputc(')', to);
	}
	fputc('\n', to);
}

static void print_half(FILE *to, const struct report_cell *cell, const struct report_half *half)
{
	char number[32], worst[40];

	fputs("  ", to);
	report_print_padded(to, half->fix, strlen("posted"));
	fprintf(to, "  %4u", cell->cpus);
	if (half->complete)
		fprintf(to, "  %9s  %9s  %4d  ", text_digits(half->per_huge_page, number),
			report_milliseconds(half->worst_ns, worst), half->lockups);
	else
		fprintf(to, "  %9s  %9s  %4s  ", "-", "-", "-");
	print_verdict(to, cell, half);
}

static void print_cell(FILE *to, const struct report_cell *cell, size_t kernel, size_t compiler)
{
	for (size_t i = 0; i < cell->halves_count; i++) {
		print_names(to, cell, kernel, compiler);
		print_half(to, cell, &cell->halves[i]);
	}
	if (cell->halves_count)
		return;
	print_names(to, cell, kernel, compiler);
	fprintf(to, "  %-6s  %4u  %9s  %9s  %4s  %-7s  -\n", "-", cell->cpus, "-", "-", "-",
		report_cell_word(cell));
}

void report_print_matrix_table(FILE *to, const struct report_matrix *matrix)
{
	size_t kernel = strlen("kernel"), compiler = strlen("compiler");

	for (size_t i = 0; i < matrix->count; i++) {
		kernel = widest(kernel, report_cell_kernel(&matrix->cells[i]));
		compiler = widest(compiler, matrix->cells[i].compiler);
	}
	fprintf(to,
		"%-*s  pages  %-*s  fix     CPUs   IPIs per      worst  lock-  proof    verdict\n"
		"%*s         %*s                huge page      split    ups\n",
		(int)kernel, "kernel", (int)compiler, "compiler", (int)kernel, "", (int)compiler,
		"");
	for (size_t i = 0; i < matrix->count; i++)
		print_cell(to, &matrix->cells[i], kernel, compiler);
	for (size_t i = 0; i < matrix->count; i++) {
		const struct report_cell *cell = &matrix->cells[i];

		if (cell->code == EXIT_GOOD || cell->code == EXIT_DORMANT)
			continue;
		fprintf(to, "\n%s ", report_cell_word(cell));
		report_print_text(to, cell->name);
		fputs(": ", to);
		report_print_text(to, cell->reason);
		fputc('\n', to);
	}
	fprintf(to, "\n%s  %zu of %zu proofs %s as expected\n",
		matrix->passed == matrix->count ? "PASS" : "FAIL", matrix->passed, matrix->count,
		matrix->passed == 1 ? "is" : "are");
}

static void print_suite(FILE *to, const struct report_matrix *matrix, const char *element)
{
	double seconds = 0;

	for (size_t i = 0; i < matrix->count; i++)
		seconds += matrix->cells[i].guest_s;
	fprintf(to,
		"<%s name=\"icache-ipi matrix\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
		"skipped=\"0\" time=\"%.9f\">\n",
		element, matrix->count, matrix->failed, matrix->unknown, seconds);
}

/* Times are guest seconds: host seconds stay out, so that equal results give equal bytes. */
void report_print_matrix_junit(FILE *to, const struct report_matrix *matrix)
{
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", to);
	print_suite(to, matrix, "testsuites");
	fputc('\t', to);
	print_suite(to, matrix, "testsuite");
	for (size_t i = 0; i < matrix->count; i++) {
		const struct report_cell *cell = &matrix->cells[i];

		fputs("\t\t<testcase classname=\"matrix.", to);
		report_print_markup(to, cell->build);
		fputs("\" name=\"", to);
		report_print_markup(to, cell->name);
		fprintf(to, "\" time=\"%.9f\"", cell->guest_s);
		if (cell->code == EXIT_GOOD || cell->code == EXIT_DORMANT) {
			fputs("/>\n", to);
			continue;
		}
		fprintf(to, ">\n\t\t\t<%s message=\"",
			cell->code == EXIT_AFFECTED ? "failure type=\"contradicted\"" :
						      "error type=\"unknown\"");
		report_print_markup(to, cell->reason);
		fputs("\"/>\n\t\t</testcase>\n", to);
	}
	fputs("\t</testsuite>\n</testsuites>\n", to);
}

static json_t *cell_to_json(const struct report_cell *cell)
{
	json_t *proof = cell->proof ? json_deep_copy(cell->proof) : json_null();

	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:i, s:s, s:s, s:o}", "name", cell->name,
			 "kernel", cell->kernel, "pages", cell->pages, "cpus", (int)cell->cpus,
			 "compiler", cell->compiler, "state", report_cell_word(cell), "exit",
			 cell->code, "reason", cell->reason, "build", cell->build, "proof", proof);
}

bool report_print_matrix_json(FILE *to, const struct report_matrix *matrix)
{
	json_t *cells = json_array(), *object;
	bool done = cells;

	for (size_t i = 0; i < matrix->count && done; i++)
		done = !json_array_append_new(cells, cell_to_json(&matrix->cells[i]));
	object = json_pack("{s:s, s:i, s:s, s:i, s:b, s:o}", "schema", "icache-ipi-matrix",
			   "version", 2, "tool", ICACHE_IPI_VERSION, "exit", matrix->code, "holds",
			   matrix->passed == matrix->count, "cells", cells);
	done = done && object && !json_dumpf(object, to, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	fputc('\n', to);
	json_decref(object);
	if (!done)
		say("the matrix cannot be written as JSON: out of memory?");
	return done;
}
