// SPDX-License-Identifier: GPL-2.0-only
/*
 * say.c: messages to the person at the terminal
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/say.h"
#include "lib/text.h"

const char *say_program = "icache-ipi";

/*
 * One write per line, so that lines of parallel programs do not mix. Names, and what other programs
 * say, come from strangers: they command no terminal and begin no line of their own.
 */
static void say_line(const char *format, va_list arguments)
{
	char line[1024];
	int used = snprintf(line, sizeof(line), "%s: ", say_program);

	vsnprintf(line + used, sizeof(line) - used, format, arguments);
	for (char *c = line; *c; c++)
		if (*c == '\n' || *c == '\t')
			*c = ' ';
	text_mend(line);
	text_make_printable(line);
	fprintf(stderr, "%s\n", line);
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_line(format, arguments);
	va_end(arguments);
}

void die(enum exit_code code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_line(format, arguments);
	va_end(arguments);
	exit(code);
}

void die_usage(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say_line(format, arguments);
	va_end(arguments);
	say("try --help");
	exit(EXIT_USAGE);
}
