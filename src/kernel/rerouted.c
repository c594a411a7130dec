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
	MARK_SIZE = 16,	      /* of what branch.c and main.c have */
	BODY_SIZE = 256,      /* of a function, that may have the mark */
	HOPS_MAX = 3,	      /* a veneer, and what a compiler puts before a function */
	FUNCTION_SIZE = 4096, /* of __sync_icache_dcache(), at most */
	LOOKUP_SIZE = 128,    /* of get_kprobe() */
};

/* kernel/kprobes.c and struct kprobe, from Linux 4.19 on; the old word moved in 5.14. */
enum {
	PROBE_LISTS = 64,
	PROBES_MAX = 64,  /* in one of them */
	PROBE_WORDS = 12, /* of 8 bytes */
	PROBE_ADDRESS = 5,
	PROBE_HANDLER = 8,
	PROBE_OLD = 11,
	PROBE_OLD_5_14 = 10,
};

#define LOAD_X16 0x58000050u   /* ldr x16, .+8: modules/mitigate/veneer.h */
#define BRANCH_X16 0xd61f0200u /* br x16 */
#define BTI_C 0xd503245fu
#define PROBE 0xd4200080u /* brk #4: arch/arm64/include/asm/brk-imm.h */

/* The marks, and the kernel's function that was called before; NULL: the probe knows. */
static const struct replaced {
	char mark[MARK_SIZE + 1];
	const char *function;
} replaced[] = {
	{ "icache ipi flush", "sync_icache_aliases" },
	{ "icache ipi skip!", "kick_all_cpus_sync" },
	{ "icache ipi probe", NULL },
};

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

/* What of ours the function at @address is, or NULL. */
static const struct replaced *find_replaced(struct kernel_tables *tables, uint64_t address)
{
	uint8_t body[BODY_SIZE];
	const uint8_t *first = NULL;
	const struct replaced *found = NULL;
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
			found = &replaced[i];
		}
	}
	return found;
}

static bool goes_to(const struct kernel *kernel, uint32_t word, uint64_t at, const char *function)
{
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, function, true, NULL);

	return symbol && (a64_is_bl(word) || a64_is_b(word)) &&
	       a64_target(word, at) == symbol->offset;
}

/* __sync_icache_dcache(), of the kernel that is looked at, and where its pages are. */
struct place {
	struct kernel *kernel;
	struct kernel_tables tables;
	uint64_t from, to; /* offsets in the image */
};

/* The word at @at when the kernel came up, where it goes to a function of ours now; 0: it does not. */
static uint32_t before_branch(struct place *place, uint64_t at)
{
	const struct kernel *kernel = place->kernel;
	uint32_t word = kernel_word(kernel, at);
	const struct replaced *ours;
	const struct kernel_symbol *symbol = NULL;

	if (!a64_is_bl(word) && !a64_is_b(word))
		return 0;
	ours = find_replaced(&place->tables,
			     follow(&place->tables, a64_target(word, kernel->base + at)));
	if (ours && ours->function)
		symbol = kernel_symbols_find(&kernel->symbols, ours->function, true, NULL);
	if (!symbol)
		return 0;
	return (word & 0xfc000000) | ((symbol->offset - at) / 4 & 0x03ffffff);
}

/* The same where the struct kprobe @probe is ours and in place; @at receives where. */
static uint32_t before_probe(struct place *place, const uint64_t probe[static PROBE_WORDS],
			     uint64_t *at)
{
	const uint32_t old[] = { probe[PROBE_OLD], probe[PROBE_OLD_5_14] };
	const struct replaced *ours;

	*at = probe[PROBE_ADDRESS] - place->kernel->base;
	if (*at < place->from || *at >= place->to || !kernel_holds(place->kernel, *at) ||
	    kernel_word(place->kernel, *at) != PROBE)
		return 0;
	ours = find_replaced(&place->tables, follow(&place->tables, probe[PROBE_HANDLER]));
	if (!ours || ours->function)
		return 0;
	for (size_t i = 0; i < sizeof(old) / sizeof(old[0]); i++)
		for (size_t j = 0; j < sizeof(replaced) / sizeof(replaced[0]); j++)
			if (replaced[j].function &&
			    goes_to(place->kernel, old[i], *at, replaced[j].function))
				return old[i];
	return 0;
}

/* The same of all probes in the kprobe_table at @table, an address. */
static uint32_t before_probes(struct place *place, uint64_t table, uint64_t *at)
{
	for (int list = 0; list < PROBE_LISTS; list++) {
		uint64_t node = 0, probe[PROBE_WORDS];
		uint32_t old;

		if (!kernel_tables_read(&place->tables, table + 8 * list, &node, 1))
			return 0;
		for (int i = 0; node && i < PROBES_MAX; i++, node = probe[0]) {
			if (!kernel_tables_read(&place->tables, node, probe, PROBE_WORDS))
				break;
			old = before_probe(place, probe, at);
			if (old)
				return old;
		}
	}
	return 0;
}

/*
 * The same of the kernel's table, which is among what get_kprobe() takes the address of: only kernels
 * with CONFIG_KALLSYMS_ALL have a name for it.
 */
static uint32_t before_any_probe(struct place *place, uint64_t *at)
{
	const struct kernel *kernel = place->kernel;
	const struct kernel_symbol *get =
		kernel_symbols_find(&kernel->symbols, "get_kprobe", true, NULL);
	uint64_t pages[32] = { 0 };

	for (uint64_t i = 0; get && i < LOOKUP_SIZE && kernel_holds(kernel, get->offset + i);
	     i += 4) {
		const uint32_t word = kernel_word(kernel, get->offset + i);
		const unsigned int from = word >> 5 & 31, to = word & 31;
		uint32_t old;

		if (a64_is_adrp(word))
			pages[to] = a64_adr_value(word, kernel->base + get->offset + i);
		if (!a64_is_add(word) || !pages[from])
			continue;
		old = before_probes(place, pages[from] + (word >> 10 & 0xfff), at);
		if (old)
			return old;
	}
	return 0;
}

/* Sets all but the tables. False: nothing in the function may be ours. */
static bool find_place(struct place *place)
{
	const struct kernel *kernel = place->kernel;
	size_t copies;
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, "__sync_icache_dcache", true, &copies);

	if (!symbol || copies != 1)
		return false;
	place->from = symbol->offset;
	place->to = kernel_symbols_end_of(&kernel->symbols, symbol->offset, kernel->size);
	if (place->to - place->from > FUNCTION_SIZE)
		place->to = place->from + FUNCTION_SIZE;
	for (uint64_t at = place->from; at < place->to && kernel_holds(kernel, at); at += 4) {
		const uint32_t word = kernel_word(kernel, at);

		if (word == PROBE ||
		    ((a64_is_bl(word) || a64_is_b(word)) && a64_target(word, at) >= kernel->size))
			return true;
	}
	return false;
}

void kernel_rerouted_restore(struct kernel *kernel, struct kernel_core *core, uint64_t address,
			     struct kernel_runtime *runtime)
{
	struct place place = { .kernel = kernel };
	struct kernel_registers *cpus;
	uint32_t old = 0;
	uint64_t at = 0;

	if (!find_place(&place))
		return;
	cpus = calloc(CPUS_MAX, sizeof(*cpus));
	if (cpus && kernel_tables_find(&place.tables, core, kernel, address, cpus,
				       kernel_core_cpus(core, cpus, CPUS_MAX))) {
		old = before_any_probe(&place, &at);
		for (uint64_t i = place.from; !old && i < place.to && kernel_holds(kernel, i);
		     i += 4)
			old = before_branch(&place, at = i);
	}
	free(cpus);
	if (!old)
		return;
	for (int i = 0; i < 4; i++)
		kernel->image[at + i] = old >> 8 * i;
	runtime->live = runtime->mitigated = runtime->restored = true;
	snprintf(runtime->note, REASON_SIZE,
		 "icache_ipi_mitigate has replaced the call at 0x%" PRIx64 " by one of its own",
		 kernel->base + at);
}
