/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * triage.h: from the bytes of a log to an answer: lines -> records -> stacks -> incidents -> verdict
 *
 * Nothing here grows with the log: each table has a size, and what does not fit is counted.
 */
#ifndef ICACHE_IPI_TRIAGE_TRIAGE_H
#define ICACHE_IPI_TRIAGE_TRIAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/causes.h"
#include "lib/exit.h"
#include "lib/stacks.h"

/* --- line.c: bytes into lines --- */

/* A line beyond this is cut: journalctl's JSON has a kilobyte or two a line. */
#define TRIAGE_LINE_MAX 16384

/* Takes one line without its end. It may change it. */
typedef void (*triage_line_taker)(void *context, char *line, size_t length);

struct triage_lines {
	triage_line_taker take;
	void *context;
	char *line; /* TRIAGE_LINE_MAX bytes: what has come of a line so far */
	size_t used;
	bool cut;
};

/*
 * Lines end with LF, CR or both; NUL bytes are left out (UTF-16 becomes readable so). Escape sequences,
 * written out ones too ("#033[31m"), and HTML entities are taken out of each line.
 */
void triage_lines_feed(struct triage_lines *lines, const char *data, size_t size);
/* The last line, if it has no end. */
void triage_lines_end(struct triage_lines *lines);

/* --- prefix.c: what stands before a message --- */

#define TRIAGE_KEY_SIZE 80

struct triage_message {
	char *text;		   /* into the line */
	char key[TRIAGE_KEY_SIZE]; /* whose lines these are: host, and the printk caller if tagged */
	double seconds;		   /* since boot, or of the calendar */
	bool timed, calendar, tagged;
	bool foreign;  /* a program's line and not the kernel's */
	bool prefixed; /* it had a time, a level, a tag */
};

/* Reads @line, which it may change. */
void triage_prefix_read(char *line, struct triage_message *message);

/* --- record.c: what a message is --- */

enum triage_kind {
	RECORD_NONE,
	RECORD_BOOT,   /* a kernel starts */
	RECORD_CPUS,   /* "Brought up 1 node, 64 CPUs" */
	RECORD_LOCKUP, /* soft lockup: cpu, seconds, comm, pid */
	RECORD_HARD,   /* hard lockup: cpu */
	RECORD_STALL,  /* RCU stall */
	RECORD_HUNG,   /* hung task: comm, pid, seconds */
	RECORD_CSD,    /* CSD lock: cpu waits for other_cpu */
	RECORD_PANIC,
	RECORD_SHOW_CPU,  /* NMI backtrace for cpu N, sysrq: CPUn: */
	RECORD_SHOW_IDLE, /* the same, skipped as it idles */
	RECORD_SHOW_ALL,  /* stacks of all CPUs were asked for */
	RECORD_TASK,	  /* a task's line above its stack; or the dump of what a CPU runs */
	RECORD_CPU_LINE,  /* "CPU: 3 PID: ... Comm: ... 4.19.13 #1" */
	RECORD_HARDWARE,
	RECORD_PC,
	RECORD_LR,
	RECORD_REGISTERS,
	RECORD_TRACE, /* "Call trace:" */
	RECORD_FRAME,
	RECORD_BARE_NAME, /* a name that is a frame if others are around it */
	RECORD_INSIDE,	  /* may stand within a stack: "Exception stack(...", "<IRQ>" */
	RECORD_STARVED,	  /* a kthread of RCU did not run */
	RECORD_OOPS,	  /* a warning or an oops begins */
	RECORD_FRAGMENT,  /* pstore: "Panic#1 Part2" */
};

enum triage_arch {
	ARCH_UNKNOWN,
	ARCH_ARM64,
	ARCH_X86,
	ARCH_ARM,
	ARCH_POWER,
	ARCH_RISCV,
	ARCH_OTHER,
	ARCHES
};

extern const char *const triage_arch_names[ARCHES];

struct triage_record {
	enum triage_kind kind;
	int cpu, other_cpu; /* -1: not said */
	int pid;	    /* -1: not said */
	unsigned int seconds;
	char comm[32], release[64];
	char name
		[STACKS_NAME_SIZE]; /* of a frame, pc, lr; of the function that a CSD lock is for */
	enum triage_arch arch;	    /* that the message's form tells */
	bool virtual_machine;
	bool doubtful; /* a frame on the stack but not on the way */
	bool user;     /* a pc of a program, behind which no stack comes */
	bool in_turn; /* crash(8) printed it, one CPU after another: what came before is complete */
};

void triage_record_read(const struct triage_message *message, struct triage_record *record);

/* --- block.c: records that belong together, into stacks --- */

/* What made a kernel print a stack. */
enum triage_source {
	SOURCE_OTHER,
	SOURCE_LOCKUP,
	SOURCE_HARD,
	SOURCE_STALL,
	SOURCE_CPUS, /* sysrq-l, all CPUs' stacks, NMI backtraces */
	SOURCE_HUNG,
	SOURCE_TASK,
	SOURCE_CSD,
	SOURCE_PANIC,
	SOURCE_VMCORE,
	SOURCES
};

extern const char *const triage_source_names[SOURCES];

struct triage_stack {
	enum triage_source source;
	int cpu, pid;
	char comm[32];
	bool mixed; /* cut out of lines of several CPUs: only its first names are known */
	bool user;  /* the CPU runs a program; no names */
	size_t depth;
	const char *names[STACKS_DEPTH_MAX];
};

struct triage_log;

struct triage_blocks;

/* What happens, and all stacks, go to @log as they are found. */
struct triage_blocks *triage_blocks_new(struct triage_log *log);
void triage_blocks_take(struct triage_blocks *blocks, const struct triage_message *message,
			const struct triage_record *record);
/* Ends what is open. */
void triage_blocks_end(struct triage_blocks *blocks);
void triage_blocks_free(struct triage_blocks *blocks);

/* --- log.c: incidents, and what was seen in them --- */

enum { TRIAGE_CPUS_MAX = 4096, TRIAGE_GROUPS_MAX = 256, TRIAGE_INCIDENTS_MAX = 128 };

struct triage_cpus {
	uint64_t bits[TRIAGE_CPUS_MAX / 64];
};

static inline unsigned int triage_cpus_count(const struct triage_cpus *cpus)
{
	unsigned int count = 0;

	for (size_t i = 0; i < TRIAGE_CPUS_MAX / 64; i++)
		count += __builtin_popcountll(cpus->bits[i]);
	return count;
}

/* Equal stacks of one incident. */
struct triage_group {
	struct triage_finding {
		enum triage_source source; /* of the first */
		struct causes_finding judged;
	} is;
	unsigned int count; /* how many were seen; of @cpus each once or more often */
	struct triage_cpus cpus;
	int cpu, pid; /* of the first */
	char comm[32];
	bool mixed;
	size_t depth;
	const char **names;
};

struct triage_incident {
	double seconds, last; /* of its first and last line */
	bool timed, calendar;
	unsigned int lockups, hard, stalls, hung, csd, panics;
	unsigned int shown; /* CPUs whose stacks were asked for */
	bool shows_all, starved;
	bool happened;		   /* something that one would triage, not only a stack */
	struct triage_cpus locked; /* CPUs with a soft or a hard lockup */
	unsigned int shortest_s, longest_s;
	struct triage_group *groups;
	size_t groups_count, groups_room;
	unsigned int lost;	/* stacks that found no room */
	int csd_cpu, csd_other; /* the CPU that waits, and the one that does not answer; -1: none */
	char csd_function[64];
	enum triage_verdict {
		TRIAGE_NOT_THIS,
		TRIAGE_CANNOT_TELL,
		TRIAGE_THIS_FAULT,
		TRIAGE_VERDICTS
	} verdict;
	enum cause cause;		  /* of the broadcast that decided */
	const struct triage_group *group; /* that decided, or NULL */
	char reason[512];
	const char *rule; /* the sentence that decided */
	bool left_out;	  /* a stack alone, while there are real incidents */
};

extern const char *const triage_verdict_names[TRIAGE_VERDICTS];

/* What the machine code of the kernel in a vmcore does. */
enum triage_code { CODE_UNKNOWN, CODE_AFFECTED, CODE_FIXED, CODE_MITIGATED };

struct triage_log {
	const char *path;
	uint64_t lines, messages; /* all; those with a kernel's prefix or form */
	unsigned int cpus;	  /* 0: not said */
	char release[64];
	enum triage_arch arch;
	bool virtual_machine;
	enum triage_code code;
	char code_reason[256];	  /* of a vmcore: why its code is judged so; "" of a log */
	unsigned int cpus_seen;	  /* of a vmcore: CPUs that run, and */
	unsigned int cpus_unread; /* those of them whose stacks cannot be read */
	bool cpus_uncounted;	  /* and whether more of them ran is not known */
	bool in_memory; /* a log that was in a vmcore, which has not the stacks of all CPUs */
	struct triage_incident *incidents;
	size_t incidents_count;
	bool divided;			    /* what comes next is another incident */
	unsigned int more[TRIAGE_VERDICTS]; /* incidents beyond the limit, which were judged, too */
	enum triage_verdict verdict;
	const struct triage_incident *decisive; /* NULL: nothing happened */
	char reason[512];
	struct names *names;
};

struct triage_log *triage_log_new(const char *path);
void triage_log_free(struct triage_log *log);

/* The one copy of @name that the log keeps; "(more)" when it has no room. */
const char *triage_log_name(struct triage_log *log, const char *name, size_t length);

/* Something happened, at the time of @message. */
void triage_log_event(struct triage_log *log, const struct triage_message *message,
		      const struct triage_record *record);
/* A stack was read; @seconds is when. */
void triage_log_stack(struct triage_log *log, const struct triage_stack *stack);
/* What comes now is of another incident. */
void triage_log_divide(struct triage_log *log);

/* --- judge.c --- */

/* Is the fault in an incident of @log? Sets verdict, cause, group, reason, rule. */
void triage_judge_incident(const struct triage_log *log, struct triage_incident *incident);
/* The same of the whole log, once all incidents are judged. */
void triage_judge_log(struct triage_log *log);

enum exit_code triage_judge_exit(enum triage_verdict verdict);

/* "4.19.13-x": a release of the upstream range that has the fault. Support, and never proof. */
bool triage_judge_release(const char *release);

/* --- read.c: a whole log --- */

struct triage_reader;

/* @redacted: where a redacted copy goes, or NULL. NULL: out of memory. */
struct triage_reader *triage_reader_new(const char *path, FILE *redacted);
void triage_reader_feed(struct triage_reader *reader, const char *data, size_t size);
/* Judges what came; the log is the caller's, triage_log_free(). */
struct triage_log *triage_reader_end(struct triage_reader *reader);

/* --- redact.c: the lines that a verdict needs, and nothing that names a machine or a person --- */

struct triage_redactor;

struct triage_redactor *triage_redactor_new(FILE *to);
void triage_redactor_take(struct triage_redactor *redactor, const struct triage_message *message,
			  const struct triage_record *record);
void triage_redactor_free(struct triage_redactor *redactor);

/* --- input.c: files, folders, what is compressed --- */

#define TRIAGE_REASON_SIZE 256

enum triage_input { INPUT_LOG, INPUT_VMCORE, INPUT_FAILED };

/* Reads the log at @path, "-" for standard input; anything but INPUT_LOG: *@log is NULL. */
enum triage_input triage_input_read(const char *path, FILE *redacted, struct triage_log **log,
				    char why[static TRIAGE_REASON_SIZE]);

/* Calls @take for each regular file at or below @path, in order of names; false: @why. */
bool triage_input_walk(const char *path, void (*take)(void *context, const char *path),
		       void *context, char why[static TRIAGE_REASON_SIZE]);

/* --- core.c: a vmcore --- */

/*
 * Judges the vmcore at @path by the stacks of all CPUs and the code of the kernel in it; the log is the
 * caller's. NULL: out of memory.
 */
struct triage_log *triage_core_judge(const char *path);

/* --- print.c, json.c --- */

enum triage_detail { DETAIL_LINE, DETAIL_TEXT, DETAIL_EXPLAIN };

void triage_print(FILE *to, const struct triage_log *log, enum triage_detail detail);
/* One line, docs/schemas/icache-ipi-triage.schema.json. False: out of memory. */
bool triage_print_json(FILE *to, const struct triage_log *log);

#endif
