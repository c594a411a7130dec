/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * who.h: who interrupts all CPUs: what the parts of the program say to each other
 *
 * A kprobe counts in the kernel (assemble.c, watch.c); its counts become samples, samples become rows
 * of a table (table.c), and rows become text, JSON or series.
 */
#ifndef ICACHE_IPI_WHO_WHO_H
#define ICACHE_IPI_WHO_WHO_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/causes.h"
#include "lib/exit.h"

#define WHO_REASON_SIZE 512
/* What sends a broadcast, and with --all what everything goes through that has a CPU run a function (kernel/smp.c). */
#define WHO_KICK "kick_all_cpus_sync"
#define WHO_MANY "smp_call_function_many"
#define WHO_MANY_COND "smp_call_function_many_cond" /* since 5.7; the one above calls it */
#define WHO_ONE "smp_call_function_single"
#define WHO_ONE_ASYNC "smp_call_function_single_async"
enum { WHO_PROBES = 3 };
/* Frames that the kernel keeps of a stack; the caller's is one more. */
#define WHO_DEPTH 64
#define WHO_CHAIN (WHO_DEPTH + 2)
#define WHO_COMM_SIZE 16
#define WHO_CPUS_MAX 4096

/* --- cpus.c: sets of CPUs --- */

struct who_cpus {
	uint8_t has[WHO_CPUS_MAX];
	unsigned int count;
};

/* "0-3,8": what sysfs and the command line have. False: no such list. "" is the empty set. */
bool who_cpus_parse(struct who_cpus *cpus, const char *list);

/* The set in @root/sys/devices/system/cpu/@name; false: no such file, or no list in it. */
bool who_cpus_read(struct who_cpus *cpus, const char *root, const char *name);

/* --- assemble.c: the program in the kernel --- */

/* What it counts by; the same layout in the kernel. */
struct who_key {
	uint64_t caller; /* arm64: the link register at the probe; elsewhere 0 */
	uint64_t cgroup; /* the inode of its folder in cgroup v2; 0: unknown */
	uint32_t process;
	int32_t stack;	  /* in the map of stacks; below 0: there was no room for it */
	uint32_t leader;  /* 1: the thread that the process began with */
	uint32_t skipped; /* 1: the stack lacks its innermost frame, which is the probed function */
	uint32_t probe;	  /* which of the probed functions */
	uint32_t zero;
	char comm[WHO_COMM_SIZE];
};

/* What it counts, on each CPU; the same layout in the kernel. */
struct who_value {
	uint64_t calls;
	uint64_t ipis; /* with --all: other CPUs that the calls were for; a broadcast is for all */
};

/* Two halves take turns: one is counted in while the other is read and emptied. */
enum { WHO_HALVES = 2 };

/* What the first argument of a probed function says. */
enum who_argument {
	WHO_FOR_ALL,  /* nothing: it is a broadcast */
	WHO_FOR_MANY, /* struct cpumask *: the CPUs to call, its own not among them */
	WHO_FOR_ONE,  /* int: the CPU to call */
};

struct who_assembly {
	/* File descriptors of maps; in unit tests any number. */
	int turn;		/* array of one u32: the half to count in */
	int totals;		/* per-CPU array of struct who_value, one a half: every hit */
	int counts[WHO_HALVES]; /* per-CPU hash of struct who_value by struct who_key */
	int stacks[WHO_HALVES];
	int asked; /* with --all: array of u32 by the CPU's number, 1 for one that is asked about */
	uint32_t process;    /* count this process alone; 0: all */
	bool cgroups;	     /* the kernel can tell the cgroup, since 4.18 */
	int caller_offset;   /* of the link register in struct pt_regs; -1: there is none */
	int stack_offset;    /* of the stack pointer, where the caller's address lies instead */
	int argument_offset; /* of the first argument */
	uint32_t probe;	     /* which of the probed functions this is for */
	enum who_argument argument; /* what that says; a call for no other CPU is not counted */
	uint64_t mask[WHO_CPUS_MAX / 64]; /* the same as @asked, for a struct cpumask */
	uint64_t inside,
		inside_size; /* calls from this function were counted when that was called */
};

/* What a kernel of 4.19 takes. */
#define WHO_PROGRAM_MAX 4096

/* Fills @program, returns its number of instructions. */
size_t who_assemble(struct bpf_insn program[WHO_PROGRAM_MAX], const struct who_assembly *parts);

/* --- bpf.c: bpf(2) and perf_event_open(2); all return -1 with errno set --- */

int who_bpf_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries);
int who_bpf_lookup(int map, const void *key, void *value);
int who_bpf_update(int map, const void *key, const void *value);
int who_bpf_delete(int map, const void *key);
/* The first key without @key. ENOENT: no more. */
int who_bpf_next(int map, const void *key, void *next);
/* Loads it for a kprobe. */
int who_bpf_load(const struct bpf_insn *program, size_t count);
/* Hits that the kernel kept from the program, where it says so (since 6.7); 0 elsewhere. */
uint64_t who_bpf_missed(int program);
/* LINUX_VERSION_CODE of the running kernel, from its vDSO: kernels before 5.0 compare it. 0: unknown. */
uint32_t who_bpf_version(void);

/* --- watch.c: the probe and its maps --- */

/* What happened by one process on one path. */
struct who_sample {
	uint32_t process;
	bool leader;
	char comm[WHO_COMM_SIZE + 1];
	uint64_t cgroup;
	/* Addresses, innermost first, the probed function's own at [0]; 0: the stack is lost. */
	uint64_t chain[WHO_CHAIN];
	size_t depth;
	const char *probed;   /* the function at [0] */
	uint64_t calls, ipis; /* as in struct who_value */
	/* Calls by the CPU that called, of @cpus possible ones in order. */
	const uint64_t *by_cpu;
	unsigned int cpus;
};

typedef void who_sample_to(void *context, const struct who_sample *sample);

struct who_watch {
	struct who_assembly parts;
	const char *probed[WHO_PROBES]; /* functions; NULL behind the last */
	int programs[WHO_PROBES], events[WHO_PROBES];
	uint32_t half;
	unsigned int cpus; /* possible ones: each of these arrays has so many */
	struct who_value *values, *zeros, *before[WHO_HALVES];
	uint64_t *sent;	  /* what who_watch_take() returned, by the CPU that called */
	uint64_t *by_cpu; /* of the sample at hand */
	uint64_t ipis;	  /* of what who_watch_take() returned, as in struct who_value */
	uint64_t missed;
};

struct who_names;

/* What is to be counted. */
struct who_wish {
	uint32_t process;	   /* 0: of all */
	bool all;		   /* every function call to other CPUs, not broadcasts alone */
	const struct who_cpus *to; /* with @all: calls to these CPUs */
	const struct who_names *names;
};

/*
 * Arms the probes: from here on every broadcast, or call, is counted. The counts are the kernel's:
 * nothing is left of them, or of a probe, when this program is killed.
 * False: @why has what to do; nothing is armed.
 */
bool who_watch_open(struct who_watch *watch, const char *root, const struct who_wish *wish,
		    char why[static WHO_REASON_SIZE]);

/*
 * How many broadcasts (or calls) there were since the last time. @to gets them by process and path; what it does
 * not get was counted alone, for want of room.
 */
uint64_t who_watch_take(struct who_watch *watch, who_sample_to *to, void *context);

/* Hits since the last time that the kernel did not show to the program, where it tells. */
uint64_t who_watch_missed(struct who_watch *watch);

/* Disarms: what is counted until here can still be taken, and then who_watch_free() follows. */
void who_watch_disarm(struct who_watch *watch);
void who_watch_free(struct who_watch *watch);

/* --- refuse.c: why this machine cannot be watched --- */

/* True: @why is set, and says what to do. @old: it is for its age alone, and rates can be had. */
bool who_refuse(const char *root, bool *old, char why[static WHO_REASON_SIZE]);
/* Makes @why of errno, which a call of @what left. */
void who_refuse_errno(const char *root, const char *what, char why[static WHO_REASON_SIZE]);

/* --- names.c: functions by address --- */

/* NULL: @why says what to do. */
struct who_names *who_names_read(const char *root, char why[static WHO_REASON_SIZE]);
/* Reads them again if modules came or went. */
void who_names_refresh(struct who_names *names);
/* What covers @address; NULL: nothing is known of it. It lives until the next refresh. */
const char *who_names_find(const struct who_names *names, uint64_t address);
/* Where function @name begins, and its @size up to the next one; 0: there is none. */
uint64_t who_names_address(const struct who_names *names, const char *name, uint64_t *size);
void who_names_free(struct who_names *names);

/* --- cgroup.c --- */

/* The folder of cgroup @number below where version 2 is mounted, to be freed; "" for the root, or unknown. */
char *who_cgroup_name(const char *root, uint64_t number);

/* --- table.c: rows --- */

struct who_row {
	uint32_t process;
	char comm[WHO_COMM_SIZE + 1];
	char *cgroup; /* "" when it is unknown, or the root of all */
	enum cause cause;
	char **chain; /* names, innermost first; the row's own */
	size_t depth; /* 0: the stack is lost */
	bool others;  /* all of this cause that had no room for a row */
	uint64_t broadcasts;
	uint64_t ipis;	      /* to the CPUs that are asked about */
	uint64_t ipis_before; /* of them, before the last mark */
};

enum who_order { WHO_BY_RATE, WHO_BY_BROADCASTS, WHO_BY_PROCESS, WHO_BY_CAUSE };

struct who_table {
	const char *root;
	struct who_names *names;
	struct who_cpus possible, online;
	struct who_cpus to; /* CPUs that are asked about, those that are online by themselves */
	bool foreign;	    /* no kernel of arm64: it cannot have this fault */
	bool all; /* calls are counted, and samples say for how many CPUs; otherwise broadcasts */
	struct who_row *rows;
	size_t count, room;
	uint64_t broadcasts, ipis; /* all, with those that are in no row */
	uint64_t lost;		   /* broadcasts without a path */
	uint64_t missed; /* hits that the kernel did not count, and are in no other number */
	uint64_t *sent;	 /* broadcasts by the number of the CPU that sent them */
	double seconds;
	bool stale; /* modules may have come or gone since the names were read */
	/* At the last mark: rates are of the time since then. */
	uint64_t ipis_before;
	double seconds_before;
};

/* @to: the CPUs that are asked about; NULL: all. False: @why says what to do. */
bool who_table_open(struct who_table *table, const char *root, const struct who_cpus *to,
		    char why[static WHO_REASON_SIZE]);
void who_table_close(struct who_table *table);

/*
 * All broadcasts of a time, @sent by each possible CPU, or all calls, which were for @ipis others;
 * who_table_add() gets those that have a path.
 */
void who_table_total(struct who_table *table, const uint64_t *sent, uint64_t ipis);
/* A who_sample_to; @table is a struct who_table. */
void who_table_add(void *table, const struct who_sample *sample);
/* The largest first; processes by number, causes by name. */
void who_table_sort(struct who_table *table, enum who_order order);
/* Rates are of the time from here on. Rows that have been silent go when there are too many. */
void who_table_mark(struct who_table *table);
/* Forgets what was counted. */
void who_table_clear(struct who_table *table);
/* How often CPU @cpu was interrupted by broadcasts. */
uint64_t who_table_arrived(const struct who_table *table, unsigned int cpu);
/* The part of @row's chain that a reader wants: without the broadcast and the cache maintenance. */
size_t who_table_start(const struct who_row *row);

/* --- print.c, json.c --- */

/* @width columns; 0: as many as it takes. */
void who_print(FILE *to, const struct who_table *table, int width);
/* The parts of it: what there was in all; what was lost, and isolated CPUs; the rows. */
void who_print_head(FILE *to, const struct who_table *table);
void who_print_notes(FILE *to, const struct who_table *table);
void who_print_rows(FILE *to, const struct who_table *table, int width);
void who_json(FILE *to, const struct who_table *table);

/* --- prometheus.c --- */

struct who_counters {
	uint64_t broadcasts[CAUSES], ipis, lost;
};

void who_prometheus_add(struct who_counters *counters, const struct who_table *table);
/* Replaces the file @path; false: @why. */
bool who_prometheus_write(const char *path, const struct who_counters *counters,
			  char why[static WHO_REASON_SIZE]);

/* --- live.c: the view on a terminal --- */

/* Takes the terminal; it is given back when the program ends. */
void who_live_open(void);
void who_live_close(void);
/* Draws @table, whose rows are in order. */
void who_live_draw(const struct who_table *table, enum who_order order);
/* What was typed: false for the wish to end. 'z' sets *@zero. */
bool who_live_key(enum who_order *order, bool *zero);

/* --- run.c --- */

struct who_options {
	double seconds;	 /* how long; INFINITY: until a signal, or the end of the command */
	double interval; /* between two tables; INFINITY: one at the end */
	double most;	 /* IPIs a second that are allowed; INFINITY: all */
	bool json;
	bool all;		     /* every function call to other CPUs */
	bool live;		     /* a view on the terminal, drawn at each interval */
	uint32_t process;	     /* 0: all */
	const char *root;	     /* "" for the machine's own */
	const struct who_cpus *cpus; /* NULL: all */
	const char *prometheus;	     /* a file to write, or NULL */
	char **command;		     /* or NULL */
};

/* Counts and prints. Ends the program where that cannot be done. */
enum exit_code who_run(const struct who_options *options);
/* Of a kernel that cannot tell more, which @why says: how many interrupts arrived. */
enum exit_code who_run_rates(const struct who_options *options, const char *why);

/* --- rates.c: arrivals, which every kernel counts --- */

/* All function-call IPIs that @root/proc/interrupts has; false: it has no such row. */
bool who_rates_read(const char *root, uint64_t *ipis);

#endif
