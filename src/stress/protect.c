// SPDX-License-Identifier: GPL-2.0-only
/*
 * protect.c: scenario "mprotect": a page becomes executable because its owner says so
 *
 * The control takes PROT_WRITE away and gives PROT_READ alone: the same walk without PROT_EXEC.
 */
#include <sys/mman.h>

#include "stress/stress.h"

#define PAGES 64u /* of one call */

static int wanted(const struct stress_stage *stage)
{
	return PROT_READ | (stage->exec ? PROT_EXEC : 0);
}

static bool map_pages(struct stress_stage *stage)
{
	if (!stress_stage_map_pages(stage, PAGES, PROT_READ | PROT_WRITE))
		return false;
	stress_stage_touch(stage, true);
	return true;
}

static bool map_file(struct stress_stage *stage)
{
	if (!stress_stage_map_file(stage, PAGES, PROT_READ))
		return false;
	stress_stage_touch(stage, false);
	return true;
}

static bool protect_all(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !mprotect(stage->area[0].base, stage->area[0].size, wanted(stage));
}

/*
 * Was executable once, is writable now, and was written since. A page that waits in this CPU's
 * batch for the LRU lists has one reference too many and is copied when it is written (5.10,
 * do_wp_page): as many other pages push ours through.
 */
static bool map_pages_again(struct stress_stage *stage)
{
	if (!map_pages(stage) || !stress_stage_map_pages(stage, PAGES, PROT_READ | PROT_WRITE))
		return false;
	stress_memory_touch(stage->area[1].base, stage->area[1].size, stage->machine->page_size,
			    true);
	if (!protect_all(stage, 0) ||
	    mprotect(stage->area[0].base, stage->area[0].size, PROT_READ | PROT_WRITE))
		return false;
	stress_stage_touch(stage, true);
	return true;
}

static bool map_huge(struct stress_stage *stage)
{
	if (!stress_stage_map_huge(stage, PROT_READ | PROT_WRITE))
		return false;
	*(volatile char *)stress_stage_page(stage, 0) = 1;
	return true;
}

static bool map_huge_protected(struct stress_stage *stage)
{
	return map_huge(stage) && protect_all(stage, 0);
}

static bool dontneed_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !madvise(stress_stage_page(stage, 0), stage->machine->page_size, MADV_DONTNEED);
}

static bool protect_first(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !mprotect(stress_stage_page(stage, 0), stage->machine->page_size, wanted(stage));
}

static bool map_huge_split(struct stress_stage *stage)
{
	return map_huge(stage) &&
	       stress_counters_huge_bytes(stage->area[0].base, stage->area[0].size) &&
	       dontneed_page(stage, 0);
}

static bool protect_rest(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !mprotect(stress_stage_page(stage, 1),
			 stage->machine->huge_size - stage->machine->page_size, wanted(stage));
}

#define HUGE_STEP .operations = 1, .ptes = PTES_HUGE, .huge = true, .needs = stress_needs_huge

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "add", .operations = 1, .ptes = PAGES, .witness = WITNESS_EFFECT,
	  .prepare = map_pages, .work = protect_all },
	{ .name = "add-file", .operations = 1, .ptes = PAGES, .witness = WITNESS_EFFECT,
	  .prepare = map_file, .work = protect_all },
	{ .name = "add-again", .operations = 1, .ptes = PAGES, .witness = WITNESS_EFFECT,
	  .prepare = map_pages_again, .work = protect_all },
	{ .name = "add-huge", HUGE_STEP, .witness = WITNESS_EFFECT,
	  .prepare = map_huge, .work = protect_all },
	{ .name = "add-huge-split", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_huge_protected, .work = dontneed_page },
	{ .name = "add-part", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_huge, .work = protect_first },
	{ .name = "add-rest", .operations = 1, .ptes = PTES_HUGE, .needs = stress_needs_huge,
	  .witness = WITNESS_EFFECT, .prepare = map_huge_split, .work = protect_rest },
};
/* clang-format on */

const struct stress_scenario stress_scenario_mprotect = {
	.name = "mprotect",
	.summary =
		"add PROT_EXEC to written pages: small, of a file, huge, before and after a split",
	.control = "PROT_READ instead of PROT_READ and PROT_EXEC",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
};
