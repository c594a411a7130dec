/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h: printf() into memory, and text of strangers for terminals, JSON and protocols
 */
#ifndef ICACHE_IPI_LIB_TEXT_H
#define ICACHE_IPI_LIB_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* What printf() would print, to be freed by the caller; or the program ends, having said why. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2), returns_nonnull));
char *text_of(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0), returns_nonnull));

/* Bytes of the UTF-8 character at @at (RFC 3629); 0 if there is none. */
int text_utf8(const char *at);

/*
 * The same, and 0 for a character that could command a terminal, turn the reading direction or has no
 * place in XML 1.0: controls, C1 ones too, line separators, bidirectional controls.
 */
int text_character(const char *at);

/* Bytes from @at to the next character; 1 where there is none at @at. */
size_t text_step(const char *at);

/* Every byte of @text that is no part of a printable character becomes '?'. */
void text_make_printable(char *text);

/* Every byte of @text that is no part of a UTF-8 character becomes '?': what JSON can hold. */
void text_make_utf8(char *text);

/* text_make_printable() on the way to a stream. */
void text_print(FILE *to, const char *text);

/* A line: what printf() would print, printable, and a newline. */
void text_line(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Takes away the last character of @text if a buffer's end has cut it in two. */
void text_mend(char *text);

/* As much of @from as @size has room for, in whole characters. */
void text_copy(char *to, size_t size, const char *from);

/* "2,060,352" into @to, which is returned. */
const char *text_digits(uint64_t number, char to[32]);

#endif
