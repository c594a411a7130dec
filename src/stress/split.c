// SPDX-License-Identifier: GPL-2.0-only
/*
 * split.c: scenario "split", the situation of the report
 *
 * Every CPU touches its own executable huge page (one broadcast: the head page), then gives its
 * first small page back with MADV_DONTNEED, which splits the pmd: one broadcast for each of the
 * other pages, under the process's page table lock. mm/huge_memory.c, __split_huge_pmd_locked.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "stress/stress.h"

/* Huge pages side by side under one pmd table, so that their splits share one lock on any kernel. */
struct arena {
	char *base;
	size_t huge_size, page_size;
	unsigned int first;		/* the page that member 0 works on */
	uint64_t *latency_ns;		/* of member i */
	const char *error;
};

static uint64_t *latencies;		/* of one sample: control or exec */

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/*
 * @count huge-page-sized, aligned stretches of anonymous memory. A pmd table spans page_size / 8
 * huge pages; where the address space has no room to align to that, the huge page size must do.
 */
static bool arena_map(struct arena *arena, const struct machine *machine, unsigned int count,
		      bool exec)
{
	const int protection = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0);
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const size_t size = count * machine->huge_size;
	size_t align = machine->page_size / 8 * machine->huge_size;
	char *reserved = MAP_FAILED, *base;

	if (size <= align)
		reserved = mmap(NULL, size + align, PROT_NONE, flags, -1, 0);
	if (reserved == MAP_FAILED) {
		align = machine->huge_size;
		reserved = mmap(NULL, size + align, PROT_NONE, flags, -1, 0);
	}
	if (reserved == MAP_FAILED)
		return false;
	base = (char *)(((uintptr_t)reserved + align - 1) & ~(uintptr_t)(align - 1));
	if (base > reserved)
		munmap(reserved, base - reserved);
	munmap(base + size, reserved + align - base);

	arena->base = base;
	arena->huge_size = machine->huge_size;
	arena->page_size = machine->page_size;
	arena->latency_ns = latencies;
	return !mprotect(base, size, protection) && !madvise(base, size, MADV_HUGEPAGE);
}

static char *arena_page(const struct arena *arena, unsigned int member)
{
	return arena->base + (arena->first + member) * arena->huge_size;
}

static void fault_one(unsigned int member, void *argument)
{
	struct arena *arena = argument;
	const uint64_t start = now_ns();

	*(volatile char *)arena_page(arena, member) = 1;
	arena->latency_ns[arena->first + member] = now_ns() - start;
}

static void split_one(unsigned int member, void *argument)
{
	struct arena *arena = argument;
	const uint64_t start = now_ns();

	if (madvise(arena_page(arena, member), arena->page_size, MADV_DONTNEED))
		arena->error = "madvise(MADV_DONTNEED) failed";
	arena->latency_ns[arena->first + member] = now_ns() - start;
}

/* What one step did in one half, control or exec. */
struct sample {
	uint64_t ipis, broadcasts, walked, worst_ns, median_ns;
	struct lockups lockups;
};

static void sample_add(struct sample *sample, const struct counters *before,
		       const struct counters *after, bool fault)
{
	sample->ipis += after->ipis - before->ipis;
	sample->broadcasts += after->broadcasts - before->broadcasts;
	sample->walked += fault ? after->thp_fault_alloc - before->thp_fault_alloc :
				  after->thp_split_pmd - before->thp_split_pmd;
}

static void sample_finish(struct sample *sample, unsigned int operations)
{
	qsort(latencies, operations, sizeof(*latencies), compare_u64);
	sample->worst_ns = latencies[operations - 1];
	sample->median_ns = latencies[(operations - 1) / 2];
	sample->lockups = klog_lockups();
}

/* One step for @operations pages: @at_once of them together, or each alone on another CPU. */
static void step_run(struct arena *arena, const struct machine *machine, unsigned int operations,
		     unsigned int at_once, bool fault, struct sample *sample)
{
	const team_work work = fault ? fault_one : split_one;
	struct counters before, after;

	memset(sample, 0, sizeof(*sample));
	arena->first = 0;
	if (at_once > 1) {
		team_run(at_once, work, arena, &before, &after);
		sample_add(sample, &before, &after, fault);
	} else {
		for (; arena->first < operations; arena->first++) {
			/* Spread over the machine: first CPU, last CPU, and between. */
			unsigned int cpu = operations == 1 ? 0 :
				arena->first * (machine->cpus - 1) / (operations - 1);

			team_run_alone(machine->cpu[cpu], work, arena, &before, &after);
			sample_add(sample, &before, &after, fault);
		}
		arena->first = 0;
	}
	sample_finish(sample, operations);
}

struct half {
	struct sample fault, split;
	uint64_t huge;			/* pages that were huge between the two steps */
};

static const char *half_run(const struct machine *machine, unsigned int operations,
			    unsigned int at_once, bool exec, struct half *half)
{
	struct arena arena = { .error = NULL };
	const size_t size = operations * machine->huge_size;

	if (!arena_map(&arena, machine, operations, exec))
		return "cannot map and madvise(MADV_HUGEPAGE) the huge pages: is "
		       "/sys/kernel/mm/transparent_hugepage/enabled on 'never'?";
	step_run(&arena, machine, operations, at_once, true, &half->fault);
	half->huge = counters_huge_bytes(arena.base, size) / machine->huge_size;
	step_run(&arena, machine, operations, at_once, false, &half->split);
	if (counters_huge_bytes(arena.base, size))
		arena.error = "a huge page is still huge after its split";
	munmap(arena.base, size);
	return arena.error;
}

static void row_fill(struct row *row, const char *step, const struct sample *exec,
		     const struct sample *control)
{
	snprintf(row->scenario, sizeof(row->scenario), "%s", scenario_split.name);
	snprintf(row->step, sizeof(row->step), "%s", step);
	row->walked = exec->walked;
	row->control_walked = control->walked;
	row->ipis = exec->ipis;
	row->control_ipis = control->ipis;
	row->broadcasts = exec->broadcasts;
	row->control_broadcasts = control->broadcasts;
	row->worst_ns = exec->worst_ns;
	row->median_ns = exec->median_ns;
	row->control_worst_ns = control->worst_ns;
	row->control_median_ns = control->median_ns;
	row->lockups = exec->lockups.cpus;
	row->control_lockups = control->lockups.cpus;
	row->stuck_s = exec->lockups.stuck_s;
}

/* Control, then exec; two rows. */
static const char *pair_run(struct stress *stress, unsigned int operations, unsigned int at_once)
{
	const struct machine *machine = &stress->machine;
	struct half control = { 0 }, exec = { 0 };
	const char *error;
	struct row rows[2] = { 0 };
	char phase[48];

	snprintf(phase, sizeof(phase), "split, %u at once", at_once);
	record_at(phase, 0, 0);
	error = half_run(machine, operations, at_once, false, &control);
	if (!error)
		error = half_run(machine, operations, at_once, true, &exec);
	if (error)
		return error;
	row_fill(&rows[0], "fault", &exec.fault, &control.fault);
	row_fill(&rows[1], "split", &exec.split, &control.split);
	for (unsigned int i = 0; i < 2; i++) {
		rows[i].at_once = at_once;
		rows[i].probed = stress->probed;
		rows[i].operations = operations;
		rows[i].ptes = machine->huge_size / machine->page_size;
		rows[i].huge = exec.huge < control.huge ? exec.huge : control.huge;
		stress_add_row(stress, &rows[i]);
	}
	return NULL;
}

static const char *split_run(struct stress *stress)
{
	const struct options *options = &stress->options;
	const unsigned int most = options->at_once, rounds = options->rounds;
	struct half unused;
	const char *error;

	latencies = calloc(most > rounds ? most : rounds, sizeof(*latencies));
	if (!latencies)
		return "out of memory";
	/* The first run of this code faults its own pages in: nothing of it is counted. */
	error = half_run(&stress->machine, 1, 1, false, &unused);
	if (!error)
		error = pair_run(stress, rounds, 1);
	for (unsigned int at_once = 8; !error && options->sweep && at_once < most; at_once *= 2)
		error = pair_run(stress, at_once, at_once);
	if (!error && most > 1)
		error = pair_run(stress, most, most);
	free(latencies);
	return error;
}

const struct scenario scenario_split = {
	.name = "split",
	.summary = "touch and split executable huge pages, one CPU at a time and all at once",
	.control = "the same without PROT_EXEC",
	.run = split_run,
};
