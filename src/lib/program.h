/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.h: ask another program one question: dpkg-query, modinfo, a QEMU's version
 */
#ifndef ICACHE_IPI_LIB_PROGRAM_H
#define ICACHE_IPI_LIB_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct program_call {
	const char *const *argv; /* ends with NULL; argv[0] is looked for as execvp(3) does */
	const char *path;	 /* PATH for it; NULL: the caller's */
	bool no_stderr;		 /* what it complains of is not shown */
	unsigned int seconds;	 /* then it is killed, and what it started */
	long *budget; /* milliseconds that are left for several questions, or NULL; what this takes goes off */
};

/*
 * The first line that @call prints, without its newline, into @line; "" when there is none. Returns its exit
 * code, 127 where there is no such program, or -1 when it was killed, never came to an end, or was not
 * asked for want of budget.
 */
int program_first_line(const struct program_call *call, char *line, size_t size);

#endif
