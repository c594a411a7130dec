/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * say.h: what a program says to the person at the terminal, on stderr, one line each
 */
#ifndef ICACHE_IPI_LIB_SAY_H
#define ICACHE_IPI_LIB_SAY_H

#include "lib/exit.h"

/* The name that starts every line. */
extern const char *say_program;

/*
 * The first thing in main(): @program, which stays the caller's, starts every line. Descriptors 0 to 2 are
 * open from now on (file_open_standard), so that no file gets their number. When the program ends by exit(),
 * and what it printed could not be written, it says so, and the code is EXIT_UNKNOWN: no verdict.
 */
void say_begin(const char *program);

/* One line: "PROGRAM: message". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* say(), then exit with @code. For main() and its helpers, never in code a test calls. */
void die(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* die() with EXIT_USAGE and a pointer to --help. */
void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
