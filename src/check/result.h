/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * result.h: one answer about one kernel, in words and numbers, kept after the kernel is gone
 */
#ifndef ICACHE_IPI_RESULT_H
#define ICACHE_IPI_RESULT_H

#include "check/verdict.h"

enum { NAME_SIZE = 64, STEPS_MAXIMUM = EDGES_KEPT };

/* One branch, as --explain shows it and objdump can confirm it. */
struct step {
	char from[NAME_SIZE];	/* function and offset: "sync_icache_aliases+0x54" */
	char to[NAME_SIZE];	/* function, or an address where there is none */
	uint64_t address, target;
	uint32_t word;
};

struct result {
	struct result *next;		/* of the same input */
	char *path;			/* what the user named */
	char *member;			/* inside a package, or NULL */
	char container[64];		/* "deb, gzip, Image" */
	struct judgement judgement;
	struct runtime runtime;
	const char *method;		/* "code", "source", or NULL when nothing was measured */
	bool is_tree;			/* judged as a source tree, even if it is none */
	const char *symbols_from;
	size_t symbol_count;
	char build_id[41], banner[160];
	struct step chain[CHAIN_MAXIMUM];
	int chain_length;
	struct step steps[STEPS_MAXIMUM];
	int step_count;
	struct control controls[CONTROLS_MAXIMUM];
	int control_count;
};

/* A new result, *unknown* until something is measured, at the end of *@list. Never NULL. */
struct result *result_new(struct result **list, const char *path, const char *member);
void results_free(struct result *list);

/* Say that the result is *unknown*, and why. */
void result_unknown(struct result *result, const char *why);

/* Measure @kernel and judge it on the machine described by @runtime. */
void result_judge_kernel(struct result *result, const struct kernel *kernel,
			 const struct runtime *runtime);

#endif
