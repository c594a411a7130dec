// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache_ipi_repro: what the fault costs on this machine, and the fault itself where it is fixed
 *
 * Nothing happens on load. Three files under debugfs icache_ipi/:
 *
 * mode: replay-affected, replay-fixed or inject
 * run: write N to start, 0 to stop; reads as 1 while a run is under way
 * result: the last run as one JSON object
 *
 * replay: N rounds on each of "threads" CPUs: take the one spinlock, walk as many ptes' worth of
 * I-cache maintenance as a huge page has, with or without a broadcast for each, release it. That is
 * what __split_huge_pmd() does under the pmd lock, on any kernel. Hold times and the longest wait
 * tell what the fault would cost here; a wait of 2 x watchdog_thresh is a soft lockup.
 *
 * inject: puts the fault back into a fixed kernel: a kprobe on the call in __sync_icache_dcache()
 * that maintains the caches sends it to inject_maintain(), which makes that call and then
 * broadcasts, in the caller's own context. From 6.6 on, where a split no longer comes there, a
 * second one sends the split to inject_split(). At most N broadcasts. Where interrupts are off
 * nobody may broadcast: the original runs alone, and that is counted. ftrace, which arm64 kernels
 * from 5.5 on offer at the function's entry, is not used: only behind the function's own test of
 * PG_dcache_clean, whose place has changed three times, is it known that a broadcast is due. And
 * nothing would be gained: the exception vanishes beside the broadcast (8 CPUs, 5.10.223: the worst
 * split takes 78 ms, and 85 ms where the fault was compiled in).
 *
 * Both hurt a server in use: nothing starts unless arm=1 was given at load, every run ends after
 * N or "seconds", whichever comes first. One run at a time. Unloading stops a run and waits for it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "code.h"
#include "compat.h"
#include "trial.h"

/* Hold times kept in one replay: threads x rounds, 8 bytes each. */
#define SAMPLES_MAX	1048576u

/* A module parameter that is a number in a range. */
struct limit {
	unsigned int value;
	const unsigned int low, high;
};

static struct limit limit_arm = { .value = 0, .low = 0, .high = 1 };
static struct limit limit_seconds = { .value = 10, .low = 1, .high = 60 };
static struct limit limit_rounds = { .value = 100000, .low = 1, .high = 10000000 };
/* 0: every CPU that is online, which is also the most there can be */
static struct limit limit_threads = { .value = 0, .low = 0, .high = 4096 };

static int limit_set(const char *text, const struct kernel_param *parameter)
{
	struct limit *limit = parameter->arg;
	unsigned int value;

	if (kstrtouint(text, 10, &value) || value < limit->low || value > limit->high) {
		pr_err("refused: %s=%.32s: a number from %u to %u is wanted\n", parameter->name,
		       text, limit->low, limit->high);
		return -EINVAL;
	}
	limit->value = value;
	return 0;
}

static int limit_get(char *text, const struct kernel_param *parameter)
{
	const struct limit *limit = parameter->arg;

	return sprintf(text, "%u\n", limit->value);
}

static const struct kernel_param_ops limit_ops = { .set = limit_set, .get = limit_get };

module_param_cb(arm, &limit_ops, &limit_arm, 0444);
MODULE_PARM_DESC(arm, "1: runs may be started; they hurt a server in use (default: 0)");
module_param_cb(seconds, &limit_ops, &limit_seconds, 0444);
MODULE_PARM_DESC(seconds, "no run lasts longer, 1 to 60 (default: 10)");
module_param_cb(rounds, &limit_ops, &limit_rounds, 0444);
MODULE_PARM_DESC(rounds, "no run has more rounds or broadcasts, 1 to 10000000 (default: 100000)");
module_param_cb(threads, &limit_ops, &limit_threads, 0444);
MODULE_PARM_DESC(threads, "CPUs that replay, 0 for all (default: 0)");

enum mode { MODE_REPLAY_AFFECTED, MODE_REPLAY_FIXED, MODE_INJECT, MODES };
static const char *const mode_names[MODES] = { "replay-affected", "replay-fixed", "inject" };

/* What came of a run. Written by the run alone, read under run_mutex or after it. */
struct outcome {
	enum mode mode;
	const char *ended_by;		/* "rounds", "time", "stop" */
	unsigned int threads, rounds, ptes;
	unsigned long holds, broadcasts, skipped;
	u64 hold_min, hold_median, hold_p99, hold_max, longest_wait, elapsed;	/* ns */
};

static DEFINE_MUTEX(run_mutex);		/* starts, stops, mode; not held while a run is under way */
static bool run_active;
static bool run_stop, run_timed_out;
static u64 run_deadline;		/* ktime_get_ns() */
static enum mode run_mode = MODE_REPLAY_FIXED;
static struct outcome run_outcome;
static bool run_outcome_valid;
static DECLARE_WAIT_QUEUE_HEAD(run_wait);
static struct workqueue_struct *run_queue;
static struct dentry *run_directory;

static bool run_is_active(void)
{
	/* Pairs with the release in run_main(): what it wrote is there to read. */
	return smp_load_acquire(&run_active);
}

static bool run_is_over(void)
{
	if (READ_ONCE(run_stop))
		return true;
	if (ktime_get_ns() < run_deadline)
		return false;
	WRITE_ONCE(run_timed_out, true);
	return true;
}

/* ------ replay ------ */

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
static u64 *replay_samples;
static atomic_t replay_waiting, replay_left;
static DECLARE_COMPLETION(replay_done);

/* One huge page's worth of ptes, as __split_huge_pmd_locked() walks them; true: to its end. */
static bool replay_walk(struct replayer *replayer, bool broadcast)
{
	const unsigned long start = (unsigned long)page_address(replayer->page);
	unsigned int pte;

	for (pte = 0; pte < PTRS_PER_PTE; pte++) {
		/* Looking at the clock each time would be part of what is measured. */
		if (pte % 16 == 0 && run_is_over())
			return false;
		caches_clean_inval_pou(start, start + PAGE_SIZE);
		if (broadcast) {
			kick_all_cpus_sync();
			replayer->broadcasts++;
		}
	}
	return true;
}

static void replay_round(struct replayer *replayer, bool broadcast)
{
	const u64 asked = ktime_get_ns();
	u64 taken, released;
	bool whole;

	spin_lock(&replay_lock);
	taken = ktime_get_ns();
	whole = replay_walk(replayer, broadcast);
	spin_unlock(&replay_lock);
	released = ktime_get_ns();

	replayer->longest_wait = max(replayer->longest_wait, taken - asked);
	if (whole)
		replayer->holds[replayer->done++] = released - taken;
}

static int replay_thread(void *argument)
{
	struct replayer *replayer = argument;
	const bool broadcast = run_outcome.mode == MODE_REPLAY_AFFECTED;

	/* All at the same moment: the burst is what locks up. */
	atomic_dec(&replay_waiting);
	while (atomic_read(&replay_waiting) > 0 && !run_is_over()) {
		cpu_relax();
		/* run_main() may have to start the others from this very CPU. */
		cond_resched();
	}
	while (replayer->done < run_outcome.rounds && !run_is_over()) {
		replay_round(replayer, broadcast);
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

	for (i = 0; replayers && i < run_outcome.threads; i++) {
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

/* Everything that @run_outcome's threads need, before any of them runs. */
static int replay_allocate(void)
{
	const unsigned int threads = run_outcome.threads, rounds = run_outcome.rounds;
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

static int replay_prepare(void)
{
	struct outcome *outcome = &run_outcome;
	unsigned int online;
	int error = -EINVAL;

	/*
	 * No CPU comes or goes between counting them and binding threads to them. Not for
	 * inject_prepare(): register_kprobe() takes this lock itself, within one of its own.
	 */
	cpus_read_lock();
	online = num_online_cpus();
	outcome->ptes = PTRS_PER_PTE;
	outcome->threads = min_not_zero(min(limit_threads.value, online), online);
	if (outcome->rounds <= SAMPLES_MAX / outcome->threads)
		error = replay_allocate();
	cpus_read_unlock();
	if (!error)
		return 0;
	replay_free();
	if (error == -EINVAL)
		pr_err("refused: %u rounds of %u threads: at most %u in all\n", outcome->rounds,
		       outcome->threads, SAMPLES_MAX);
	else
		pr_err("refused: cannot prepare %u threads (error %d)\n", outcome->threads, error);
	return error;
}

static int compare_samples(const void *left, const void *right)
{
	const u64 a = *(const u64 *)left, b = *(const u64 *)right;

	return a < b ? -1 : a > b;
}

/* The whole holds of all threads, moved together and sorted. */
static void replay_summarize(struct outcome *outcome)
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

static void replay_run(struct outcome *outcome)
{
	unsigned int i;

	for (i = 0; i < outcome->threads; i++)
		wake_up_process(replayers[i].task);
	wait_for_completion(&replay_done);
	replay_summarize(outcome);
	replay_free();
}

/* ------ inject ------ */

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
	if (atomic_dec_if_positive(&inject_budget) < 0)
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
	const char *who = code_changed_by(function);
	size_t i;

	if (who) {
		pr_err("refused: %s() is not as it was compiled: %s\n", function->name, who);
		return -EBUSY;
	}
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
	if (error == -ENOENT) {
		pr_err("refused: the code of %s() is not one this module knows\n", maintain->name);
		error = -EOPNOTSUPP;
	}
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
	for (i = 0; !error && i < ARRAY_SIZE(functions); i++)
		if (functions[i].start)
			error = inject_add_site(&functions[i], &target, 1, inject_split);
	if (error == -ENOENT)
		error = 0;
	if (!error && inject_site_count == 1) {
		pr_err("refused: the code that splits a huge page is not one this module knows\n");
		error = -EOPNOTSUPP;
	}
	return error;
}

static void inject_unregister(size_t count)
{
	while (count)
		unregister_kprobe(&inject_sites[--count].probe);
}

static int inject_register(void)
{
	size_t i;

	for (i = 0; i < inject_site_count; i++) {
		const int error = register_kprobe(&inject_sites[i].probe);

		if (!error)
			continue;
		pr_err("refused: no kprobe at %pS (error %d)\n", (void *)inject_sites[i].edge.at,
		       error);
		inject_unregister(i);
		return error;
	}
	return 0;
}

static int inject_prepare(void)
{
	struct code_function functions[] = {
		{ .name = "__sync_icache_dcache" }, { .name = "kick_all_cpus_sync" },
	};
	int error = code_find_all(functions, ARRAY_SIZE(functions));

	if (error) {
		pr_err("refused: %s() and %s() cannot be found by kprobes (error %d)%s\n",
		       functions[0].name, functions[1].name, error,
		       error == -EPERM ? ": this kernel is locked down" : "");
		return error;
	}
	if (!code_can_be_left()) {
		pr_err("refused: this kernel can be preempted and cannot tell when a function is left\n");
		return -EOPNOTSUPP;
	}
	error = trial_broadcasts(&functions[0], &functions[1]);
	if (error < 0)
		return error;
	if (error) {
		pr_err("refused: this kernel is affected: the fault need not be put back\n");
		return -EEXIST;
	}
	inject_site_count = 0;
	error = inject_find_maintenance(&functions[0]);
	if (!error && MARKS_HUGE_PAGES_WHOLE)
		error = inject_find_splits();
	if (error)
		return error;
	atomic_set(&inject_budget, run_outcome.rounds);
	atomic_set(&inject_skipped, 0);
	atomic_long_set(&inject_broadcasts, 0);
	return inject_register();
}

static void inject_run(struct outcome *outcome)
{
	while (!run_is_over() && atomic_read(&inject_budget) > 0)
		wait_event_interruptible_timeout(run_wait, READ_ONCE(run_stop), HZ / 10);
	inject_unregister(inject_site_count);
	while (atomic_read(&inject_inside))
		msleep(20);
	/* The last instructions behind the count. */
	synchronize_rcu_tasks();
	outcome->broadcasts = atomic_long_read(&inject_broadcasts);
	outcome->skipped = atomic_read(&inject_skipped);
}

/* ------ one run ------ */

static void run_main(struct work_struct *work)
{
	const u64 started = run_deadline - limit_seconds.value * (u64)NSEC_PER_SEC;
	struct outcome *outcome = &run_outcome;

	if (outcome->mode == MODE_INJECT)
		inject_run(outcome);
	else
		replay_run(outcome);
	outcome->elapsed = ktime_get_ns() - started;
	outcome->ended_by = READ_ONCE(run_stop) ? "stop" :
			    READ_ONCE(run_timed_out) ? "time" : "rounds";
	pr_info("%s: ended by %s after %llu ms, %lu broadcasts\n", mode_names[outcome->mode],
		outcome->ended_by, outcome->elapsed / NSEC_PER_MSEC, outcome->broadcasts);
	/* Pairs with the acquire in run_is_active(). */
	smp_store_release(&run_active, false);
}

static DECLARE_WORK(run_work, run_main);

static int run_prepare(unsigned int rounds)
{
	struct outcome *outcome = &run_outcome;

	memset(outcome, 0, sizeof(*outcome));
	outcome->mode = run_mode;
	outcome->rounds = rounds;
	run_outcome_valid = true;
	run_stop = false;
	run_timed_out = false;
	run_deadline = ktime_get_ns() + limit_seconds.value * (u64)NSEC_PER_SEC;
	return outcome->mode == MODE_INJECT ? inject_prepare() : replay_prepare();
}

static int run_start(unsigned int rounds)
{
	int error;

	if (!limit_arm.value) {
		pr_err("refused: load this module with arm=1 to run anything\n");
		return -EPERM;
	}
	if (rounds > limit_rounds.value) {
		pr_err("refused: %u rounds, at most %u are allowed (parameter rounds)\n", rounds,
		       limit_rounds.value);
		return -EINVAL;
	}
	if (run_is_active())
		return -EBUSY;
	error = run_prepare(rounds);
	if (error) {
		run_outcome_valid = false;
		return error;
	}
	run_active = true;
	queue_work(run_queue, &run_work);
	return 0;
}

/* Ends a run, if there is one, and waits until it is over. */
static void run_end(void)
{
	WRITE_ONCE(run_stop, true);
	wake_up(&run_wait);
	flush_work(&run_work);
}

/* ------ files ------ */

static ssize_t run_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	unsigned int rounds;
	int error = 0;

	if (kstrtouint_from_user(text, size, 10, &rounds)) {
		pr_err("refused: run takes a number: rounds to replay, broadcasts to inject, 0 to stop\n");
		return -EINVAL;
	}
	mutex_lock(&run_mutex);
	if (rounds)
		error = run_start(rounds);
	else
		run_end();
	mutex_unlock(&run_mutex);
	return error ? error : size;
}

static ssize_t run_read(struct file *file, char __user *text, size_t size, loff_t *at)
{
	const char *answer = run_is_active() ? "1\n" : "0\n";

	return simple_read_from_buffer(text, size, at, answer, 2);
}

static ssize_t mode_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	char word[20] = "";
	int mode = -EINVAL, error = 0;

	if (size < sizeof(word) && !copy_from_user(word, text, size))
		mode = __sysfs_match_string(mode_names, MODES, word);
	if (mode < 0) {
		pr_err("refused: mode is one of replay-affected, replay-fixed and inject\n");
		return -EINVAL;
	}
	mutex_lock(&run_mutex);
	if (run_is_active())
		error = -EBUSY;
	else
		run_mode = mode;
	mutex_unlock(&run_mutex);
	return error ? error : size;
}

static ssize_t mode_read(struct file *file, char __user *text, size_t size, loff_t *at)
{
	char word[20];
	const int length = scnprintf(word, sizeof(word), "%s\n", mode_names[run_mode]);

	return simple_read_from_buffer(text, size, at, word, length);
}

static int print_outcome(char *text, size_t size, const struct outcome *outcome)
{
	return scnprintf(text, size,
		"{\"schema\": \"icache-ipi-repro\", \"version\": 1, \"mode\": \"%s\", \"ended_by\": \"%s\", \"elapsed_ns\": %llu, \"threads\": %u, \"rounds\": %u, \"ptes\": %u, \"page_size\": %lu, \"holds\": %lu, \"broadcasts\": %lu, \"skipped\": %lu, \"hold_ns\": {\"min\": %llu, \"median\": %llu, \"p99\": %llu, \"max\": %llu}, \"longest_wait_ns\": %llu}\n",
		mode_names[outcome->mode], outcome->ended_by, outcome->elapsed, outcome->threads,
		outcome->rounds, outcome->ptes, PAGE_SIZE, outcome->holds, outcome->broadcasts,
		outcome->skipped, outcome->hold_min, outcome->hold_median, outcome->hold_p99,
		outcome->hold_max, outcome->longest_wait);
}

static ssize_t result_read(struct file *file, char __user *text, size_t size, loff_t *at)
{
	char object[768];
	int length;

	mutex_lock(&run_mutex);
	if (run_is_active())
		length = scnprintf(object, sizeof(object),
				   "{\"schema\": \"icache-ipi-repro\", \"version\": 1, \"mode\": \"%s\", \"ended_by\": null}\n",
				   mode_names[run_mode]);
	else if (run_outcome_valid)
		length = print_outcome(object, sizeof(object), &run_outcome);
	else
		length = scnprintf(object, sizeof(object), "{}\n");
	mutex_unlock(&run_mutex);
	return simple_read_from_buffer(text, size, at, object, length);
}

static const struct file_operations run_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = run_read, .write = run_write,
};

static const struct file_operations mode_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = mode_read, .write = mode_write,
};

static const struct file_operations result_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = result_read,
};

static int __init repro_start(void)
{
	run_queue = alloc_workqueue("icache_ipi_repro", WQ_UNBOUND, 1);
	if (!run_queue)
		return -ENOMEM;
	run_directory = debugfs_create_dir("icache_ipi", NULL);
	if (IS_ERR_OR_NULL(run_directory)) {
		pr_err("refused: no directory icache_ipi in debugfs: is it there already, or is this kernel without debugfs?\n");
		destroy_workqueue(run_queue);
		return -ENODEV;
	}
	debugfs_create_file("run", 0600, run_directory, NULL, &run_operations);
	debugfs_create_file("mode", 0600, run_directory, NULL, &mode_operations);
	debugfs_create_file("result", 0400, run_directory, NULL, &result_operations);
	pr_info("%s\n", limit_arm.value ? "armed: debugfs icache_ipi/run starts a run" :
		"not armed: nothing can be run (arm=1)");
	return 0;
}

static void __exit repro_stop(void)
{
	/* Afterwards nobody can start a run. */
	debugfs_remove_recursive(run_directory);
	run_end();
	destroy_workqueue(run_queue);
}

module_init(repro_start);
module_exit(repro_stop);

MODULE_DESCRIPTION("arm64: replay the IPI storm of executable huge pages, or put it back (dangerous)");
MODULE_AUTHOR("icache-ipi");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(ICACHE_IPI_VERSION);
