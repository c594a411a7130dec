/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stack.h: who called whom, from the registers of a CPU and the memory of its stack
 */
#ifndef ICACHE_IPI_KERNEL_STACK_H
#define ICACHE_IPI_KERNEL_STACK_H

#include "kernel/kernel.h"

#define KERNEL_STACK_MAX 64

struct kernel_registers {
	uint64_t pc, fp, lr; /* fp is x29, lr is x30 */
	unsigned int level;  /* exception level: 0 is user mode */
	bool pc_known, fp_known, lr_known, level_known;
};

struct kernel_stack {
	uint64_t pc[KERNEL_STACK_MAX]; /* innermost first; callers by the address of the call */
	size_t depth;
	enum { STACK_COMPLETE, STACK_UNREADABLE, STACK_CIRCLE, STACK_TOO_DEEP } end;
};

/* Reads @count words of the CPU's memory at the virtual @address; false: cannot. */
typedef bool (*kernel_stack_reader)(void *context, uint64_t address, uint64_t *words, size_t count);

/* Walks the stack of @cpu by its frame records. @kernel has a base and functions alone for symbols. */
void kernel_stack_walk(const struct kernel_registers *cpu, const struct kernel *kernel,
		       kernel_stack_reader read, void *context, struct kernel_stack *stack);

/* The function that @address is in, or NULL. */
const char *kernel_function_at(const struct kernel *kernel, uint64_t address);

/* The upper bits that all addresses of the kernel's code have set. */
uint64_t kernel_upper_bits(const struct kernel *kernel);

#endif
