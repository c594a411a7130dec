/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * code.h: where things are in the running kernel's code, and which branches leave a function
 *
 * kallsyms_lookup_name() is not exported from 5.7 on. Here names are looked up by registering a
 * disabled kprobe: it never writes to the kernel's text, and it is refused where kprobes are
 * (lockdown), where these modules have no business either. Sizes come from sprint_symbol(), which
 * every kernel exports.
 */
#ifndef ICACHE_IPI_CODE_H
#define ICACHE_IPI_CODE_H

#ifndef CONFIG_ARM64
#error "the fault these modules are about is one of arm64 kernels: build them for ARCH=arm64"
#endif
#ifndef CONFIG_KPROBES
#error "these modules need a kernel with CONFIG_KPROBES=y"
#endif

#include <linux/compiler.h>
#include <linux/module.h>
#include <linux/types.h>

#include <asm/byteorder.h>

#include "compat.h"

#define CODE_INSN_SIZE 4

/* At most so many names in one code_find_all(). */
#define CODE_FIND_MAX 8

/* One function: its first instruction, and how many bytes kallsyms gives it. */
struct code_function {
	const char *name;
	unsigned long start;
	unsigned long size;
};

/* A branch that leaves a function. */
struct code_edge {
	unsigned long at;
	unsigned long to;
	bool link;		/* BL: comes back; false: B, a tail call */
};

/* Who has changed a function since it was compiled. */
struct code_change {
	const char *what;		/* a sentence for the log */
	bool detour;			/* calls may go elsewhere: a live patch, or a tracer */
	char module[MODULE_NAME_LEN];	/* that it jumps into; "": none */
};

static inline u32 code_word(unsigned long address)
{
	return le32_to_cpu(READ_ONCE(*(__le32 *)address));
}

/* The B or BL at an edge (Arm ARM C6.2): 000101 or 100101, then 26 bits of offset in words. */
static inline u32 code_branch(const struct code_edge *edge)
{
	return (edge->link ? 0x94000000 : 0x14000000) |
	       ((edge->to - edge->at) >> 2 & 0x3ffffff);
}

/* BRK #4 and #6: what kprobes and their single steps put in place of an instruction. */
static inline bool code_is_probe(u32 word)
{
	return word == 0xd4200080 || word == 0xd42000c0;
}

int code_find_all(struct code_function *functions, size_t count);
int code_find(const char *name, struct code_function *function);
bool code_next_edge(const struct code_function *function, struct code_edge *edge);
unsigned int code_edges_to(const struct code_function *function, unsigned long to,
			   struct code_edge *edge);
bool code_is_changed(const struct code_function *function, struct code_change *change);

#endif
