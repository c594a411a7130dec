// SPDX-License-Identifier: GPL-2.0-only
/*
 * execute.c: scenario "execute": what the I-cache maintenance is for
 *
 * Code comes into being in every way, one function a page, each returning another value; then all
 * CPUs call all of them. A fix that saves broadcasts and loses an invalidation runs stale code here,
 * on hardware. An emulator's I-cache is coherent by itself: there the number of maintenances tells
 * (lib/verdict.c).
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress/stress.h"

#define PAGES 256u /* functions of one lap, each on a page of its own */
#define LAPS 8u

/* What every CPU checks: @count functions, @stride bytes apart, that return @first, @first + 1, ... */
struct call_all {
	const char *base;
	size_t stride;
	unsigned int count, first;
	atomic_uint wrong;
};

static void call_all(unsigned int member, void *argument)
{
	struct call_all *call = argument;
	unsigned int wrong = 0;

	(void)member;
	for (unsigned int i = 0; i < call->count; i++)
		wrong += stress_code_call(call->base + i * call->stride) != call->first + i;
	atomic_fetch_add(&call->wrong, wrong);
}

/* Calls of all CPUs that returned the wrong value. */
static unsigned int count_wrong(const struct stress_stage *stage, unsigned int count,
				unsigned int first)
{
	struct call_all call = { .base = stress_stage_page(stage, 0),
				 .count = count,
				 .first = first,
				 .stride = stage->machine->page_size };
	struct stress_counters before, after;

	stress_team_run(stage->machine->cpus, call_all, &call, &before, &after);
	return call.wrong;
}

/* Functions that every CPU calls right; all of them in the control, which cannot call any. */
static unsigned int count_right(struct stress_stage *stage)
{
	unsigned int wrong = stage->exec ? count_wrong(stage, PAGES, 0) : 0;

	return wrong < PAGES ? PAGES - wrong : 0;
}

static void write_code(const struct stress_stage *stage, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		memcpy(stress_stage_page(stage, i), stress_code_return(i), CODE_SIZE);
}

/* What a compiler at run time does for itself, from user space. */
static void maintain(char *page)
{
	__builtin___clear_cache(page, page + CODE_SIZE);
}

static bool map_written(struct stress_stage *stage)
{
	if (!stress_stage_map_pages(stage, PAGES, PROT_READ | PROT_WRITE))
		return false;
	write_code(stage, PAGES);
	return true;
}

static bool protect_page(struct stress_stage *stage, unsigned int operation)
{
	return !mprotect(stress_stage_page(stage, operation), stage->machine->page_size,
			 stage->protection & ~PROT_WRITE);
}

static bool map_unwritten(struct stress_stage *stage)
{
	return stress_stage_map_pages(stage, PAGES, stage->protection);
}

static bool write_page(struct stress_stage *stage, unsigned int operation)
{
	memcpy(stress_stage_page(stage, operation), stress_code_return(operation), CODE_SIZE);
	maintain(stress_stage_page(stage, operation));
	return true;
}

static bool map_file(struct stress_stage *stage)
{
	return stress_stage_map_file(stage, PAGES, stage->protection & ~PROT_WRITE);
}

static bool read_page(struct stress_stage *stage, unsigned int operation)
{
	(void)*(volatile char *)stress_stage_page(stage, operation);
	return true;
}

static unsigned int huge_ptes(const struct stress_stage *stage)
{
	return stage->machine->huge_size / stage->machine->page_size;
}

static bool map_huge_written(struct stress_stage *stage)
{
	if (!stress_stage_map_huge(stage, PROT_READ | PROT_WRITE))
		return false;
	write_code(stage, huge_ptes(stage));
	return true;
}

/* Makes the huge page executable, then splits it by taking the last page's protection away. */
static bool protect_and_split(struct stress_stage *stage, unsigned int operation)
{
	char *last = stress_stage_page(stage, huge_ptes(stage) - 1);

	(void)operation;
	return !mprotect(stage->area[0].base, stage->area[0].size,
			 stage->protection & ~PROT_WRITE) &&
	       !mprotect(last, stage->machine->page_size, PROT_NONE);
}

static unsigned int all_right(struct stress_stage *stage)
{
	return !stage->exec || !count_wrong(stage, huge_ptes(stage) - 1, 0);
}

/* Executed by all CPUs before they move. */
static bool map_executed(struct stress_stage *stage)
{
	if (!map_unwritten(stage))
		return false;
	for (unsigned int i = 0; i < PAGES; i++)
		write_page(stage, i);
	if (stage->exec && count_wrong(stage, PAGES, 0))
		return false;
	stage->node = !stress_migrate_node_of(stress_stage_page(stage, 0));
	return true;
}

static bool move_page(struct stress_stage *stage, unsigned int operation)
{
	return stress_migrate_move_pages(stage, stress_stage_page(stage, operation), 1,
					 stage->node);
}

#define NEW_VALUE 1000u /* what functions return after they were written over */

static bool map_executed_and_mem(struct stress_stage *stage)
{
	if (!map_executed(stage))
		return false;
	stage->fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	return stage->fd > 0;
}

static bool write_mem(struct stress_stage *stage, unsigned int operation)
{
	return pwrite(stage->fd, stress_code_return(NEW_VALUE + operation), CODE_SIZE,
		      (uintptr_t)stress_stage_page(stage, operation)) == CODE_SIZE;
}

static unsigned int count_new(struct stress_stage *stage)
{
	unsigned int wrong = stage->exec ? count_wrong(stage, PAGES, NEW_VALUE) : 0;

	return wrong < PAGES ? PAGES - wrong : 0;
}

#define SMALL_STEP .operations = PAGES, .laps = LAPS, .ptes = 1, .witness = WITNESS_EFFECT

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "run-mprotect", SMALL_STEP,
	  .prepare = map_written, .work = protect_page, .verify = count_right },
	{ .name = "run-jit", SMALL_STEP,
	  .prepare = map_unwritten, .work = write_page, .verify = count_right },
	{ .name = "run-file", SMALL_STEP,
	  .prepare = map_file, .work = read_page, .verify = count_right },
	{ .name = "run-split", .operations = 1, .laps = LAPS, .ptes = PTES_HUGE, .huge = true,
	  .witness = WITNESS_EFFECT, .needs = stress_needs_huge,
	  .prepare = map_huge_written, .work = protect_and_split, .verify = all_right },
	{ .name = "run-migrate", SMALL_STEP, .needs = stress_migrate_needs_nodes,
	  .prepare = map_executed, .work = move_page, .verify = count_right },
	{ .name = "run-mem", SMALL_STEP,
	  .prepare = map_executed_and_mem, .work = write_mem, .verify = count_new },
};
/* clang-format on */

const struct stress_scenario stress_scenario_execute = {
	.name = "execute",
	.summary = "write functions in every way; all CPUs must call them right",
	.control = "the same without PROT_EXEC, and nobody calls",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
};
