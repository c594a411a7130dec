/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * condition.h: what a condition in C is, by what is known of a function's parameters
 */
#ifndef ICACHE_IPI_KERNEL_CONDITION_H
#define ICACHE_IPI_KERNEL_CONDITION_H

#include <stdbool.h>

#include "kernel/source.h"

enum { KERNEL_PARAMETERS = 8 };

/* What an expression is known to be; NAMED: a constant with a name, whose value is not known. */
enum kernel_value {
	KERNEL_VALUE_FALSE,
	KERNEL_VALUE_TRUE,
	KERNEL_VALUE_NAMED,
	KERNEL_VALUE_ANY,
};

/* Arguments of which nothing is known. */
extern const enum kernel_value kernel_condition_any[KERNEL_PARAMETERS];

/* A parameter of a function that is followed; .name.length 0: there are no more. */
struct kernel_binding {
	struct kernel_slice name;
	enum kernel_value value;
};

/* The names of the parameters, a list with commas, with what the caller gives them. */
void kernel_condition_bind(struct kernel_binding known[KERNEL_PARAMETERS],
			   struct kernel_slice parameters, const enum kernel_value values[]);
/* What a text is without any knowledge: "true", "0", "FLAG_A | FLAG_B". */
enum kernel_value kernel_condition_constant(struct kernel_slice text);
/* What a condition is: FALSE, TRUE or ANY. @no_aliasing: icache_is_aliasing() is false. */
enum kernel_value kernel_condition_truth(const struct kernel_binding known[KERNEL_PARAMETERS],
					 bool no_aliasing, struct kernel_slice text);
/* Does the text speak of a parameter that has a value? */
bool kernel_condition_speaks_of(const struct kernel_binding known[KERNEL_PARAMETERS],
				struct kernel_slice text);
/* Does the statement change such a parameter, or take its address? */
bool kernel_condition_changes(const struct kernel_binding known[KERNEL_PARAMETERS],
			      struct kernel_slice text);

#endif
