// SPDX-License-Identifier: GPL-2.0-only
/*
 * core.c: a vmcore: the stacks of all CPUs at one instant, and what the kernel's code does
 *
 * A dump has more than a log: the stack of every CPU, and the code. So whoever holds a lock is among those
 * that are seen, and whether a user page interrupts all CPUs is known. Where CPUs are missing, the log that is in
 * the dump, too, may have the stack of the one that sends.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core-log.h"
#include "kernel/core.h"
#include "kernel/finding.h"
#include "kernel/rerouted.h"
#include "kernel/tables.h"
#include "lib/text.h"
#include "triage/triage.h"

static const struct triage_message now = { 0 };

static void name_release(struct triage_log *log, const struct kernel *kernel)
{
	static const char begin[] = "Linux version ";

	if (strncmp(kernel->banner, begin, sizeof(begin) - 1))
		return;
	text_copy(log->release, sizeof(log->release), kernel->banner + sizeof(begin) - 1);
	log->release[strcspn(log->release, " ")] = '\0';
	text_make_printable(log->release);
}

static void judge_code(struct triage_log *log, struct kernel *kernel, struct kernel_core *core,
		       uint64_t address)
{
	static const enum triage_code codes[VERDICTS] = {
		[VERDICT_AFFECTED] = CODE_AFFECTED,
		[VERDICT_FIXED] = CODE_FIXED,
		[VERDICT_MITIGATED] = CODE_MITIGATED,
	};
	struct kernel_runtime machine = { 0 };
	struct kernel_finding finding = { 0 };

	kernel_rerouted_restore(kernel, core, address, &machine);
	kernel_finding_judge(&finding, kernel, &machine);
	log->code = codes[finding.judgement.verdict];
	snprintf(log->code_reason, sizeof(log->code_reason), "%s", finding.judgement.reason);
}

static void name_frames(struct triage_log *log, const struct kernel *kernel,
			const struct kernel_stack *from, struct triage_stack *stack)
{
	for (size_t i = 0; i < from->depth && stack->depth < STACKS_DEPTH_MAX; i++) {
		const char *name = kernel_function_at(kernel, from->pc[i]);
		char shown[STACKS_NAME_SIZE];

		/* A module's function, mostly. */
		text_copy(shown, sizeof(shown), name ? name : "(no symbol)");
		text_make_printable(shown);
		stack->names[stack->depth++] = triage_log_name(log, shown, strlen(shown));
	}
}

/* What CPU @number does. */
static void look_at_cpu(struct triage_log *log, const struct kernel *kernel,
			struct kernel_tables *tables, const struct kernel_registers *cpu,
			int number)
{
	struct triage_stack stack = { .source = SOURCE_VMCORE, .cpu = number, .pid = -1 };
	struct kernel_stack walked;

	/* Never started, or not there when the kernel crashed. */
	if (!cpu->pc && !cpu->fp && !cpu->lr)
		return;
	log->cpus_seen++;
	stack.user = !cpu->level;
	if (cpu->level && tables) {
		kernel_stack_walk(cpu, kernel, kernel_tables_read, tables, &walked);
		name_frames(log, kernel, &walked, &stack);
		log->cpus_unread += walked.end == STACK_UNREADABLE || walked.end == STACK_CIRCLE;
	} else if (cpu->level) {
		log->cpus_unread++;
	}
	triage_log_stack(log, &stack);
}

/* How many bits are set in the mask called @name; 0: it is not there. */
static unsigned int count_mask(const struct kernel *kernel, const char *name)
{
	const struct kernel_symbols *symbols = &kernel->symbols;
	const struct kernel_symbol *mask = kernel_symbols_find(symbols, name, true, NULL);
	const struct kernel_symbol *next = mask;
	unsigned int set = 0;

	while (next && next < symbols->list + symbols->count && next->offset == mask->offset)
		next++;
	if (!next || next == symbols->list + symbols->count || next->offset > kernel->size ||
	    next->offset - mask->offset > TRIAGE_CPUS_MAX / 8)
		return 0;
	for (uint64_t at = mask->offset; at < next->offset; at++)
		set += __builtin_popcount(kernel->image[at]);
	return set;
}

/*
 * How many CPUs ran when the kernel crashed, by its own masks; 0: not known, data have symbols with
 * CONFIG_KALLSYMS_ALL. A CPU that did not answer has no note, and may be the one that held the lock. One that panics
 * when another has done so takes itself off the mask of those online (panic_smp_self_stop()), and stays active.
 */
static unsigned int count_running(const struct kernel *kernel)
{
	const unsigned int online = count_mask(kernel, "__cpu_online_mask");
	const unsigned int active = count_mask(kernel, "__cpu_active_mask");

	return online > active ? online : active;
}

static void look_at_cpus(struct triage_log *log, struct kernel_core *core, struct kernel *kernel,
			 struct kernel_tables *tables, const struct kernel_registers *cpus)
{
	const unsigned int running = count_running(kernel);
	const struct triage_record asked = { .kind = RECORD_SHOW_ALL, .arch = ARCH_ARM64 };
	char *info = kernel_core_info(core);

	kernel_symbols_keep_functions(&kernel->symbols);
	triage_log_event(log, &now, &asked);
	for (unsigned int cpu = 0; cpu < log->cpus; cpu++)
		look_at_cpu(log, kernel, tables, &cpus[cpu], cpu);
	if (log->cpus_seen && running > log->cpus_seen) {
		log->cpus_unread += running - log->cpus_seen;
		log->cpus_seen = running;
	}
	log->cpus_uncounted = info && !running;
	free(info);
}

static void feed(void *reader, const char *text, size_t size)
{
	triage_reader_feed(reader, text, size);
}

/*
 * Memory alone cannot tell: does the log in it show the fault? Then that is the answer, in place of @log. Of a log
 * that shows something else, that may be long ago.
 */
static struct triage_log *ask_log(struct triage_log *log, struct kernel_core *core,
				  struct kernel_tables *tables)
{
	char *info = kernel_core_info(core);
	struct triage_reader *reader = info ? triage_reader_new(log->path, NULL) : NULL;
	struct triage_log *other = NULL;

	if (reader) {
		kernel_core_log(kernel_tables_read, tables, info, feed, reader);
		other = triage_reader_end(reader);
	}
	free(info);
	if (!other || other->verdict != TRIAGE_THIS_FAULT) {
		triage_log_free(other);
		return log;
	}
	other->cpus = log->cpus_seen;
	other->code = log->code;
	other->cpus_seen = log->cpus_seen;
	other->cpus_unread = log->cpus_unread;
	other->cpus_uncounted = log->cpus_uncounted;
	other->in_memory = true;
	snprintf(other->release, sizeof(other->release), "%s", log->release);
	snprintf(other->code_reason, sizeof(other->code_reason), "%s", log->code_reason);
	triage_log_free(log);
	return other;
}

static struct triage_log *judge(struct triage_log *log, struct kernel_core *core,
				struct kernel *kernel, uint64_t address)
{
	static struct kernel_registers cpus[TRIAGE_CPUS_MAX];
	struct kernel_tables tables;
	bool found;

	name_release(log, kernel);
	judge_code(log, kernel, core, address);
	log->cpus = kernel_core_cpus(core, cpus, TRIAGE_CPUS_MAX);
	found = kernel_tables_find(&tables, core, kernel, address, cpus, log->cpus);
	look_at_cpus(log, core, kernel, found ? &tables : NULL, cpus);
	triage_judge_log(log);
	return log->verdict == TRIAGE_CANNOT_TELL && found ? ask_log(log, core, &tables) : log;
}

struct triage_log *triage_core_judge(const char *path)
{
	struct triage_log *log = triage_log_new(path);
	struct kernel kernel = { 0 };
	char why[REASON_SIZE];
	struct kernel_core *core;
	uint64_t address;

	if (!log)
		return NULL;
	core = kernel_core_open(path, why);
	if (core && kernel_core_load(core, &kernel, &address, why)) {
		log = judge(log, core, &kernel, address);
	} else {
		log->verdict = TRIAGE_CANNOT_TELL;
		snprintf(log->reason, sizeof(log->reason), "%s", why);
	}
	kernel_free(&kernel);
	kernel_core_close(core);
	return log;
}
