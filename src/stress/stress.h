/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stress.h: what the files of icache-ipi-stress share
 *
 * The program is static, needs libc alone, and runs in two places: as an ordinary program on an
 * arm64 machine, and as the init of the guest that icache-ipi-vm boots.
 */
#ifndef ICACHE_IPI_STRESS_H
#define ICACHE_IPI_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/row.h"
#include "lib/verdict.h"

#define STRESS_CPUS_MAX 512
#define STRESS_ROWS_MAX 64

/* The machine, read once at start (machine.c). */
struct machine {
	unsigned int cpus;			/* online */
	int cpu[STRESS_CPUS_MAX];		/* their numbers */
	unsigned int nodes;
	size_t page_size;			/* bytes */
	size_t huge_size;			/* bytes of a pmd-sized page */
	const char *icache;			/* "PIPT", "VPIPT" or "VIPT": the worst of all CPUs */
	char release[128];
	char banner[512];
	char build_id[65];			/* hexadecimal, "" when the kernel has none */
	unsigned int watchdog_thresh;		/* s; 0: the detector is off or absent */
};

struct scenario;

struct options {
	const struct scenario *scenario;	/* NULL: all */
	unsigned int at_once;			/* most CPUs that work at the same moment; 0: all */
	unsigned int rounds;			/* operations of the one-at-a-time rows */
	bool sweep;				/* also 1, 8, 16, 32 ... CPUs at once */
	bool lockup_tier;			/* more than STRESS_SAFE_AT_ONCE CPUs at once */
	unsigned int deadline_s;		/* of CLOCK_MONOTONIC; 0: none */
	int watchdog_thresh;			/* guest only: set the sysctl; -1: leave it */
};

/* At most this many CPUs at once are harmless to a server in use: far from any watchdog. */
#define STRESS_SAFE_AT_ONCE 8

struct stress {
	struct machine machine;
	struct options options;
	bool probed;				/* counters_probe() succeeded */
	struct row rows[STRESS_ROWS_MAX];
	size_t rows_count;
};

/* One scenario: what --list shows, and the function that measures its rows. */
struct scenario {
	const char *name;
	const char *summary;
	const char *control;	/* what the control does differently */
	/* Adds rows to @stress. Returns NULL, or why nothing can be said (a static string). */
	const char *(*run)(struct stress *stress);
};

extern const struct scenario scenario_counter;	/* is the IPI counter alive? */
extern const struct scenario scenario_split;

/* machine.c: returns NULL, or why this machine cannot be used. */
const char *machine_read(struct machine *machine);
/* Bytes that move_to_cpu and team members run on: pins the calling thread. */
bool machine_pin(int cpu);

/* counters.c: the kernel's own counters. */
struct counters {
	uint64_t ipis;			/* function-call IPIs, all CPUs */
	uint64_t thp_fault_alloc;
	uint64_t thp_split_pmd;
	uint64_t broadcasts;		/* 0 unless counters_probe() succeeded */
};
const char *counters_open(void);
/* Counts calls of kick_all_cpus_sync() from now on, by a kprobe; false: cannot be had. */
bool counters_probe(void);
void counters_read(struct counters *counters);
/* Bytes of huge pages mapped in [@start, @start + @size) of this process. */
uint64_t counters_huge_bytes(const void *start, size_t size);

/* klog.c: soft lockups the kernel reports from klog_open() on. */
struct lockups {
	uint64_t cpus;			/* distinct CPUs */
	uint64_t stuck_s;		/* longest */
};
bool klog_open(void);
/* What was reported since the last call. */
struct lockups klog_lockups(void);

/*
 * team.c: @count CPUs that do the same thing at the same moment. @before and @after enclose the
 * work exactly: every member stands at the barrier, awake, when they are read.
 */
typedef void (*team_work)(unsigned int member, void *argument);
const char *team_create(const struct machine *machine, unsigned int members);
void team_run(unsigned int count, team_work work, void *argument, struct counters *before,
	      struct counters *after);
/* Once round a spin loop: lets the emulator go on to the next CPU. */
void team_relax(void);
/* One member alone, on @cpu, while the others sleep. */
void team_run_alone(int cpu, team_work work, void *argument, struct counters *before,
		    struct counters *after);

/* record.c: results out, as they come. Formats: see record.c. */
enum record_format { RECORD_TABLE, RECORD_JSON, RECORD_STREAM };
void record_open(enum record_format format, FILE *file);
void record_machine(const struct machine *machine);
void record_at(const char *phase, uint64_t operations, uint64_t ipis);
void record_row(const struct row *row, const struct machine *machine);
void record_end(const struct stress *stress, enum verdict verdict, const char *reason);

/* init.c: the guest. */
bool init_wanted(void);
/* Mounts what the program needs, returns the result channel. */
FILE *init_guest(const struct options *options);
void init_power_off(void) __attribute__((noreturn));

/* main.c */
uint64_t now_ns(void);
/* Adds a copy of @row to the results and hands it to the record. */
void stress_add_row(struct stress *stress, const struct row *row);

#endif
