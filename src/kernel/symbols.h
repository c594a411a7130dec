/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * symbols.h: names and places of a kernel's functions, whatever table they came from
 */
#ifndef ICACHE_IPI_KERNEL_SYMBOLS_H
#define ICACHE_IPI_KERNEL_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any kernel has (4.19..7.x: 20,000 to 250,000); a table that claims more is refused. */
#define SYMBOLS_MAXIMUM (1u << 21)

struct kernel_symbol {
	uint64_t offset; /* bytes from the first byte of the image */
	uint32_t name;	 /* where in symbols.names */
	char type;	 /* as nm(1) prints it */
};

struct kernel_symbols {
	struct kernel_symbol *list; /* sorted by offset once kernel_symbols_sort() ran */
	size_t count, room;
	char *names;
	size_t names_used, names_room;
};

/* Returns false when memory or SYMBOLS_MAXIMUM is exhausted. @name has @length bytes, no NUL. */
bool kernel_symbols_add(struct kernel_symbols *symbols, uint64_t offset, char type,
			const char *name, size_t length);
void kernel_symbols_sort(struct kernel_symbols *symbols);
void kernel_symbols_free(struct kernel_symbols *symbols);

static inline const char *kernel_symbol_name(const struct kernel_symbols *symbols,
					     const struct kernel_symbol *symbol)
{
	return symbols->names + symbol->name;
}

/* True for code: what nm(1) calls T, t, W or w. */
static inline bool kernel_symbol_is_text(const struct kernel_symbol *symbol)
{
	return symbol->type == 't' || symbol->type == 'T' || symbol->type == 'w' ||
	       symbol->type == 'W';
}

/*
 * True for a function: code, but not the name of a place in it, as "__irqentry_text_start" is, which
 * is where the first function of a section begins.
 */
bool kernel_symbol_is_function(const struct kernel_symbols *symbols,
			       const struct kernel_symbol *symbol);

/* Forget every symbol that is no function: kernel_symbols_covering() then names nothing else. */
void kernel_symbols_keep_functions(struct kernel_symbols *symbols);

/*
 * The symbol called @name, or NULL. With @exact false the suffixes compilers add (.isra.0,
 * .constprop.1, .part.2, .llvm.123, $hash) count as the same function. @copies, if not
 * NULL, receives how many there are.
 */
const struct kernel_symbol *kernel_symbols_find(const struct kernel_symbols *symbols,
						const char *name, bool exact, size_t *copies);

/* True when @name is @wanted, give or take a compiler's suffix. */
bool kernel_symbol_name_is(const char *name, const char *wanted);

/* The first of the code symbols that start exactly at @offset, or NULL. */
const struct kernel_symbol *kernel_symbols_at(const struct kernel_symbols *symbols,
					      uint64_t offset);

/* The code symbol whose body holds @offset (the last one to start at or before it), or NULL. */
const struct kernel_symbol *kernel_symbols_covering(const struct kernel_symbols *symbols,
						    uint64_t offset);

/* Where the body of what starts at @offset ends: the next higher code symbol, or @limit. */
uint64_t kernel_symbols_end_of(const struct kernel_symbols *symbols, uint64_t offset,
			       uint64_t limit);

#endif
