/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prices.h: what an operation costs in broadcasts, per form. The one table that the workload,
 * the report and the tests compare with.
 */
#ifndef ICACHE_IPI_LIB_PRICES_H
#define ICACHE_IPI_LIB_PRICES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/form.h"

/* So many for each operation, and so many for each pte of the page, or pages, it works on. */
struct cost {
	int each;
	int per_pte;
};

/* What one step costs. A kernel carries one of the forms; the maintenance is the same in all. */
struct price {
	const char *step;
	struct cost broadcasts[FORMS]; /* kick_all_cpus_sync() */
	struct cost maintenances;      /* __flush_icache_range() */
	bool huge;		       /* works on pages that must be proven huge */
	bool kernel_text;	       /* how often kernel text is maintained is not the price's */
	const char *source;	       /* why: the kernel's function */
};

/* The price of @step, or NULL when the list has no such step. */
const struct price *price_find(const char *step);

/* @cost of @operations operations, each on @ptes ptes. */
uint64_t price_total(const struct cost *cost, uint64_t operations, uint64_t ptes);

/* Broadcasts of @operations operations on a kernel of @form. */
uint64_t price_broadcasts(const struct price *price, enum form form, uint64_t operations,
			  uint64_t ptes);

#endif
