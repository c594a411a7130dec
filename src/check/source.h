/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h: just enough C to find a function in a file and what it calls
 */
#ifndef ICACHE_IPI_SOURCE_H
#define ICACHE_IPI_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

/* A stretch of text, not NUL-terminated. */
struct slice {
	const char *at;
	size_t length;
};

/*
 * A copy of @text without comments, the content of strings, and preprocessor lines (each leaves a
 * '#'), with runs of blanks made one. To be free()d; NULL when out of memory.
 */
char *source_strip(const char *text);

/* The parameters and body of the definition of @name in stripped text. False: there is none. */
bool source_definition(const char *text, const char *name, struct slice *parameters,
		       struct slice *body);

/*
 * The first use of @name followed by '(' in @text: its arguments. A longer name that
 * contains @name is another one. NULL in .at when there is none.
 */
struct slice source_call(struct slice text, const char *name);

/* How many arguments or parameters are in @list: top-level commas plus one; 0 for none. */
int source_count(struct slice list);

/* The last of them, without blanks around it. */
struct slice source_last(struct slice list);

bool slice_is(struct slice slice, const char *text);

#endif
