// SPDX-License-Identifier: GPL-2.0-only
/*
 * record.c: what a message of the kernel says
 *
 * The forms are those of the kernel's own sources: kernel/watchdog.c, kernel/watchdog_hld.c (and
 * arch/powerpc/kernel/watchdog.c), kernel/rcu/tree_stall.h and tree_exp.h, kernel/hung_task.c,
 * kernel/smp.c (csd), lib/nmi_backtrace.c, lib/dump_stack.c, drivers/tty/sysrq.c, kernel/sched/core.c,
 * kernel/panic.c and show_regs() and dump_backtrace() of the architectures.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "triage/triage.h"

const char *const triage_arch_names[ARCHES] = {
	[ARCH_UNKNOWN] = "",
	[ARCH_ARM64] = "arm64",
	[ARCH_X86] = "x86",
	[ARCH_ARM] = "arm (32 bits)",
	[ARCH_POWER] = "powerpc",
	[ARCH_RISCV] = "riscv",
	[ARCH_OTHER] = "another architecture",
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The number at @text; -1 when there is none, or one that no CPU and no process has. */
static int number_at(const char *text)
{
	long number = 0;

	if (!isdigit((unsigned char)*text))
		return -1;
	while (isdigit((unsigned char)*text) && number < 100000000)
		number = number * 10 + (*text++ - '0');
	return number < 100000000 ? (int)number : -1;
}

/* The number behind @what in @text, or -1. */
static int number_after(const char *text, const char *what)
{
	const char *at = strstr(text, what);

	if (!at)
		return -1;
	at += strlen(what);
	return number_at(at + strspn(at, " "));
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
	text_mend(to);
	text_make_printable(to);
}

static void copy_name(struct triage_record *record, const char *text)
{
	struct stacks_frame frame;

	if (stacks_parse_frame(text, &frame) && frame.sure)
		copy(record->name, sizeof(record->name), frame.name, frame.length);
}

/* show_regs() of arm64 prints a program's pc as a number: sixteen digits, until 4.14 "0x" and no zeros in front. */
static bool is_user_pc(const char *text)
{
	const bool prefixed = begins(text, "0x");
	const size_t digits = strspn(text += prefixed ? 2 : 0, "0123456789abcdef");

	return !text[digits] &&
	       (prefixed ? digits > 0 && digits <= 13 : digits == 16 && begins(text, "000"));
}

/* "[comm:pid]", where comm may have colons and brackets of its own. */
static void read_task(struct triage_record *record, const char *text)
{
	const char *open = strchr(text, '['), *close = strrchr(text, ']'), *colon = close;

	if (!open || !close || close < open)
		return;
	while (colon > open && *colon != ':')
		colon--;
	if (colon == open)
		return;
	record->pid = number_at(colon + 1);
	copy(record->comm, sizeof(record->comm), open + 1, colon - open - 1);
}

/* watchdog: BUG: soft lockup - CPU#17 stuck for 22s! [java:3123] */
static bool read_lockup(const char *text, struct triage_record *record)
{
	const char *at = strstr(text, "soft lockup - CPU#");

	/* kernel/locking/spinlock_debug.c, until 4.12: no time, and a task without brackets */
	if (!at && begins(text, "BUG: spinlock lockup suspected on CPU#")) {
		record->kind = RECORD_LOCKUP;
		record->cpu = number_at(text + 38);
		return true;
	}
	if (!at)
		return false;
	record->kind = RECORD_LOCKUP;
	record->cpu = number_at(at + 18);
	at = strstr(at, "stuck for ");
	if (at) {
		const int seconds = number_at(at + 10);

		record->seconds = seconds < 0 ? 0 : seconds;
		read_task(record, at);
	}
	return true;
}

static bool read_hard(const char *text, struct triage_record *record)
{
	if (strstr(text, "etected hard LOCKUP on cpu"))
		record->cpu = number_after(text, "LOCKUP on cpu");
	else if (begins(text, "Watchdog CPU:") || begins(text, "watchdog: CPU "))
		record->cpu = number_at(text + 13 + strspn(text + 13, " "));
	else
		return false;
	if (!strstr(text, "LOCKUP") || strstr(text, "detected Hard LOCKUP other") ||
	    strstr(text, "became unstuck"))
		return false;
	record->kind = RECORD_HARD;
	return true;
}

/* INFO: task java:3123 blocked for more than 120 seconds. */
static bool read_hung(const char *text, struct triage_record *record)
{
	const char *at = strstr(text, "INFO: task "), *end, *colon;

	if (!at || !(end = strstr(at, " blocked for more than ")))
		return false;
	at += 11;
	for (colon = end; colon > at && *colon != ':'; colon--)
		;
	if (colon == at)
		return false;
	record->kind = RECORD_HUNG;
	record->pid = number_at(colon + 1);
	record->seconds = number_at(end + 23) < 0 ? 0 : number_at(end + 23);
	copy(record->comm, sizeof(record->comm), at, colon - at);
	return true;
}

/* smp: csd: Detected non-responsive CSD lock (#1) on CPU#0, waiting 5000000016 ns for CPU#01 do_nothing+0x0/0x8(0x0). */
static bool read_csd(const char *text, struct triage_record *record)
{
	const char *at = strstr(text, "non-responsive CSD lock"), *other;

	if (!at)
		return false;
	record->kind = RECORD_CSD;
	record->cpu = number_after(at, "on CPU#");
	other = strstr(at, " for CPU#");
	if (other) {
		record->other_cpu = number_at(other + 9);
		other += 9 + strspn(other + 9, "0123456789");
		copy_name(record, other);
	}
	return true;
}

static bool read_stall(const char *text, struct triage_record *record)
{
	if (strstr(text, "kthread starved for ") ||
	    strstr(text, "kthread timer wakeup didn't happen")) {
		record->kind = RECORD_STARVED;
		return true;
	}
	if (!strstr(text, " stall"))
		return false;
	if (!strstr(text, "self-detected stall on CPU") &&
	    !strstr(text, "detected stalls on CPUs/tasks") &&
	    !strstr(text, "detected expedited stalls on CPUs/tasks") &&
	    !strstr(text, "detected stall on CPU"))
		return false;
	record->kind = RECORD_STALL;
	return true;
}

/* The release in "... Not tainted 4.19.13-bsp.4 #1 SMP", in "Tainted: G        W  4.19.13 #1". */
static void read_release(struct triage_record *record, const char *text)
{
	const char *hash = strstr(text, " #"), *from;

	if (!hash)
		hash = text + strlen(text);
	for (from = hash; from > text && from[-1] != ' '; from--)
		;
	if (isdigit((unsigned char)*from) && memchr(from, '.', hash - from))
		copy(record->release, sizeof(record->release), from, hash - from);
}

/* CPU: 17 PID: 3123 Comm: java Not tainted 4.19.13 #1 SMP; newer kernels put "UID: 0" before PID. */
static bool read_cpu_line(const char *text, struct triage_record *record)
{
	const char *comm, *end;

	if (!begins(text, "CPU: ") && !begins(text, "Pid: "))
		return false;
	comm = strstr(text, "Comm: ");
	if (!comm || (*text == 'C' && !strstr(text, " PID: ")))
		return comm && *text == 'P' ? (record->kind = RECORD_CPU_LINE, true) : false;
	record->kind = RECORD_CPU_LINE;
	record->cpu = number_at(text + 5);
	record->pid = number_after(text, " PID: ");
	comm += 6;
	end = strstr(comm, "ainted");
	for (; end && end > comm && *end != ' '; end--)
		;
	if (end && end - comm > 4 && begins(end - 4, " Not"))
		end -= 4;
	if (!end)
		end = comm + strcspn(comm, " ");
	/* A command's name may have been called tainted with what kdump says. */
	if (end - comm > 15 && strstr(comm, " Kdump: ") && strstr(comm, " Kdump: ") < end)
		end = strstr(comm, " Kdump: ");
	copy(record->comm, sizeof(record->comm), comm, end - comm);
	read_release(record, end);
	return true;
}

/* "task:java   state:D stack:..", "java   D    0  3391   2210 0x00000001", "Task dump for CPU 3:" */
static bool read_task_line(const char *text, struct triage_record *record)
{
	const char *at, *end;

	if (begins(text, "Task dump for CPU ")) {
		record->kind = RECORD_TASK;
		return true;
	}
	if (begins(text, "task:")) {
		record->kind = RECORD_TASK;
		at = text + 5;
		end = strstr(at, " state:");
		if (!end)
			end = at + strcspn(at, " ");
		while (end > at && end[-1] == ' ')
			end--;
		copy(record->comm, sizeof(record->comm), at, end - at);
		record->pid = number_after(text, " pid:");
		return true;
	}
	/* crash's bt: PID: 3123   TASK: ffff8000  CPU: 17   COMMAND: "java" */
	if (begins(text, "PID: ") && strstr(text, "COMMAND: \"")) {
		record->kind = RECORD_SHOW_CPU;
		record->in_turn = true;
		record->pid = number_at(text + 5);
		record->cpu = number_after(text, "CPU: ");
		at = strstr(text, "COMMAND: \"") + 10;
		copy(record->comm, sizeof(record->comm), at, strcspn(at, "\""));
		return true;
	}
	/* A name, a state of one letter, numbers, and flags in hexadecimal: sched_show_task() until 5.9 */
	at = strstr(text, " 0x");
	if (!at || text[0] == '[' || strlen(at) != 11 || strlen(text) < 40)
		return false;
	for (end = text; *end && !(*end == ' ' && end[1] && strchr("RSDTtXZPI", end[1]) &&
				   (end[2] == ' ' || isdigit((unsigned char)end[2])));
	     end++)
		;
	if (!*end || end - text > 20)
		return false;
	record->kind = RECORD_TASK;
	while (end > text && end[-1] == ' ')
		end--;
	copy(record->comm, sizeof(record->comm), text, end - text);
	return true;
}

/* Where registers are printed, and what architecture prints them so. */
static bool read_registers(const char *text, struct triage_record *record)
{
	static const struct {
		const char *begin;
		enum triage_kind kind;
		enum triage_arch arch;
	} forms[] = {
		{ "pc : ", RECORD_PC, ARCH_ARM64 },
		{ "lr : ", RECORD_LR, ARCH_ARM64 },
		{ "sp : ", RECORD_REGISTERS, ARCH_ARM64 },
		{ "pstate: ", RECORD_REGISTERS, ARCH_ARM64 },
		{ "PC is at ", RECORD_PC, ARCH_UNKNOWN },
		{ "LR is at ", RECORD_LR, ARCH_UNKNOWN },
		{ "pmr_save: ", RECORD_REGISTERS, ARCH_ARM64 },
		{ "RIP: ", RECORD_INSIDE, ARCH_X86 },
		{ "EIP: ", RECORD_INSIDE, ARCH_X86 },
		{ "RSP: ", RECORD_INSIDE, ARCH_X86 },
		{ "RAX: ", RECORD_INSIDE, ARCH_X86 },
		{ "NIP: ", RECORD_REGISTERS, ARCH_POWER },
		{ "NIP [", RECORD_PC, ARCH_POWER },
		{ "LR [", RECORD_LR, ARCH_POWER },
		{ "epc : ", RECORD_PC, ARCH_RISCV },
		{ "epc   : ", RECORD_PC, ARCH_OTHER },
		{ "Krnl PSW", RECORD_REGISTERS, ARCH_OTHER },
	};

	if (*text == 'x' && isdigit((unsigned char)text[1])) {
		const size_t digits = strspn(text + 1, "0123456789");

		if (digits > 2 ||
		    (!begins(text + 1 + digits, ": ") && !begins(text + 1 + digits, " : ")))
			return false;
		record->kind = RECORD_REGISTERS;
		record->arch = ARCH_ARM64;
		return true;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (begins(text, forms[i].begin)) {
			const char *rest = text + strlen(forms[i].begin);

			record->kind = forms[i].kind;
			record->arch = forms[i].arch;
			if (record->kind == RECORD_PC || record->kind == RECORD_LR)
				copy_name(record, *forms[i].begin == 'N' || *forms[i].begin == 'L' ?
							  rest - (rest[-1] == '[') :
							  rest);
			record->user = record->kind == RECORD_PC && is_user_pc(rest);
			return true;
		}
	return false;
}

/* sysrq: CPU4: and NMI backtrace for cpu 4 */
static bool read_show(const char *text, struct triage_record *record)
{
	if (begins(text, "NMI backtrace for cpu ")) {
		record->cpu = number_at(text + 22);
		record->kind = strstr(text, "skipped: idling") ? RECORD_SHOW_IDLE : RECORD_SHOW_CPU;
		return true;
	}
	if (begins(text, "sysrq: "))
		text += 7;
	if (begins(text, "CPU") && isdigit((unsigned char)text[3])) {
		const char *end = text + 3 + strspn(text + 3, "0123456789");

		if (strcmp(end, ":") && !begins(end, ": backtrace skipped as idling"))
			return false;
		record->cpu = number_at(text + 3);
		record->kind = end[1] ? RECORD_SHOW_IDLE : RECORD_SHOW_CPU;
		return true;
	}
	if ((begins(text, "SysRq : ") || begins(text, "Show ")) &&
	    strstr(text, "all active CPUs")) {
		record->kind = RECORD_SHOW_ALL;
		return true;
	}
	return false;
}

static bool read_boot(const char *text, struct triage_record *record)
{
	if (begins(text, "Linux version ")) {
		record->kind = RECORD_BOOT;
		text += 14;
		copy(record->release, sizeof(record->release), text, strcspn(text, " "));
		return true;
	}
	if (begins(text, "Booting Linux on physical CPU")) {
		record->kind = RECORD_BOOT;
		return true;
	}
	/* "smp: Brought up 1 node, 64 CPUs", "Brought up 64 CPUs", "SMP: Total of 64 processors activated." */
	if (strstr(text, "Brought up ")) {
		const char *cpus = strstr(text, " CPUs");

		while (cpus && cpus > text && isdigit((unsigned char)cpus[-1]))
			cpus--;
		record->cpu = cpus ? number_at(cpus) : -1;
		record->kind = record->cpu > 0 ? RECORD_CPUS : RECORD_NONE;
		return true;
	}
	if (begins(text, "SMP: Total of ")) {
		record->cpu = number_at(text + 14);
		record->kind = record->cpu > 0 ? RECORD_CPUS : RECORD_NONE;
		return true;
	}
	return false;
}

static bool read_hardware(const char *text, struct triage_record *record)
{
	static const char *const machines[] = {
		"QEMU",		  "KVM", "VirtualBox", "VMware", "Virtual Machine",  "Amazon EC2",
		"Google Compute", "Xen", "BHYVE",      "Bochs",	 "linux,dummy-virt", "Hyper-V"
	};

	if (!begins(text, "Hardware name:"))
		return false;
	record->kind = RECORD_HARDWARE;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		record->virtual_machine |= strstr(text, machines[i]) != NULL;
	return true;
}

/* "Call trace:" of arm64, "Call Trace:" of x86 and others, "Backtrace:" of arm. What is behind it, or NULL. */
static const char *read_trace(const char *text, struct triage_record *record)
{
	if (begins(text, "Call trace:"))
		record->arch = ARCH_ARM64;
	else if (!begins(text, "Call Trace:") && !begins(text, "Backtrace:"))
		return NULL;
	record->kind = RECORD_TRACE;
	text += strcspn(text, ":") + 1;
	return text + strspn(text, " ");
}

/* "<IRQ>", "</TASK>", "<EOE>": the rest of the line. */
static const char *skip_marks(const char *text, bool *marked)
{
	for (;;) {
		const char *end = text + 1 + (text[1] == '/');

		if (*text != '<' || (!isupper((unsigned char)*end) && *end != '#'))
			return text;
		while (isupper((unsigned char)*end) || isdigit((unsigned char)*end) || *end == '#')
			end++;
		if (*end != '>')
			return text;
		*marked = true;
		text = end + 1 + strspn(end + 1, " ");
	}
}

static enum triage_arch arch_of_name(const char *name)
{
	if (begins(name, "el0_") || begins(name, "el1_") || begins(name, "el0t_") ||
	    begins(name, "el1h_") || begins(name, "sync_icache_aliases") ||
	    begins(name, "__arm64_sys_") || begins(name, "gic_handle_irq"))
		return ARCH_ARM64;
	if (begins(name, "entry_SYSCALL_64") || begins(name, "__x64_sys_") ||
	    begins(name, "do_syscall_64") || begins(name, "asm_sysvec_") ||
	    begins(name, "apic_timer_interrupt") || begins(name, "smp_apic_timer_interrupt") ||
	    begins(name, "native_") || begins(name, "ret_from_fork_asm") || begins(name, "__pfx_"))
		return ARCH_X86;
	if (begins(name, "unwind_backtrace") || begins(name, "ret_fast_syscall") ||
	    begins(name, "__irq_svc"))
		return ARCH_ARM;
	return ARCH_UNKNOWN;
}

/* x86-64 runs its code at 0xffffffff80000000 and up, where arm64 has none; powerpc prints two addresses. */
static enum triage_arch arch_of_addresses(const char *text)
{
	const char *second;

	if (!strncmp(text, "[<ffffffff8", 11) || !strncmp(text, "[<ffffffffa", 11) ||
	    !strncmp(text, "[<ffffffffc", 11))
		return ARCH_X86;
	second = !strncmp(text, "[c0000", 6) ? strstr(text, "] [c0000") : NULL;
	return second && second - text == 17 ? ARCH_POWER : ARCH_UNKNOWN;
}

static bool read_frame(const char *text, struct triage_record *record)
{
	struct stacks_frame frame;
	bool marked = false;

	text = skip_marks(text, &marked);
	if (!*text && marked) {
		record->kind = RECORD_INSIDE;
		return true;
	}
	if (!stacks_parse_frame(text, &frame))
		return false;
	record->kind = frame.sure ? RECORD_FRAME : RECORD_BARE_NAME;
	record->doubtful = frame.doubtful;
	copy(record->name, sizeof(record->name), frame.name, frame.length);
	record->arch = arch_of_addresses(text);
	/* "foo from bar+0x20/0xac" is how arm with 32 bits prints it, and nobody else. */
	if (frame.sure && !record->arch)
		record->arch = strstr(text, " from ") && strstr(text, "+0x") ?
				       ARCH_ARM :
				       arch_of_name(record->name);
	return true;
}

/* Lines that the kernel prints within or around a stack, and that say nothing here. */
static bool read_inside(const char *text, struct triage_record *record)
{
	static const char *const inside[] = {
		"Exception stack(",
		"Workqueue:",
		"Modules linked in:",
		"Code: ",
		"Stack:",
		"Supported:",
		"---[ end ",
		"Unloaded tainted",
		"FS: ",
		"CS: ",
		"CR2: ",
		"task: ",
		"Tainted: "
	};

	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (begins(text, inside[i])) {
			record->kind = RECORD_INSIDE;
			return true;
		}
	/* "3780: ffff1fe8c27e6a79 ffff64485db44bf0": memory */
	if (isxdigit((unsigned char)text[0]) && isxdigit((unsigned char)text[1]) &&
	    isxdigit((unsigned char)text[2]) && isxdigit((unsigned char)text[3]) &&
	    text[4] == ':') {
		record->kind = RECORD_INSIDE;
		return true;
	}
	return false;
}

static bool read_end(const char *text, struct triage_record *record)
{
	if (strstr(text, "Kernel panic - not syncing")) {
		record->kind = RECORD_PANIC;
		return true;
	}
	if (begins(text, "------------[ cut here") || begins(text, "WARNING: ") ||
	    begins(text, "Internal error: ") || begins(text, "Unable to handle kernel ") ||
	    begins(text, "BUG: ") || begins(text, "Oops: ") || begins(text, "INFO: lockdep")) {
		record->kind = RECORD_OOPS;
		return true;
	}
	if ((begins(text, "Panic#") || begins(text, "Oops#")) && strstr(text, " Part")) {
		record->kind = RECORD_FRAGMENT;
		record->cpu = number_after(text, " Part");
		return true;
	}
	return false;
}

void triage_record_read(const struct triage_message *message, struct triage_record *record)
{
	const char *text = message->text + strspn(message->text, " \t"), *rest;

	record->kind = RECORD_NONE;
	record->cpu = record->other_cpu = record->pid = -1;
	record->seconds = 0;
	record->comm[0] = record->release[0] = record->name[0] = '\0';
	record->arch = ARCH_UNKNOWN;
	record->virtual_machine = record->doubtful = record->user = record->in_turn = false;
	if (message->foreign || !*text)
		return;
	if (read_registers(text, record) || (*text == 'C' && read_cpu_line(text, record)) ||
	    read_hardware(text, record) || read_inside(text, record))
		return;
	rest = read_trace(text, record);
	if (rest) {
		/* An old kernel goes on in the same line: nobody else does. */
		return;
	}
	if (read_show(text, record) || read_task_line(text, record) || read_frame(text, record))
		return;
	if (read_lockup(text, record) || read_hard(text, record) || read_csd(text, record) ||
	    read_stall(text, record) || read_hung(text, record) || read_boot(text, record))
		return;
	read_end(text, record);
}
