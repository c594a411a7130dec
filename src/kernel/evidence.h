/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evidence.h: what was measured in a kernel's code, what its machine adds, and what follows
 */
#ifndef ICACHE_IPI_KERNEL_EVIDENCE_H
#define ICACHE_IPI_KERNEL_EVIDENCE_H

#include "kernel/edges.h"
#include "kernel/kernel.h"
#include "lib/verdict.h"

/* One thing that must hold for a verdict to be believed. */
struct kernel_control {
	const char *name;
	char found[100];
	const char *needed;
	bool holds;
	bool for_fixed_only; /* *affected* stands without it */
};

enum { CONTROLS_MAXIMUM = 12 };

/* What was measured in a kernel's code. */
struct kernel_evidence {
	struct kernel_chain chain; /* root to broadcast; length 0: there is none */
	uint64_t root_pte, root_aliases;
	struct kernel_edges pte, aliases; /* what each root reaches */
	struct kernel_control controls[CONTROLS_MAXIMUM];
	int control_count;
	bool pte_broadcasts;   /* a feasible path from a user pte to a broadcast */
	bool argument_decides; /* sync_icache_aliases() broadcasts only if told to */
};

/* What the running machine adds. All false for a file. */
struct kernel_runtime {
	bool live;
	bool vipt, one_cpu;	/* no broadcast is made, or none costs anything */
	bool mitigated;		/* our module's probe, or its branch, is in place */
	bool restored;		/* and the code is again as it was without it */
	char note[REASON_SIZE]; /* how that was seen; for the reader */
};

/* evidence.c: measures. Returns false with the reason in @why when the symbols needed are not there. */
bool kernel_evidence_gather(const struct kernel *kernel, struct kernel_evidence *evidence,
			    char why[static REASON_SIZE]);

/* judge.c: the one place where a kernel's code is called affected, or anything else. */
struct judgement kernel_judge(const struct kernel_evidence *evidence,
			      const struct kernel_runtime *runtime);

#endif
