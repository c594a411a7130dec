/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * text.h: text for terminals and markup. Labels, reasons and symbols come from files and are
 * trusted with nothing: what could command a terminal, turn the reading direction or end an
 * element is gone.
 */
#ifndef ICACHE_IPI_REPORT_TEXT_H
#define ICACHE_IPI_REPORT_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* "2,060,352" into @text, which is returned. */
const char *text_digits(uint64_t number, char text[32]);

/* "6,173 ms", below 10 ms "4.5 ms", into @text, which is returned. */
const char *text_milliseconds(uint64_t ns, char text[40]);

/* Takes away the last character of @text if a buffer's end has cut it in two. */
void text_mend(char *text);

/* @text for a terminal or a line of a protocol; what has no place there becomes '?'. */
void text_print(FILE *to, const char *text);

/* text_print() for KTAP's descriptions, which end at a '#'. */
void text_print_name(FILE *to, const char *text);

/* text_print(), padded to @width columns. */
void text_print_padded(FILE *to, const char *text, size_t width);

/* Columns that text_print() takes, as far as every character takes one. */
size_t text_columns(const char *text);

/* @text as content of an element, or of an attribute in double quotes, in XML and HTML alike. */
void text_print_markup(FILE *to, const char *text);

/* text_print_markup() of at most @most characters, the last one an ellipsis if there are more. */
void text_print_markup_short(FILE *to, const char *text, size_t most);

/* printf() through text_print_markup(). */
void text_printf_markup(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
