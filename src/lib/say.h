/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * say.h: what a program says to the person at the terminal, on stderr, one line each
 */
#ifndef ICACHE_IPI_LIB_SAY_H
#define ICACHE_IPI_LIB_SAY_H

#include "lib/exit.h"

/* The name that starts every line; the program sets it first thing in main(). */
extern const char *say_program;

/* One line: "PROGRAM: message". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* say(), then exit with @code. For main() and its helpers, never in code a test calls. */
void die(enum exit_code code, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* die() with EXIT_USAGE and a pointer to --help. */
void die_usage(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#endif
