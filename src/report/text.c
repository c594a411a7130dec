// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: text for terminals and markup
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "report/text.h"

const char *report_milliseconds(uint64_t ns, char text[40])
{
	char number[32];

	if (ns < 10 * 1000 * 1000)
		snprintf(text, 40, "%.1f ms", ns / 1e6);
	else
		snprintf(text, 40, "%s ms", text_digits((ns + 500000) / 1000000, number));
	return text;
}

void report_print_text(FILE *to, const char *text)
{
	text_print(to, text);
}

void report_print_name(FILE *to, const char *text)
{
	while (*text) {
		const size_t bytes = text_step(text);

		if (text_character(text) && !strchr("#\\", *text))
			fwrite(text, 1, bytes, to);
		else
			fputc('?', to);
		text += bytes;
	}
}

size_t report_text_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; columns++)
		text += text_step(text);
	return columns;
}

void report_print_padded(FILE *to, const char *text, size_t width)
{
	report_print_text(to, text);
	for (size_t columns = report_text_columns(text); columns < width; columns++)
		fputc(' ', to);
}

void report_print_markup_short(FILE *to, const char *text, size_t most)
{
	const bool cut = report_text_columns(text) > most;

	for (size_t i = 0; *text && i < most - cut; i++) {
		const size_t bytes = text_step(text);

		if (!text_character(text))
			fputs("\xef\xbf\xbd", to); /* U+FFFD */
		else if (*text == '&')
			fputs("&amp;", to);
		else if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '>')
			fputs("&gt;", to);
		else if (*text == '"')
			fputs("&quot;", to);
		else if (*text == '\'')
			fputs("&#39;", to);
		else
			fwrite(text, 1, bytes, to);
		text += bytes;
	}
	if (cut)
		fputs("\xe2\x80\xa6", to); /* U+2026 */
}

void report_print_markup(FILE *to, const char *text)
{
	report_print_markup_short(to, text, SIZE_MAX);
}

void report_printf_markup(FILE *to, const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	made = text_of(format, arguments);
	va_end(arguments);
	report_print_markup(to, made);
	free(made);
}
