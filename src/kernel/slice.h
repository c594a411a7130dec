/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * slice.h: parts of a source text
 */
#ifndef ICACHE_IPI_KERNEL_SLICE_H
#define ICACHE_IPI_KERNEL_SLICE_H

#include <stdbool.h>

#include "kernel/source.h"

/* May @c stand in a name of C? */
bool kernel_slice_in_name(char c);
/* The word at @at, which ends before @end; .length 0: there is none. */
struct kernel_slice kernel_slice_word(const char *at, const char *end);
/* Without blanks, and signs of the preprocessor, at both ends. */
struct kernel_slice kernel_slice_trim(struct kernel_slice text);
/* @words ends with NULL. */
bool kernel_slice_is_one_of(struct kernel_slice word, const char *const words[]);
/* Where @what stands outside of brackets; NULL: nowhere. */
const char *kernel_slice_find(struct kernel_slice text, const char *what);
/* The text up to @at, and from @at on; @at lies in it, or right behind it. */
struct kernel_slice kernel_slice_before(struct kernel_slice text, const char *at);
struct kernel_slice kernel_slice_behind(struct kernel_slice text, const char *at);

#endif
