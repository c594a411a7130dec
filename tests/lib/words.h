/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * words.h: a kernel made of functions of A64 words, for unit tests of what reads machine code
 */
#ifndef TESTS_LIB_WORDS_H
#define TESTS_LIB_WORDS_H

#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"

/* Words that become a branch to the start of function @n of the kernel. */
#define CALL(n) (0x00010000u | (n)) /* bl */
#define JUMP(n) (0x00020000u | (n)) /* b */
#define SKIP(n) (0x00030000u | (n)) /* b.ne */

#define RET 0xd65f03c0u
#define NOP 0xd503201fu

struct words_function {
	const char *names; /* one a word: all name this place; "": it has no symbol */
	const uint32_t *words;
	size_t count;
};

/* clang-format off */
#define FUNCTION(names, ...) \
	{ names, (const uint32_t[]){ __VA_ARGS__ }, sizeof((const uint32_t[]){ __VA_ARGS__ }) / 4 }
/* clang-format on */

/* Where function @n begins, in bytes from the first one. */
static inline uint64_t words_offset(const struct words_function *functions, size_t n)
{
	uint64_t offset = 0;

	for (size_t i = 0; i < n; i++)
		offset += 4 * functions[i].count;
	return offset;
}

/* The word at @at, a branch to a function made into one. */
static inline uint32_t words_resolve(const struct words_function *functions, uint64_t at,
				     uint32_t word)
{
	uint32_t kind = word & 0xffffff00, distance;

	if (kind != CALL(0) && kind != JUMP(0) && kind != SKIP(0))
		return word;
	distance = (words_offset(functions, word & 0xff) - at) / 4;
	if (kind == SKIP(0))
		return 0x54000001 | (distance & 0x7ffff) << 5;
	return (kind == CALL(0) ? 0x94000000 : 0x14000000) | (distance & 0x3ffffff);
}

/* One after the other, from offset 0; all of it is text. words_free() it. */
static inline struct kernel words_kernel(const struct words_function *functions, size_t count)
{
	struct kernel kernel = { .size = words_offset(functions, count) };
	uint64_t at = 0;

	kernel.text_end = kernel.size;
	kernel.image = malloc(kernel.size);
	for (size_t n = 0; n < count; n++) {
		for (const char *name = functions[n].names; *name; name += strspn(name, " ")) {
			kernel_symbols_add(&kernel.symbols, at, 't', name, strcspn(name, " "));
			name += strcspn(name, " ");
		}
		for (size_t i = 0; i < functions[n].count; i++, at += 4) {
			uint32_t word = words_resolve(functions, at, functions[n].words[i]);

			for (int byte = 0; byte < 4; byte++)
				kernel.image[at + byte] = word >> (8 * byte);
		}
	}
	return kernel;
}

static inline void words_free(struct kernel *kernel)
{
	kernel_symbols_free(&kernel->symbols);
	free(kernel->image);
}

#endif
