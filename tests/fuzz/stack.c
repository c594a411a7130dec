// SPDX-License-Identifier: GPL-2.0-only
/*
 * stack.c: any bytes as the registers of CPUs, as QEMU shows them, and as the memory of their stacks
 */
#include "fuzz/parts.h"
#include "vm/vm.h"

struct memory {
	const char *text; /* as the monitor shows it */
	const uint8_t *raw;
	size_t size;
};

static bool read_memory(void *context, uint64_t address, uint64_t *words, size_t count)
{
	const struct memory *memory = context;

	if (address % 16 == 0 && vm_memory_parse(memory->text, address, words, count) == count)
		return true;
	for (size_t i = 0; i < count; i++) {
		const uint64_t at = (address / 8 + i) * 8 % (memory->size + 1);

		if (memory->size < 8 || at > memory->size - 8)
			return false;
		memcpy(&words[i], memory->raw + at, 8);
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kernel_registers cpus[RESULT_CPUS_MAX];
	struct parts parts = { data, data + size };
	struct kernel kernel = { 0 };
	struct memory memory;
	size_t length, count;
	const uint8_t *part = parts_next(&parts, &length);
	char *dump = parts_text(part, length), *text;

	part = parts_next(&parts, &length);
	text = parts_text(part ? part : data, part ? length : 0);
	memory = (struct memory){ text, data, size };
	kernel_symbols_add(&kernel.symbols, 0xffffffc010000000, 'T', "first", 5);
	kernel_symbols_add(&kernel.symbols, 0xffffffc010001000, 'T', "second", 6);
	kernel_symbols_sort(&kernel.symbols);
	count = vm_registers_parse(dump, cpus, RESULT_CPUS_MAX);
	if (count > RESULT_CPUS_MAX)
		abort();
	for (size_t i = 0; i < count && i < 64; i++) {
		struct kernel_stack stack;

		kernel_stack_walk(&cpus[i], &kernel, read_memory, &memory, &stack);
		if (stack.depth > KERNEL_STACK_MAX)
			abort();
	}
	kernel_symbols_free(&kernel.symbols);
	free(dump);
	free(text);
	return 0;
}
