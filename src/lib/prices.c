// SPDX-License-Identifier: GPL-2.0-only
/*
 * prices.c: the price list
 *
 * A broadcast happens when set_pte_at() makes a page executable for user space whose
 * PG_dcache_clean is not set yet (arch/arm64/mm/flush.c, __sync_icache_dcache). The flag is one per
 * struct page, and a huge fault sets it on the head page alone.
 */
#include <string.h>

#include "lib/prices.h"

const char *const code_names[CODES] = {
	[CODE_AFFECTED] = "affected",
	[CODE_POSTED] = "posted",
	[CODE_MERGED] = "merged",
};

static const struct price prices[] = {
	/* step		  affected    posted	merged */
	{ "membarrier", { { 1, 0 },  { 1, 0 }, { 1, 0 } },
	  "kernel/sched/membarrier.c: one IPI to each CPU that runs a thread of the process" },
	{ "fault",	{ { 1, 0 },  { 0, 0 }, { 0, 0 } },
	  "mm/huge_memory.c, __do_huge_pmd_anonymous_page: set_pmd_at() marks the head page" },
	{ "split",	{ { -1, 1 }, { 0, 0 }, { 0, 0 } },
	  "mm/huge_memory.c, __split_huge_pmd_locked: one set_pte_at() per page but the head" },
};

const struct price *price_find(const char *step)
{
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		if (!strcmp(prices[i].step, step))
			return &prices[i];
	return NULL;
}

uint64_t price_broadcasts(const struct price *price, enum code code, uint64_t operations,
			  uint64_t ptes)
{
	return operations * (price->code[code].each + price->code[code].per_pte * ptes);
}
