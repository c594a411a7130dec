// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c: no interrupts for user executable ptes, on a kernel that is not rebooted
 *
 * On an affected kernel __sync_icache_dcache() (arch/arm64/mm/flush.c) calls
 * sync_icache_aliases(), which maintains the caches and then interrupts every CPU
 * (kick_all_cpus_sync()). For a page that is about to be mapped into user space the interrupts are
 * of no use: the exception return that leads to the new instructions is the context
 * synchronisation they would bring.
 *
 * This module sends that one call to __flush_icache_range() instead, which does the same
 * maintenance and no more. Everything else remains the kernel's own code: the test and the setting
 * of PG_dcache_clean, what a compound page is, the size of a page. Pages that are clean already
 * never get here. Callers that need the interrupts (ptrace, uprobes, modules, BPF) do not pass here
 * and keep them. There are two ways to do it, named by the parameter "method":
 *
 * kprobe: a probe on the call. Its handler changes three registers, and no code of this module runs
 * outside it. It costs a debug exception for each page.
 *
 * branch: the call itself is written anew, to go to branch_flush() (branch.c). Exchanging one BL
 * for another while other CPUs execute it is what the architecture allows (Arm ARM B2.2.5,
 * concurrent modification and execution) and what ftrace and jump labels do all the time, by the
 * same aarch64_insn_patch_text_nosync(). No register is at risk: what is called today calls
 * kick_all_cpus_sync(), of another file, so the compiler expects all that a call may change to be
 * changed. A disabled kprobe on the call keeps the original instruction for whoever probes the same
 * place later, so that ours cannot come back after this module is gone.
 *
 * Where this module was loaded more than 128 MiB away (CONFIG_RANDOMIZE_MODULE_REGION_FULL) it goes
 * there by a veneer (veneer.h).
 *
 * auto: "branch" where it can be, else "kprobe": where no veneer can be made. ftrace is no third
 * way: an arm64 kernel can be entered that way from 5.5 on, and the affected ones are older.
 *
 * Whether a kernel is affected is found out by trying (trial.h). The same trial with the mitigation
 * in place shows that it works; if it does not, the module does not stay.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include <asm/cacheflush.h>
#include <asm/cputype.h>
#include <asm/pgtable.h>

#include "branch.h"
#include "code.h"
#include "compat.h"
#include "refuse.h"
#include "trial.h"
#include "veneer.h"

/* synchronize_rcu_tasks() has to tell when branch.c is left. Every affected kernel can. */
#if (defined(CONFIG_PREEMPT) || defined(CONFIG_PREEMPTION)) && !defined(CONFIG_TASKS_RCU)
#error "a kernel that can be preempted needs CONFIG_TASKS_RCU=y for this module"
#endif

/* CTR_EL0.L1Ip, Arm ARM D13.2.34. Neither PIPT nor VPIPT: VIPT, as arm64's cpuinfo.c has it. */
#define L1IP(ctr)	((ctr) >> 14 & 3)
#define L1IP_VPIPT	0
#define L1IP_PIPT	3

static char *method = "auto";
module_param(method, charp, 0444);
MODULE_PARM_DESC(method, "how: branch, kprobe or auto (default: branch where it can be)");

/* What is rerouted: BL or B to sync_icache_aliases(), or to kick_all_cpus_sync() itself. */
static struct code_edge site;

static struct branch_hits trial_hits;	/* what the trials of this module added */
static time64_t since;
static bool mitigating;

/* Runs in the debug exception: interrupts are off, and nothing here may be probed. */
static int site_reroute(struct kprobe *probe, struct pt_regs *regs)
{
	if (unlikely(READ_ONCE(branch_state.vipt))) {
		/* A mark, as branch.c has them. */
		asm volatile("b 1f\n\t.ascii \"icache ipi probe\"\n1:");
		return 0;
	}
	branch_count(branch_state.flush ? regs->regs[1] : 0);
	if (branch_state.flush) {
		/* sync_icache_aliases(kaddr, len) becomes __flush_icache_range(start, end). */
		regs->regs[1] += regs->regs[0];
		if (site.link)
			regs->regs[30] = site.at + CODE_INSN_SIZE;
		instruction_pointer_set(regs, (unsigned long)branch_state.flush);
	} else {
		instruction_pointer_set(regs, site.link ? site.at + CODE_INSN_SIZE :
					regs->regs[30]);
	}
	return 1;
}

NOKPROBE_SYMBOL(site_reroute);

/* Armed by "kprobe", disabled by "branch". */
static struct kprobe site_probe = { .pre_handler = site_reroute };

/* "branch": the kernel's writer of its own text, and our word; 0 with "kprobe". */
static int (*patch_text)(void *address, u32 word);
static u32 branch_word;

#ifdef ICACHE_IPI_TEST
static bool far;
module_param(far, bool, 0444);
MODULE_PARM_DESC(far, "branch by a veneer also where this module is near (default: N; for tests)");

static bool rival;
module_param(rival, bool, 0444);
MODULE_PARM_DESC(rival, "arm another probe on the call before it is written (default: N; for tests)");

static int rival_seen(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe rival_probe = { .pre_handler = rival_seen };

static void rival_arm(void)
{
	rival_probe.addr = (kprobe_opcode_t *)site.at;
	if (rival && register_kprobe(&rival_probe))
		rival = false;
}

static void rival_disarm(void)
{
	if (rival)
		unregister_kprobe(&rival_probe);
}
#else
static const bool far;

static void rival_arm(void) { }
static void rival_disarm(void) { }
#endif

/* On every CPU now, and on each one that comes online later, before it runs any program. */
static int cpu_check(unsigned int cpu)
{
	const unsigned int policy = L1IP(read_cpuid(CTR_EL0));

	if (policy == L1IP_PIPT || policy == L1IP_VPIPT)
		return 0;
	/* The hotplug core calls this for one CPU at a time. */
	if (mitigating && !branch_state.vipt)
		pr_warn("event=dormant cpu=%u text=\"a VIPT I-cache: this kernel no longer broadcasts, nothing is mitigated from now on\"\n",
			cpu);
	WRITE_ONCE(branch_state.vipt, 1);
	return 0;
}

static int find_functions(void)
{
	const int error = trial_find();
	int i;

	if (error == -EPERM)
		return refuse(pr_err, REFUSAL_LOCKED_DOWN, error,
			      "this kernel is locked down and forbids kprobes (Secure Boot?): only booting a fixed kernel helps");
	if (error)
		return refuse(pr_err, REFUSAL_ERROR, error,
			      "functions cannot be looked up by kprobes");
	/* Compilers may put the others into their callers: then they are not needed either. */
	for (i = TRIAL_SYNC; i <= TRIAL_KICK; i++)
		if (!trial_functions[i].start)
			return refuse(pr_err, REFUSAL_NO_FUNCTION, -ENOENT,
				      "this kernel has no %s()", trial_functions[i].name);
	return 0;
}

/*
 * The one call to reroute. Either __sync_icache_dcache() calls sync_icache_aliases(), and that
 * flushes and broadcasts; or the compiler has put the latter into the former.
 */
static bool find_site(void)
{
	const struct code_function *sync = &trial_functions[TRIAL_SYNC];
	const struct code_function *aliases = &trial_functions[TRIAL_ALIASES];
	const unsigned long kick = trial_functions[TRIAL_KICK].start;
	const unsigned long flush = trial_functions[TRIAL_FLUSH].start;
	struct code_edge edge;

	if (code_edges_to(sync, kick, &site) == 1)
		return true;
	if (!aliases->start || !flush || code_edges_to(sync, aliases->start, &site) != 1 ||
	    code_edges_to(aliases, kick, &edge) != 1 || code_edges_to(aliases, flush, &edge) != 1)
		return false;
	branch_state.flush = (void *)flush;
	return true;
}

/* Has somebody changed either of the two functions that are read; which one, and who? */
static const struct code_function *find_change(struct code_change *change)
{
	static const int read[] = { TRIAL_SYNC, TRIAL_ALIASES };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(read); i++) {
		const struct code_function *function = &trial_functions[read[i]];

		if (function->start && code_is_changed(function, change))
			return function;
	}
	return NULL;
}

static struct branch_hits sum_hits(void)
{
	struct branch_hits sum = { 0 };
	int cpu;

	for_each_possible_cpu(cpu) {
		sum.count += READ_ONCE(per_cpu_ptr(&branch_hits, cpu)->count);
		sum.bytes += READ_ONCE(per_cpu_ptr(&branch_hits, cpu)->bytes);
	}
	sum.count -= trial_hits.count;
	sum.bytes -= trial_hits.bytes;
	return sum;
}

static ssize_t hits_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
			 struct module_kobject *kobject, char *text)
{
	return sprintf(text, "%lu\n", sum_hits().count);
}

static ssize_t flushed_bytes_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
				  struct module_kobject *kobject, char *text)
{
	return sprintf(text, "%lu\n", sum_hits().bytes);
}

/* Calls that went to the original: the probe was met within another probe's handler. */
static ssize_t missed_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
			   struct module_kobject *kobject, char *text)
{
	return sprintf(text, "%lu\n", site_probe.nmissed);
}

static ssize_t since_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
			  struct module_kobject *kobject, char *text)
{
	return sprintf(text, "%lld\n", (long long)since);
}

static ssize_t method_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
			   struct module_kobject *kobject, char *text)
{
	return sprintf(text, "%s\n", branch_word ? "branch" : "kprobe");
}

/* The truth about the text, not what was once written to it. */
static ssize_t state_show(COMPAT_ATTRIBUTE_CONST struct module_attribute *attribute,
			  struct module_kobject *kobject, char *text)
{
	const u32 word = code_word(site.at);
	const bool in_place = branch_word ? word == branch_word : code_is_probe(word);

	return sprintf(text, "%s\n", READ_ONCE(branch_state.vipt) ? "dormant" :
		       in_place ? "mitigated" : "affected");
}

static const struct module_attribute hits_attribute = __ATTR_RO(hits);
static const struct module_attribute flushed_bytes_attribute = __ATTR_RO(flushed_bytes);
static const struct module_attribute missed_attribute = __ATTR_RO(missed);
static const struct module_attribute since_attribute = __ATTR_RO(since);
static const struct module_attribute method_attribute = __ATTR_RO(method);
static const struct module_attribute state_attribute = __ATTR_RO(state);

static const struct attribute *mitigate_files[] = {
	&hits_attribute.attr, &flushed_bytes_attribute.attr, &missed_attribute.attr,
	&since_attribute.attr, &method_attribute.attr, &state_attribute.attr, NULL
};

/* NULL when the call can be written anew, or why not. */
static const char *branch_prepare(void)
{
	struct code_edge ours = site;
	struct code_function writer;
	const char *error;

	branch_state.original = (void *)site.to;
	ours.to = (unsigned long)(branch_state.flush ? branch_flush : branch_skip);
	if (code_find("aarch64_insn_patch_text_nosync", &writer))
		return "this kernel has no aarch64_insn_patch_text_nosync()";
	if (far || !veneer_reaches(site.at, ours.to)) {
		error = veneer_make(site.at, ours.to);
		if (error)
			return error;
		ours.to = veneer_address();
	}
	patch_text = (void *)writer.start;
	branch_word = code_branch(&ours);
	return NULL;
}

struct branch_swap {
	u32 old, new;
};

/*
 * Runs while all other CPUs stand still, as kprobes do when they write: whoever wrote to this place
 * since it was found has done so by now, and is left alone. Never is a word written that was read
 * from the text: it may be somebody's breakpoint. Compare ftrace_modify_code().
 */
static __nocfi int branch_swap_stopped(void *argument)
{
	const struct branch_swap *swap = argument;

	if (code_word(site.at) != swap->old)
		return -EBUSY;
	return patch_text((void *)site.at, swap->new);
}

/* Context: may sleep. Return: 0; -EBUSY when another word is there, and nothing is written. */
static int branch_swap(u32 old, u32 new)
{
	struct branch_swap swap = { .old = old, .new = new };

	return stop_machine(branch_swap_stopped, &swap, NULL);
}

static int site_install(void)
{
	int error;

	rival_arm();
	site_probe.addr = (kprobe_opcode_t *)site.at;
	site_probe.flags = branch_word ? KPROBE_FLAG_DISABLED : 0;
	error = register_kprobe(&site_probe);
	if (error) {
		refuse(pr_err, REFUSAL_ERROR, error, "no kprobe at %pS", (void *)site.at);
		goto free_veneer;
	}
	if (!branch_word)
		return 0;
	error = branch_swap(code_branch(&site), branch_word);
	if (!error)
		return 0;
	unregister_kprobe(&site_probe);
	if (error == -EBUSY)
		refuse(pr_err, REFUSAL_RACED, error,
		       "somebody changed the call at %pS after it was found: nothing was written",
		       (void *)site.at);
	else
		refuse(pr_err, REFUSAL_ERROR, error, "%pS cannot be written", (void *)site.at);
free_veneer:
	rival_disarm();
	veneer_free();
	return error;
}

static void site_remove(void)
{
	if (branch_word) {
		/* Where a later probe sits now, kprobes hold the original and put it back. */
		if (branch_swap(branch_word, code_branch(&site)))
			pr_warn("event=kept text=\"somebody changed the call at %pS meanwhile: nothing was written\"\n",
				(void *)site.at);
		/* No CPU may have fetched ours before, or still be in it, when our text goes. */
		kick_all_cpus_sync();
		synchronize_rcu_tasks();
	}
	unregister_kprobe(&site_probe);
	rival_disarm();
	veneer_free();
}

/* Puts the mitigation in place and proves that it does what it is for. */
static int mitigate_install(void)
{
	int broadcasts, error = site_install();

	if (error)
		return error;
	broadcasts = trial_broadcasts();
	if (!broadcasts && sum_hits().count) {
		trial_hits.count = 1;
		trial_hits.bytes = branch_state.flush ? PAGE_SIZE : 0;
		return 0;
	}
	site_remove();
	if (broadcasts < 0)
		return refuse(pr_err, trial_refusal(broadcasts), broadcasts, "%s",
			      trial_explain(broadcasts));
	if (!broadcasts && branch_state.vipt)
		return refuse(pr_info, REFUSAL_DORMANT, -ENODEV,
			      "a CPU with a VIPT I-cache came online: this kernel no longer broadcasts, nothing to do");
	return refuse(pr_err, REFUSAL_INEFFECTIVE, -EIO,
		      "%pS was rerouted and the broadcast still came", (void *)site.at);
}

static int choose_method(void)
{
	const char *error = "kprobe was asked for";

	if (strcmp(method, "kprobe"))
		error = branch_prepare();
	if (error && !strcmp(method, "branch"))
		return refuse(pr_err, REFUSAL_NO_BRANCH, -EOPNOTSUPP,
			      "method=branch does not work here: %s: try method=kprobe", error);
	if (error)
		pr_info("event=chosen method=kprobe text=\"%s\"\n", error);
	return 0;
}

/* The kernel was tried and does not broadcast: is it fixed, or did somebody fix it as it ran? */
static int refuse_unaffected(void)
{
	struct code_change change;

	/* Where text that would broadcast is bypassed, whatever bypasses it carries the fix. */
	if (find_change(&change) && change.detour && (change.module[0] || find_site()))
		return refuse(pr_info, REFUSAL_PATCHED, -ENODEV,
			      "mitigated by %s: leave it loaded, nothing to do",
			      change.module[0] ? change.module : "a live patch");
	return refuse(pr_info, REFUSAL_FIXED, -ENODEV,
		      "this kernel is fixed: making a user page executable interrupts nobody, nothing to do");
}

static int mitigate_check(void)
{
	const struct code_function *changed;
	struct code_change change;
	int broadcasts, error = find_functions();

	if (error)
		return error;
	/* The CPU that has it may be offline by now. */
	if (branch_state.vipt || trial_icache_is_vipt())
		return refuse(pr_info, REFUSAL_DORMANT, -ENODEV,
			      "an I-cache here is VIPT: this kernel does not broadcast on this machine, nothing to do");
	broadcasts = trial_broadcasts();
	if (broadcasts < 0)
		return refuse(pr_err, trial_refusal(broadcasts), broadcasts, "%s",
			      trial_explain(broadcasts));
	if (!broadcasts)
		return refuse_unaffected();
	changed = find_change(&change);
	if (changed)
		return refuse(pr_err, REFUSAL_CHANGED, -EBUSY,
			      "%s() is not as it was compiled: %s", changed->name, change.what);
	if (!find_site())
		return refuse(pr_err, REFUSAL_UNKNOWN_CODE, -EOPNOTSUPP,
			      "this kernel is affected, but its code is not one this module knows how to mend: boot a fixed kernel");
	return 0;
}

static int hotplug_state;

static int __init mitigate_start(void)
{
	int error;

	if (strcmp(method, "auto") && strcmp(method, "branch") && strcmp(method, "kprobe"))
		return refuse(pr_err, REFUSAL_BAD_PARAMETER, -EINVAL,
			      "method=%.32s is none of auto, branch and kprobe", method);
	hotplug_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "icache_ipi/mitigate:online",
					  cpu_check, NULL);
	if (hotplug_state < 0)
		return refuse(pr_err, REFUSAL_ERROR, hotplug_state, "CPUs cannot be watched");
	error = mitigate_check();
	if (error)
		goto remove_state;
	error = choose_method();
	if (!error)
		error = mitigate_install();
	if (error)
		goto remove_state;
	since = ktime_get_real_seconds();
	mitigating = true;
	error = sysfs_create_files(&THIS_MODULE->mkobj.kobj, mitigate_files);
	if (error) {
		refuse(pr_err, REFUSAL_ERROR, error, "the files in sysfs cannot be made");
		goto remove_site;
	}
	pr_info("event=loaded method=%s veneer=%d text=\"%pS %s\"\n",
		branch_word ? "branch" : "kprobe", !!veneer_address(), (void *)site.at,
		branch_state.flush ? "goes to __flush_icache_range()" : "is skipped");
	return 0;

remove_site:
	site_remove();
remove_state:
	cpuhp_remove_state_nocalls(hotplug_state);
	return error;
}

static void __exit mitigate_stop(void)
{
	sysfs_remove_files(&THIS_MODULE->mkobj.kobj, mitigate_files);
	site_remove();
	cpuhp_remove_state_nocalls(hotplug_state);
	pr_info("event=unloaded hits=%lu text=\"user executable ptes broadcast again\"\n",
		sum_hits().count);
}

module_init(mitigate_start);
module_exit(mitigate_stop);

MODULE_DESCRIPTION("arm64: no IPIs for user executable ptes without a reboot (the fix as posted)");
MODULE_AUTHOR("icache-ipi");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(ICACHE_IPI_VERSION);
