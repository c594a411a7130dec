// SPDX-License-Identifier: GPL-2.0-only
/*
 * inject.c: puts the broadcast back where a fixed kernel maintains the caches of an executable page
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>

#include <asm/pgtable.h>

#include "code.h"
#include "compat.h"
#include "refuse.h"
#include "repro.h"
#include "trial.h"

/* A call that is replaced, and by what. */
struct inject_site {
	struct code_edge edge;
	struct kprobe probe;
	void *instead;
};

/* The call that maintains the caches, and, where there are any, those that begin to split a pmd. */
#define INJECT_SITES 4
static struct inject_site inject_sites[INJECT_SITES];
static size_t inject_site_count;
static atomic_t inject_budget, inject_inside, inject_skipped;
static atomic_long_t inject_broadcasts;

static void inject_broadcast(void)
{
	/* Here, not in the worker that polls: the bound holds however late that comes to run. */
	if (run_is_over() || atomic_dec_if_positive(&inject_budget) < 0)
		return;
	kick_all_cpus_sync();
	atomic_long_inc(&inject_broadcasts);
}

/* In place of the call that maintains the caches, in its caller's context, with its arguments. */
static __nocfi void inject_maintain(unsigned long first, unsigned long second, unsigned long third)
{
	void (*original)(unsigned long first, unsigned long second, unsigned long third) =
		(void *)inject_sites[0].edge.to;

	original(first, second, third);
	inject_broadcast();
	atomic_dec(&inject_inside);
}

/* In place of the pmdp_invalidate() of a split, under the pmd lock: all pages but the first. */
static __nocfi unsigned long inject_split(unsigned long vma, unsigned long address,
					  unsigned long pmdp)
{
	unsigned long (*original)(unsigned long vma, unsigned long address, unsigned long pmdp) =
		(void *)inject_sites[1].edge.to;
	const unsigned long pmd = original(vma, address, pmdp);
	unsigned int i;

	if (!(pmd & PTE_UXN))
		for (i = 1; i < PTRS_PER_PTE; i++)
			inject_broadcast();
	atomic_dec(&inject_inside);
	return pmd;
}

/* Runs in the debug exception: interrupts are off here, but not necessarily where it was taken. */
static int inject_reroute(struct kprobe *probe, struct pt_regs *regs)
{
	const struct inject_site *site = container_of(probe, struct inject_site, probe);

	if (!interrupts_enabled(regs)) {
		atomic_inc(&inject_skipped);
		return 0;
	}
	if (atomic_read(&inject_budget) <= 0)
		return 0;
	atomic_inc(&inject_inside);
	if (site->edge.link)
		regs->regs[30] = site->edge.at + CODE_INSN_SIZE;
	instruction_pointer_set(regs, (unsigned long)site->instead);
	return 1;
}

NOKPROBE_SYMBOL(inject_reroute);

/* The one call in @function to the first of @targets that it calls. */
static int inject_add_site(const struct code_function *function,
			   const struct code_function *targets, size_t count, void *instead)
{
	struct inject_site *site = &inject_sites[inject_site_count];
	struct code_change change;
	size_t i;

	if (code_is_changed(function, &change))
		return refuse(pr_err, REFUSAL_CHANGED, -EBUSY,
			      "%s() is not as it was compiled: %s", function->name, change.what);
	for (i = 0; i < count; i++) {
		memset(site, 0, sizeof(*site));
		if (!targets[i].start ||
		    code_edges_to(function, targets[i].start, &site->edge) != 1)
			continue;
		site->probe.addr = (kprobe_opcode_t *)site->edge.at;
		site->probe.pre_handler = inject_reroute;
		site->instead = instead;
		inject_site_count++;
		return 0;
	}
	return -ENOENT;
}

/* The call in __sync_icache_dcache() that maintains the caches, by its names since 4.19. */
static int inject_find_maintenance(const struct code_function *maintain)
{
	struct code_function targets[] = {
		{ .name = "sync_icache_aliases" }, { .name = "caches_clean_inval_pou" },
		{ .name = "__flush_icache_range" },
	};
	int error = code_find_all(targets, ARRAY_SIZE(targets));

	if (!error || error == -ENOENT)
		error = inject_add_site(maintain, targets, ARRAY_SIZE(targets), inject_maintain);
	if (error == -ENOENT)
		return refuse(pr_err, REFUSAL_UNKNOWN_CODE, -EOPNOTSUPP,
			      "the code of %s() is not one this module knows", maintain->name);
	return error;
}

/*
 * From 6.6 on __sync_icache_dcache() marks a huge page as a whole, and a split finds no page to
 * maintain. There the broadcasts of the other pages are put where a split has the pmd lock and
 * invalidates the pmd: the names of that function since then, any of which it may be inlined into.
 */
static int inject_find_splits(void)
{
	struct code_function target;
	struct code_function functions[] = {
		{ .name = "__split_huge_pmd_locked" }, { .name = "split_huge_pmd_locked" },
		{ .name = "__split_huge_pmd" },
	};
	int error = code_find_all(functions, ARRAY_SIZE(functions));
	size_t i;

	if (error && error != -ENOENT)
		return error;
	error = code_find("pmdp_invalidate", &target);
	if (error == -ENOENT)
		return refuse(pr_err, REFUSAL_NO_FUNCTION, error, "this kernel has no %s()",
			      target.name);
	/* One of these names may be there without the call, and the next one have it. */
	for (i = 0; (!error || error == -ENOENT) && i < ARRAY_SIZE(functions); i++)
		if (functions[i].start)
			error = inject_add_site(&functions[i], &target, 1, inject_split);
	if (error && error != -ENOENT)
		return error;
	if (inject_site_count == 1)
		return refuse(pr_err, REFUSAL_UNKNOWN_CODE, -EOPNOTSUPP,
			      "the code that splits a huge page is not one this module knows");
	return 0;
}

/* Every way out: takes @count probes away, and waits until no task is in a function of ours. */
static void inject_drain(size_t count)
{
	while (count)
		unregister_kprobe(&inject_sites[--count].probe);
	while (atomic_read(&inject_inside))
		msleep(20);
	/* The last instructions behind the count. */
	synchronize_rcu_tasks();
}

static int inject_register(void)
{
	size_t i;

	for (i = 0; i < inject_site_count; i++) {
		const int error = register_kprobe(&inject_sites[i].probe);

		if (!error)
			continue;
		inject_drain(i);
		return refuse(pr_err, REFUSAL_ERROR, error, "no kprobe at %pS",
			      (void *)inject_sites[i].edge.at);
	}
	return 0;
}

/* Can it be told when no task is in a function of ours any more? From 5.18 on not everywhere. */
static bool inject_can_be_left(void)
{
	return IS_ENABLED(CONFIG_TASKS_RCU) ||
	       !(IS_ENABLED(CONFIG_PREEMPT) || IS_ENABLED(CONFIG_PREEMPTION));
}

/* Only a kernel that was tried and does not broadcast gets the fault. */
static int inject_try(void)
{
	int broadcasts, error = trial_find();

	if (error)
		return refuse(pr_err, error == -EPERM ? REFUSAL_LOCKED_DOWN : REFUSAL_ERROR, error,
			      "functions cannot be looked up by kprobes%s",
			      error == -EPERM ? ": this kernel is locked down" : "");
	if (!trial_functions[TRIAL_SYNC].start || !trial_functions[TRIAL_KICK].start)
		return refuse(pr_err, REFUSAL_NO_FUNCTION, -ENOENT,
			      "this kernel lacks %s() or %s()", trial_functions[TRIAL_SYNC].name,
			      trial_functions[TRIAL_KICK].name);
	broadcasts = trial_broadcasts();
	if (broadcasts < 0)
		return refuse(pr_err, trial_refusal(broadcasts), broadcasts, "%s",
			      trial_explain(broadcasts));
	if (broadcasts)
		return refuse(pr_err, REFUSAL_AFFECTED, -EEXIST,
			      "this kernel is affected: the fault need not be put back");
	return 0;
}

/* See repro.h. */
int inject_prepare(struct run_outcome *outcome)
{
	int error;

	if (!inject_can_be_left())
		return refuse(pr_err, REFUSAL_UNKNOWN_CODE, -EOPNOTSUPP,
			      "this kernel can be preempted and cannot tell when a function is left");
	error = inject_try();
	if (error)
		return error;
	inject_site_count = 0;
	error = inject_find_maintenance(&trial_functions[TRIAL_SYNC]);
	if (!error && MARKS_HUGE_PAGES_WHOLE)
		error = inject_find_splits();
	if (error)
		return error;
	atomic_set(&inject_budget, outcome->rounds);
	atomic_set(&inject_skipped, 0);
	atomic_long_set(&inject_broadcasts, 0);
	return inject_register();
}

/* See repro.h. */
void inject_run(struct run_outcome *outcome)
{
	while (!run_is_over() && atomic_read(&inject_budget) > 0)
		run_wait_for_end();
	inject_drain(inject_site_count);
	outcome->broadcasts = atomic_long_read(&inject_broadcasts);
	outcome->skipped = atomic_read(&inject_skipped);
}
