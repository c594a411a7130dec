/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * causes.h: what a stack means: who interrupts all CPUs and why, who waits for a lock, who does neither
 *
 * The one table of the kernel's functions that say so. A stack is judged by the functions in it and
 * nothing else: no version, no words around it.
 */
#ifndef ICACHE_IPI_LIB_CAUSES_H
#define ICACHE_IPI_LIB_CAUSES_H

#include <stdbool.h>
#include <stddef.h>

/* Why all CPUs were interrupted, or something that stops them without an interrupt of that kind. */
enum cause {
	CAUSE_UNKNOWN,
	CAUSE_USER_PTE, /* this fault */
	CAUSE_BPF_JIT,
	CAUSE_MODULE,
	CAUSE_STATIC_KEY,
	CAUSE_KPROBE,
	CAUSE_FTRACE,
	CAUSE_UPROBE,
	CAUSE_PTRACE,
	CAUSE_HIBERNATION,
	CAUSE_MEMBARRIER,
	CAUSE_TLB,
	CAUSE_TABLE_FREE,
	CAUSE_DEBUGGER,
	CAUSE_SLAB,
	CAUSE_BUFFERS,
	CAUSE_CLOCK,
	CAUSE_KVM,
	CAUSE_RCU,
	CAUSE_OLD_SPLIT,
	CAUSE_STOP_MACHINE,
	CAUSE_PATCHING,
	CAUSE_READ_CODE,
	CAUSE_BACKTRACE,
	CAUSE_PERF,
	CAUSES
};

/* One word or two with hyphens, for JSON: "user-pte", "bpf-jit". */
extern const char *const causes_ids[CAUSES];
/* For a reader: "the BPF JIT, which compiles a filter". "" for the first. */
extern const char *const causes_words[CAUSES];

/* What a function does to those around it on a stack. */
enum causes_role {
	ROLE_OTHER,
	ROLE_BROADCAST, /* interrupts many CPUs and waits for them */
	ROLE_CALL_ONE,	/* interrupts one CPU and waits for it */
	ROLE_SYNC,	/* the maintenance of a user page's code: this fault, when it broadcasts */
	ROLE_USER_PTE,	/* sets a user pte, and takes the lock of a page table */
	ROLE_PTE_LOCK,	/* takes the lock of a page table */
	ROLE_MM,	/* works on a process's memory */
	ROLE_MM_LOCK, /* takes a lock of the memory management that no sender of this fault holds */
	ROLE_CAUSE,   /* has a cause of its own: see there */
	ROLE_SPIN,    /* waits for a lock without sleeping */
	ROLE_SLEEP,   /* gives the CPU away */
	ROLE_IO,      /* waits for a device */
	ROLE_INTERRUPT, /* entry from kernel code: what is behind it has no part in what happens */
	ROLE_EXCEPTION, /* the same, of a fault or a trap that the code behind it ran into */
	ROLE_ENTRY,	/* entry from a program, or where a thread begins: the end of a stack */
	ROLE_REPORT,	/* prints stacks */
	ROLE_IDLE,
};

/*
 * One function of the kernel: @file is where its source is, or was, and @range the releases that have
 * it, "4.6-5.11", "6.11-", "-4.4"; "" where it is older than 4.14 and there still.
 */
struct causes_function {
	const char *name;
	enum causes_role role;
	enum cause cause;
	const char *file, *range;
};

/* All of the table, in groups, for tests and for who prints it. */
const struct causes_function *causes_table(size_t *count);

/* What is known of @name, give or take a compiler's suffix; NULL when nothing is. */
const struct causes_function *causes_find(const char *name);

/* What the CPU or task of a stack does. */
enum causes_act {
	ACT_BROADCASTS, /* a sender */
	ACT_CALLS_ONE,	/* waits for an answer of one CPU */
	ACT_MAINTAINS,	/* the I-cache maintenance of user pages, at a moment without a broadcast */
	ACT_WAITS_PTE, /* a waiter: spins for the lock of a page table, or one that may depend on it */
	ACT_WAITS,     /* spins for another lock */
	ACT_SLEEPS_MM, /* sleeps for a lock that a sender of this fault may hold */
	ACT_SLEEPS,
	ACT_STOPPED, /* stop_machine() has it */
	ACT_BUSY,
	ACT_IDLE,
	ACT_USER,
	ACT_CUT, /* no more than the stack of who reports it */
	ACTS
};

extern const char *const causes_act_names[ACTS];

struct causes_finding {
	enum causes_act act;
	enum cause cause; /* of a broadcast; CAUSE_UNKNOWN: its caller is in no table */
	size_t start;	  /* the first name of what was interrupted by the report */
	size_t at;	  /* the name that decided */
	bool in_mm;	  /* it happens while a process's memory is worked on */
	bool whole;	  /* the stack goes up to an entry */
};

/*
 * Judges the chain of @count @names, innermost first. Without @count: ACT_CUT.
 */
struct causes_finding causes_judge(const char *const *names, size_t count);

#endif
