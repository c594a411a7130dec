// SPDX-License-Identifier: GPL-2.0-only
/*
 * burst.c: scenario "burst", the situation of the report
 *
 * Many CPUs at the same moment, all of one process. Each touches its own executable huge page (one
 * broadcast: the head page), then gives its first small page back with MADV_DONTNEED, which splits
 * the pmd: one broadcast for each of the other pages, under the process's page table lock.
 * mm/huge_memory.c, __split_huge_pmd_locked.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stress/stress.h"

/* Huge pages side by side under one pmd table, so that their splits share one lock on any kernel. */
struct arena {
	char *base;
	size_t huge_size, page_size;
	uint64_t *latency_ns; /* of member i */
	const char *error;
};

static uint64_t *latencies; /* of one sample: control or exec */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool arena_map(struct arena *arena, const struct stress_machine *machine, unsigned int count,
		      bool exec)
{
	arena->base = stress_memory_map_huge(machine, count,
					     PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0));
	arena->huge_size = machine->huge_size;
	arena->page_size = machine->page_size;
	arena->latency_ns = latencies;
	return arena->base;
}

static char *arena_page(const struct arena *arena, unsigned int member)
{
	return arena->base + member * arena->huge_size;
}

static void fault_one(unsigned int member, void *argument)
{
	struct arena *arena = argument;
	const uint64_t start = stress_now_ns();

	*(volatile char *)arena_page(arena, member) = 1;
	arena->latency_ns[member] = stress_now_ns() - start;
}

static void split_one(unsigned int member, void *argument)
{
	struct arena *arena = argument;
	const uint64_t start = stress_now_ns();

	if (madvise(arena_page(arena, member), arena->page_size, MADV_DONTNEED))
		arena->error = "madvise(MADV_DONTNEED) failed";
	arena->latency_ns[member] = stress_now_ns() - start;
}

/* What one step did in one half, control or exec. */
struct sample {
	uint64_t ipis, broadcasts, maintenances, walked, worst_ns, median_ns;
	struct stress_lockups lockups;
};

/* One step, @at_once pages together. */
static void sample_take(struct sample *sample, struct arena *arena, unsigned int at_once,
			bool fault)
{
	const enum stress_counter witness = fault ? VM_THP_FAULT : VM_SPLIT_PMD;
	struct stress_counters before, after;

	stress_team_run(at_once, fault ? fault_one : split_one, arena, &before, &after);
	sample->ipis = after.ipis - before.ipis;
	sample->broadcasts = after.broadcasts - before.broadcasts;
	sample->maintenances = after.maintenances - before.maintenances;
	sample->walked = after.vm[witness] - before.vm[witness];
	qsort(latencies, at_once, sizeof(*latencies), compare_u64);
	sample->worst_ns = latencies[at_once - 1];
	sample->median_ns = latencies[(at_once - 1) / 2];
	sample->lockups = stress_klog_lockups();
}

struct half {
	struct sample fault, split;
	uint64_t huge; /* pages that were huge between the two steps */
};

static void record_half(unsigned int at_once, bool exec, const char *step)
{
	char phase[48];

	snprintf(phase, sizeof(phase), "burst, %u at once, %s, %s", at_once,
		 exec ? "exec" : "control", step);
	stress_record_at(phase, 0, 0);
}

static const char *half_run(const struct stress_machine *machine, unsigned int at_once, bool exec,
			    struct half *half)
{
	struct arena arena = { .error = NULL };
	const size_t size = at_once * machine->huge_size;

	if (!arena_map(&arena, machine, at_once, exec))
		return "cannot map and madvise(MADV_HUGEPAGE) the huge pages";
	record_half(at_once, exec, "fault");
	sample_take(&half->fault, &arena, at_once, true);
	half->huge = stress_counters_huge_bytes(arena.base, size) / machine->huge_size;
	record_half(at_once, exec, "split");
	sample_take(&half->split, &arena, at_once, false);
	if (stress_counters_huge_bytes(arena.base, size))
		arena.error = "a huge page is still huge after its split";
	munmap(arena.base, size);
	return arena.error;
}

static void row_fill(struct row *row, const char *step, const struct sample *exec,
		     const struct sample *control)
{
	snprintf(row->scenario, sizeof(row->scenario), "%s", stress_scenario_burst.name);
	snprintf(row->step, sizeof(row->step), "%s", step);
	row->walked = exec->walked;
	row->control_walked = control->walked;
	row->ipis = exec->ipis;
	row->control_ipis = control->ipis;
	row->broadcasts = exec->broadcasts;
	row->control_broadcasts = control->broadcasts;
	row->maintenances = exec->maintenances;
	row->control_maintenances = control->maintenances;
	row->worst_ns = exec->worst_ns;
	row->median_ns = exec->median_ns;
	row->control_worst_ns = control->worst_ns;
	row->control_median_ns = control->median_ns;
	row->lockups = exec->lockups.cpus;
	row->control_lockups = control->lockups.cpus;
	row->stuck_s = exec->lockups.stuck_s;
}

/* Control, then exec; two rows. */
static const char *pair_run(struct stress *stress, unsigned int at_once)
{
	const struct stress_machine *machine = &stress->machine;
	struct half control = { 0 }, exec = { 0 };
	const char *error = half_run(machine, at_once, false, &control);
	struct row rows[2] = { 0 };

	if (!error)
		error = half_run(machine, at_once, true, &exec);
	if (error)
		return error;
	row_fill(&rows[0], "fault", &exec.fault, &control.fault);
	row_fill(&rows[1], "split", &exec.split, &control.split);
	for (unsigned int i = 0; i < 2; i++) {
		rows[i].at_once = at_once;
		rows[i].probed = stress->probed;
		rows[i].operations = at_once;
		rows[i].ptes = machine->huge_size / machine->page_size;
		rows[i].huge = exec.huge < control.huge ? exec.huge : control.huge;
		stress_add_row(stress, &rows[i]);
	}
	return NULL;
}

static const char *burst_run(struct stress *stress)
{
	const unsigned int most = stress->options.at_once;
	const char *error;
	struct half unused;

	latencies = calloc(most, sizeof(*latencies));
	if (!latencies)
		return "out of memory";
	/* The first run of this code faults its own pages in: nothing of it is counted. */
	error = half_run(&stress->machine, 1, false, &unused);
	if (!error && stress->options.sweep)
		error = pair_run(stress, 1);
	for (unsigned int at_once = 8; !error && stress->options.sweep && at_once < most;
	     at_once *= 2)
		error = pair_run(stress, at_once);
	if (!error && (most > 1 || !stress->options.sweep))
		error = pair_run(stress, most);
	free(latencies);
	return error;
}

const struct stress_scenario stress_scenario_burst = {
	.name = "burst",
	.summary = "the report's situation: all CPUs split huge pages of one process at once",
	.control = "the same without PROT_EXEC",
	.needs = stress_needs_huge,
	.run = burst_run,
};
