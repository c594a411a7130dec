// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: printf() into memory, and text of strangers for terminals, JSON and protocols
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/exit.h"
#include "lib/text.h"

char *text_of(const char *format, va_list arguments)
{
	char *made;

	/* Not by die(), which prints through this file. */
	if (vasprintf(&made, format, arguments) < 0) {
		fprintf(stderr, "%s: cannot make a text: %s\n", program_invocation_short_name,
			strerror(errno));
		exit(EXIT_UNKNOWN);
	}
	return made;
}

char *text(const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	made = text_of(format, arguments);
	va_end(arguments);
	return made;
}

/* Bytes of the character at @at, its value in @code; 0 when it is none. */
static int decode(const char *at, uint32_t *code)
{
	static const uint32_t smallest[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *c = (const unsigned char *)at;
	const int more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;

	*code = c[0];
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	*code &= 0x3f >> more;
	for (int i = 1; i <= more; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		*code = *code << 6 | (c[i] & 0x3f);
	}
	return *code < smallest[more] || *code > 0x10ffff ? 0 : 1 + more;
}

/* Halves of UTF-16 pairs, which mean nothing alone. */
static bool is_surrogate(uint32_t code)
{
	return code >= 0xd800 && code <= 0xdfff;
}

static bool is_forbidden(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       is_surrogate(code) || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

int text_utf8(const char *at)
{
	uint32_t code;
	const int bytes = decode(at, &code);

	return is_surrogate(code) ? 0 : bytes;
}

size_t text_step(const char *at)
{
	uint32_t code;
	const int bytes = decode(at, &code);

	return bytes ? bytes : 1;
}

int text_character(const char *at)
{
	uint32_t code;
	const int bytes = decode(at, &code);

	return bytes && !is_forbidden(code) ? bytes : 0;
}

/* What @read knows no character in becomes '?'. */
static void mend_bytes(char *text, int (*read)(const char *at))
{
	while (*text) {
		const int bytes = read(text);

		if (!bytes)
			*text = '?';
		text += bytes ? bytes : 1;
	}
}

void text_make_printable(char *text)
{
	mend_bytes(text, text_character);
}

void text_make_utf8(char *text)
{
	mend_bytes(text, text_utf8);
}

void text_print(FILE *to, const char *text)
{
	while (*text) {
		const int bytes = text_character(text);

		if (bytes)
			fwrite(text, 1, bytes, to);
		else
			fputc('?', to);
		text += text_step(text);
	}
}

void text_line(FILE *to, const char *format, ...)
{
	va_list arguments;
	char *made;

	va_start(arguments, format);
	made = text_of(format, arguments);
	va_end(arguments);
	text_print(to, made);
	fputc('\n', to);
	free(made);
}

void text_mend(char *text)
{
	size_t length = strlen(text), first = length;
	uint32_t code;

	while (first && length - first < 4 && (text[first - 1] & 0xc0) == 0x80)
		first--;
	if (first && (text[first - 1] & 0x80))
		first--;
	if (first < length && !decode(text + first, &code))
		text[first] = '\0';
}

void text_copy(char *to, size_t size, const char *from)
{
	if ((size_t)snprintf(to, size, "%s", from) >= size)
		text_mend(to);
}

const char *text_digits(uint64_t number, char to[32])
{
	char digits[24];
	const int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
	char *at = to;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			*at++ = ',';
		*at++ = digits[i];
	}
	*at = '\0';
	return to;
}
