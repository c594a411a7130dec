// SPDX-License-Identifier: GPL-2.0-only
/*
 * tables.c: the kernel's own page tables in a dump of memory
 *
 * Their root, swapper_pg_dir, is a page of the kernel. A dump names it in its VMCOREINFO, if it has one;
 * the kernel's symbols name it with KALLSYMS_ALL. Neither is needed: the right root is the one by which
 * the CPUs' registers make sense. Nor can the page size of a dump be trusted: QEMU's kdump format has 64 KiB
 * (target/arm/arch_dump.c) whatever the guest has. Formats: Arm ARM D5.3 (VMSAv8-64 translation table descriptors).
 */
#include "kernel/tables.h"

/* Page sizes, and the VA_BITS that arch/arm64/Kconfig has with each. */
static const struct {
	unsigned int page_shift, address_bits;
} layouts[] = {
	{ 12, 39 }, { 12, 48 }, { 16, 42 }, { 16, 48 },
	{ 16, 52 }, { 14, 36 }, { 14, 47 }, { 14, 48 },
};

enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]), SAMPLE = 64 };
enum { TYPE_BLOCK = 1, TYPE_TABLE = 3 };

/* Where an entry leads: bits 47 up to the page's, and of 64 KiB pages bits 51 to 48 in 15 to 12. */
static uint64_t address_of(const struct kernel_tables *tables, uint64_t entry)
{
	uint64_t address = entry & ((1ull << 48) - 1) & -(1ull << tables->page_shift);

	if (tables->page_shift == 16)
		address |= (entry >> 12 & 15) << 48;
	return address;
}

/* Blocks are 2 MiB or 1 GiB with 4 KiB pages, 32 MiB with 16 KiB, 512 MiB (4 TiB: ARMv8.2) with 64 KiB. */
static bool block_may_be(const struct kernel_tables *tables, unsigned int shift)
{
	const unsigned int step = tables->page_shift - 3;

	return shift == tables->page_shift + step ||
	       (tables->page_shift != 14 && shift == tables->page_shift + 2 * step);
}

/* The index of @address in the table whose entries map 2^@shift bytes each. */
static uint64_t index_of(const struct kernel_tables *tables, uint64_t address, unsigned int shift)
{
	const unsigned int end = shift + tables->page_shift - 3 < tables->address_bits ?
					 shift + tables->page_shift - 3 :
					 tables->address_bits;

	return (address & ((1ull << end) - 1)) >> shift;
}

static unsigned int top_shift(const struct kernel_tables *tables)
{
	unsigned int shift = tables->page_shift;

	while (shift + tables->page_shift - 3 < tables->address_bits)
		shift += tables->page_shift - 3;
	return shift;
}

static bool walk(const struct kernel_tables *tables, uint64_t address, uint64_t *physical)
{
	uint64_t table = tables->root;
	uint8_t bytes[8];

	for (unsigned int shift = top_shift(tables);; shift -= tables->page_shift - 3) {
		const uint64_t at = table + 8 * index_of(tables, address, shift);
		uint64_t entry;

		if (kernel_core_read(tables->core, at, bytes, sizeof(bytes)) != sizeof(bytes))
			return false;
		entry = kernel_little64(bytes);
		table = address_of(tables, entry);
		if (shift == tables->page_shift ||
		    ((entry & 3) == TYPE_BLOCK && block_may_be(tables, shift))) {
			*physical = (table & -(1ull << shift)) | (address & ((1ull << shift) - 1));
			return (entry & 3) ==
			       (shift == tables->page_shift ? TYPE_TABLE : TYPE_BLOCK);
		}
		if ((entry & 3) != TYPE_TABLE)
			return false;
	}
}

bool kernel_tables_translate(struct kernel_tables *tables, uint64_t address, uint64_t *physical)
{
	const uint64_t within = address & ((1ull << tables->page_shift) - 1);

	/* The upper bits of addresses in the kernel's half are ones, but for a tag in the first eight. */
	if (~(address | 0xffull << 56) >> tables->address_bits)
		return false;
	if (tables->last_virtual != address - within) {
		if (!walk(tables, address - within, &tables->last_physical))
			return false;
		tables->last_virtual = address - within;
	}
	*physical = tables->last_physical + within;
	return true;
}

bool kernel_tables_read(void *context, uint64_t address, uint64_t *words, size_t count)
{
	struct kernel_tables *tables = context;
	uint8_t bytes[8];
	uint64_t physical;

	for (size_t i = 0; i < count; i++) {
		if ((address + 8 * i) % 8 ||
		    !kernel_tables_translate(tables, address + 8 * i, &physical) ||
		    kernel_core_read(tables->core, physical, bytes, sizeof(bytes)) != sizeof(bytes))
			return false;
		words[i] = kernel_little64(bytes);
	}
	return true;
}

static bool is_in_kernel(const struct kernel_registers *cpu)
{
	return cpu->level && cpu->pc >> 55 & 1;
}

/* How many CPUs' registers make sense by @tables; *@base receives where the kernel runs. */
static unsigned int score(struct kernel_tables *tables, const struct kernel *kernel,
			  uint64_t address, const struct kernel_registers *cpus, size_t count,
			  uint64_t *base)
{
	unsigned int points = 0, seen = 0;
	uint64_t physical;
	uint8_t byte;

	*base = 0;
	for (size_t i = 0; i < count && seen < SAMPLE; i++) {
		uint64_t offset;

		if (!is_in_kernel(&cpus[i]))
			continue;
		seen++;
		/* A module's code is not in the image. */
		if (!kernel_tables_translate(tables, cpus[i].pc, &physical))
			continue;
		offset = physical - address;
		if (offset < kernel->text_start || offset >= kernel->text_end)
			continue;
		if (*base && cpus[i].pc - offset != *base)
			return 0;
		*base = cpus[i].pc - offset;
		points++;
		if (kernel_tables_translate(tables, cpus[i].fp, &physical) &&
		    kernel_core_read(tables->core, physical, &byte, 1))
			points++;
	}
	return *base ? points : 0;
}

/* A first look, at memory that is here already: is there an entry for the pc of some CPU? */
static bool is_worth(const struct kernel_tables *tables, const uint8_t *table,
		     const struct kernel_registers *cpus, size_t count)
{
	unsigned int seen = 0;

	for (size_t i = 0; i < count && seen < 8; i++) {
		uint64_t entry;

		if (!is_in_kernel(&cpus[i]))
			continue;
		seen++;
		entry = kernel_little64(
			table + 8 * index_of(tables, cpus[i].pc, top_shift(tables)));
		if ((entry & 3) == TYPE_TABLE)
			return true;
		if ((entry & 3) == TYPE_BLOCK && block_may_be(tables, top_shift(tables)))
			return true;
	}
	return false;
}

bool kernel_tables_find(struct kernel_tables *tables, struct kernel_core *core,
			struct kernel *kernel, uint64_t address,
			const struct kernel_registers *cpus, size_t count)
{
	unsigned int best = 0;

	for (size_t i = 0; i < LAYOUTS; i++) {
		struct kernel_tables one = { .core = core,
					     .page_shift = layouts[i].page_shift,
					     .address_bits = layouts[i].address_bits };
		const size_t size = 1u << one.page_shift;

		for (size_t at = 0; at + size <= kernel->size; at += size) {
			uint64_t base;
			unsigned int points;

			if (!is_worth(&one, kernel->image + at, cpus, count))
				continue;
			one.root = address + at;
			one.last_virtual = 1; /* no page begins there */
			points = score(&one, kernel, address, cpus, count, &base);
			if (points <= best)
				continue;
			best = points;
			*tables = one;
			kernel->base = base;
		}
	}
	return best > 0;
}
