// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c: the frame of a page, and what its tables are made of
 */
#include <stdarg.h>

#include "report/frame.h"
#include "report/text.h"

#define DASH "\xe2\x80\x93" /* U+2013 en dash */

static const char style[] =
#include "report/page.css.inc" /* page.css as a string: see the Makefile */
	;

void report_open_page(FILE *to, const char *title)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta name=\"generator\" content=\"icache-ipi-report " ICACHE_IPI_VERSION "\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
	      "form-action 'none'\">\n<title>",
	      to);
	report_printf_markup(to, "%s " DASH " icache-ipi", title);
	fprintf(to,
		"</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header>\n"
		"<p class=\"kicker\">icache-ipi report: interrupts to all CPUs for executable user "
		"pages on arm64</p>\n",
		style);
}

void report_open_answer(FILE *to, enum exit_code code, const char *headline)
{
	static const char *const classes[] = {
		[EXIT_GOOD] = "fixed",
		[EXIT_DORMANT] = "dormant",
		[EXIT_AFFECTED] = "affected",
		[EXIT_UNKNOWN] = "unknown",
	};

	fprintf(to, "<div class=\"answer %s\">\n<h1>", classes[code]);
	report_print_markup(to, headline);
	fputs("</h1>\n", to);
}

void report_close_page(FILE *to)
{
	fputs("</main>\n<footer><p>icache-ipi-report " ICACHE_IPI_VERSION ". Counts are exact and "
	      "the same on any host; guest time is instructions executed. The same results give "
	      "the same bytes.</p></footer>\n</body>\n</html>\n",
	      to);
}

void report_print_paragraph(FILE *to, const char *text)
{
	fputs("<p>", to);
	report_print_markup(to, text);
	fputs("</p>\n", to);
}

void report_print_bdi(FILE *to, const char *text)
{
	fputs("<bdi>", to);
	report_print_markup(to, text);
	fputs("</bdi>", to);
}

/* Shapes beside the colours: a check mark, a ballot x, a question mark, else a circle. */
void report_print_badge(FILE *to, enum verdict verdict)
{
	const char *sign = verdict == VERDICT_FIXED    ? "\xe2\x9c\x93" :
			   verdict == VERDICT_AFFECTED ? "\xe2\x9c\x97" :
			   verdict == VERDICT_UNKNOWN  ? "?" :
							 "\xe2\x97\x8b";

	fprintf(to, "<span class=\"badge %s\">%s %s</span>", verdict_names[verdict], sign,
		verdict_names[verdict]);
}

/* A cell with the name of its column, for narrow screens, where rows become cards. */
void report_print_number(FILE *to, const char *column, const char *format, ...)
{
	va_list arguments;

	fprintf(to, "<td class=\"n\" data-of=\"%s\">", column);
	va_start(arguments, format);
	vfprintf(to, format, arguments);
	va_end(arguments);
	fputs("</td>", to);
}

void report_print_none(FILE *to, int cells)
{
	while (cells--)
		fputs("<td class=\"n none\">" DASH "</td>", to);
}
