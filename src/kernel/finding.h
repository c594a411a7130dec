/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * finding.h: what was found out about one kernel, in words and numbers, kept after it is gone
 */
#ifndef ICACHE_IPI_KERNEL_FINDING_H
#define ICACHE_IPI_KERNEL_FINDING_H

#include "kernel/evidence.h"
#include "kernel/tree.h"

enum { NAME_SIZE = 64, STEPS_MAXIMUM = EDGES_KEPT };

/* One branch, as --explain shows it and objdump can confirm it. */
struct kernel_step {
	char from[NAME_SIZE]; /* function and offset: "sync_icache_aliases+0x54" */
	char to[NAME_SIZE];   /* function, or an address where there is none */
	uint64_t address, target;
	uint32_t word;
};

struct kernel_finding {
	char container[64]; /* "deb, gzip, Image" */
	uint64_t unread;    /* bytes of the package behind the last kernel that it lists */
	struct judgement judgement;
	struct kernel_runtime runtime;
	const char *method;	     /* "code", "source", or NULL when nothing was measured */
	bool is_tree;		     /* judged as a source tree, even if it is none */
	enum kernel_tree_state tree; /* of a source tree */
	const char *symbols_from;
	size_t symbol_count;
	char build_id[41], banner[160];
	struct kernel_step chain[CHAIN_MAXIMUM];
	int chain_length;
	struct kernel_step steps[STEPS_MAXIMUM];
	int step_count;
	struct kernel_control controls[CONTROLS_MAXIMUM];
	int control_count;
};

/* Say that the kernel is *unknown*, and why. */
void kernel_finding_unknown(struct kernel_finding *finding, const char *why);

/* Measure @kernel and judge it on the machine described by @runtime. */
void kernel_finding_judge(struct kernel_finding *finding, const struct kernel *kernel,
			  const struct kernel_runtime *runtime);

/* Read and judge the source tree at @path. */
void kernel_finding_judge_tree(struct kernel_finding *finding, const char *path);

/* The state of the code in the words for trees: kernel_tree_words[]. */
const char *kernel_finding_state(const struct kernel_finding *finding);

#endif
