/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stress.h: what the files of icache-ipi-stress share
 *
 * The program is static, needs libc alone, and runs in two places: as an ordinary program on an
 * arm64 machine, and as the init of the guest that icache-ipi-vm boots.
 */
#ifndef ICACHE_IPI_STRESS_STRESS_H
#define ICACHE_IPI_STRESS_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "lib/row.h"
#include "lib/verdict.h"

#define STRESS_CPUS_MAX 512
#define STRESS_ROWS_MAX 128
#define STRESS_SKIPS_MAX 64

/* The machine, read once at start (machine.c). */
struct stress_machine {
	unsigned int cpus;	  /* online */
	int cpu[STRESS_CPUS_MAX]; /* their numbers */
	unsigned int nodes;
	size_t page_size;   /* bytes */
	size_t huge_size;   /* bytes of a pmd-sized page; 0: no such pages */
	bool huge_never;    /* transparent huge pages are switched off */
	const char *icache; /* "PIPT", "VPIPT" or "VIPT": the worst of all CPUs */
	char release[128];
	char banner[512];
	char build_id[65];	      /* hexadecimal, "" when the kernel has none */
	unsigned int watchdog_thresh; /* s; 0: the detector is off or absent */
	char mitigation[16];	      /* what icache_ipi_mitigate says of itself; "": not loaded */
};

struct stress_scenario;

struct stress_options {
	const struct stress_scenario
		*scenario[16]; /* what to run; none: what the tier consists of */
	unsigned int scenarios;
	unsigned int at_once;	 /* most CPUs that work at the same moment; 0: all */
	unsigned int rounds;	 /* operations of the one-at-a-time rows */
	bool sweep;		 /* also 1, 8, 16, 32 ... CPUs at once */
	bool lockup_tier;	 /* the burst; more than STRESS_SAFE_AT_ONCE at once */
	unsigned int deadline_s; /* of CLOCK_MONOTONIC; 0: none */
	int watchdog_thresh;	 /* guest only: set the sysctl; -1: leave it */
	const char *module[8];	 /* guest only: "FILE[,PARAMETER...]" to load first */
	unsigned int modules;
	bool inject; /* guest only: have icache_ipi_repro put the fault back */
};

/* At most this many CPUs at once are harmless to a server in use: far from any watchdog. */
#define STRESS_SAFE_AT_ONCE 8

struct stress {
	struct stress_machine machine;
	struct stress_options options;
	bool guest;	     /* this is the init of a guest of ours */
	unsigned int probed; /* what stress_counters_probe() counts: struct row */
	struct row rows[STRESS_ROWS_MAX];
	size_t rows_count;
	struct stress_skip {
		const char *scenario, *step; /* step "": the whole scenario */
		char reason[160];
	} skips[STRESS_SKIPS_MAX];
	size_t skips_count;
};

struct stress_step;

/* One scenario: what --list shows, and its steps, or the function that measures its rows. */
struct stress_scenario {
	const char *name;
	const char *summary;
	const char *control; /* what the control does differently */
	/* NULL, or why this machine or its user cannot run it (a static string). */
	const char *(*needs)(const struct stress *stress);
	const struct stress_step *steps;
	size_t steps_count;
	size_t lockup_tier_steps; /* the first ones, which the lockup tier runs as well */
	/* Adds rows to @stress. Returns NULL, or why nothing can be said (a static string). */
	const char *(*run)(struct stress *stress);
};

extern const struct stress_scenario stress_scenario_counter; /* is the IPI counter alive? */
extern const struct stress_scenario stress_scenario_kprobe;  /* is the broadcast counter alive? */
extern const struct stress_scenario stress_scenario_fault, stress_scenario_split,
	stress_scenario_migrate, stress_scenario_mprotect;
extern const struct stress_scenario stress_scenario_uprobe, stress_scenario_ptrace;
extern const struct stress_scenario stress_scenario_execute;
extern const struct stress_scenario stress_scenario_burst;

/* machine.c: returns NULL, or why this machine cannot be used. */
const char *stress_machine_read(struct stress_machine *machine);
/* What a verdict depends on. */
struct verdict_machine stress_verdict_machine(const struct stress_machine *machine);
/* Asks for every CPU, also those that isolcpus= or taskset kept free; a cpuset keeps what it has. */
void stress_machine_take_cpus(void);
/* Bytes that move_to_cpu and team members run on: pins the calling thread. */
bool stress_machine_pin(int cpu);

/* counters.c: the kernel's own counters. */
enum stress_counter {
	VM_FAULT,
	VM_THP_FAULT,
	VM_SPLIT_PMD,
	VM_SPLIT_PAGE,
	VM_MIGRATE,
	VM_COUNTERS
};
struct stress_counters {
	uint64_t ipis;		  /* function-call IPIs, all CPUs */
	uint64_t vm[VM_COUNTERS]; /* of /proc/vmstat; 0 where this kernel has none */
	uint64_t broadcasts; /* kick_all_cpus_sync(); 0 unless stress_counters_probe() succeeded */
	uint64_t maintenances; /* __flush_icache_range(), likewise */
};
const char *stress_counters_open(void);
/*
 * Counts broadcasts from now on by a kprobe, and with @maintenances those too: as many exceptions
 * as pages, so not where times are measured. What is counted: 0 nothing, 1, 2, as struct row says.
 */
unsigned int stress_counters_probe(bool maintenances);
void stress_counters_read(struct stress_counters *counters);
/* Bytes of huge pages mapped in [@start, @start + @size) of this process. */
uint64_t stress_counters_huge_bytes(const void *start, size_t size);

/* klog.c: soft lockups the kernel reports from stress_klog_open() on. */
struct stress_lockups {
	uint64_t cpus;	  /* distinct CPUs */
	uint64_t stuck_s; /* longest */
};
bool stress_klog_open(void);
/* What was reported since the last call. */
struct stress_lockups stress_klog_lockups(void);

/*
 * team.c: @count CPUs that do the same thing at the same moment. @before and @after enclose the
 * work exactly: every member stands at the barrier, awake, when they are read.
 */
typedef void (*stress_team_work)(unsigned int member, void *argument);
const char *stress_team_create(const struct stress_machine *machine, unsigned int members);
void stress_team_run(unsigned int count, stress_team_work work, void *argument,
		     struct stress_counters *before, struct stress_counters *after);
/* Once round a spin loop: lets the emulator go on to the next CPU. */
void stress_team_relax(void);
/* One member alone, on @cpu, while the others sleep. */
void stress_team_run_alone(int cpu, stress_team_work work, void *argument,
			   struct stress_counters *before, struct stress_counters *after);

/* memory.c: NULL, -1 or false: errno says why. */

/* @count huge-page-sized stretches side by side, aligned, for huge pages; the caller unmaps them. */
char *stress_memory_map_huge(const struct stress_machine *machine, unsigned int count,
			     int protection);
/* @count small pages that stay small. */
char *stress_memory_map_pages(const struct stress_machine *machine, unsigned int count,
			      int protection);
/* A file of @count pages in memory; page i begins with stress_code_return(i). The caller closes it. */
int stress_memory_create_file(const struct stress_machine *machine, unsigned int count);
bool stress_memory_write_file(const struct stress_machine *machine, int fd, unsigned int count);
/* One byte every @step bytes of [@base, @base + @size). */
void stress_memory_touch(char *base, size_t size, size_t step, bool write);

/* A function of CODE_SIZE bytes that returns @value, up to 65,535. Valid until the next call. */
#define CODE_SIZE 8
const void *stress_code_return(unsigned int value);
static inline unsigned int stress_code_call(const char *code)
{
	return ((unsigned int (*)(void))(uintptr_t)code)();
}

/* step.c */

#define STAGE_AREAS 4

/* Where one lap of a step takes place. The runner gives back whatever is set. */
struct stress_stage {
	const struct stress_machine *machine;
	bool exec;	/* false: the control */
	int protection; /* PROT_READ | PROT_WRITE, in the exec half PROT_EXEC too */
	struct {
		char *base;
		size_t size;
	} area[STAGE_AREAS]; /* the first is what the operations work on */
	int fd, event;	     /* 0: none */
	pid_t child;	     /* 0: none; killed */
	int node;
};

#define WITNESS_EFFECT VM_COUNTERS /* the work's own success, or verify() */
#define STEP_OPERATIONS_MAX 1024
#define PTES_HUGE 0 /* as many as a huge page has */

/* One step: a row of results, named as in the price list. */
struct stress_step {
	const char *name;
	const char *name_if_split; /* its name on kernels that split a pmd for it; or NULL */
	const char *name_if_once;  /* where migration keeps PG_dcache_clean of the page; or NULL */
	unsigned int operations;   /* of one lap, at most STEP_OPERATIONS_MAX */
	unsigned int laps;	   /* 0: as many as --rounds says */
	unsigned int ptes;	   /* of one operation; PTES_HUGE */
	bool huge, makes_huge;	   /* its page must be huge before, or after, the work */
	bool fresh;		   /* in a new process */
	enum stress_counter witness; /* what shows that the operations happened */
	const char *(*needs)(const struct stress *stress); /* as of a scenario; or NULL */
	/* False: errno says why. */
	bool (*prepare)(struct stress_stage *stage);
	bool (*work)(struct stress_stage *stage, unsigned int operation);
	/* Operations of the lap whose effect is there; NULL: success is enough. */
	unsigned int (*verify)(struct stress_stage *stage);
};

/* Runs @step, adds its row, or what was skipped. NULL, or why nothing can be said. */
const char *stress_step_run(struct stress *stress, const struct stress_scenario *scenario,
			    const struct stress_step *step);

/* For prepare(); false: errno says why. */
bool stress_stage_add_area(struct stress_stage *stage, void *base, size_t size);
bool stress_stage_map_pages(struct stress_stage *stage, unsigned int count, int protection);
bool stress_stage_map_huge(struct stress_stage *stage, int protection);
/* Pages of the stage's file, which is created by the first call. */
bool stress_stage_map_file(struct stress_stage *stage, unsigned int count, int protection);
/* Every page of the first area. */
void stress_stage_touch(struct stress_stage *stage, bool write);
/* A process that shares everything and sleeps. */
bool stress_stage_fork(struct stress_stage *stage);
char *stress_stage_page(const struct stress_stage *stage, unsigned int index);

/* migrate.c, for others that move pages: false unless each of @count arrived on @node. */
bool stress_migrate_move_pages(const struct stress_stage *stage, char *base, unsigned int count,
			       int node);
/* The node that @page is on, or -1. */
int stress_migrate_node_of(void *page);
const char *stress_migrate_needs_nodes(const struct stress *stress);

/* needs.c: NULL, or why a step cannot run here. */
const char *stress_needs_huge(const struct stress *stress);
const char *stress_needs_root(const struct stress *stress);
/* What would disturb a server in use. */
const char *stress_needs_guest(const struct stress *stress);

/* record.c: results out, as they come. Formats: see record.c. */
enum stress_record_format { RECORD_TABLE, RECORD_JSON, RECORD_STREAM };
void stress_record_open(enum stress_record_format format, FILE *file);
void stress_record_machine(const struct stress_machine *machine);
void stress_record_at(const char *phase, uint64_t operations, uint64_t ipis);
void stress_record_row(const struct row *row, const struct stress_machine *machine);
void stress_record_skip(const struct stress_skip *skip);
void stress_record_end(const struct stress *stress, const struct judgement *judgement);

/* init.c: the guest. */
bool stress_init_wanted(void);
/* Mounts what the program needs, returns the result channel. */
/* @error becomes NULL, or which module the kernel did not take, or why there is no fault in it. */
FILE *stress_init_guest(const struct stress_options *options, const char **error);
void stress_init_power_off(void) __attribute__((noreturn));

/* clock.c */
uint64_t stress_now_ns(void);

/* rows.c */
/* Adds a copy of @row to the results and hands it to the record. */
void stress_add_row(struct stress *stress, const struct row *row);
/* The same for what was not run; @scenario and @step are static strings. */
void stress_skip(struct stress *stress, const char *scenario, const char *step, const char *reason);

#endif
