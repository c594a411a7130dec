/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check.h: what the files of icache-ipi-check share
 */
#ifndef ICACHE_IPI_CHECK_CHECK_H
#define ICACHE_IPI_CHECK_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "kernel/finding.h"

/* One kernel of what the user named, and what was found out about it. */
struct check_answer {
	struct check_answer *next; /* of the same input */
	char *path;		   /* what the user named */
	char *member;		   /* inside a package, or NULL */
	struct kernel_finding finding;
};

struct check_options {
	const char *map; /* text of the System.map given, or NULL */
	size_t map_size;
	const char *root; /* where proc, sys and boot are; "" for this machine's */
};

/* answer.c: a new one, *unknown* until something is measured, at the end of *@list. Never NULL. */
struct check_answer *check_answer_new(struct check_answer **list, const char *path,
				      const char *member);
void check_answers_free(struct check_answer *list);

/*
 * input.c: judges the file, package or source tree at @path; at least one answer, at the end of
 * *@list.
 */
void check_input(const char *path, const struct check_options *options, struct check_answer **list);

/* live.c: judges the kernel that runs (or the one options->root describes): one answer. */
void check_live(const struct check_options *options, struct check_answer **list);

/* print.c: a few lines per answer; with @explain also every instruction and every control. */
void check_print_text(FILE *to, const struct check_answer *answer, bool explain);
/* One line and nothing else, as Nagios and its kin read it; the exit code says the rest. */
void check_print_nagios(FILE *to, const struct check_answer *answers, enum exit_code code);

/* json.c: one line, docs/schemas/icache-ipi-check.schema.json. False when out of memory. */
bool check_print_json(FILE *to, const struct check_answer *answer);

/*
 * prometheus.c: a textfile for node_exporter's collector at @path, replaced in one step. False with
 * the reason in @why.
 */
bool check_print_prometheus(const char *path, const struct check_answer *answers,
			    char why[static REASON_SIZE]);

#endif
