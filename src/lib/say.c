// SPDX-License-Identifier: GPL-2.0-only
/*
 * say.c: messages to the person at the terminal
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/say.h"
#include "lib/text.h"

const char *say_program = "icache-ipi";

static void answer_must_be_written(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return;
	say("cannot write the answer: %m");
	_exit(EXIT_UNKNOWN);
}

void say_begin(const char *program)
{
	say_program = program;
	file_open_standard();
	/* Beyond `ulimit -f` a write fails, and what was written is removed. */
	signal(SIGXFSZ, SIG_IGN);
	atexit(answer_must_be_written);
}

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
