// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: printf() into memory
 */
#include <errno.h>
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
