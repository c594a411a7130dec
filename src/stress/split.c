// SPDX-License-Identifier: GPL-2.0-only
/*
 * split.c: scenario "split": an executable huge page becomes small ones
 *
 * Faulting it in costs one broadcast, for the head page. Every way to split its pmd costs one for
 * each of the others, under the page table lock. mm/huge_memory.c, __split_huge_pmd_locked. A
 * physical split takes the pages apart themselves and is dearer by one.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

static bool map_huge(struct stress_stage *stage)
{
	return stress_stage_map_huge(stage, stage->protection);
}

static bool map_touched(struct stress_stage *stage)
{
	if (!map_huge(stage))
		return false;
	*(volatile char *)stress_stage_page(stage, 0) = 1;
	return true;
}

static bool fault_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	*(volatile char *)stress_stage_page(stage, 0) = 1;
	return true;
}

static bool dontneed_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !madvise(stress_stage_page(stage, 0), stage->machine->page_size, MADV_DONTNEED);
}

static bool mprotect_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !mprotect(stress_stage_page(stage, 0), stage->machine->page_size,
			 stage->protection & ~PROT_WRITE);
}

static bool munmap_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !munmap(stress_stage_page(stage, 0), stage->machine->page_size);
}

/* Where the page goes was mapped beforehand. */
static bool map_touched_and_target(struct stress_stage *stage)
{
	const size_t size = stage->machine->page_size;

	return map_touched(stage) &&
	       stress_stage_add_area(
		       stage, mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		       size);
}

static bool mremap_page(struct stress_stage *stage, unsigned int operation)
{
	const size_t size = stage->machine->page_size;

	(void)operation;
	return mremap(stress_stage_page(stage, 0), size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
		      stage->area[1].base) != MAP_FAILED;
}

static bool mlock_page(struct stress_stage *stage, unsigned int operation)
{
	(void)operation;
	return !mlock(stress_stage_page(stage, 0), stage->machine->page_size);
}

/* Another process that maps the same huge page splits its own pmd first, and ends. */
static bool map_split_by_child(struct stress_stage *stage)
{
	int status;
	pid_t pid;

	if (!map_touched(stage))
		return false;
	pid = fork();
	if (!pid)
		_exit(!dontneed_page(stage, 0));
	return pid > 0 && waitpid(pid, &status, 0) == pid && !status;
}

static bool map_shared(struct stress_stage *stage)
{
	return map_touched(stage) && stress_stage_fork(stage);
}

/*
 * Everything but the first page of the pmd stays mapped, by small pages. dontneed_page() would leave
 * the head unmapped: one pte less to restore.
 */
static bool map_pmd_split(struct stress_stage *stage)
{
	return map_touched(stage) && mprotect_page(stage, 0) &&
	       !mprotect(stress_stage_page(stage, 0), stage->machine->page_size, stage->protection);
}

/* Splits every huge page of the system. */
static bool split_all(struct stress_stage *stage, unsigned int operation)
{
	const int fd = open("/sys/kernel/debug/split_huge_pages", O_WRONLY | O_CLOEXEC);
	const bool written = fd >= 0 && write(fd, "1", 1) == 1;

	(void)stage;
	(void)operation;
	if (fd >= 0)
		close(fd);
	return written;
}

static const char *needs_guest(const struct stress *stress)
{
	if (stress_needs_huge(stress))
		return stress_needs_huge(stress);
	if (stress_needs_guest(stress))
		return stress_needs_guest(stress);
	return access("/sys/kernel/debug/split_huge_pages", W_OK) ?
		       "no split_huge_pages in debugfs (CONFIG_DEBUG_FS)" :
		       NULL;
}

#define HUGE_STEP .operations = 1, .ptes = PTES_HUGE, .huge = true, .needs = stress_needs_huge

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "fault", .operations = 1, .ptes = PTES_HUGE, .makes_huge = true,
	  .witness = VM_THP_FAULT, .needs = stress_needs_huge,
	  .prepare = map_huge, .work = fault_page },
	{ .name = "split", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_touched, .work = dontneed_page },
	{ .name = "split-mprotect", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_touched, .work = mprotect_page },
	{ .name = "split-munmap", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_touched, .work = munmap_page },
	{ .name = "split-mremap", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_touched_and_target, .work = mremap_page },
	{ .name = "split-mlock", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_touched, .work = mlock_page },
	{ .name = "split-again", HUGE_STEP, .witness = VM_SPLIT_PMD,
	  .prepare = map_split_by_child, .work = dontneed_page },
	{ .name = "physical", .name_if_once = "physical-once", .operations = 1, .ptes = PTES_HUGE, .huge = true,
	  .witness = VM_SPLIT_PAGE, .needs = needs_guest,
	  .prepare = map_touched, .work = split_all },
	{ .name = "physical-shared", .name_if_once = "physical-shared-once", .operations = 1, .ptes = PTES_HUGE, .huge = true,
	  .witness = VM_SPLIT_PAGE, .needs = needs_guest,
	  .prepare = map_shared, .work = split_all },
	{ .name = "physical-after", .name_if_once = "physical-after-once", .operations = 1, .ptes = PTES_HUGE,
	  .witness = VM_SPLIT_PAGE, .needs = needs_guest,
	  .prepare = map_pmd_split, .work = split_all },
};
/* clang-format on */

/* The first two are the report's own; the lockup tier is content with them. */
const struct stress_scenario stress_scenario_split = {
	.name = "split",
	.summary = "fault a huge page in, then split it: six ways to split its pmd, and the page",
	.control = "the same without PROT_EXEC",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
	.lockup_tier_steps = 2,
};
