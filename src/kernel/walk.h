/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * walk.h: can a function reach a broadcast, given what is known of its arguments?
 *
 * The form of the fix that was posted leaves the call in sync_icache_aliases(), behind an
 * argument; only following the argument tells that kernel from an affected one.
 */
#ifndef ICACHE_IPI_KERNEL_WALK_H
#define ICACHE_IPI_KERNEL_WALK_H

#include "kernel/edges.h"
#include "kernel/kernel.h"

/* What is known of one register. */
struct kernel_known {
	bool is;
	uint64_t value;
};

struct kernel_arguments {
	struct kernel_known x[8];
};

enum kernel_walk_result {
	WALK_CLEAN,	/* every feasible path was followed and none broadcasts */
	WALK_BROADCAST, /* a path that broadcasts */
	WALK_LOST,	/* a path led where this program cannot follow */
};

/* Follow every feasible path of the function at @root. @chain, if not NULL, gets the calls. */
enum kernel_walk_result kernel_walk(const struct kernel *kernel, uint64_t root,
				    const struct kernel_arguments *arguments,
				    struct kernel_chain *chain);

/*
 * True when every feasible path of the function at @root reaches cache maintenance before it comes
 * back: a fix that broadcasts nothing because it maintains nothing is none.
 */
bool kernel_walk_maintains(const struct kernel *kernel, uint64_t root);

/*
 * True when some path of the function at @root takes each of its branches to cache maintenance and to
 * broadcasts. One that none takes may be turned on at boot: a static key is a NOP until then.
 */
bool kernel_walk_covers(const struct kernel *kernel, uint64_t root);

/*
 * True when a path of the function at @root runs on at its end, but not into a function that is known: what
 * follows may be the rest of it, of which a label took the name. True, too, when it is too large to tell.
 */
bool kernel_walk_is_cut(const struct kernel *kernel, uint64_t root);

#endif
