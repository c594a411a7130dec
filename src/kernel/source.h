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

/* The signs that kernel_source_read() leaves; kernel_source_strip() leaves '#' for all of them. */
enum kernel_source_sign {
	KERNEL_SOURCE_IF = 1, /* "#if", "#ifdef", "#ifndef" */
	KERNEL_SOURCE_ELSE,   /* "#else", "#elif" */
	KERNEL_SOURCE_ENDIF,
	KERNEL_SOURCE_MAINTAINS, /* a string with an instruction that invalidates I-cache */
	KERNEL_SOURCE_JUMPS, /* one with an instruction that goes somewhere, or with words of code */
};

/*
 * The same, with a sign for each condition that stays open: CONFIG_SMP is set, and __ASSEMBLY__ is
 * not. In *@macros the macros that are defined, each as a line of its own: "NAME(parameters) {what it is}".
 * Both to be free()d; NULL when out of memory.
 */
char *kernel_source_read(const char *text, char **macros);

/*
 * What a compiler could read in @text in another way than this program does: lines that are spliced within a
 * sign, digraphs, names in other letters, macros called like words of the language. NULL: nothing.
 */
const char *kernel_source_oddity(const char *text, const char *macros);

/*
 * The next use of @name in stripped text, and *@rest moved behind its '('. A longer name that
 * contains @name is another one. A bracket that is never closed encloses nothing.
 */
bool kernel_source_next(struct kernel_slice *rest, const char *name, struct kernel_use *use);

/* The next use of whatever name, which starts at *@name and ends before the '(' or a blank before that. */
bool kernel_source_next_call(struct kernel_slice *rest, const char **name, struct kernel_use *use);

/* How often @name is used in @text. */
int kernel_source_uses(struct kernel_slice text, const char *name);

/* How often the word @name, not empty, stands in @text, used or not. */
int kernel_source_names(struct kernel_slice text, struct kernel_slice name);

/* How often @name is defined in stripped text; *@found is the first definition. */
int kernel_source_definition(const char *text, const char *name, struct kernel_use *found);

/*
 * The next definition of the function @name in text of kernel_source_read(), attributes behind its
 * parameters allowed, and *@rest moved behind its name. *@declared becomes true when a declaration was
 * passed on the way.
 */
bool kernel_source_next_definition(struct kernel_slice *rest, const char *name,
				   struct kernel_use *use, bool *declared);

/* The next macro @name in what kernel_source_read() says of macros, and *@rest moved behind it. */
bool kernel_source_next_macro(const char **rest, const char *name, struct kernel_use *use);

/*
 * The next entry @name of assembly: "ENTRY(name)", "SYM_FUNC_START(name)", "name:". *@body is what
 * follows up to its END; of an alias it is the name of what it stands for.
 */
bool kernel_source_next_entry(const char *code, const char **rest, const char *name,
			      struct kernel_slice *body);

/* What ".macro NAME" holds; .length is 0 where there is none. */
struct kernel_slice kernel_source_assembly_macro(const char *code, const char *name);

/* What lies between the bracket at @open and its partner; nothing where there is none in reach. */
struct kernel_slice kernel_source_enclosed(const char *open, const char *end, char left,
					   char right);
/* Does the bracket behind it close before @end? */
bool kernel_source_closes(struct kernel_slice inside, const char *end);

/* How many arguments or parameters are in @list: top-level commas plus one; 0 for none. */
int kernel_source_count(struct kernel_slice list);

/* The last of them, without blanks around it. */
struct kernel_slice kernel_source_last(struct kernel_slice list);

/* Take the word or sign @word from the start of *@text, and blanks before it. */
bool kernel_slice_eat(struct kernel_slice *text, const char *word);

bool kernel_slice_is(struct kernel_slice slice, const char *text);

#endif
