/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h: just enough C to find a function in a file and what it calls
 */
#ifndef ICACHE_IPI_KERNEL_SOURCE_H
#define ICACHE_IPI_KERNEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* A stretch of text, not NUL-terminated. */
struct kernel_slice {
	const char *at;
	size_t length;
};

/* A name with '(' behind it: a call, a declaration or, with a body, a definition. */
struct kernel_use {
	struct kernel_slice arguments;
	struct kernel_slice body; /* .at is NULL where no '{' follows */
};

/*
 * A copy of @text without comments, the content of strings, what "#if 0" hides, and preprocessor
 * lines (each other one leaves a '#'), with runs of blanks made one. To be free()d; NULL when out
 * of memory.
 */
char *kernel_source_strip(const char *text);

/*
 * The next use of @name in stripped text, and *@rest moved behind its '('. A longer name that
 * contains @name is another one. A bracket that is never closed encloses nothing.
 */
bool kernel_source_next(struct kernel_slice *rest, const char *name, struct kernel_use *use);

/* How often @name is used in @text. */
int kernel_source_uses(struct kernel_slice text, const char *name);

/* How often the word @name, not empty, stands in @text, used or not. */
int kernel_source_names(struct kernel_slice text, struct kernel_slice name);

/* How often @name is defined in stripped text; *@found is the first definition. */
int kernel_source_definition(const char *text, const char *name, struct kernel_use *found);

/* How many arguments or parameters are in @list: top-level commas plus one; 0 for none. */
int kernel_source_count(struct kernel_slice list);

/* The last of them, without blanks around it. */
struct kernel_slice kernel_source_last(struct kernel_slice list);

/* Take the word or sign @word from the start of *@text, and blanks before it. */
bool kernel_slice_eat(struct kernel_slice *text, const char *word);

bool kernel_slice_is(struct kernel_slice slice, const char *text);

#endif
