/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trial.h: is the running kernel affected? It is tried, not read
 *
 * Which branches of which functions lead to an interrupt depends on arguments, on compilers and on
 * vendors' patches. A page of our own, sent through __sync_icache_dcache() as set_pte_at() would,
 * while a probe watches kick_all_cpus_sync(), answers without any of that.
 */
#ifndef ICACHE_IPI_TRIAL_H
#define ICACHE_IPI_TRIAL_H

#include <linux/mm.h>
#include <linux/sched.h>

#include <asm/cacheflush.h>
#include <asm/pgtable.h>

#include "code.h"
#include "compat.h"

static struct task_struct *trial_task;
static unsigned int trial_count;

static int trial_seen(struct kprobe *probe, struct pt_regs *regs)
{
	if (current == trial_task)
		trial_count++;
	return 0;
}

NOKPROBE_SYMBOL(trial_seen);

/**
 * trial_broadcasts() - what does one user executable pte cost?
 * @sync_function: __sync_icache_dcache()
 * @kick_function: kick_all_cpus_sync()
 *
 * The page goes through twice: the first time it is not clean, the second time it is.
 *
 * Context: may sleep; one caller at a time.
 * Return: broadcasts (1 on an affected kernel, 0 on a fixed one), or a negative error.
 */
static __nocfi int trial_broadcasts(const struct code_function *sync_function,
				    const struct code_function *kick_function)
{
	void (*sync_icache_dcache)(pte_t pte) = (void *)sync_function->start;
	struct kprobe watch = {
		.addr = (kprobe_opcode_t *)kick_function->start, .pre_handler = trial_seen,
	};
	struct page *page = alloc_page(GFP_KERNEL);
	int error;

	if (!page)
		return -ENOMEM;
	error = register_kprobe(&watch);
	if (!error) {
		const pte_t pte = pfn_pte(page_to_pfn(page), __pgprot(0));

		/* Clears PG_dcache_clean, should the page have it. */
		flush_dcache_page(page);
		trial_count = 0;
		trial_task = current;
		sync_icache_dcache(pte);
		sync_icache_dcache(pte);
		trial_task = NULL;
		unregister_kprobe(&watch);
	}
	__free_page(page);
	return error ? error : trial_count;
}

#endif
