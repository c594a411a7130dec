/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edges.h: which functions are called, directly or through others, from a given one
 */
#ifndef ICACHE_IPI_KERNEL_EDGES_H
#define ICACHE_IPI_KERNEL_EDGES_H

#include "kernel/kernel.h"

enum { CHAIN_MAXIMUM = 6, BODIES_MAXIMUM = 64, EDGES_KEPT = 64 };

/* One direct branch that leaves a function. */
struct kernel_edge {
	uint64_t at, to; /* offsets in the image */
	uint32_t word;
};

/* From a root to a broadcast, in order. */
struct kernel_chain {
	struct kernel_edge edges[CHAIN_MAXIMUM];
	int length;
};

/* Everything that the instructions of some functions say, whichever way their branches go. */
struct kernel_edges {
	bool broadcasts;		 /* calls lead to a broadcast */
	bool strangers_broadcast;	 /* ... some of them made by a function not known here */
	uint64_t bodies[BODIES_MAXIMUM]; /* offsets of the functions read */
	int body_count;
	struct kernel_edge kept[EDGES_KEPT]; /* the first of the branches counted next */
	unsigned int count;		     /* branches that leave their function */
	unsigned int unresolved;  /* of those, ones that land on no function, and unknown ones */
	unsigned int indirect;	  /* BLR, BR: targets that cannot be read */
	unsigned int probes;	  /* BRK no compiler writes, and words that are no code */
	unsigned int maintenance; /* IC instructions */
	unsigned int too_deep;	  /* callees not read because of a limit */
	uint64_t odd_at;	  /* the first unresolved, indirect or probe; else 0 */
};

/* Read the function at @root and, up to CHAIN_MAXIMUM deep, what it calls. */
void kernel_edges_collect(const struct kernel *kernel, uint64_t root, struct kernel_edges *edges);

/* Was the function that holds @offset one of those read? */
bool kernel_edges_read_body(const struct kernel *kernel, const struct kernel_edges *edges,
			    uint64_t offset);

/*
 * Calls (BL, and B into the start) of the function at @target from anywhere in the text but the
 * bodies in @except (NULL: from anywhere).
 */
unsigned int kernel_callers_count(const struct kernel *kernel, uint64_t target,
				  const struct kernel_edges *except);

#endif
