/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * case.h: a small program for the walk and for a processor, and what the processor made of it
 *
 * Little-endian, and the same on both sides of a pipe: compare.c makes the programs, run.c runs them.
 */
#ifndef TESTS_LIB_WALK_CASE_H
#define TESTS_LIB_WALK_CASE_H

#include <stdint.h>

enum {
	PROGRAM_MAXIMUM = 24,
	EXITS = 4, /* behind the program, one word each */
	CALLEE =
		64, /* the word at which a function begins that keeps what it has to, and no more */
	TRAPPED = 0xff, /* the processor refused an instruction or an address */
};

/* Memory that programs may use: this much on both sides. */
#define MEMORY_MIDDLE UINT64_C(0x50080000)
#define MEMORY_SIDE UINT64_C(0x80000)

struct walk_case {
	uint32_t count, words[PROGRAM_MAXIMUM + EXITS + 1];
	uint64_t x[31], nzcv;
};

struct walk_end {
	uint64_t exit; /* 0..EXITS-1, or TRAPPED */
	uint64_t x[31], nzcv;
};

#endif
