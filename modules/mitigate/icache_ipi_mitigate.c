// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache_ipi_mitigate: no interrupts for user executable ptes, on a kernel that is not rebooted
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
 * branch: the call itself is written anew, to go to branch_sync() below. Exchanging one BL for
 * another while other CPUs execute it is what the architecture allows (Arm ARM B2.2.5, concurrent
 * modification and execution) and what ftrace and jump labels do all the time, by the same
 * aarch64_insn_patch_text_nosync(). No register is at risk: what is called today calls
 * kick_all_cpus_sync(), of another file, so the compiler expects all that a call may change to be
 * changed. A disabled kprobe on the call keeps the original instruction
 * for whoever probes the same place later, so that ours cannot come back after this module is gone.
 *
 * Where this module was loaded more than 128 MiB away (CONFIG_RANDOMIZE_MODULE_REGION_FULL) it goes
 * there by a veneer (veneer.h).
 *
 * auto: "branch" where it can be, else "kprobe". It cannot be where no veneer can be made, or where
 * the kernel can be preempted and has no synchronize_rcu_tasks() to tell when branch_sync() is no
 * longer running. ftrace is no third way: an arm64 kernel can be entered that way from 5.5 on, and
 * the affected ones are older.
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
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>

#include <asm/cacheflush.h>
#include <asm/cputype.h>
#include <asm/pgtable.h>

#include "code.h"
#include "compat.h"
#include "trial.h"
#include "veneer.h"

/* CTR_EL0.L1Ip, Arm ARM D13.2.34. Neither PIPT nor VPIPT: VIPT, as arm64's cpuinfo.c has it. */
#define L1IP(ctr)	((ctr) >> 14 & 3)
#define L1IP_VPIPT	0
#define L1IP_PIPT	3

static char *method = "auto";
module_param(method, charp, 0444);
MODULE_PARM_DESC(method, "how: branch, kprobe or auto (default: branch where it can be)");

static struct code_function sync_function, aliases_function, flush_function, kick_function;

/* What is rerouted: BL or B to sync_icache_aliases(), or to kick_all_cpus_sync() itself. */
static struct code_edge site;
static unsigned long site_flush;	/* where to instead; 0: nowhere, skip the call */

/* A VIPT I-cache anywhere: the kernel does not broadcast then, and does not flush by range. */
static bool icache_vipt;

static DEFINE_PER_CPU(unsigned long, hits);
static DEFINE_PER_CPU(unsigned long, flushed_bytes);
static unsigned long trial_hits, trial_bytes;
static time64_t since;
static bool mitigating;

/* Runs in the debug exception: interrupts are off, and nothing here may be probed. */
static int site_reroute(struct kprobe *probe, struct pt_regs *regs)
{
	if (unlikely(READ_ONCE(icache_vipt)))
		return 0;
	this_cpu_inc(hits);
	if (site_flush) {
		this_cpu_add(flushed_bytes, regs->regs[1]);
		/* sync_icache_aliases(kaddr, len) becomes __flush_icache_range(start, end). */
		regs->regs[1] += regs->regs[0];
		if (site.link)
			regs->regs[30] = site.at + CODE_INSN_SIZE;
		instruction_pointer_set(regs, site_flush);
	} else {
		instruction_pointer_set(regs, site.link ? site.at + CODE_INSN_SIZE :
					regs->regs[30]);
	}
	return 1;
}

NOKPROBE_SYMBOL(site_reroute);

/* Armed by "kprobe", disabled by "branch". */
static struct kprobe site_probe = { .pre_handler = site_reroute };

/* "branch": the kernel's writer of its own text, the word that was there, and ours. */
static int (*patch_text)(void *address, u32 word);
static u32 branch_original, branch_word;

/* For tests: by a veneer even where branch_sync() is within reach. */
static bool far;
module_param(far, bool, 0444);
MODULE_PARM_DESC(far, "branch by a veneer also where this module is near (default: N; for tests)");

/* In place of sync_icache_aliases(), or of kick_all_cpus_sync() where that was inlined. */
static __nocfi void branch_sync(unsigned long kaddr, unsigned long len)
{
	void (*original)(unsigned long kaddr, unsigned long len) = (void *)site.to;
	void (*flush)(unsigned long start, unsigned long end) = (void *)site_flush;

	if (unlikely(READ_ONCE(icache_vipt))) {
		original(kaddr, len);
		return;
	}
	this_cpu_inc(hits);
	if (!flush)
		return;
	this_cpu_add(flushed_bytes, len);
	flush(kaddr, kaddr + len);
}

/* On every CPU now, and on each one that comes online later, before it runs any program. */
static int cpu_check(unsigned int cpu)
{
	const unsigned int policy = L1IP(read_cpuid(CTR_EL0));

	if (policy == L1IP_PIPT || policy == L1IP_VPIPT)
		return 0;
	/* The hotplug core calls this for one CPU at a time. */
	if (mitigating && !icache_vipt)
		pr_warn("CPU %u has a VIPT I-cache: this kernel no longer broadcasts, nothing is mitigated from now on\n",
			cpu);
	WRITE_ONCE(icache_vipt, true);
	return 0;
}

static int refuse_find(int error)
{
	if (error == -EPERM)
		pr_err("refused: this kernel is locked down and forbids kprobes (Secure Boot?): only booting a fixed kernel helps\n");
	else
		pr_err("refused: functions cannot be looked up by kprobes (error %d)\n", error);
	return error;
}

static int find_functions(void)
{
	/* The last two compilers may put into their callers: then they are not needed either. */
	struct code_function functions[] = {
		{ .name = "__sync_icache_dcache" }, { .name = "kick_all_cpus_sync" },
		{ .name = "sync_icache_aliases" }, { .name = "__flush_icache_range" },
	};
	const char *who;
	size_t i;
	int error = code_find_all(functions, ARRAY_SIZE(functions));

	if (error && error != -ENOENT)
		return refuse_find(error);
	for (i = 0; i < 2; i++) {
		if (!functions[i].start) {
			pr_err("refused: this kernel has no %s()\n", functions[i].name);
			return -ENOENT;
		}
	}
	sync_function = functions[0];
	kick_function = functions[1];
	aliases_function = functions[2];
	flush_function = functions[3];
	for (i = 0; i < 2; i++) {
		const struct code_function *function = i ? &aliases_function : &sync_function;

		who = function->start ? code_changed_by(function) : NULL;
		if (who) {
			pr_err("refused: %s() is not as it was compiled: %s\n", function->name,
			       who);
			return -EBUSY;
		}
	}
	return 0;
}

/*
 * The one call to reroute. Either __sync_icache_dcache() calls sync_icache_aliases(), and that
 * flushes and broadcasts; or the compiler has put the latter into the former.
 */
static int find_site(void)
{
	struct code_edge edge;

	if (code_edges_to(&sync_function, kick_function.start, &site) == 1)
		return 0;
	if (aliases_function.start && flush_function.start &&
	    code_edges_to(&sync_function, aliases_function.start, &site) == 1 &&
	    code_edges_to(&aliases_function, kick_function.start, &edge) == 1 &&
	    code_edges_to(&aliases_function, flush_function.start, &edge) == 1) {
		site_flush = flush_function.start;
		return 0;
	}
	pr_err("refused: this kernel is affected, but its code is not one this module knows how to mend: boot a fixed kernel\n");
	return -EOPNOTSUPP;
}

static unsigned long sum_counter(unsigned long __percpu *counter)
{
	unsigned long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += *per_cpu_ptr(counter, cpu);
	return sum;
}

static ssize_t hits_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sprintf(text, "%lu\n", sum_counter(&hits) - trial_hits);
}

static ssize_t flushed_bytes_show(struct kobject *kobj, struct kobj_attribute *attribute,
				  char *text)
{
	return sprintf(text, "%lu\n", sum_counter(&flushed_bytes) - trial_bytes);
}

/* Calls that went to the original: the probe was met within another probe's handler. */
static ssize_t missed_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sprintf(text, "%lu\n", site_probe.nmissed);
}

static ssize_t since_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sprintf(text, "%lld\n", (long long)since);
}

static ssize_t method_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	return sprintf(text, "%s\n", branch_word ? "branch" : "kprobe");
}

/* The truth about the text, not what was once written to it. */
static ssize_t state_show(struct kobject *kobj, struct kobj_attribute *attribute, char *text)
{
	const u32 word = code_word(site.at);
	const bool in_place = branch_word ? word == branch_word : code_is_probe(word);

	return sprintf(text, "%s\n", READ_ONCE(icache_vipt) ? "dormant" :
		       in_place ? "mitigated" : "affected");
}

static struct kobj_attribute attributes[] = {
	__ATTR_RO(hits), __ATTR_RO(flushed_bytes), __ATTR_RO(missed), __ATTR_RO(since),
	__ATTR_RO(method), __ATTR_RO(state),
};

static struct attribute *attribute_list[] = {
	&attributes[0].attr, &attributes[1].attr, &attributes[2].attr, &attributes[3].attr,
	&attributes[4].attr, &attributes[5].attr, NULL
};

static const struct attribute_group attribute_group = { .attrs = attribute_list };

/* NULL when the call can be written anew, or why not. */
static const char *branch_prepare(void)
{
	unsigned long to = (unsigned long)branch_sync;
	struct code_function writer;
	const char *error;

	if (!code_can_be_left())
		return "this kernel can be preempted and cannot tell when a function is left";
	if (code_find("aarch64_insn_patch_text_nosync", &writer))
		return "this kernel has no aarch64_insn_patch_text_nosync()";
	if (far || !veneer_reaches(site.at, to)) {
		error = veneer_make(site.at, to);
		if (error)
			return error;
		to = (unsigned long)veneer;
	}
	patch_text = (void *)writer.start;
	branch_original = code_word(site.at);
	branch_word = (branch_original & 0xfc000000) | ((to - site.at) >> 2 & 0x3ffffff);
	return NULL;
}

static __nocfi int branch_write(u32 word)
{
	return patch_text((void *)site.at, word);
}

static int site_install(void)
{
	int error;

	site_probe.addr = (kprobe_opcode_t *)site.at;
	site_probe.flags = branch_word ? KPROBE_FLAG_DISABLED : 0;
	error = register_kprobe(&site_probe);
	if (error) {
		pr_err("refused: no kprobe at %pS (error %d)\n", (void *)site.at, error);
		veneer_free();
		return error;
	}
	if (!branch_word)
		return 0;
	error = branch_write(branch_word);
	if (error) {
		pr_err("refused: %pS cannot be written (error %d)\n", (void *)site.at, error);
		unregister_kprobe(&site_probe);
		veneer_free();
	}
	return error;
}

static void site_remove(void)
{
	if (branch_word) {
		/* Where a later probe sits now, kprobes hold the original and put it back. */
		if (code_word(site.at) == branch_word)
			branch_write(branch_original);
		/* No CPU may have fetched ours before, or still be in it, when our text goes. */
		kick_all_cpus_sync();
		synchronize_rcu_tasks();
	}
	unregister_kprobe(&site_probe);
	veneer_free();
}

/* Puts the mitigation in place and proves that it does what it is for. */
static int mitigate_install(void)
{
	int broadcasts, error = site_install();

	if (error)
		return error;
	broadcasts = trial_broadcasts(&sync_function, &kick_function);
	trial_hits = 1;
	trial_bytes = site_flush ? PAGE_SIZE : 0;
	if (!broadcasts && sum_counter(&hits))
		return 0;
	site_remove();
	pr_err("refused: %pS was rerouted and the broadcast still came: are kprobes switched off (debugfs kprobes/enabled)?\n",
	       (void *)site.at);
	return broadcasts < 0 ? broadcasts : -EIO;
}

static int choose_method(void)
{
	const char *error = "kprobe was asked for";

	if (strcmp(method, "kprobe"))
		error = branch_prepare();
	if (error && !strcmp(method, "branch")) {
		pr_err("refused: method=branch does not work here: %s: try method=kprobe\n", error);
		return -EOPNOTSUPP;
	}
	if (error)
		pr_info("method kprobe: %s\n", error);
	return 0;
}

static int mitigate_check(void)
{
	int broadcasts, error = find_functions();

	if (error)
		return error;
	if (icache_vipt) {
		pr_info("refused: an I-cache here is VIPT: this kernel does not broadcast on this machine, nothing to do\n");
		return -ENODEV;
	}
	broadcasts = trial_broadcasts(&sync_function, &kick_function);
	if (broadcasts < 0) {
		pr_err("refused: cannot try this kernel (error %d)\n", broadcasts);
		return broadcasts;
	}
	if (!broadcasts) {
		pr_info("refused: this kernel is fixed: making a user page executable interrupts nobody, nothing to do\n");
		return -ENODEV;
	}
	return find_site();
}

static int hotplug_state;

static int __init mitigate_start(void)
{
	int error;

	if (strcmp(method, "auto") && strcmp(method, "branch") && strcmp(method, "kprobe")) {
		pr_err("refused: method=%.32s is none of auto, branch and kprobe\n", method);
		return -EINVAL;
	}
	hotplug_state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "icache_ipi/mitigate:online",
					  cpu_check, NULL);
	if (hotplug_state < 0)
		return hotplug_state;
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
	error = sysfs_create_group(&THIS_MODULE->mkobj.kobj, &attribute_group);
	if (error)
		goto remove_site;
	pr_info("mitigated by %s: %pS %s\n",
		veneer ? "branch (and veneer)" : branch_word ? "branch" : "kprobe", (void *)site.at,
		site_flush ? "goes to __flush_icache_range()" : "is skipped");
	return 0;

remove_site:
	site_remove();
remove_state:
	cpuhp_remove_state_nocalls(hotplug_state);
	return error;
}

static void __exit mitigate_stop(void)
{
	sysfs_remove_group(&THIS_MODULE->mkobj.kobj, &attribute_group);
	site_remove();
	cpuhp_remove_state_nocalls(hotplug_state);
	pr_info("removed after %lu hits: user executable ptes broadcast again\n",
		sum_counter(&hits) - trial_hits);
}

module_init(mitigate_start);
module_exit(mitigate_stop);

MODULE_DESCRIPTION("arm64: no IPIs for user executable ptes (132fdc379eb1) without a reboot");
MODULE_AUTHOR("icache-ipi");
MODULE_LICENSE("GPL v2");
MODULE_VERSION(ICACHE_IPI_VERSION);
