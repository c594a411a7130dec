/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * program.h: code of a program that does one thing and ends, as one input after the other
 *
 * It frees nothing and ends by exit(). Linked with FUZZ_PROGRAM (tests/lib/fuzz.sh), what it allocates while
 * an input runs is freed behind it, and exit() ends the input. Included by one file of a target.
 */
#ifndef ICACHE_IPI_FUZZ_PROGRAM_H
#define ICACHE_IPI_FUZZ_PROGRAM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/parts.h"

/* The linker has the code call these for malloc() and its like. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *memory);
void __real_exit(int code) __attribute__((noreturn));
int __real_vasprintf(char **to, const char *format, va_list arguments);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void __wrap_free(void *memory);
void __wrap_exit(int code) __attribute__((noreturn));
int __wrap_vasprintf(char **to, const char *format, va_list arguments);

static struct {
	bool inside;
	jmp_buf end;
	void **kept;
	size_t count, room;
} program;

static void *program_keep(void *memory)
{
	if (!program.inside || !memory)
		return memory;
	if (program.count == program.room) {
		program.room = 2 * program.room + 1024;
		program.kept = __real_realloc(program.kept, program.room * sizeof(void *));
		if (!program.kept)
			abort();
	}
	program.kept[program.count++] = memory;
	return memory;
}

static void program_forget(const void *memory)
{
	if (!program.inside || !memory)
		return;
	for (size_t i = program.count; i--;) {
		if (program.kept[i] != memory)
			continue;
		program.kept[i] = program.kept[--program.count];
		return;
	}
}

void *__wrap_malloc(size_t size)
{
	return program_keep(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
	return program_keep(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
	program_forget(old);
	return program_keep(__real_realloc(old, size));
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return __wrap_realloc(old, count * size);
}

void __wrap_free(void *memory)
{
	program_forget(memory);
	__real_free(memory);
}

int __wrap_vasprintf(char **to, const char *format, va_list arguments)
{
	const int length = __real_vasprintf(to, format, arguments);

	if (length >= 0)
		program_keep(*to);
	return length;
}

void __wrap_exit(int code)
{
	if (program.inside)
		longjmp(program.end, 1);
	__real_exit(code);
}

/* @run on the input, to its end or to an exit() in it; then its memory is freed. */
static void program_run(void (*run)(struct parts *parts), const uint8_t *data, size_t size)
{
	struct parts parts = { data, data + size };

	program.inside = true;
	if (!setjmp(program.end))
		run(&parts);
	program.inside = false;
	while (program.count)
		__real_free(program.kept[--program.count]);
}

/* The next part as text; "" where there is none. */
static char *program_text(struct parts *parts)
{
	size_t size = 0;
	const uint8_t *part = parts_next(parts, &size);

	return parts_text(part ? part : (const uint8_t *)"", part ? size : 0);
}

#endif
