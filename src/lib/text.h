/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h: printf() into memory, and text of strangers that a terminal may show
 */
#ifndef ICACHE_IPI_LIB_TEXT_H
#define ICACHE_IPI_LIB_TEXT_H

#include <stdarg.h>

/* What printf() would print, to be freed by the caller; or the program ends, having said why. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *text_of(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0), returns_nonnull));

/* Bytes of the printable UTF-8 character at @at; 0 if there is none: controls, C1 ones too. */
int text_character(const char *at);

/* Every byte of @text that is no part of a printable character becomes '?'. */
void text_make_printable(char *text);

#endif
