/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * body.h: what the body of one function comes to
 */
#ifndef ICACHE_IPI_KERNEL_BODY_H
#define ICACHE_IPI_KERNEL_BODY_H

#include "kernel/condition.h"
#include "kernel/reach.h"

/* The longest name of a function that is followed, with its NUL. */
enum { KERNEL_NAME_SIZE = 64 };

/* What calling @name from @file with these arguments comes to. */
typedef unsigned int kernel_body_callee(struct kernel_reach *reach,
					const struct kernel_reach_file *file, const char *name,
					const enum kernel_value values[]);

/* What the body of @use, in @file, comes to when its parameters have these values. */
unsigned int kernel_body_walk(struct kernel_reach *reach, const struct kernel_reach_file *file,
			      const struct kernel_use *use, const enum kernel_value values[],
			      kernel_body_callee *callee);

/* Notes the first thing that could not be read: "NAME() in FILE WHAT". @file may be NULL. */
void kernel_body_say_unknown(struct kernel_reach *reach, const char *what, const char *name,
			     const struct kernel_reach_file *file);

#endif
