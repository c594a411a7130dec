// SPDX-License-Identifier: GPL-2.0-only
/*
 * rerouted.c: the call that icache_ipi_mitigate rewrote, found in a dump of memory and put back
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/rerouted.h"
#include "kernel/tables.h"

enum {
	CPUS_MAX = 4096,
	MARK_SIZE = 16,	 /* of what branch.c has */
	BODY_SIZE = 256, /* of a function, that may have the mark */
	HOPS_MAX = 3,	 /* a veneer, and what a compiler puts before a function */
};

#define LOAD_X16 0x58000050u   /* ldr x16, .+8: modules/mitigate/veneer.h */
#define BRANCH_X16 0xd61f0200u /* br x16 */
#define BTI_C 0xd503245fu

/* The marks, and the kernel's function that was called before. */
static const struct {
	char mark[MARK_SIZE + 1];
	const char *function;
} replaced[] = {
	{ "icache ipi flush", "sync_icache_aliases" },
	{ "icache ipi skip!", "kick_all_cpus_sync" },
};

/* The call in __sync_icache_dcache() that leaves the image; false: there is none. */
static bool find_call(const struct kernel *kernel, uint64_t *at)
{
	size_t copies;
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, "__sync_icache_dcache", true, &copies);
	uint64_t end;

	if (!symbol || copies != 1)
		return false;
	end = kernel_symbols_end_of(&kernel->symbols, symbol->offset, kernel->size);
	for (*at = symbol->offset; *at < end && kernel_holds(kernel, *at); *at += 4) {
		const uint32_t word = kernel_word(kernel, *at);

		if ((a64_is_bl(word) || a64_is_b(word)) && a64_target(word, *at) >= kernel->size)
			return true;
	}
	return false;
}

/* Where a function really begins: behind a veneer, a landing pad, a jump. */
static uint64_t follow(struct kernel_tables *tables, uint64_t address)
{
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		const uint64_t shift = address % 8 * 8;
		uint64_t pair;
		uint32_t word;

		if (!kernel_tables_read(tables, address - address % 8, &pair, 1))
			break;
		word = pair >> shift;
		if (!shift && pair == ((uint64_t)BRANCH_X16 << 32 | LOAD_X16) &&
		    kernel_tables_read(tables, address + 8, &pair, 1))
			address = pair;
		else if (word == BTI_C)
			address += 4;
		else if (a64_is_b(word))
			address = a64_target(word, address);
		else
			break;
	}
	return address;
}

/* The kernel's function that the one at @address replaces, or NULL. */
static const char *find_replaced(struct kernel_tables *tables, uint64_t address)
{
	uint8_t body[BODY_SIZE];
	const uint8_t *first = NULL;
	const char *function = NULL;
	size_t size = 0;
	uint64_t word;

	address -= address % 8;
	while (size < sizeof(body) && kernel_tables_read(tables, address + size, &word, 1))
		for (int i = 0; i < 8; i++)
			body[size++] = word >> 8 * i;
	for (size_t i = 0; i < sizeof(replaced) / sizeof(replaced[0]); i++) {
		const uint8_t *mark = memmem(body, size, replaced[i].mark, MARK_SIZE);

		if (mark && (!first || mark < first)) {
			first = mark;
			function = replaced[i].function;
		}
	}
	return function;
}

static bool put_back(struct kernel *kernel, uint64_t at, const char *function)
{
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, function, true, NULL);
	uint32_t word;

	if (!symbol)
		return false;
	word = (kernel_word(kernel, at) & 0xfc000000) | ((symbol->offset - at) / 4 & 0x03ffffff);
	for (int i = 0; i < 4; i++)
		kernel->image[at + i] = word >> 8 * i;
	return true;
}

void kernel_rerouted_restore(struct kernel *kernel, struct kernel_core *core, uint64_t address,
			     struct kernel_runtime *runtime)
{
	struct kernel_registers *cpus;
	struct kernel_tables tables;
	const char *function;
	uint64_t at;

	if (!find_call(kernel, &at))
		return;
	cpus = calloc(CPUS_MAX, sizeof(*cpus));
	if (cpus && kernel_tables_find(&tables, core, kernel, address, cpus,
				       kernel_core_cpus(core, cpus, CPUS_MAX))) {
		const uint64_t target = a64_target(kernel_word(kernel, at), kernel->base + at);

		function = find_replaced(&tables, follow(&tables, target));
		if (function && put_back(kernel, at, function)) {
			runtime->live = runtime->mitigated = runtime->restored = true;
			snprintf(runtime->note, REASON_SIZE,
				 "icache_ipi_mitigate has replaced the call at 0x%" PRIx64
				 " by one of its own",
				 kernel->base + at);
		}
	}
	free(cpus);
}
