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

/* A name with '(' behind it: a call, a declaration or, with a body, a definition. */
struct use {
	struct slice arguments;
	struct slice body;	/* .at is NULL where no '{' follows */
};

/*
 * A copy of @text without comments, the content of strings, what "#if 0" hides, and preprocessor
 * lines (each other one leaves a '#'), with runs of blanks made one. To be free()d; NULL when out
 * of memory.
 */
char *source_strip(const char *text);

/*
 * The next use of @name in stripped text, and *@rest moved behind its '('. A longer name that
 * contains @name is another one. A bracket that is never closed encloses nothing.
 */
bool source_next(struct slice *rest, const char *name, struct use *use);

/* How often @name is used in @text. */
int source_uses(struct slice text, const char *name);

/* How often the word @name, not empty, stands in @text, used or not. */
int source_names(struct slice text, struct slice name);

/* How often @name is defined in stripped text; *@found is the first definition. */
int source_definition(const char *text, const char *name, struct use *found);

/* How many arguments or parameters are in @list: top-level commas plus one; 0 for none. */
int source_count(struct slice list);

/* The last of them, without blanks around it. */
struct slice source_last(struct slice list);

/* Take the word or sign @word from the start of *@text, and blanks before it. */
bool slice_eat(struct slice *text, const char *word);

bool slice_is(struct slice slice, const char *text);

#endif
