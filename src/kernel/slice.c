// SPDX-License-Identifier: GPL-2.0-only
/*
 * slice.c: parts of a source text: words, what stands outside of brackets, what is before and behind
 */
#include <ctype.h>
#include <string.h>

#include "kernel/slice.h"

bool kernel_slice_in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

struct kernel_slice kernel_slice_word(const char *at, const char *end)
{
	const char *c = at;

	while (c < end && kernel_slice_in_name(*c))
		c++;
	return (struct kernel_slice){ at, c - at };
}

struct kernel_slice kernel_slice_trim(struct kernel_slice text)
{
	while (text.length && (unsigned char)*text.at <= ' ')
		text.at++, text.length--;
	while (text.length && (unsigned char)text.at[text.length - 1] <= ' ')
		text.length--;
	return text;
}

bool kernel_slice_is_one_of(struct kernel_slice word, const char *const words[])
{
	for (; *words; words++)
		if (kernel_slice_is(word, *words))
			return true;
	return false;
}

const char *kernel_slice_find(struct kernel_slice text, const char *what)
{
	const size_t length = strlen(what);
	int depth = 0;

	for (size_t i = 0; i + length <= text.length; i++) {
		const char c = text.at[i];

		if (!depth && !memcmp(text.at + i, what, length))
			return text.at + i;
		depth += (c == '(') + (c == '[') + (c == '{');
		depth -= (c == ')') + (c == ']') + (c == '}');
	}
	return NULL;
}

struct kernel_slice kernel_slice_before(struct kernel_slice text, const char *at)
{
	return (struct kernel_slice){ text.at, at - text.at };
}

struct kernel_slice kernel_slice_behind(struct kernel_slice text, const char *at)
{
	return (struct kernel_slice){ at, text.at + text.length - at };
}
