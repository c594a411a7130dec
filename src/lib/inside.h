/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * inside.h: programs that are inside another one
 */
#ifndef ICACHE_IPI_LIB_INSIDE_H
#define ICACHE_IPI_LIB_INSIDE_H

struct inside_program {
	const char *name;		   /* that of icache-ipi-NAME */
	int (*run)(int argc, char **argv); /* its main() */
};

/*
 * Those of the one file (make one-file), up to one whose name is NULL. Every other program is linked
 * without: then the address is NULL.
 */
extern const struct inside_program one_programs[] __attribute__((weak));

#endif
