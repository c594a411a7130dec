// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: text for terminals and markup
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "report/text.h"

const char *report_digits(uint64_t number, char text[32])
{
	char digits[24];
	const int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *to = text;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return text;
}

const char *report_milliseconds(uint64_t ns, char text[40])
{
	char number[32];

	if (ns < 10 * 1000 * 1000)
		snprintf(text, 40, "%.1f ms", ns / 1e6);
	else
		snprintf(text, 40, "%s ms", report_digits((ns + 500000) / 1000000, number));
	return text;
}

/* Bytes of the UTF-8 sequence at @c, its value in @code; 0 when it is not one (RFC 3629). */
static size_t decode(const unsigned char *c, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	const size_t more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;

	*code = c[0];
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	*code &= 0x3f >> more;
	for (size_t i = 1; i <= more; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (c[i] & 0x3f);
	}
	return *code < smallest[more] || *code > 0x10ffff ? 0 : 1 + more;
}

/* Controls, line separators, bidirectional controls, surrogates, what XML 1.0 has no place for. */
static bool forbidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       (code >= 0xd800 && code <= 0xdfff) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

/* Bytes of the character at @text, at least 1; *@good when it may be shown. */
static size_t character(const char *text, bool *good)
{
	uint32_t code;
	const size_t bytes = decode((const unsigned char *)text, &code);

	*good = bytes && !forbidden(code);
	return bytes ? bytes : 1;
}

void report_mend_text(char *text)
{
	size_t length = strlen(text), first = length;
	uint32_t code;

	while (first && length - first < 4 && (text[first - 1] & 0xc0) == 0x80)
		first--;
	if (first && (text[first - 1] & 0x80))
		first--;
	if (first < length && !decode((const unsigned char *)text + first, &code))
		text[first] = '\0';
}

static void print(FILE *to, const char *text, const char *also_forbidden)
{
	while (*text) {
		bool good;
		const size_t bytes = character(text, &good);

		if (good && !strchr(also_forbidden, *text))
			fwrite(text, 1, bytes, to);
		else
			fputc('?', to);
		text += bytes;
	}
}

void report_print_text(FILE *to, const char *text)
{
	print(to, text, "");
}

void report_print_name(FILE *to, const char *text)
{
	print(to, text, "#\\");
}

size_t report_text_columns(const char *text)
{
	size_t columns = 0;
	bool good;

	for (; *text; columns++)
		text += character(text, &good);
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
		bool good;
		const size_t bytes = character(text, &good);

		if (!good)
			fputs("\xef\xbf\xbd", to);	/* U+FFFD */
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
		fputs("\xe2\x80\xa6", to);	/* U+2026 */
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
