/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h: the frame of a page, and what its tables are made of
 *
 * A page is report_open_page(), report_open_answer(), paragraphs, "</div>", "</header>", sections,
 * report_close_page(). Text is escaped where it is called @text, @title or @headline.
 */
#ifndef ICACHE_IPI_REPORT_FRAME_H
#define ICACHE_IPI_REPORT_FRAME_H

#include <stdio.h>

#include "lib/exit.h"
#include "lib/verdict.h"

/* Everything up to <header>, with the style sheet, page.css. */
void report_open_page(FILE *to, const char *title);
void report_close_page(FILE *to);

/* <div class="answer">, in the colour of @code. */
void report_open_answer(FILE *to, enum exit_code code, const char *headline);
void report_print_paragraph(FILE *to, const char *text);

/* A region that scrolls sideways by itself and can be reached by keyboard, up to "</div>". */
#define SCROLL(name) "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"" name "\">"

/* Text from a file, whose direction of writing stays its own. */
void report_print_bdi(FILE *to, const char *text);

/* "x affected", in its colour. */
void report_print_badge(FILE *to, enum verdict verdict);

/*
 * Cells of a table with class="cards": on narrow screens a row becomes a card, where a cell shows
 * the name of its @column. What is printed by @format is not escaped. @cells that have no number.
 */
void report_print_number(FILE *to, const char *column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void report_print_none(FILE *to, int cells);

#endif
