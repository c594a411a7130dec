/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * branch.h: what runs in place of the call that broadcasts, and what it counts
 *
 * It runs once for each page that is made executable, so each instruction here is one more of some
 * 700 that the page costs. Kbuild lets the compiler end branch.c's functions in a jump, without a
 * frame, as the kernel itself does not.
 */
#ifndef ICACHE_IPI_BRANCH_H
#define ICACHE_IPI_BRANCH_H

#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/types.h>

/* Pages whose broadcast did not happen, and how many bytes of them were flushed instead. */
struct branch_hits {
	unsigned long count, bytes;
};

DECLARE_PER_CPU(struct branch_hits, branch_hits);

/* Side by side, because all calls read them and nobody writes. */
struct branch_state {
	/* A VIPT I-cache anywhere: the kernel does not broadcast then, nor flush by range. */
	int vipt;
	/* __flush_icache_range(); NULL: the kernel has flushed already, nothing is to do. */
	void (*flush)(unsigned long start, unsigned long end);
	/* What was called: sync_icache_aliases(), or kick_all_cpus_sync(), that being inlined. */
	void (*original)(unsigned long kaddr, unsigned long len);
};

extern struct branch_state branch_state;

/*
 * User ptes are set under the lock of their page table, and never by an interrupt's handler. Where
 * nobody can take this CPU, plain additions lose nothing, and cost less than this_cpu_add(), which
 * is an atomic loop each time. Who comes here otherwise (trial.c, PREEMPT_RT) pays for that. Both
 * numbers are read before one is written, at one address that the compiler cannot take apart: that
 * makes them one load and one store of a pair.
 */
static __always_inline void branch_count(unsigned long bytes)
{
	if (likely(!preemptible())) {
		struct branch_hits *ours = raw_cpu_ptr(&branch_hits);
		unsigned long count, sum;

		OPTIMIZER_HIDE_VAR(ours);
		count = ours->count + 1;
		sum = ours->bytes + bytes;
		ours->count = count;
		ours->bytes = sum;
	} else {
		this_cpu_inc(branch_hits.count);
		this_cpu_add(branch_hits.bytes, bytes);
	}
}

void branch_flush(unsigned long kaddr, unsigned long len);
void branch_skip(unsigned long kaddr, unsigned long len);

#endif
