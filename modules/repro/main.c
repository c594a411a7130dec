// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c: what the fault costs on this machine, and the fault itself where it is fixed
 *
 * Nothing happens on load. Three files under debugfs icache_ipi/:
 *
 * mode: replay-affected, replay-fixed or inject
 * run: write N to start, 0 to stop; reads as 1 while a run is under way
 * result: the last run, lines of "key=value"
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

#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "refuse.h"
#include "repro.h"

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

	if (kstrtouint(text, 10, &value) || value < limit->low || value > limit->high)
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, -EINVAL,
			      "%s=%.32s: a number from %u to %u is wanted", parameter->name, text,
			      limit->low, limit->high);
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

static const char *const run_mode_names[RUN_MODES] = {
	"replay-affected", "replay-fixed", "inject"
};

static DEFINE_MUTEX(run_mutex);		/* starts, stops, mode; not held while a run is under way */
static bool run_active;
static bool run_stop, run_timed_out;
static u64 run_deadline;		/* ktime_get_ns() */
static enum run_mode run_mode = RUN_REPLAY_FIXED;
static struct run_outcome run_outcome;
static bool run_outcome_valid;
static DECLARE_WAIT_QUEUE_HEAD(run_wait);
static struct workqueue_struct *run_queue;
static struct dentry *run_directory;

static bool run_is_active(void)
{
	/* Pairs with the release in run_main(): what it wrote is there to read. */
	return smp_load_acquire(&run_active);
}

/* See repro.h. */
bool run_is_over(void)
{
	if (READ_ONCE(run_stop))
		return true;
	if (ktime_get_ns() < run_deadline)
		return false;
	WRITE_ONCE(run_timed_out, true);
	return true;
}

/* See repro.h. */
void run_wait_for_end(void)
{
	wait_event_interruptible_timeout(run_wait, READ_ONCE(run_stop), HZ / 10);
}

static void run_main(struct work_struct *work)
{
	const u64 started = run_deadline - limit_seconds.value * (u64)NSEC_PER_SEC;
	struct run_outcome *outcome = &run_outcome;

	if (outcome->mode == RUN_INJECT)
		inject_run(outcome);
	else
		replay_run(outcome);
	outcome->elapsed = ktime_get_ns() - started;
	outcome->ended_by = READ_ONCE(run_stop) ? "stop" :
			    READ_ONCE(run_timed_out) ? "time" : "rounds";
	pr_info("event=ended mode=%s ended_by=%s elapsed_ms=%llu broadcasts=%lu\n",
		run_mode_names[outcome->mode], outcome->ended_by,
		outcome->elapsed / NSEC_PER_MSEC, outcome->broadcasts);
	/* Pairs with the acquire in run_is_active(). */
	smp_store_release(&run_active, false);
}

static DECLARE_WORK(run_work, run_main);

static int run_prepare(unsigned int rounds)
{
	struct run_outcome *outcome = &run_outcome;

	memset(outcome, 0, sizeof(*outcome));
	outcome->mode = run_mode;
	outcome->rounds = rounds;
	outcome->threads = limit_threads.value;
	run_outcome_valid = true;
	WRITE_ONCE(run_stop, false);
	WRITE_ONCE(run_timed_out, false);
	run_deadline = ktime_get_ns() + limit_seconds.value * (u64)NSEC_PER_SEC;
	return outcome->mode == RUN_INJECT ? inject_prepare(outcome) : replay_prepare(outcome);
}

static int run_start(unsigned int rounds)
{
	int error;

	if (!limit_arm.value)
		return refuse(pr_err, REFUSAL_NOT_ARMED, -EPERM,
			      "load this module with arm=1 to run anything");
	if (rounds > limit_rounds.value)
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, -EINVAL,
			      "%u rounds, at most %u are allowed (parameter rounds)", rounds,
			      limit_rounds.value);
	if (run_is_active())
		return -EBUSY;
	error = run_prepare(rounds);
	if (error) {
		run_outcome_valid = false;
		return error;
	}
	WRITE_ONCE(run_active, true);
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

static ssize_t run_write(struct file *file, const char __user *text, size_t size, loff_t *at)
{
	unsigned int rounds;
	int error = 0;

	if (kstrtouint_from_user(text, size, 10, &rounds))
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, -EINVAL,
			      "run takes a number: rounds to replay, broadcasts to inject, 0 to stop");
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
		mode = __sysfs_match_string(run_mode_names, RUN_MODES, word);
	if (mode < 0)
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, -EINVAL,
			      "mode is one of replay-affected, replay-fixed and inject");
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
	const int length = scnprintf(word, sizeof(word), "%s\n", run_mode_names[run_mode]);

	return simple_read_from_buffer(text, size, at, word, length);
}

/* Lines of "key=value", of which icache-ipi-status makes JSON. Keys may be added. */
static void result_print(struct seq_file *file, const struct run_outcome *outcome)
{
	seq_printf(file, "ended_by=%s\n", outcome->ended_by);
	seq_printf(file, "elapsed_ns=%llu\n", outcome->elapsed);
	seq_printf(file, "threads=%u\n", outcome->threads);
	seq_printf(file, "rounds=%u\n", outcome->rounds);
	seq_printf(file, "ptes=%u\n", outcome->ptes);
	seq_printf(file, "page_size=%lu\n", PAGE_SIZE);
	seq_printf(file, "holds=%lu\n", outcome->holds);
	seq_printf(file, "broadcasts=%lu\n", outcome->broadcasts);
	seq_printf(file, "skipped=%lu\n", outcome->skipped);
	seq_printf(file, "hold_min_ns=%llu\n", outcome->hold_min);
	seq_printf(file, "hold_median_ns=%llu\n", outcome->hold_median);
	seq_printf(file, "hold_p99_ns=%llu\n", outcome->hold_p99);
	seq_printf(file, "hold_max_ns=%llu\n", outcome->hold_max);
	seq_printf(file, "longest_wait_ns=%llu\n", outcome->longest_wait);
}

/* Without a run: nothing. While one is under way: its mode alone. */
static int result_show(struct seq_file *file, void *unused)
{
	mutex_lock(&run_mutex);
	if (run_is_active() || run_outcome_valid) {
		seq_puts(file, "version=1\n");
		seq_printf(file, "mode=%s\n", run_mode_names[run_outcome.mode]);
	}
	if (!run_is_active() && run_outcome_valid)
		result_print(file, &run_outcome);
	mutex_unlock(&run_mutex);
	return 0;
}

DEFINE_SHOW_ATTRIBUTE(result);

static const struct file_operations run_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = run_read, .write = run_write,
};

static const struct file_operations mode_operations = {
	.owner = THIS_MODULE, .open = simple_open, .read = mode_read, .write = mode_write,
};

static int __init repro_start(void)
{
	run_queue = alloc_workqueue("icache_ipi_repro", WQ_UNBOUND, 1);
	if (!run_queue)
		return -ENOMEM;
	run_directory = debugfs_create_dir("icache_ipi", NULL);
	if (IS_ERR_OR_NULL(run_directory)) {
		destroy_workqueue(run_queue);
		return refuse(pr_err, REFUSAL_NO_DEBUGFS, -ENODEV,
			      "no directory icache_ipi in debugfs: is it there already, or is this kernel without debugfs?");
	}
	debugfs_create_file("run", 0600, run_directory, NULL, &run_operations);
	debugfs_create_file("mode", 0600, run_directory, NULL, &mode_operations);
	debugfs_create_file("result", 0400, run_directory, NULL, &result_fops);
	pr_info("event=loaded armed=%u text=\"%s\"\n", limit_arm.value, limit_arm.value ?
		"debugfs icache_ipi/run starts a run" : "nothing can be run without arm=1");
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
