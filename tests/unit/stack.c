// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c: register dumps, memory dumps, and chains of callers, good and hostile
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm/registers.c"

#define BASE 0xffffffc010000000ull
#define STACK 0xffffff8000d10000ull

/* As QEMU 10.0.2 prints it, CPU 0 in user mode and CPU 1 in the kernel; lines left out. */
static const char dump[] =
	"\r\nCPU#0\r\n"
	" PC=0000000000403798 X00=0000000003851cb0 X01=0000000000000011\r\n"
	"X26=0000007fd37558e0 X27=0000000040000000 X28=00000000004c0030\r\n"
	"X29=0000007fd3755830 X30=0000000000403788  SP=0000007fd3755830\r\n"
	"PSTATE=20000000 --C- EL0t     FPCR=00000000 FPSR=00000000\r\n"
	"Q00=3a3a3a3a3a3a3a3a:3a3a3a3a3a3a3a3a Q01=20203a314950490a:7374707572726574\r\n"
	"\r\nCPU#1\r\n"
	" PC=ffffffc010383a08 X00=00000000000000e0 X01=0000000000014948\r\n"
	"X29=ffffff8000d17f30 X30=ffffffc010383a1c  SP=ffffff8000d17f30\r\n"
	"PSTATE=60000085 -ZC- EL1h     FPCR=00000000 FPSR=00000000\r\n";

static void test_registers(void **state)
{
	struct kernel_registers cpus[4];

	(void)state;
	assert_int_equal(vm_registers_parse(dump, cpus, 4), 2);
	assert_true(cpus[0].pc_known && cpus[0].level_known);
	assert_int_equal(cpus[0].level, 0);
	assert_int_equal(cpus[1].level, 1);
	assert_true(cpus[1].pc == 0xffffffc010383a08);
	assert_true(cpus[1].fp == 0xffffff8000d17f30);
	assert_true(cpus[1].lr == 0xffffffc010383a1c);
	assert_false(cpus[2].pc_known);
}

static void test_registers_of_other_forms(void **state)
{
	struct kernel_registers cpus[2];

	(void)state;
	vm_registers_parse("CPU#0\nPSR=60000010 -ZC- A NS usr32\n", cpus, 2);
	assert_true(cpus[0].level_known && !cpus[0].level && !cpus[0].pc_known);
	vm_registers_parse("CPU#0\nPSTATE=600003c9 -ZC- NS EL2h BTYPE=0\n", cpus, 2);
	assert_true(cpus[0].level_known);
	assert_int_equal(cpus[0].level, 2);
}

static void test_registers_that_make_no_sense(void **state)
{
	struct kernel_registers cpus[2];

	(void)state;
	assert_int_equal(vm_registers_parse("", cpus, 2), 0);
	assert_int_equal(vm_registers_parse("No such command\r\n", cpus, 2), 0);
	assert_int_equal(vm_registers_parse(" PC=ffffffc010383a08\nCPU#7\n PC=ffffffc010383a08\n",
					    cpus, 2),
			 0);
	assert_int_equal(vm_registers_parse("CPU#-1\nCPU#4294967297\nCPU#\n", cpus, 2), 0);
	assert_int_equal(
		vm_registers_parse("CPU#0\n PC=12 X29=\nX30=g\nPSTATE=1 ---- ELxh\n", cpus, 2), 1);
	assert_false(cpus[0].pc_known || cpus[0].fp_known || cpus[0].lr_known ||
		     cpus[0].level_known);
	/* Every beginning of a true one: nothing but that it does not fall over. */
	for (size_t i = 0; i < sizeof(dump); i++) {
		char part[sizeof(dump)];

		memcpy(part, dump, i);
		part[i] = '\0';
		assert_true(vm_registers_parse(part, cpus, 2) <= 2);
	}
}

static void test_memory(void **state)
{
	static const char text[] = "ffffff8000d17f00: 0x0000000000000001 0xffffffffffffffff\r\n"
				   "ffffff8000d17f10: 0x0000000000000003 0x0000000000000004\r\n";
	uint64_t words[8] = { 0 };

	(void)state;
	assert_int_equal(vm_memory_parse(text, 0xffffff8000d17f00, words, 8), 4);
	assert_true(words[1] == UINT64_MAX && words[3] == 4);
	assert_int_equal(vm_memory_parse(text, 0xffffff8000d17f00, words, 3), 3);
	assert_int_equal(vm_memory_parse(text, 0xffffff8000d17f08, words, 8), 0);
	assert_int_equal(vm_memory_parse("ffffff8000d17f00: Cannot access memory\r\n",
					 0xffffff8000d17f00, words, 8),
			 0);
	assert_int_equal(vm_memory_parse("ffffff8000d17f00: 0x0000000000000001\r\n"
					 "ffffff8000d17f08: Cannot access memory\r\n",
					 0xffffff8000d17f00, words, 8),
			 1);
	assert_int_equal(vm_memory_parse("", 0, words, 8), 0);
	assert_int_equal(vm_memory_parse("unknown command: 'x'\r\n", 0, words, 8), 0);
}

/* A kernel of five functions, a page each, and a stack of 4 KiB. */
static struct kernel kernel = { .base = BASE, .size = 0x8000 };
static uint64_t stack_words[512];

static int add_symbols(void **state)
{
	static const char *const names[] = { "leaf", "waiter", "split", "el1_irq", "system_call" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		kernel_symbols_add(&kernel.symbols, 0x1000 * i, 'T', names[i], strlen(names[i]));
	return 0;
}

static int free_symbols(void **state)
{
	(void)state;
	kernel_symbols_free(&kernel.symbols);
	return 0;
}

static bool read_stack(void *context, uint64_t address, uint64_t *words, size_t count)
{
	(void)context;
	if (address % 8 || address < STACK || address - STACK > sizeof(stack_words) - 8 * count)
		return false;
	memcpy(words, &stack_words[(address - STACK) / 8], 8 * count);
	return true;
}

/* A frame record at @offset: the next one is at @next (0: none). */
static void put_record(unsigned int offset, unsigned int next, uint64_t lr)
{
	stack_words[offset / 8] = next ? STACK + next : 0;
	stack_words[offset / 8 + 1] = lr;
}

static struct kernel_stack walk(uint64_t pc, uint64_t lr, uint64_t fp)
{
	const struct kernel_registers cpu = { .pc = pc, .lr = lr, .fp = fp };
	struct kernel_stack stack;

	kernel_stack_walk(&cpu, &kernel, read_stack, NULL, &stack);
	return stack;
}

static void assert_chain(const struct kernel_stack *stack, const char *wanted)
{
	char got[512] = "";

	for (size_t i = 0; i < stack->depth; i++) {
		const char *name = kernel_function_at(&kernel, stack->pc[i]);

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " < " : "",
			 name ? name : "?");
	}
	assert_string_equal(got, wanted);
}

static void test_chain(void **state)
{
	struct kernel_stack stack;

	(void)state;
	put_record(0x100, 0x200, BASE + 0x2010);
	put_record(0x200, 0x300, BASE + 0x4010);
	put_record(0x300, 0, 0);
	/* In the middle of waiter(), which has a record: x30 is of its own last call. */
	stack = walk(BASE + 0x1010, BASE + 0x1008, STACK + 0x100);
	assert_chain(&stack, "waiter < split < system_call");
	assert_int_equal(stack.end, STACK_COMPLETE);
	/* x30 is what the record says too: waiter() has called nobody yet. */
	stack = walk(BASE + 0x1010, BASE + 0x2010, STACK + 0x100);
	assert_chain(&stack, "waiter < split < system_call");
	/* leaf() has no record: who called it is in x30 only. */
	stack = walk(BASE + 0x10, BASE + 0x1010, STACK + 0x100);
	assert_chain(&stack, "leaf < waiter < split < system_call");
	/* The same for a function without a name, as a module's is. */
	stack = walk(BASE + 0x7000000, BASE + 0x1010, STACK + 0x100);
	assert_chain(&stack, "? < waiter < split < system_call");
	/* x30 used for something else. */
	stack = walk(BASE + 0x1010, 0x1234, STACK + 0x100);
	assert_chain(&stack, "waiter < split < system_call");
	/* The call was split()'s last instruction: the return address is in the next function. */
	put_record(0x100, 0x200, BASE + 0x3000);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_chain(&stack, "waiter < split < system_call");
}

static void test_interrupted_leaf(void **state)
{
	struct kernel_stack stack;

	(void)state;
	/* The handler's record, then the one in pt_regs: x30, sp, pc lie before it. */
	put_record(0x100, 0x200, BASE + 0x3010);
	put_record(0x200, 0x300, BASE + 0x10);
	stack_words[(0x200 - 64) / 8] = BASE + 0x2010;
	stack_words[(0x200 - 48) / 8] = BASE + 0x10;
	put_record(0x300, 0x400, BASE + 0x4010);
	put_record(0x400, 0, 0);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_chain(&stack, "waiter < el1_irq < leaf < split < system_call");
	/* Interrupted at its very first instruction: that is meant, not the function before it. */
	put_record(0x200, 0x300, BASE + 0x1000);
	stack_words[(0x200 - 48) / 8] = BASE + 0x1000;
	stack = walk(BASE + 0x10, 0, STACK + 0x100);
	assert_chain(&stack, "leaf < el1_irq < waiter < split < system_call");
	memset(stack_words, 0, sizeof(stack_words));
}

/* As kernels since 6.13 have it: 0, 0, and what the record is. x29, x30, sp and pc lie before it. */
static void put_meta(unsigned int offset, uint64_t type, uint64_t fp, uint64_t lr, uint64_t pc)
{
	put_record(offset, 0, 0);
	stack_words[offset / 8 + 2] = type;
	stack_words[offset / 8 - 8] = fp;
	stack_words[offset / 8 - 7] = lr;
	stack_words[offset / 8 - 5] = pc;
}

static void test_record_of_an_exception(void **state)
{
	struct kernel_stack stack;

	(void)state;
	put_record(0x100, 0x200, BASE + 0x3010);
	put_meta(0x200, 2, STACK + 0x300, BASE + 0x2010, BASE + 0x10);
	put_record(0x300, 0x400, BASE + 0x4010);
	put_meta(0x400, 1, 0x7fd3755830, 0x403788, 0x403798);
	/* leaf() was interrupted, and has no record: its caller is in x30. */
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_chain(&stack, "waiter < el1_irq < leaf < split < system_call");
	assert_int_equal(stack.end, STACK_COMPLETE);
	/* waiter() was, which has one. */
	put_meta(0x200, 2, STACK + 0x300, BASE + 0x1008, BASE + 0x1010);
	stack = walk(BASE + 0x10, 0, STACK + 0x100);
	assert_chain(&stack, "leaf < el1_irq < waiter < system_call");
	/* The last one of an older kernel, with anything behind it; user mode; and a circle. */
	put_meta(0x200, 3, STACK + 0x300, BASE + 0x1008, BASE + 0x1010);
	stack = walk(BASE + 0x10, 0, STACK + 0x100);
	assert_chain(&stack, "leaf < el1_irq");
	assert_int_equal(stack.end, STACK_COMPLETE);
	put_meta(0x200, 2, 0x7fd3755830, 0x403788, 0x60000000);
	stack = walk(BASE + 0x10, 0, STACK + 0x100);
	assert_chain(&stack, "leaf < el1_irq");
	put_meta(0x200, 2, STACK + 0x200, BASE + 0x1008, BASE + 0x1010);
	stack = walk(BASE + 0x10, 0, STACK + 0x100);
	assert_int_equal(stack.end, STACK_CIRCLE);
	memset(stack_words, 0, sizeof(stack_words));
}

static void test_signed_return_address(void **state)
{
	struct kernel_stack stack;

	(void)state;
	put_record(0x100, 0, (BASE + 0x2010) & ~(0x1aull << 40));
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_chain(&stack, "waiter < split");
}

static void test_broken_chains(void **state)
{
	struct kernel_stack stack;

	(void)state;
	put_record(0x100, 0x200, BASE + 0x2010);
	put_record(0x200, 0x100, BASE + 0x2010);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_int_equal(stack.end, STACK_CIRCLE);
	put_record(0x200, 0x200, BASE + 0x2010);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_int_equal(stack.end, STACK_CIRCLE);
	put_record(0x200, 0x2001, BASE + 0x2010);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_int_equal(stack.end, STACK_CIRCLE);
	put_record(0x200, 0x2000, BASE + 0x2010);
	stack = walk(BASE + 0x1010, 0, STACK + 0x100);
	assert_int_equal(stack.end, STACK_UNREADABLE);
	assert_chain(&stack, "waiter < split < split");
	stack = walk(BASE + 0x1010, 0, UINT64_MAX - 7);
	assert_int_equal(stack.end, STACK_UNREADABLE);
	/* A user's frame pointer is not followed; nor is none. */
	stack = walk(BASE + 0x1010, 0, 0x7fd3755830);
	assert_int_equal(stack.end, STACK_COMPLETE);
	assert_int_equal(stack.depth, 1);
	stack = walk(BASE + 0x1010, 0, 0);
	assert_int_equal(stack.depth, 1);
	/* Deeper than any kernel. */
	for (unsigned int i = 0; i < 200; i++)
		put_record(16 * i, 16 * (i + 1), BASE + 0x2010);
	stack = walk(BASE + 0x1010, 0, STACK);
	assert_int_equal(stack.end, STACK_TOO_DEEP);
	assert_int_equal(stack.depth, KERNEL_STACK_MAX);
	memset(stack_words, 0, sizeof(stack_words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registers),
		cmocka_unit_test(test_registers_of_other_forms),
		cmocka_unit_test(test_registers_that_make_no_sense),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_interrupted_leaf),
		cmocka_unit_test(test_record_of_an_exception),
		cmocka_unit_test(test_signed_return_address),
		cmocka_unit_test(test_broken_chains),
	};

	return cmocka_run_group_tests(tests, add_symbols, free_symbols);
}
