// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c: from the registers of a CPU to its chain of callers
 *
 * Registers come as the text of QEMU's "info registers -a" (target/arm/cpu.c, aarch64_cpu_dump_state),
 * memory as that of "x". Both are read for what is known in them; the rest is passed over.
 *
 * A frame record is two words, the caller's frame pointer and the return address (procedure call
 * standard, AAPCS64 6.4.6). The chain alone does not name everybody:
 *  - a function that calls nobody keeps no record: its caller is in x30 only. The waiters of the
 *    report, queued_spin_lock_slowpath(), are such;
 *  - the same when an interrupt came in it. Exception entry (arch/arm64/kernel/entry.S, kernel_entry)
 *    puts a record into struct pt_regs; the x30 of that moment lies 64 bytes before it and the pc 48,
 *    in 4.19 as in 5.10. That pc is the record's own return address, which tells such a record.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/vm.h"

/* A task's stack is 16 KiB, or 64 KiB with 64K pages; then there are the interrupt's and others. */
#define STACK_SIZE_MAX (64ull << 10)
#define STACKS_MAX 4

#define PT_REGS_RECORD_TO_LR 64
#define PT_REGS_RECORD_TO_PC 48

/* The hexadecimal number behind @name in @line; false when there is none. */
static bool find_register(const char *line, const char *name, uint64_t *value)
{
	const char *found = strstr(line, name);
	char *end;

	if (!found)
		return false;
	found += strlen(name);
	*value = strtoull(found, &end, 16);
	return end - found == 16;
}

/* "PSTATE=60000085 -ZC- EL1h", or "PSR=... usr32" of a 32-bit program. */
static void find_level(const char *line, struct vm_registers *cpu)
{
	const char *level = strstr(line, "PSTATE=") ? strstr(line, " EL") : NULL;

	if (!level)
		level = strstr(line, " NS EL");
	if (level)
		cpu->level = strstr(level, "EL")[2] - '0';
	else if (strstr(line, "PSR=") && strstr(line, " usr32"))
		cpu->level = 0;
	else
		return;
	cpu->level_known = cpu->level <= 3;
}

size_t vm_registers_parse(const char *dump, struct vm_registers *cpus, size_t cpus_max)
{
	struct vm_registers *cpu = NULL;
	size_t count = 0;

	memset(cpus, 0, cpus_max * sizeof(*cpus));
	for (const char *next; *dump; dump = next) {
		const size_t length = strcspn(dump, "\n");
		unsigned int number;
		char line[256];

		next = dump + length + (dump[length] == '\n');
		snprintf(line, sizeof(line), "%.*s", (int)length, dump);
		if (sscanf(line, "CPU#%5u", &number) == 1) {
			cpu = number < cpus_max ? &cpus[number] : NULL;
			count = cpu && number >= count ? number + 1 : count;
		}
		if (!cpu)
			continue;
		cpu->pc_known |= find_register(line, " PC=", &cpu->pc);
		cpu->fp_known |= find_register(line, "X29=", &cpu->fp);
		cpu->lr_known |= find_register(line, "X30=", &cpu->lr);
		if (strstr(line, "PSTATE=") || strstr(line, "PSR="))
			find_level(line, cpu);
	}
	return count;
}

size_t vm_memory_parse(const char *text, uint64_t address, uint64_t *words, size_t count)
{
	size_t got = 0;

	while (got < count) {
		char *end;
		const uint64_t at = strtoull(text, &end, 16);

		if (end == text || *end != ':' || at != address + 8 * got)
			break;
		for (text = end + 1; got < count && !strncmp(text, " 0x", 3); text = end)
			words[got++] = strtoull(text + 1, &end, 16);
		text += strspn(text, "\r\n");
	}
	return got;
}

/* Bit 55 chooses between the two halves of the address space, whatever the bits above it say. */
static bool is_kernel_address(uint64_t address)
{
	return address >> 55 & 1;
}

static void add_frame(struct vm_stack *stack, uint64_t pc)
{
	if (stack->depth < STACK_DEPTH_MAX)
		stack->pc[stack->depth++] = pc;
	else
		stack->end = STACK_TOO_DEEP;
}

/*
 * The caller that only @lr (x30) knows, if it is one: @lr points into the kernel, to another function
 * than @pc does, and @next, where the chain goes on, is not the same place.
 */
static void add_leaf_caller(struct vm_stack *stack, const struct kernel *kernel, uint64_t pc,
			    uint64_t lr, uint64_t next)
{
	const uint64_t call = (lr | vm_symbols_kernel_bits(kernel)) - 4;
	const char *caller = vm_symbols_find(kernel, call), *here = vm_symbols_find(kernel, pc);

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
static bool read_interrupted(vm_stack_reader read, void *context, uint64_t fp, uint64_t pc,
			     uint64_t saved[3])
{
	return read(context, fp - PT_REGS_RECORD_TO_LR, saved, 3) && saved[2] == pc;
}

void vm_stack_walk(const struct vm_registers *cpu, const struct kernel *kernel,
		   vm_stack_reader read, void *context, struct vm_stack *stack)
{
	const uint64_t bits = vm_symbols_kernel_bits(kernel);
	struct chain chain = { .fp = cpu->fp - 8 };
	uint64_t fp = cpu->fp, lr = cpu->lr, record[2], saved[3];
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
		if (!record[1])
			break;
		leaf = read_interrupted(read, context, fp, record[1], saved);
		lr = saved[0];
		/* An interrupted instruction is meant itself, a return address the call before it. */
		add_frame(stack, leaf ? record[1] : record[1] - 4);
		fp = record[0];
	}
}
