/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h: printf() into memory
 */
#ifndef ICACHE_IPI_TEXT_H
#define ICACHE_IPI_TEXT_H

#include <stdarg.h>

/* What printf() would print, to be freed by the caller; or the program ends, having said why. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *text_of(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0), returns_nonnull));

#endif
