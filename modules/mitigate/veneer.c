// SPDX-License-Identifier: GPL-2.0-only
/*
 * veneer.c: one page within reach of the kernel's text, and what makes it executable
 */
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include <asm/cacheflush.h>
#include <asm/pgtable.h>

#include "code.h"
#include "compat.h"
#include "veneer.h"

struct veneer {
	__le32 load, branch;	/* instructions are little-endian always */
	u64 target;		/* data: ldr reads it as the kernel is */
};

/* The page; NULL without one. */
static struct veneer *veneer;

/* The kernel's functions for pages, none of which every kernel exports. */
enum { VENEER_ALLOCATE, VENEER_RO, VENEER_X, VENEER_NX, VENEER_RW, VENEER_FUNCTIONS };
static struct code_function veneer_functions[VENEER_FUNCTIONS] = {
	[VENEER_ALLOCATE] = { .name = "__vmalloc_node_range" },
	[VENEER_RO] = { .name = "set_memory_ro" },
	[VENEER_X] = { .name = "set_memory_x" },
	[VENEER_NX] = { .name = "set_memory_nx" },
	[VENEER_RW] = { .name = "set_memory_rw" },
};

/* set_memory_ro() and its kin, on the page. */
static __nocfi int veneer_set(unsigned int function)
{
	int (*set)(unsigned long address, int pages) = (void *)veneer_functions[function].start;

	return set((unsigned long)veneer, 1);
}

/*
 * Back to what vfree() expects: with rodata=full the page's other mapping, in the linear map, lost
 * its write permission as well, and whoever gets the page next needs it.
 */
void veneer_free(void)
{
	if (!veneer)
		return;
	/* Where this fails the page stays as it is for good: better lost than given away. */
	if (!veneer_set(VENEER_NX) && !veneer_set(VENEER_RW))
		vfree(veneer);
	veneer = NULL;
}

/**
 * veneer_make() - make the one veneer of this module
 * @from: the branch that is to reach it
 * @target: where it goes on to
 *
 * Context: may sleep.
 * Return: NULL, and @veneer is there until veneer_free(); or why not.
 */
__nocfi const char *veneer_make(unsigned long from, unsigned long target)
{
	const unsigned long low = max(from - SZ_128M, (unsigned long)VMALLOC_START);
	const unsigned long high = min(from + SZ_128M, (unsigned long)VMALLOC_END);
	void *(*allocate)(unsigned long size, unsigned long align, unsigned long start,
			  unsigned long end, gfp_t gfp, pgprot_t protection, unsigned long flags,
			  int node, const void *caller);

	if (low >= high)
		return "no vmalloc area is within 128 MiB of the call";
	if (code_find_all(veneer_functions, VENEER_FUNCTIONS))
		return "the functions that make a page executable cannot be found";
	allocate = (void *)veneer_functions[VENEER_ALLOCATE].start;
	veneer = allocate(PAGE_SIZE, PAGE_SIZE, low, high, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN,
			  PAGE_KERNEL, 0, NUMA_NO_NODE, __builtin_return_address(0));
	if (!veneer)
		return "there is no free page within 128 MiB of the call";
	veneer->load = cpu_to_le32(0x58000050);
	veneer->branch = cpu_to_le32(0xd61f0200);
	veneer->target = target;
	/* Nobody has executed anything there; a new mapping may meet an old cache line. */
	caches_clean_inval_pou((unsigned long)veneer, (unsigned long)(veneer + 1));
	if (!veneer_set(VENEER_RO) && !veneer_set(VENEER_X)) {
		kick_all_cpus_sync();
		return NULL;
	}
	veneer_free();
	return "a page within 128 MiB of the call cannot be made executable";
}

/* Where the veneer is; 0 without one. Any context. */
unsigned long veneer_address(void)
{
	return (unsigned long)veneer;
}
