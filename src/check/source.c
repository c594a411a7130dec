// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c: just enough C to find a function in a file and what it calls
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check/source.h"

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

char *source_strip(const char *text)
{
	char *stripped = malloc(strlen(text) + 2), *to = stripped;
	bool line_start = true;

	while (stripped && *text) {
		if (text[0] == '/' && (text[1] == '*' || text[1] == '/')) {
			text = comment_skip(text);
			*to++ = ' ';
		} else if (*text == '"' || *text == '\'') {
			text = quote_skip(text);
			*to++ = '0';
			line_start = false;
		} else if (*text == '#' && line_start) {
			text = directive_skip(text);
			*to++ = '#';
		} else if (isspace((unsigned char)*text)) {
			line_start |= *text++ == '\n';
			if (to > stripped && to[-1] != ' ')
				*to++ = ' ';
		} else {
			*to++ = *text++;
			line_start = false;
		}
	}
	if (stripped)
		*to = '\0';
	return stripped;
}

/* What lies between the bracket at @open and its partner; .at is NULL if there is none. */
static struct slice enclosed(const char *open, const char *end, char left, char right)
{
	int depth = 0;

	for (const char *c = open; c < end; c++) {
		depth += *c == left;
		depth -= *c == right;
		if (depth == 0)
			return (struct slice){ open + 1, c - open - 1 };
	}
	return (struct slice){ 0 };
}

struct slice source_call(struct slice text, const char *name)
{
	const char *end = text.at + text.length, *at = text.at;
	size_t length = strlen(name);

	while (at && (at = memmem(at, end - at, name, length))) {
		const char *after = at + length;

		while (after < end && *after == ' ')
			after++;
		if ((at == text.at || !in_name(at[-1])) && after < end && *after == '(')
			return enclosed(after, end, '(', ')');
		at++;
	}
	return (struct slice){ 0 };
}

bool source_definition(const char *text, const char *name, struct slice *parameters,
		       struct slice *body)
{
	const char *end = text + strlen(text);
	struct slice rest = { text, end - text };

	while ((*parameters = source_call(rest, name)).at) {
		const char *after = parameters->at + parameters->length + 1;

		while (after < end && *after == ' ')
			after++;
		if (after < end && *after == '{') {
			*body = enclosed(after, end, '{', '}');
			return body->at;
		}
		rest = (struct slice){ after, end - after };
	}
	return false;
}

int source_count(struct slice list)
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

struct slice source_last(struct slice list)
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

bool slice_is(struct slice slice, const char *text)
{
	return slice.length == strlen(text) && !memcmp(slice.at, text, slice.length);
}
