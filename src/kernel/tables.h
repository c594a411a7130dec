/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h: the kernel's own page tables in a dump of memory, and what they map
 */
#ifndef ICACHE_IPI_KERNEL_TABLES_H
#define ICACHE_IPI_KERNEL_TABLES_H

#include "kernel/core.h"

struct kernel_tables {
	struct kernel_core *core;
	uint64_t root;			       /* physical address of the first table */
	unsigned int page_shift, address_bits; /* 12, 14 or 16; VA_BITS */
	uint64_t last_virtual, last_physical;  /* of the page that was translated last */
};

/*
 * Finds the tables in @kernel, which lies at the physical @address of @core, by what the CPUs use: they
 * must map the pc of CPUs that are in the kernel to its code, and their x29 to memory that is there.
 * Sets kernel->base to where that code runs. False: no CPU is in the kernel, or no tables fit.
 */
bool kernel_tables_find(struct kernel_tables *tables, struct kernel_core *core,
			struct kernel *kernel, uint64_t address,
			const struct kernel_registers *cpus, size_t count);

/* The physical address of a virtual one of the kernel's half; false: it is not mapped. */
bool kernel_tables_translate(struct kernel_tables *tables, uint64_t address, uint64_t *physical);

/* A kernel_stack_reader; @context is a struct kernel_tables. */
bool kernel_tables_read(void *context, uint64_t address, uint64_t *words, size_t count);

#endif
