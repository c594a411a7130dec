/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stacks.h: call chains as texts have them: one line of a stack, the names in it, chains in a line
 *
 * A chain is an array of function names, the innermost first, as a kernel prints it.
 */
#ifndef ICACHE_IPI_LIB_STACKS_H
#define ICACHE_IPI_LIB_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Deeper stacks are cut: what matters of them is innermost. */
#define STACKS_DEPTH_MAX 96

/* A symbol of the kernel has at most 512 bytes with its NUL (KSYM_NAME_LEN, Linux 6.1). */
#define STACKS_NAME_SIZE 512

struct stacks_frame {
	const char *name; /* into the line, not terminated */
	size_t length;
	bool doubtful; /* "? name": found on the stack, not on the way up */
	bool sure;     /* has an offset or an address: it is a frame wherever it stands */
};

/*
 * Reads one line of a stack, without time and other prefixes: "name+0x1c/0x40", with or without
 * "[<address>]", "[module]", "(P)", a source line, crash's "#3 [..] name at .." and arm's "name from
 * caller". A name alone is one, too, and not sure. False: the line is no frame.
 */
bool stacks_parse_frame(const char *line, struct stacks_frame *frame);

/* True when @name, of @length bytes, is the function @wanted, give or take a compiler's suffix. */
bool stacks_name_is(const char *name, size_t length, const char *wanted);

/* What a reader calls it: "__arm64_sys_madvise" is madvise(), "do_exit.constprop.0" is do_exit(). */
const char *stacks_short_name(const char *name, size_t *length);

/* True for how every system call begins, which tells a reader nothing. */
bool stacks_is_syscall_entry(const char *name);

/*
 * Prints "a < b < c": at most @width columns, without the way into the system call. Names of strangers
 * have to be printable. Returns the columns that it took.
 */
int stacks_print_chain(FILE *to, const char *const *names, size_t count, int width);

#endif
