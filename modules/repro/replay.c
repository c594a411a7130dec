// SPDX-License-Identifier: GPL-2.0-only
/*
 * replay.c: threads that hold one spinlock in turn for as long as a split holds the pmd lock
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/spinlock.h>

#include <asm/pgtable.h>

#include "compat.h"
#include "refuse.h"
#include "repro.h"

/* Hold times kept in one replay: threads x rounds, 8 bytes each. */
#define SAMPLES_MAX	1048576u

struct replayer {
	struct task_struct *task;
	struct page *page;		/* whose cache lines are maintained */
	u64 *holds;			/* ns, one a round */
	unsigned int done;
	unsigned long broadcasts;
	u64 longest_wait;		/* ns */
};

static DEFINE_SPINLOCK(replay_lock);
static struct replayer *replayers;
static unsigned int replay_threads, replay_rounds;
static bool replay_broadcast;
static u64 *replay_samples;
static atomic_t replay_waiting, replay_left;
static DECLARE_COMPLETION(replay_done);

/* One huge page's worth of ptes, as __split_huge_pmd_locked() walks them; true: to its end. */
static bool replay_walk(struct replayer *replayer)
{
	const unsigned long start = (unsigned long)page_address(replayer->page);
	unsigned int pte;

	for (pte = 0; pte < PTRS_PER_PTE; pte++) {
		/* Looking at the clock each time would be part of what is measured. */
		if (pte % 16 == 0 && run_is_over())
			return false;
		caches_clean_inval_pou(start, start + PAGE_SIZE);
		if (replay_broadcast) {
			kick_all_cpus_sync();
			replayer->broadcasts++;
		}
	}
	return true;
}

static void replay_round(struct replayer *replayer)
{
	const u64 asked = ktime_get_ns();
	u64 taken, released;
	bool whole;

	spin_lock(&replay_lock);
	taken = ktime_get_ns();
	whole = replay_walk(replayer);
	spin_unlock(&replay_lock);
	released = ktime_get_ns();

	replayer->longest_wait = max(replayer->longest_wait, taken - asked);
	if (whole)
		replayer->holds[replayer->done++] = released - taken;
}

static int replay_thread(void *argument)
{
	struct replayer *replayer = argument;

	/* All at the same moment: the burst is what locks up. */
	atomic_dec(&replay_waiting);
	while (atomic_read(&replay_waiting) > 0 && !run_is_over()) {
		cpu_relax();
		/* run_main() may have to start the others from this very CPU. */
		cond_resched();
	}
	while (replayer->done < replay_rounds && !run_is_over()) {
		replay_round(replayer);
		cond_resched();
	}
	if (atomic_dec_and_test(&replay_left))
		complete(&replay_done);
	/* Wait to be collected: the task is referred to until then. */
	set_current_state(TASK_INTERRUPTIBLE);
	while (!kthread_should_stop()) {
		schedule();
		set_current_state(TASK_INTERRUPTIBLE);
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

static void replay_free(void)
{
	unsigned int i;

	for (i = 0; replayers && i < replay_threads; i++) {
		if (!IS_ERR_OR_NULL(replayers[i].task))
			kthread_stop(replayers[i].task);
		if (replayers[i].page)
			__free_page(replayers[i].page);
	}
	kvfree(replay_samples);
	kfree(replayers);
	replayers = NULL;
	replay_samples = NULL;
}

/* Everything that the threads need, before any of them runs. */
static int replay_allocate(void)
{
	const unsigned int threads = replay_threads, rounds = replay_rounds;
	unsigned int i = 0;
	int cpu;

	replayers = kcalloc(threads, sizeof(*replayers), GFP_KERNEL);
	replay_samples = kvmalloc_array((size_t)threads * rounds, sizeof(u64), GFP_KERNEL);
	if (!replayers || !replay_samples)
		return -ENOMEM;
	atomic_set(&replay_waiting, threads);
	atomic_set(&replay_left, threads);
	reinit_completion(&replay_done);
	for_each_online_cpu(cpu) {
		struct replayer *replayer = &replayers[i];

		if (i == threads)
			break;
		replayer->holds = replay_samples + (size_t)i * rounds;
		replayer->page = alloc_page(GFP_KERNEL);
		if (!replayer->page)
			return -ENOMEM;
		replayer->task = kthread_create_on_node(replay_thread, replayer, cpu_to_node(cpu),
							"icache_ipi/%d", cpu);
		if (IS_ERR(replayer->task))
			return PTR_ERR(replayer->task);
		kthread_bind(replayer->task, cpu);
		i++;
	}
	return 0;
}

/* See repro.h. */
int replay_prepare(struct run_outcome *outcome)
{
	unsigned int online;
	int error = -EINVAL;

	/*
	 * No CPU comes or goes between counting them and binding threads to them. Not for
	 * inject_prepare(): register_kprobe() takes this lock itself, within one of its own.
	 */
	cpus_read_lock();
	online = num_online_cpus();
	outcome->ptes = PTRS_PER_PTE;
	outcome->threads = min_not_zero(min(outcome->threads, online), online);
	replay_threads = outcome->threads;
	replay_rounds = outcome->rounds;
	replay_broadcast = outcome->mode == RUN_REPLAY_AFFECTED;
	if (outcome->rounds <= SAMPLES_MAX / outcome->threads)
		error = replay_allocate();
	cpus_read_unlock();
	if (!error)
		return 0;
	replay_free();
	if (error == -EINVAL)
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, error,
			      "%u rounds of %u threads: at most %u in all", outcome->rounds,
			      outcome->threads, SAMPLES_MAX);
	return refuse(pr_err, REFUSAL_ERROR, error, "cannot prepare %u threads",
		      outcome->threads);
}

static int compare_samples(const void *left, const void *right)
{
	const u64 a = *(const u64 *)left, b = *(const u64 *)right;

	return a < b ? -1 : a > b;
}

/* The whole holds of all threads, moved together and sorted. */
static void replay_summarize(struct run_outcome *outcome)
{
	size_t count = 0;
	unsigned int i;

	for (i = 0; i < outcome->threads; i++) {
		const struct replayer *replayer = &replayers[i];

		memmove(replay_samples + count, replayer->holds,
			replayer->done * sizeof(*replay_samples));
		count += replayer->done;
		outcome->broadcasts += replayer->broadcasts;
		outcome->longest_wait = max(outcome->longest_wait, replayer->longest_wait);
	}
	outcome->holds = count;
	if (!count)
		return;
	sort(replay_samples, count, sizeof(*replay_samples), compare_samples, NULL);
	outcome->hold_min = replay_samples[0];
	outcome->hold_median = replay_samples[count / 2];
	outcome->hold_p99 = replay_samples[count - 1 - count / 100];
	outcome->hold_max = replay_samples[count - 1];
}

/* See repro.h. */
void replay_run(struct run_outcome *outcome)
{
	unsigned int i;

	for (i = 0; i < outcome->threads; i++)
		wake_up_process(replayers[i].task);
	wait_for_completion(&replay_done);
	replay_summarize(outcome);
	replay_free();
}
