// SPDX-License-Identifier: GPL-2.0-only
/*
 * redact.c: a log with the lines that a verdict needs, and nothing that names a machine or a person
 *
 * Every line is written anew from what was read of it: function names, numbers of CPUs, seconds, the
 * release. Times begin anew, hosts and callers become numbers, commands and processes "task-1". A line of somebody
 * else may look like a frame: a name without an offset is kept when the table of causes has it, and is a number else.
 */
#include <stdlib.h>
#include <string.h>

#include "triage/triage.h"

enum { KNOWN_MAX = 512, BEGIN_S = 1000 };

struct known {
	char texts[KNOWN_MAX][TRIAGE_KEY_SIZE];
	size_t count;
};

struct triage_redactor {
	FILE *to;
	struct known keys, tasks, names;
	double begin;
	bool begun;
	enum triage_kind last;
};

struct triage_redactor *triage_redactor_new(FILE *to)
{
	struct triage_redactor *redactor = calloc(1, sizeof(*redactor));

	if (redactor)
		redactor->to = to;
	return redactor;
}

void triage_redactor_free(struct triage_redactor *redactor)
{
	free(redactor);
}

/* The number of @text, from 1 on; those that find no room share one. */
static size_t number_of(struct known *known, const char *text)
{
	size_t i = 0;

	while (i < known->count && strcmp(known->texts[i], text))
		i++;
	if (i == known->count && known->count < KNOWN_MAX)
		snprintf(known->texts[known->count++], TRIAGE_KEY_SIZE, "%s", text);
	return i + 1;
}

static size_t task_of(struct triage_redactor *redactor, const struct triage_record *record)
{
	char text[48];

	snprintf(text, sizeof(text), "%s:%d", record->comm, record->pid);
	return number_of(&redactor->tasks, text);
}

/* What judges look for within names that the table does not have. */
static bool is_of_the_kernel(const char *name)
{
	return causes_find(name) || !strcmp(name, "kthread") || !strcmp(name, "__switch_to") ||
	       strstr(name, "lock_page") || strstr(name, "migration_entry") ||
	       strstr(name, "folio_lock");
}

/* The record's name, or one that says nothing, in @room. */
static const char *name_of(struct triage_redactor *redactor, const struct triage_message *message,
			   const struct triage_record *record, char room[static 32])
{
	if (strstr(message->text, "+0x") || is_of_the_kernel(record->name))
		return record->name;
	snprintf(room, 32, "function_%zu", number_of(&redactor->names, record->name));
	return room;
}

/*
 * "4.19.13-bsp.4": one digit, two more numbers at most, and a suffix of letters that releases have. Four numbers
 * may be an address.
 */
static void print_release(FILE *to, const char *release)
{
	static const char digits[] = "0123456789",
			  suffix[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				     "0123456789._+~-";
	size_t length = strspn(release, digits) == 1 && release[1] == '.' ? 1 : 0;

	for (int i = 0; length && i < 2 && release[length] == '.'; i++)
		length += 1 + strspn(release + length + 1, digits);
	if (length && release[length] && strchr("-+~_", release[length]))
		length += strspn(release + length, suffix);
	else
		while (length && release[length - 1] == '.')
			length--;
	fprintf(to, "%.*s", length ? (int)length : 5, length ? release : "0.0.0");
}

static void print_prefix(struct triage_redactor *redactor, const struct triage_message *message)
{
	double seconds = message->timed ? message->seconds : redactor->begin;

	if (!redactor->begun) {
		redactor->begin = seconds;
		redactor->begun = true;
	}
	/* There is room before the first line: a clock may be set back. */
	seconds += BEGIN_S - redactor->begin;
	if (message->timed)
		fprintf(redactor->to, "[%12.6f]", seconds < 0 ? 0 : seconds);
	if (message->tagged || message->key[0])
		fprintf(redactor->to, "[%6s%zu]", "T", number_of(&redactor->keys, message->key));
	if (message->timed || message->key[0])
		fputc(' ', redactor->to);
}

/* How each architecture begins them: that tells which one it is. */
static const char *const pc_forms[ARCHES] = {
	"PC is at ", "pc : ", "PC is at ", "PC is at ", "NIP [0] ", "epc : ", "epc   : ",
};
static const char *const lr_forms[ARCHES] = {
	"LR is at ", "lr : ", "LR is at ", "LR is at ", "LR [0] ", "LR is at ", "LR is at ",
};
static const char *const register_forms[ARCHES] = {
	"pmr_save:", "sp : 0", "RSP: 0", "sp is 0", "NIP: 0", "sp is 0", "Krnl PSW : 0",
};

static void print_body(struct triage_redactor *redactor, const struct triage_message *message,
		       const struct triage_record *record)
{
	FILE *const to = redactor->to;
	char room[32];
	const char *name = name_of(redactor, message, record, room);
	const size_t task = record->comm[0] || record->pid >= 0 ? task_of(redactor, record) : 0;

	switch (record->kind) {
	case RECORD_BOOT:
		fputs("Linux version ", to);
		print_release(to, record->release);
		break;
	case RECORD_CPUS: fprintf(to, "smp: Brought up 1 node, %d CPUs", record->cpu); break;
	case RECORD_LOCKUP:
		fprintf(to, "watchdog: BUG: soft lockup - CPU#%d stuck for %us! [task-%zu:%zu]",
			record->cpu, record->seconds, task, task);
		break;
	case RECORD_HARD:
		fprintf(to, "Watchdog detected hard LOCKUP on cpu %d", record->cpu);
		break;
	case RECORD_STALL: fprintf(to, "rcu: INFO: rcu_sched self-detected stall on CPU"); break;
	case RECORD_STARVED: fprintf(to, "rcu: rcu_sched kthread starved for 1 jiffies!"); break;
	case RECORD_HUNG:
		fprintf(to, "INFO: task task-%zu:%zu blocked for more than %u seconds.", task, task,
			record->seconds);
		break;
	case RECORD_CSD:
		fprintf(to,
			"smp: csd: Detected non-responsive CSD lock (#1) on CPU#%d, waiting 1 ns for CPU#%02d %s+0x0/0x0",
			record->cpu, record->other_cpu,
			record->name[0] ? name : "unknown_function");
		break;
	case RECORD_PANIC: fprintf(to, "Kernel panic - not syncing: redacted"); break;
	case RECORD_SHOW_CPU:
		if (record->in_turn)
			fprintf(to, "PID: %zu TASK: 0 CPU: %d COMMAND: \"task-%zu\"", task,
				record->cpu, task);
		else
			fprintf(to, "NMI backtrace for cpu %d", record->cpu);
		break;
	case RECORD_SHOW_IDLE:
		fprintf(to, "NMI backtrace for cpu %d skipped: idling at cpu_do_idle+0x0/0x0",
			record->cpu);
		break;
	case RECORD_SHOW_ALL: fprintf(to, "SysRq : Show backtrace of all active CPUs"); break;
	case RECORD_TASK: fprintf(to, "task:task-%zu state:R pid:%zu", task, task); break;
	case RECORD_CPU_LINE:
		fprintf(to, "CPU: %d PID: %zu Comm: task-%zu Not tainted ", record->cpu, task,
			task);
		print_release(to, record->release);
		fputs(" #1", to);
		break;
	case RECORD_HARDWARE:
		fprintf(to, "Hardware name: %s", record->virtual_machine ? "QEMU" : "redacted");
		break;
	case RECORD_PC:
		if (record->user)
			fprintf(to, "%s0000000000000000", pc_forms[ARCH_ARM64]);
		else
			fprintf(to, "%s%s+0x0/0x0", pc_forms[record->arch], name);
		break;
	case RECORD_LR: fprintf(to, "%s%s+0x0/0x0", lr_forms[record->arch], name); break;
	case RECORD_REGISTERS: fprintf(to, "%s", register_forms[record->arch]); break;
	case RECORD_TRACE:
		fprintf(to, "Call %crace:", record->arch == ARCH_ARM64 ? 't' : 'T');
		break;
	case RECORD_FRAME: fprintf(to, " %s%s+0x0/0x0", record->doubtful ? "? " : "", name); break;
	case RECORD_BARE_NAME: fprintf(to, "%s", name); break;
	case RECORD_INSIDE:
		fprintf(to, "%s",
			record->arch == ARCH_X86 ? "RIP: 0010:redacted" : "Modules linked in:");
		break;
	case RECORD_OOPS: fprintf(to, "WARNING: redacted"); break;
	default: break;
	}
}

void triage_redactor_take(struct triage_redactor *redactor, const struct triage_message *message,
			  const struct triage_record *record)
{
	/* Registers in a row, and modules, say no more than the first line of them. */
	const bool again = redactor->last == record->kind &&
			   (record->kind == RECORD_REGISTERS || record->kind == RECORD_INSIDE);

	if (record->kind == RECORD_NONE || record->kind == RECORD_FRAGMENT || again)
		return;
	if ((record->kind == RECORD_PC || record->kind == RECORD_LR) && !record->name[0] &&
	    !record->user)
		return;
	/* A lone word is a frame only within a stack. */
	if (record->kind == RECORD_BARE_NAME && redactor->last != RECORD_TRACE &&
	    redactor->last != RECORD_BARE_NAME)
		return;
	redactor->last = record->kind;
	print_prefix(redactor, message);
	print_body(redactor, message, record);
	fputc('\n', redactor->to);
}
