// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c: scenario "fault": a page becomes executable because somebody touches it
 */
#include <sys/mman.h>

#include "stress/stress.h"

#define PAGES 16u /* of one lap */

static bool map_pages(struct stress_stage *stage)
{
	return stress_stage_map_pages(stage, PAGES, stage->protection);
}

static bool map_pages_read(struct stress_stage *stage)
{
	if (!map_pages(stage))
		return false;
	stress_stage_touch(stage, false);
	return true;
}

static bool write_page(struct stress_stage *stage, unsigned int operation)
{
	*(volatile char *)stress_stage_page(stage, operation) = 1;
	return true;
}

static bool read_page(struct stress_stage *stage, unsigned int operation)
{
	(void)*(volatile char *)stress_stage_page(stage, operation);
	return true;
}

/* A file is mapped without PROT_WRITE, as programs are. */
static bool map_file(struct stress_stage *stage)
{
	return stress_stage_map_file(stage, PAGES, stage->protection & ~PROT_WRITE);
}

/* The area that the operations work on must be the first: the one touched before comes second. */
static bool map_file_again(struct stress_stage *stage)
{
	if (!map_file(stage) || !map_file(stage))
		return false;
	stress_memory_touch(stage->area[1].base, stage->area[1].size, stage->machine->page_size,
			    false);
	return true;
}

static bool map_file_written(struct stress_stage *stage)
{
	return map_file_again(stage) && stress_memory_write_file(stage->machine, stage->fd, PAGES);
}

static bool map_pages_shared(struct stress_stage *stage)
{
	if (!map_pages(stage))
		return false;
	stress_stage_touch(stage, true);
	return stress_stage_fork(stage);
}

static bool map_huge_shared(struct stress_stage *stage)
{
	if (!stress_stage_map_huge(stage, stage->protection))
		return false;
	*(volatile char *)stress_stage_page(stage, 0) = 1;
	return stress_stage_fork(stage);
}

static bool map_huge(struct stress_stage *stage)
{
	return stress_stage_map_huge(stage, stage->protection);
}

static bool map_huge_read(struct stress_stage *stage)
{
	if (!map_huge(stage))
		return false;
	(void)*(volatile char *)stress_stage_page(stage, 0);
	return true;
}

/* As map_huge_read(), and a second such mapping that was not touched yet: it comes first. */
static bool map_huge_twice(struct stress_stage *stage)
{
	if (!map_huge(stage) || !map_huge(stage))
		return false;
	(void)*(volatile char *)stage->area[1].base;
	return true;
}

static bool split_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !madvise(stress_stage_page(stage, 0), stage->machine->page_size, MADV_DONTNEED);
}

/* Only in a guest is it certain that nobody has mapped the huge zero page executable before. */
static const char *needs_guest(const struct stress *stress)
{
	return stress_needs_huge(stress) ? stress_needs_huge(stress) : stress_needs_guest(stress);
}

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "huge-zero-first", .operations = 1, .laps = 1, .ptes = 1, .witness = VM_FAULT,
	  .needs = needs_guest, .prepare = map_huge, .work = read_page },
	{ .name = "huge-zero", .operations = 1, .ptes = 1, .witness = VM_FAULT,
	  .needs = stress_needs_huge, .prepare = map_huge_twice, .work = read_page },
	{ .name = "huge-zero-split", .operations = 1, .ptes = 1, .witness = VM_SPLIT_PMD,
	  .needs = stress_needs_huge, .prepare = map_huge_read, .work = split_page },
	{ .name = "anon", .operations = PAGES, .ptes = 1, .witness = VM_FAULT,
	  .prepare = map_pages, .work = write_page },
	{ .name = "zero", .operations = PAGES, .ptes = 1, .witness = VM_FAULT,
	  .prepare = map_pages, .work = read_page },
	{ .name = "zero-write", .operations = PAGES, .ptes = 1, .witness = VM_FAULT,
	  .prepare = map_pages_read, .work = write_page },
	{ .name = "file", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_file, .work = read_page },
	{ .name = "file-again", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_file_again, .work = read_page },
	{ .name = "file-written", .operations = PAGES, .ptes = 1, .witness = WITNESS_EFFECT,
	  .prepare = map_file_written, .work = read_page },
	{ .name = "cow", .operations = PAGES, .ptes = 1, .witness = VM_FAULT,
	  .prepare = map_pages_shared, .work = write_page },
	{ .name = "cow-huge", .name_if_split = "cow-split", .operations = 1, .ptes = PTES_HUGE,
	  .huge = true, .witness = VM_FAULT, .needs = stress_needs_huge,
	  .prepare = map_huge_shared, .work = write_page },
};
/* clang-format on */

const struct stress_scenario stress_scenario_fault = {
	.name = "fault",
	.summary = "touch pages: anonymous, of a file, copied on write, the zero pages",
	.control = "the same without PROT_EXEC",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
};
