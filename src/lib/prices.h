/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prices.h: what an operation costs in broadcasts, per code. The one table that the workload,
 * the report and the tests compare with.
 */
#ifndef ICACHE_IPI_PRICES_H
#define ICACHE_IPI_PRICES_H

#include <stdbool.h>
#include <stdint.h>

/* The three codes a kernel can carry: no fix, the fix as posted, the fix as merged. */
enum code {
	CODE_AFFECTED,
	CODE_POSTED,
	CODE_MERGED,
	CODES
};

extern const char *const code_names[CODES];

/* So many for each operation, and so many for each pte of the page, or pages, it works on. */
struct cost {
	int each;
	int per_pte;
};

/* What one step costs. A kernel carries one of the codes; the maintenance is the same in all. */
struct price {
	const char *step;
	struct cost broadcasts[CODES];	/* kick_all_cpus_sync() */
	struct cost maintenances;	/* __flush_icache_range() */
	bool huge;			/* works on pages that must be proven huge */
	bool kernel_text;		/* how often kernel text is maintained is not the price's */
	const char *source;		/* why: the kernel's function */
};

/* The price of @step, or NULL when the list has no such step. */
const struct price *price_find(const char *step);

/* @cost of @operations operations, each on @ptes ptes. */
uint64_t price_total(const struct cost *cost, uint64_t operations, uint64_t ptes);

/* Broadcasts of @operations operations on a kernel with @code. */
uint64_t price_broadcasts(const struct price *price, enum code code, uint64_t operations,
			  uint64_t ptes);

#endif
