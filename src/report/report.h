/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * report.h: what a report is made of, and its forms. Everything that is printed comes from one
 * struct report; each form is one file that prints it.
 */
#ifndef ICACHE_IPI_REPORT_REPORT_H
#define ICACHE_IPI_REPORT_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "lib/exit.h"
#include "result/result.h"

#define RESULTS_MAX 64

/* What a line of the table and the verdict of a proof are made of. */
struct report_summary {
	bool complete;		/* false: only @lockups and @control_lockups are filled */
	uint64_t per_huge_page; /* IPIs of fault and split, one CPU at a time */
	double per_pte_and_cpu;
	unsigned int at_once; /* CPUs at once in the row with the most of them */
	uint64_t burst_ipis;  /* of all pages in that row */
	uint64_t worst_ns;    /* split, same row */
	unsigned int lockups;
	bool control_lockups;
};

/* Runs of one kernel: results with the same label, fix and build-id, in order of appearance. */
struct report_kernel {
	size_t runs[RESULTS_MAX]; /* indices of results */
	size_t runs_count;
	size_t widest;	/* the run with the most CPUs: it stands for the kernel */
	size_t busiest; /* the one with the most CPUs at once in a burst */
};

/* One line of the answer: PASS or FAIL and why. */
struct report_line {
	bool pass;
	char text[512];
};

struct report_proof {
	bool asked;
	enum exit_code code;
	struct report_line lines[RESULTS_MAX];
	size_t lines_count;
};

struct report {
	struct result results[RESULTS_MAX];
	struct report_summary summaries[RESULTS_MAX];
	json_t *censuses[RESULTS_MAX]; /* array, checked by report_load_census(), or NULL; owned */
	size_t count;
	json_t *triage[RESULTS_MAX]; /* answers of icache-ipi-triage, checked: incidents.h; owned */
	size_t triaged;
	struct report_kernel kernels[RESULTS_MAX];
	size_t kernels_count;
	struct report_proof proof;
	enum exit_code code; /* the worst verdict; of the proof, if one was asked for */
};

/*
 * summary.c: reads @paths into @report: results, and what icache-ipi-triage --json printed. False, having said
 * why, when one cannot be read, or when there is no result.
 */
bool report_load(struct report *report, char **paths, size_t count);
void report_release(struct report *report);

/* The row of @step with @at_once CPUs at work, or NULL. More than one at once: scenario "burst". */
const struct row *report_find_row(const struct result *result, const char *step, uint64_t at_once);

/*
 * The row of @kernel that measured the same as @row, in its widest run or else in the first that
 * has it, and the result it is from in *@result; NULL when there is none.
 */
const struct row *report_find_kernel_row(const struct report *report,
					 const struct report_kernel *kernel, const struct row *row,
					 const struct result **result);

/*
 * Every row that any result has, each once, in order of appearance, those of one scenario together.
 * Returns how many.
 */
#define ROWS_MAX (RESULTS_MAX * RESULT_ROWS_MAX)
size_t report_list_rows(const struct report *report, const struct row *rows[ROWS_MAX]);

/* The codes whose price @row of @result costs, as bits 1 << enum form. 0 also on a single CPU. */
unsigned int report_row_fits(const struct result *result, const struct row *row);

/* Broadcasts @row cost per operation, beside its control; from the IPIs where no kprobe counted. */
double report_row_broadcasts(const struct result *result, const struct row *row);

/* The form of the fix that the rows of any run of @kernel tell: "posted", "merged", or "". */
const char *report_kernel_form(const struct report *report, const struct report_kernel *kernel);

/*
 * What a kernel is called in pictures, where each word has its colour: the verdict of its widest
 * run; of a fixed one the code "posted" or "merged" that the rows of any run tell, or else the fix
 * that the caller named.
 */
const char *report_kernel_kind(const struct report *report, const struct report_kernel *kernel);

/* The kernel that the result of @index is a run of. */
const struct report_kernel *report_kernel_of(const struct report *report, size_t index);

/* True for a run without a burst of a kernel that has one with: it has no line of its own. */
bool report_is_witness(const struct report *report, size_t index);

/* proof.c: what the result of @index has to be, affected or fixed. */
bool report_wants_affected(const struct report *report, size_t index);

/* Why the half of @index fails the proof, or NULL. The first must be affected. */
const char *report_half_defect(const struct report *report, size_t index);

/* "PASS", "FAIL", or "DORMANT" where one CPU leaves nothing to prove: of @proof, or of a line of it. */
const char *report_proof_word(const struct report_proof *proof, bool pass);

/* Judges what was loaded as a proof: fills @report's proof, whose code becomes the report's. */
void report_judge_proof(struct report *report);

/* The forms. */
void report_print_table(FILE *to, const struct report *report, bool rows);
void report_print_ktap(FILE *to, const struct report *report);
void report_print_junit(FILE *to, const struct report *report);
void report_print_page(FILE *to, const struct report *report);

/* False, having said why not. */
bool report_print_json(FILE *to, const struct report *report);

#endif
