/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * veneer.h: a stepping stone for a branch of the kernel to a module that is out of its reach
 *
 * B and BL reach 128 MiB. With CONFIG_RANDOMIZE_MODULE_REGION_FULL modules are up to 4 GiB away
 * from the kernel's text, and the kernel has veneers (PLTs) for branches out of modules alone. But
 * a kernel that was moved by KASLR lies in the midst of the vmalloc area (kernel/kaslr.c), and
 * __vmalloc_node_range() takes bounds: a page of our own within reach of the text, for two
 * instructions and an address, as the linker makes them:
 *
 *	ldr	x16, .+8
 *	br	x16
 *	.quad	target
 *
 * x16 is there for this: AAPCS64 lets a veneer between a caller and a function have it, and a
 * branch by it may land on the BTI c or PACIASP that a function of a kernel with BTI begins with.
 * BL itself is never checked, nor is a page without the guarded bit. No C code calls through the
 * veneer, so CFI has nothing to check. The page is never writable and executable at once.
 */
#ifndef ICACHE_IPI_VENEER_H
#define ICACHE_IPI_VENEER_H

#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/vmalloc.h>

#include <asm/pgtable.h>

#include "code.h"
#include "compat.h"

struct veneer {
	__le32 load, branch;
	__le64 target;
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

/* Does a B or BL at @from reach @to? The distance is 26 bits of words, signed. */
static inline bool veneer_reaches(unsigned long from, unsigned long to)
{
	const long distance = to - from;

	return distance >= -SZ_128M && distance < SZ_128M;
}

/* set_memory_ro() and its kin, on the page. */
static inline __nocfi int veneer_set(unsigned int function)
{
	int (*set)(unsigned long address, int pages) = (void *)veneer_functions[function].start;

	return set((unsigned long)veneer, 1);
}

/*
 * Back to what vfree() expects: with rodata=full the page's other mapping, in the linear map, lost
 * its write permission as well, and whoever gets the page next needs it.
 */
static inline void veneer_free(void)
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
static inline __nocfi const char *veneer_make(unsigned long from, unsigned long target)
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
	veneer->target = cpu_to_le64(target);
	/* Nobody has executed anything there; a new mapping may meet an old cache line. */
	caches_clean_inval_pou((unsigned long)veneer, (unsigned long)(veneer + 1));
	if (!veneer_set(VENEER_RO) && !veneer_set(VENEER_X)) {
		kick_all_cpus_sync();
		return NULL;
	}
	veneer_free();
	return "a page within 128 MiB of the call cannot be made executable";
}

#endif
