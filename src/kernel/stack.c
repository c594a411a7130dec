// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c: from the registers of a CPU to its chain of callers
 *
 * A frame record is two words, the caller's frame pointer and the return address (procedure call
 * standard, AAPCS64 6.4.6). The chain alone does not name everybody:
 *  - a function that calls nobody keeps no record: its caller is in x30 only. The waiters of the
 *    report, queued_spin_lock_slowpath(), are such;
 *  - the same when an interrupt came in it. Exception entry (arch/arm64/kernel/entry.S, kernel_entry)
 *    puts a record into struct pt_regs; the x30 of that moment lies 64 bytes before it and the pc 48,
 *    in 4.19 as in 5.10. That pc is the record's own return address, which tells such a record;
 *  - since 6.13 both words of that record are 0, and a third one says what it is (struct
 *    frame_record_meta, arch/arm64/include/asm/stacktrace/frame.h): 1, the last one; 2, registers of an
 *    exception. Then x29 lies 64 bytes before it and the pc 40, and the chain goes on there.
 */
#include "kernel/stack.h"

/* A task's stack is 16 KiB, or 64 KiB with 64K pages; then there are the interrupt's and others. */
#define STACK_SIZE_MAX (64ull << 10)
#define STACKS_MAX 4

#define PT_REGS_RECORD_TO_LR 64
#define META_TO_FP 64
#define META_PT_REGS 2

const char *kernel_function_at(const struct kernel *kernel, uint64_t address)
{
	const uint64_t offset = address - kernel->base;
	const struct kernel_symbol *symbol = NULL;

	if (offset < kernel->size)
		symbol = kernel_symbols_covering(&kernel->symbols, offset);
	return symbol ? kernel_symbol_name(&kernel->symbols, symbol) : NULL;
}

uint64_t kernel_upper_bits(const struct kernel *kernel)
{
	uint64_t bits = 0;

	for (int bit = 63; bit >= 0 && kernel->base >> bit & 1; bit--)
		bits |= 1ull << bit;
	return bits;
}

/* Bit 55 chooses between the two halves of the address space, whatever the bits above it say. */
static bool is_kernel_address(uint64_t address)
{
	return address >> 55 & 1;
}

static void add_frame(struct kernel_stack *stack, uint64_t pc)
{
	if (stack->depth < KERNEL_STACK_MAX)
		stack->pc[stack->depth++] = pc;
	else
		stack->end = STACK_TOO_DEEP;
}

/*
 * The caller that only @lr (x30) knows, if it is one: @lr points into the kernel, to another function
 * than @pc does, and @next, where the chain goes on, is not the same place.
 */
static void add_leaf_caller(struct kernel_stack *stack, const struct kernel *kernel, uint64_t pc,
			    uint64_t lr, uint64_t next)
{
	const uint64_t call = (lr | kernel_upper_bits(kernel)) - 4;
	const char *caller = kernel_function_at(kernel, call),
		   *here = kernel_function_at(kernel, pc);

	/* A function of a module has no name, nor have its callers in the module. */
	if (is_kernel_address(lr) && call != next - 4 && caller && caller != here)
		add_frame(stack, call);
}

/* Where the walk stands, to tell a chain from a circle. */
struct chain {
	uint64_t fp;
	unsigned int stacks;
};

/* Frames lie further up on the same stack, or on another stack, of which there are few. */
static bool follow_chain(struct chain *chain, uint64_t fp)
{
	if (fp % 8 || fp == chain->fp)
		return false;
	if (fp < chain->fp || fp - chain->fp >= STACK_SIZE_MAX)
		chain->stacks++;
	chain->fp = fp;
	return chain->stacks <= STACKS_MAX;
}

/* True when the record at @fp is one that an exception left; @saved receives x30, sp, pc of then. */
static bool read_interrupted(kernel_stack_reader read, void *context, uint64_t fp, uint64_t pc,
			     uint64_t saved[3])
{
	return read(context, fp - PT_REGS_RECORD_TO_LR, saved, 3) && saved[2] == pc;
}

/* The same of a record without an address, since 6.13; @saved receives x29, x30, sp, pc of then. */
static bool read_meta(kernel_stack_reader read, void *context, uint64_t fp, uint64_t saved[4])
{
	uint64_t type;

	return read(context, fp + 16, &type, 1) && type == META_PT_REGS &&
	       read(context, fp - META_TO_FP, saved, 4) && is_kernel_address(saved[3]);
}

void kernel_stack_walk(const struct kernel_registers *cpu, const struct kernel *kernel,
		       kernel_stack_reader read, void *context, struct kernel_stack *stack)
{
	const uint64_t bits = kernel_upper_bits(kernel);
	struct chain chain = { .fp = cpu->fp - 8 };
	uint64_t fp = cpu->fp, lr = cpu->lr, record[2], saved[4];
	bool leaf = true; /* the newest frame may be of a function without a record */

	stack->depth = 0;
	stack->end = STACK_COMPLETE;
	add_frame(stack, cpu->pc);
	while (is_kernel_address(fp) && stack->end == STACK_COMPLETE) {
		if (!follow_chain(&chain, fp)) {
			stack->end = STACK_CIRCLE;
			break;
		}
		if (!read(context, fp, record, 2)) {
			stack->end = STACK_UNREADABLE;
			break;
		}
		/* A return address may be signed (pointer authentication): its upper bits are known. */
		if (record[1])
			record[1] |= bits;
		if (leaf)
			add_leaf_caller(stack, kernel, stack->pc[stack->depth - 1], lr, record[1]);
		if (!record[1]) {
			leaf = !record[0] && read_meta(read, context, fp, saved);
			if (!leaf)
				break;
			add_frame(stack, saved[3]);
			fp = saved[0];
			lr = saved[1];
			continue;
		}
		leaf = read_interrupted(read, context, fp, record[1], saved);
		lr = saved[0];
		/* An interrupted instruction is meant itself, a return address the call before it. */
		add_frame(stack, leaf ? record[1] : record[1] - 4);
		fp = record[0];
	}
}
