/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * edges.h: which functions are called, directly or through others, from a given one
 */
#ifndef ICACHE_IPI_EDGES_H
#define ICACHE_IPI_EDGES_H

#include "check/kernel.h"

enum { CHAIN_MAXIMUM = 6, BODIES_MAXIMUM = 64, EDGES_KEPT = 64 };

/* One direct branch that leaves a function. */
struct edge {
	uint64_t at, to;	/* offsets in the image */
	uint32_t word;
};

/* From a root to a broadcast, in order. */
struct chain {
	struct edge edges[CHAIN_MAXIMUM];
	int length;
};

/* Everything that the instructions of some functions say, whichever way their branches go. */
struct edges {
	struct chain broadcast;		/* the first one found; length 0: none */
	bool through_stranger;		/* ... by way of a function this program does not know */
	uint64_t bodies[BODIES_MAXIMUM];/* offsets of the functions read */
	int body_count;
	struct edge kept[EDGES_KEPT];	/* the first of the branches counted next */
	unsigned int count;		/* branches that leave their function */
	unsigned int unresolved;	/* of those, ones that land on no function */
	unsigned int indirect;		/* BLR, BR: targets that cannot be read */
	unsigned int probes;		/* BRK no compiler writes, and words that are no code */
	unsigned int maintenance;	/* IC instructions */
	unsigned int too_deep;		/* callees not read because of a limit */
	uint64_t odd_at;		/* the first unresolved, indirect or probe; else 0 */
};

/* Read the function at @root and, up to CHAIN_MAXIMUM deep, what it calls. */
void edges_collect(const struct kernel *kernel, uint64_t root, struct edges *edges);

/* Was the function that holds @offset one of those read? */
bool edges_read_body(const struct kernel *kernel, const struct edges *edges, uint64_t offset);

/*
 * Calls (BL, and B into the start) of the function at @target from anywhere in the text but the
 * bodies in @except (NULL: from anywhere).
 */
unsigned int callers_count(const struct kernel *kernel, uint64_t target,
			   const struct edges *except);

#endif
