/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix.h: many proofs, a cell each, as scripts/matrix leaves them in a folder
 *
 * DIR/plan has a cell a line; DIR/CELL is what scripts/proof left, report.json among it. The proof was
 * judged there: here its answer is read, and not made again.
 */
#ifndef ICACHE_IPI_REPORT_MATRIX_H
#define ICACHE_IPI_REPORT_MATRIX_H

#include "report/report.h"

/* A kernel of a proof. Words are owned by the cell's @report. */
struct report_half {
	const char *label, *fix, *code;
	enum verdict verdict;
	int cpus, lockups;
	bool complete; /* false: the numbers are missing */
	json_int_t per_huge_page, worst_ns;
};

struct report_cell {
	char name[256], kernel[160], pages[8], compiler[64], build[256];
	unsigned int cpus;
	json_t *report;	     /* report.json, checked, or NULL; owned */
	const json_t *proof; /* its answer */
	struct report_half halves[RESULTS_MAX];
	size_t halves_count;
	enum exit_code code; /* of the proof; EXIT_UNKNOWN where there is none */
	char reason[512];    /* why it does not hold */
	double guest_s;	     /* guest time of all of its workloads */
};

struct report_matrix {
	struct report_cell *cells;
	size_t count;
	size_t passed, failed,
		unknown;     /* cells; a dormant one, as it must be on one CPU, has passed */
	enum exit_code code; /* the worst of all cells */
};

/* matrix.c: reads the folder @path. False, having said why, when there is no plan in it. */
bool report_load_matrix(struct report_matrix *matrix, const char *path);
void report_release_matrix(struct report_matrix *matrix);

/* "PASS", "FAIL", "UNKNOWN" */
const char *report_cell_word(const struct report_cell *cell);

/* The last part of the kernel's path. */
const char *report_cell_kernel(const struct report_cell *cell);

/* The forms: matrix-forms.c, matrix-page.c. */
void report_print_matrix_table(FILE *to, const struct report_matrix *matrix);
void report_print_matrix_junit(FILE *to, const struct report_matrix *matrix);
bool report_print_matrix_json(FILE *to, const struct report_matrix *matrix);
void report_print_matrix_page(FILE *to, const struct report_matrix *matrix);

#endif
