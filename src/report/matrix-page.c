// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-page.c: a matrix as one HTML page: a table of proofs that leads to their own pages
 *
 * Numbers and pictures are on those. Host time is on none: equal results give equal bytes.
 */
#include "report/frame.h"
#include "report/matrix.h"
#include "report/text.h"

/* The colour and the sign of an answer, and the way to the proof's own page where there is one. */
static void print_answer(FILE *to, const struct report_cell *cell)
{
	static const char *const looks[] = {
		[EXIT_GOOD] = "fixed\">\xe2\x9c\x93 PASS",
		[EXIT_DORMANT] = "dormant\">\xe2\x97\x8b DORMANT",
		[EXIT_AFFECTED] = "affected\">\xe2\x9c\x97 FAIL",
		[EXIT_UNKNOWN] = "unknown\">? UNKNOWN",
	};

	fputs("<td data-of=\"Proof\">", to);
	if (cell->proof) {
		fputs("<a href=\"", to);
		report_print_markup(to, cell->name);
		fprintf(to, "/report.html\" class=\"badge %s</a></td>", looks[cell->code]);
	} else {
		fprintf(to, "<span class=\"badge %s</span></td>", looks[cell->code]);
	}
}

/* What the proof says, a line each; without one, why there is none. */
static void print_found(FILE *to, const struct report_cell *cell)
{
	const json_t *line;
	size_t i;

	fputs("<td>", to);
	if (!cell->proof)
		report_print_bdi(to, cell->reason);
	json_array_foreach(json_object_get(cell->proof, "lines"), i, line) {
		fputs(i ? "<br>" : "", to);
		report_print_bdi(to, json_string_value(json_object_get(line, "text")));
	}
	fputs("</td></tr>\n", to);
}

static void print_cell(FILE *to, const struct report_cell *cell)
{
	fputs("<tr><th scope=\"row\">", to);
	report_print_bdi(to, report_cell_kernel(cell));
	fputs("</th><td data-of=\"Pages\">", to);
	report_print_markup(to, cell->pages);
	fputs("</td><td data-of=\"Compiler\">", to);
	report_print_bdi(to, cell->compiler);
	fputs("</td>", to);
	report_print_number(to, "CPUs", "%u", cell->cpus);
	print_answer(to, cell);
	print_found(to, cell);
}

void report_print_matrix_page(FILE *to, const struct report_matrix *matrix)
{
	const char *answer = matrix->passed == matrix->count ? "PASS" : "FAIL";
	char title[128];

	snprintf(title, sizeof(title), "%s: %zu of %zu proofs", answer, matrix->passed,
		 matrix->count);
	report_open_page(to, title);
	report_open_answer(to, matrix->code, answer);
	fprintf(to, "<p>%zu of %zu proofs as expected; %zu failed, %zu unknown</p>\n</div>\n",
		matrix->passed, matrix->count, matrix->failed, matrix->unknown);
	fputs("<nav aria-label=\"Sections\"><a href=\"#proofs\">Proofs</a></nav>\n</header>\n"
	      "<section id=\"proofs\">\n<h2>Proofs</h2>\n"
	      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Proofs\">"
	      "<table class=\"cards\">\n<thead><tr><th scope=\"col\">Kernel</th>"
	      "<th scope=\"col\">Pages</th><th scope=\"col\">Compiler</th>"
	      "<th scope=\"col\" class=\"n\">CPUs</th><th scope=\"col\">Proof</th>"
	      "<th scope=\"col\">Found</th></tr></thead>\n<tbody>\n",
	      to);
	for (size_t i = 0; i < matrix->count; i++)
		print_cell(to, &matrix->cells[i]);
	fputs("</tbody></table></div>\n<p class=\"note\">Each answer leads to the page of its proof. "
	      "<b>PASS</b>: the kernel is affected without the fix, and fixed with it. "
	      "<b>DORMANT</b>: one CPU has no other to interrupt.</p>\n</section>\n",
	      to);
	report_close_page(to);
}
