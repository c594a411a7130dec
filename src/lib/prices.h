/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * prices.h: what an operation costs in broadcasts, per code. The one table that the workload,
 * the report and the tests compare with.
 */
#ifndef ICACHE_IPI_PRICES_H
#define ICACHE_IPI_PRICES_H

#include <stdint.h>

/* The three codes a kernel can carry: no fix, the fix as posted, the fix as merged. */
enum code {
	CODE_AFFECTED,
	CODE_POSTED,
	CODE_MERGED,
	CODES
};

extern const char *const code_names[CODES];

/* A price in broadcasts: each + per_pte x (ptes of the page the operation works on). */
struct price {
	const char *step;
	struct {
		int each;
		int per_pte;
	} code[CODES];
	const char *source;	/* why: kernel function, or the measurement */
};

/* The price of @step, or NULL when the list has no such step. */
const struct price *price_find(const char *step);

/* Broadcasts of @operations operations, each on a page of @ptes ptes. */
uint64_t price_broadcasts(const struct price *price, enum code code, uint64_t operations,
			  uint64_t ptes);

#endif
