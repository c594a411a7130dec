// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: printf() into memory, and text of strangers that a terminal may show
 */
#include <errno.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lib/say.h"
#include "lib/text.h"

char *text_of(const char *format, va_list arguments)
{
	char *made;

	if (vasprintf(&made, format, arguments) < 0)
		die(EXIT_UNKNOWN, "cannot make a text: %s", strerror(errno));
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

int text_character(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;
	const int more = c[0] >= 0xf0 ? 3 : c[0] >= 0xe0 ? 2 : 1;

	if (c[0] < 0x80)
		return !iscntrl(c[0]);
	if (c[0] < 0xc2 || c[0] > 0xf4 || (c[0] == 0xc2 && c[1] < 0xa0))
		return 0;
	for (int i = 1; i <= more; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	return 1 + more;
}

void text_make_printable(char *text)
{
	while (*text) {
		const int bytes = text_character(text);

		if (!bytes)
			*text = '?';
		text += bytes ? bytes : 1;
	}
}
