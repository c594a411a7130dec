// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c: just enough C to find a function in a file and what it calls
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/source.h"

/* Brackets nest less than this in any kernel; a bound, so that no text takes long. */
enum { DEPTH_MAXIMUM = 64 };

static bool in_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Behind the comment that starts at @c. */
static const char *comment_skip(const char *c)
{
	const char *end = c[1] == '/' ? strchr(c, '\n') : strstr(c + 2, "*/");

	if (!end)
		return c + strlen(c);
	return c[1] == '/' ? end : end + 2;
}

/* Behind the string or character constant that starts at @c. */
static const char *quote_skip(const char *c)
{
	char quote = *c++;

	while (*c && *c != quote && *c != '\n')
		c += c[0] == '\\' && c[1] ? 2 : 1;
	return *c == quote ? c + 1 : c;
}

/* At the end of the preprocessor line that starts at @c, continued lines and comments included. */
static const char *directive_skip(const char *c)
{
	while (*c && *c != '\n') {
		if (c[0] == '/' && c[1] == '*')
			c = comment_skip(c);
		else
			c += c[0] == '\\' && c[1] ? 2 : 1;
	}
	return c;
}

/* Behind blanks within the line. */
static const char *blanks_skip(const char *c)
{
	while (*c == ' ' || *c == '\t')
		c++;
	return c;
}

/* Is the preprocessor line at @c a "#word..."? */
static bool directive_is(const char *c, const char *word)
{
	return !strncmp(blanks_skip(c + 1), word, strlen(word));
}

/* Is it "#if 0" and nothing more? */
static bool directive_is_if_0(const char *c)
{
	c = blanks_skip(c + 1);
	if (strncmp(c, "if", 2) || *(c = blanks_skip(c + 2)) != '0')
		return false;
	c = blanks_skip(c + 1);
	return *c == '\0' || *c == '\n' || *c == '\r' ||
	       (c[0] == '/' && (c[1] == '*' || c[1] == '/'));
}

/* Where the text read now is: @dead levels of conditions into an "#if 0". */
struct conditions {
	unsigned int dead;
	uint64_t zero; /* a bit for each level, 1 for an "#if 0"; the innermost lowest */
};

/* Take in the preprocessor line at @c. True when it is part of an "#if 0". */
static bool condition_read(struct conditions *at, const char *c)
{
	bool was_dead = at->dead, zero = at->zero & 1;

	if (directive_is(c, "if")) {
		bool opens = !was_dead && directive_is_if_0(c);

		at->zero = at->zero << 1 | opens;
		at->dead += was_dead || opens;
		return was_dead || opens;
	}
	if (directive_is(c, "endif")) {
		at->zero >>= 1;
		at->dead -= was_dead;
		return was_dead || zero;
	}
	if (zero && at->dead == 1 && directive_is(c, "el")) {
		at->dead = 0;
		return directive_is(c, "else");
	}
	return was_dead;
}

char *kernel_source_strip(const char *text)
{
	char *stripped = malloc(strlen(text) + 2), *to = stripped;
	struct conditions at = { 0 };
	bool line_start = true;

	while (stripped && *text) {
		const char *from = text;
		char left = *text;

		if (text[0] == '/' && (text[1] == '*' || text[1] == '/')) {
			text = comment_skip(text);
			left = ' ';
		} else if (*text == '"' || *text == '\'') {
			text = quote_skip(text);
			left = '0';
		} else if (*text == '#' && line_start) {
			text = directive_skip(text);
			left = condition_read(&at, from) ? ' ' : '#';
		} else if (isspace((unsigned char)*text)) {
			line_start |= *text++ == '\n';
			left = ' ';
		} else {
			text++;
		}
		line_start &= left == ' ' || left == '#';
		if (!at.dead && (left != ' ' || (to > stripped && to[-1] != ' ')))
			*to++ = left;
	}
	if (stripped)
		*to = '\0';
	return stripped;
}

/* What lies between the bracket at @open and its partner; nothing when there is none in reach. */
static struct kernel_slice enclosed(const char *open, const char *end, char left, char right)
{
	int depth = 0;

	for (const char *c = open; c < end && depth < DEPTH_MAXIMUM; c++) {
		depth += *c == left;
		depth -= *c == right;
		if (depth == 0)
			return (struct kernel_slice){ open + 1, c - open - 1 };
	}
	return (struct kernel_slice){ open + 1, 0 };
}

bool kernel_source_next(struct kernel_slice *rest, const char *name, struct kernel_use *use)
{
	const char *end = rest->at + rest->length, *at = rest->at;
	size_t length = strlen(name);

	while (at < end && (at = memmem(at, end - at, name, length))) {
		const char *after = at + length + (at + length < end && at[length] == ' ');

		if ((at != rest->at && in_name(at[-1])) || after >= end || *after != '(') {
			at++;
			continue;
		}
		*use = (struct kernel_use){ .arguments = enclosed(after, end, '(', ')') };
		*rest = (struct kernel_slice){ after + 1, end - after - 1 };
		after = use->arguments.at + use->arguments.length + 1;
		after += after < end && *after == ' ';
		if (after < end && *after == '{')
			use->body = enclosed(after, end, '{', '}');
		return true;
	}
	return false;
}

int kernel_source_uses(struct kernel_slice text, const char *name)
{
	struct kernel_use use;
	int uses = 0;

	while (kernel_source_next(&text, name, &use))
		uses++;
	return uses;
}

int kernel_source_names(struct kernel_slice text, struct kernel_slice name)
{
	const char *end = text.at + text.length, *at = text.at;
	int names = 0;

	while (at < end && (at = memmem(at, end - at, name.at, name.length))) {
		const char *after = at + name.length;

		names += (at == text.at || !in_name(at[-1])) && (after == end || !in_name(*after));
		at = after;
	}
	return names;
}

int kernel_source_definition(const char *text, const char *name, struct kernel_use *found)
{
	struct kernel_slice rest = { text, strlen(text) };
	struct kernel_use use;
	int definitions = 0;

	*found = (struct kernel_use){ 0 };
	while (kernel_source_next(&rest, name, &use)) {
		if (!use.body.at)
			continue;
		if (!definitions++)
			*found = use;
	}
	return definitions;
}

int kernel_source_count(struct kernel_slice list)
{
	int depth = 0, count = 0;

	for (size_t i = 0; i < list.length; i++) {
		depth += list.at[i] == '(';
		depth -= list.at[i] == ')';
		if (!count && list.at[i] != ' ')
			count = 1;
		count += list.at[i] == ',' && depth == 0;
	}
	return count;
}

struct kernel_slice kernel_source_last(struct kernel_slice list)
{
	int depth = 0;
	size_t start = 0;

	for (size_t i = 0; i < list.length; i++) {
		depth += list.at[i] == '(';
		depth -= list.at[i] == ')';
		if (list.at[i] == ',' && depth == 0)
			start = i + 1;
	}
	list.at += start;
	list.length -= start;
	while (list.length && *list.at == ' ')
		list.at++, list.length--;
	while (list.length && list.at[list.length - 1] == ' ')
		list.length--;
	return list;
}

bool kernel_slice_eat(struct kernel_slice *text, const char *word)
{
	size_t length = strlen(word);

	while (text->length && *text->at == ' ')
		text->at++, text->length--;
	if (text->length < length || memcmp(text->at, word, length) ||
	    (in_name(word[length - 1]) && text->length > length && in_name(text->at[length])))
		return false;
	text->at += length;
	text->length -= length;
	return true;
}

bool kernel_slice_is(struct kernel_slice slice, const char *text)
{
	return slice.length == strlen(text) && !memcmp(slice.at, text, slice.length);
}
