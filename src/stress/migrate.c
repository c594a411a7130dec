// SPDX-License-Identifier: GPL-2.0-only
/*
 * migrate.c: scenario "migrate": executable pages move to another NUMA node
 */
#include <errno.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress/stress.h"

#define PAGES 16u /* of one lap */

bool stress_migrate_move_pages(const struct stress_stage *stage, char *base, unsigned int count,
			       int node)
{
	void *pages[PAGES];
	int nodes[PAGES], status[PAGES];

	for (unsigned int i = 0; i < count; i++) {
		pages[i] = base + i * stage->machine->page_size;
		nodes[i] = node;
		status[i] = -EBUSY; /* 4.19 writes none when there was nothing to move */
	}
	if (syscall(SYS_move_pages, 0, count, pages, nodes, status,
		    stage->child ? MPOL_MF_MOVE_ALL : MPOL_MF_MOVE))
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (status[i] != node) {
			errno = status[i] < 0 ? -status[i] : EBUSY;
			return false;
		}
	return true;
}

int stress_migrate_node_of(void *page)
{
	int status = -1;

	syscall(SYS_move_pages, 0, 1ul, &page, NULL, &status, 0);
	return status;
}

static bool map_pages(struct stress_stage *stage)
{
	if (!stress_stage_map_pages(stage, PAGES, stage->protection))
		return false;
	stress_stage_touch(stage, true);
	stage->node = !stress_migrate_node_of(stress_stage_page(stage, 0));
	return true;
}

static bool map_pages_moved(struct stress_stage *stage)
{
	if (!map_pages(stage) ||
	    !stress_migrate_move_pages(stage, stress_stage_page(stage, 0), PAGES, stage->node))
		return false;
	stage->node = !stage->node;
	return true;
}

static bool map_pages_shared(struct stress_stage *stage)
{
	return map_pages(stage) && stress_stage_fork(stage);
}

static bool map_huge(struct stress_stage *stage)
{
	if (!stress_stage_map_huge(stage, stage->protection))
		return false;
	*(volatile char *)stress_stage_page(stage, 0) = 1;
	stage->node = !stress_migrate_node_of(stress_stage_page(stage, 0));
	return true;
}

static bool move_page(struct stress_stage *stage, unsigned int operation)
{
	return stress_migrate_move_pages(stage, stress_stage_page(stage, operation), 1,
					 stage->node);
}

const char *stress_migrate_needs_nodes(const struct stress *stress)
{
	return stress->machine.nodes < 2 ? "one NUMA node: there is nowhere to move to" : NULL;
}

static const char *needs_nodes_and_huge(const struct stress *stress)
{
	return stress_migrate_needs_nodes(stress) ? stress_migrate_needs_nodes(stress) :
						    stress_needs_huge(stress);
}

/* MPOL_MF_MOVE_ALL wants CAP_SYS_NICE; its two prices differ only in what the kprobes count. */
static const char *needs_nodes_and_guest(const struct stress *stress)
{
	return stress_migrate_needs_nodes(stress) ? stress_migrate_needs_nodes(stress) :
						    stress_needs_guest(stress);
}

/* clang-format off */
static const struct stress_step steps[] = {
	{ .name = "base", .operations = PAGES, .ptes = 1, .witness = VM_MIGRATE,
	  .needs = stress_migrate_needs_nodes, .prepare = map_pages, .work = move_page },
	{ .name = "back", .operations = PAGES, .ptes = 1, .witness = VM_MIGRATE,
	  .needs = stress_migrate_needs_nodes, .prepare = map_pages_moved, .work = move_page },
	{ .name = "shared", .name_if_once = "shared-once", .operations = PAGES, .ptes = 1, .witness = VM_MIGRATE,
	  .needs = needs_nodes_and_guest, .prepare = map_pages_shared, .work = move_page },
	{ .name = "huge", .name_if_split = "huge-split", .operations = 1, .ptes = PTES_HUGE, .huge = true, .witness = VM_MIGRATE,
	  .needs = needs_nodes_and_huge, .prepare = map_huge, .work = move_page },
};
/* clang-format on */

const struct stress_scenario stress_scenario_migrate = {
	.name = "migrate",
	.summary = "move_pages() of small and huge pages between two NUMA nodes",
	.control = "the same without PROT_EXEC",
	.steps = steps,
	.steps_count = sizeof(steps) / sizeof(steps[0]),
};
