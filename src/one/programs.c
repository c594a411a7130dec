// SPDX-License-Identifier: GPL-2.0-only
/*
 * programs.c: what the one file is: icache-ipi, and these programs inside it
 *
 * ONE_PROGRAMS comes from the Makefile, which also renames the main() of each: PROGRAM(check) ...
 */
#include <stddef.h>

#include "lib/inside.h"

#define PROGRAM(name) int name##_main(int argc, char **argv);
ONE_PROGRAMS
#undef PROGRAM

#define PROGRAM(name) { #name, name##_main },
const struct inside_program one_programs[] = { ONE_PROGRAMS{ NULL, NULL } };
