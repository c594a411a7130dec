// SPDX-License-Identifier: GPL-2.0-only
/*
 * branch.c: the functions that the rewritten call goes to
 */
#include "branch.h"
#include "compat.h"

/*
 * Each of these functions has a mark of 16 characters where no page passes but on VIPT. By it
 * icache-ipi-check and icache-ipi-triage know in a dump of memory whose function the kernel calls
 * (src/kernel/rerouted.c).
 */

DEFINE_PER_CPU(struct branch_hits, branch_hits);
struct branch_state branch_state;

/* In place of sync_icache_aliases(). Context: as its callers, any. */
__nocfi void branch_flush(unsigned long kaddr, unsigned long len)
{
	if (unlikely(READ_ONCE(branch_state.vipt))) {
		asm volatile("b 1f\n\t.ascii \"icache ipi flush\"\n1:");
		branch_state.original(kaddr, len);
		return;
	}
	branch_count(len);
	branch_state.flush(kaddr, kaddr + len);
}

/* In place of kick_all_cpus_sync(), behind a flush. It takes no arguments, and gives none on. */
__nocfi void branch_skip(unsigned long kaddr, unsigned long len)
{
	if (unlikely(READ_ONCE(branch_state.vipt))) {
		asm volatile("b 1f\n\t.ascii \"icache ipi skip!\"\n1:");
		branch_state.original(kaddr, len);
		return;
	}
	branch_count(0);
}
