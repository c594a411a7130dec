// SPDX-License-Identifier: GPL-2.0-only
/*
 * trial.c: sends a page through __sync_icache_dcache() and counts what it costs
 *
 * A zero proves something only with a positive control: first the trial calls kick_all_cpus_sync()
 * itself, and both probes must see it. Kprobes that are switched off (debugfs kprobes/enabled) are
 * registered all the same, and see nothing.
 */
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <asm/cacheflush.h>
#include <asm/pgtable.h>

#include "compat.h"
#include "trial.h"

struct code_function trial_functions[TRIAL_FUNCTIONS] = {
	[TRIAL_SYNC] = { .name = "__sync_icache_dcache" },
	[TRIAL_KICK] = { .name = "kick_all_cpus_sync" },
	[TRIAL_SEND] = { .name = "smp_call_function_many" },
	[TRIAL_SEND_COND] = { .name = "smp_call_function_many_cond" },
	[TRIAL_ALIASES] = { .name = "sync_icache_aliases" },
	[TRIAL_FLUSH] = { .name = "__flush_icache_range" },
	[TRIAL_ICACHE] = { .name = "__icache_flags" },
};

/* Those that are watched are neighbours in the table. */
#define TRIAL_WATCHES (TRIAL_SEND_COND - TRIAL_KICK + 1)

struct trial_watch {
	struct kprobe probe;
	unsigned int count;
};

static struct trial_watch trial_watches[TRIAL_WATCHES];
static struct task_struct *trial_task;

static int trial_seen(struct kprobe *probe, struct pt_regs *regs)
{
	if (current == trial_task)
		container_of(probe, struct trial_watch, probe)->count++;
	return 0;
}

NOKPROBE_SYMBOL(trial_seen);

/**
 * trial_find() - look up trial_functions[]
 *
 * Context: may sleep.
 * Return: 0, also when some are not there, whose .start is 0 then; -EPERM when kprobes are
 * forbidden (lockdown); or what else register_kprobe() says.
 */
int trial_find(void)
{
	const int error = code_find_all(trial_functions, TRIAL_FUNCTIONS);

	return error == -ENOENT ? 0 : error;
}

/* Has the kernel found a VIPT I-cache on any CPU it has booted (ICACHEF_ALIASING)? */
bool trial_icache_is_vipt(void)
{
	const unsigned long flags = trial_functions[TRIAL_ICACHE].start;

	return flags && (READ_ONCE(*(unsigned long *)flags) & 1);
}

static unsigned int trial_sends(void)
{
	return trial_watches[TRIAL_SEND - TRIAL_KICK].count +
	       trial_watches[TRIAL_SEND_COND - TRIAL_KICK].count;
}

static void trial_clear(void)
{
	size_t i;

	for (i = 0; i < TRIAL_WATCHES; i++)
		trial_watches[i].count = 0;
}

/* With the probes armed. The page goes through twice: first it is not clean, then it is. */
static __nocfi int trial_run(struct page *page)
{
	void (*sync_icache_dcache)(pte_t pte) = (void *)trial_functions[TRIAL_SYNC].start;
	const pte_t pte = pfn_pte(page_to_pfn(page), __pgprot(0));
	unsigned int kicks;
	size_t i;

	/* Clears PG_dcache_clean, should the page have it. */
	flush_dcache_page(page);
	trial_clear();
	trial_task = current;
	kick_all_cpus_sync();
	kicks = trial_watches[0].count;
	if (kicks != 1 || !trial_sends()) {
		trial_task = NULL;
		return -ENXIO;
	}
	trial_clear();
	sync_icache_dcache(pte);
	sync_icache_dcache(pte);
	trial_task = NULL;
	for (i = 0; i < TRIAL_WATCHES; i++)
		if (trial_watches[i].probe.nmissed)
			return -EAGAIN;
	kicks = trial_watches[0].count;
	return !kicks && trial_sends() ? -EOPNOTSUPP : kicks;
}

/**
 * trial_broadcasts() - what does one user executable pte cost?
 *
 * trial_find() has found TRIAL_SYNC and TRIAL_KICK.
 *
 * Context: may sleep; one caller at a time.
 * Return: broadcasts (1 on an affected kernel, 0 on a fixed one); -ENXIO when the probes did not
 * see a broadcast of our own; -EAGAIN when a probe was missed; -EOPNOTSUPP when all CPUs were
 * interrupted by another function; or what else went wrong.
 */
int trial_broadcasts(void)
{
	struct kprobe *registered[TRIAL_WATCHES];
	struct page *page = alloc_page(GFP_KERNEL);
	int count = 0, result = 0;
	size_t i;

	if (!page)
		return -ENOMEM;
	memset(trial_watches, 0, sizeof(trial_watches));
	for (i = 0; i < TRIAL_WATCHES && !result; i++) {
		struct kprobe *probe = &trial_watches[i].probe;

		if (!trial_functions[TRIAL_KICK + i].start)
			continue;
		probe->addr = (kprobe_opcode_t *)trial_functions[TRIAL_KICK + i].start;
		probe->pre_handler = trial_seen;
		result = register_kprobe(probe);
		if (!result)
			registered[count++] = probe;
	}
	if (!result)
		result = trial_run(page);
	if (count)
		unregister_kprobes(registered, count);
	__free_page(page);
	return result;
}

/* The word for an error of trial_broadcasts(). */
enum refusal trial_refusal(int error)
{
	switch (error) {
	case -ENXIO:
		return REFUSAL_NO_PROBES;
	case -EAGAIN:
		return REFUSAL_MISSED;
	case -EOPNOTSUPP:
		return REFUSAL_OTHER_BROADCAST;
	default:
		return REFUSAL_ERROR;
	}
}

/* The same in a sentence. */
const char *trial_explain(int error)
{
	switch (error) {
	case -ENXIO:
		return "probes do not see a broadcast of our own: is debugfs kprobes/enabled 0?";
	case -EAGAIN:
		return "a probe was missed while this kernel was tried: try again";
	case -EOPNOTSUPP:
		return "this kernel interrupts all CPUs, but not by kick_all_cpus_sync()";
	default:
		return "this kernel could not be tried";
	}
}
