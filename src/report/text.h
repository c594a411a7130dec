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

/* "6,173 ms", below 10 ms "4.5 ms", into @text, which is returned. */
const char *report_milliseconds(uint64_t ns, char text[40]);

/* @text for a terminal or a line of a protocol; what has no place there becomes '?'. */
void report_print_text(FILE *to, const char *text);

/* report_print_text() for KTAP's descriptions, which end at a '#'. */
void report_print_name(FILE *to, const char *text);

/* report_print_text(), padded to @width columns. */
void report_print_padded(FILE *to, const char *text, size_t width);

/* Columns that report_print_text() takes, as far as every character takes one. */
size_t report_text_columns(const char *text);

/* @text as content of an element, or of an attribute in double quotes, in XML and HTML alike. */
void report_print_markup(FILE *to, const char *text);

/* report_print_markup() of at most @most characters, the last one an ellipsis if there are more. */
void report_print_markup_short(FILE *to, const char *text, size_t most);

/* printf() through report_print_markup(). */
void report_printf_markup(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
