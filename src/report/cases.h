/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cases.h: a result as test cases, for the forms that other programs read
 */
#ifndef ICACHE_IPI_REPORT_CASES_H
#define ICACHE_IPI_REPORT_CASES_H

#include "report/report.h"

enum report_case_state {
	CASE_PASSED,
	CASE_FAILED,
	CASE_EXPECTED, /* fails, and is meant to: the affected half of a proof */
	CASE_SKIPPED,
	CASE_TIMEOUT,
	CASE_ERROR, /* nothing was proven */
	CASE_STATES
};

struct report_case {
	char name[96];
	enum report_case_state state;
	char message[512]; /* why; may be empty for CASE_PASSED */
	uint64_t ns;	   /* the slowest operation, guest time */
};

/* The verdict, then every row, then what was not run. */
#define CASES_MAX (1 + RESULT_ROWS_MAX + RESULT_SKIPS_MAX)

/* Fills @cases, at least CASES_MAX of them, from the result at @index; returns how many. */
size_t report_list_cases(const struct report *report, size_t index, struct report_case *cases);

/* A proof as a whole. */
enum report_case_state report_proof_state(const struct report_proof *proof);

/* "4.19.19 on 64 CPUs", cut to @size. */
void report_name_result(const struct result *result, char *name, size_t size);

#endif
