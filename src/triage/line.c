// SPDX-License-Identifier: GPL-2.0-only
/*
 * line.c: bytes into lines, without what terminals, pagers and web pages put into them
 */
#include <ctype.h>
#include <string.h>

#include "triage/triage.h"

/* "\033[32m" and "\033]0;title\a": where the sequence at @at ends. */
static const char *skip_escape(const char *at, const char *end)
{
	const char *from = at;

	if (at < end && *at == ']') {
		while (at < end && *at != '\a' && *at != '\033')
			at++;
		return at < end ? at + 1 : end;
	}
	if (at < end && *at == '[') {
		for (at++; at < end && ((*at >= '0' && *at <= '?') || *at == ' '); at++)
			;
		return at < end ? at + 1 : end;
	}
	return from < end ? from + 1 : end;
}

static const struct {
	const char *text;
	char is;
} entities[] = {
	{ "&lt;", '<' },   { "&gt;", '>' },  { "&amp;", '&' },	{ "&quot;", '"' },
	{ "&#39;", '\'' }, { "&#43;", '+' }, { "&#x2b;", '+' }, { "&nbsp;", ' ' },
	{ "&#160;", ' ' }, { "&#60;", '<' }, { "&#62;", '>' },	{ "&#x27;", '\'' },
	{ "&#91;", '[' },  { "&#93;", ']' },
};

static char entity_at(const char *at, size_t left, size_t *length)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++) {
		*length = strlen(entities[i].text);
		if (*length <= left && !memcmp(at, entities[i].text, *length))
			return entities[i].is;
	}
	return '\0';
}

/* Cleans in place; returns the new length. */
static size_t clean(char *line, size_t length)
{
	const char *const end = line + length, *at = line;
	char *to = line;

	while (at < end) {
		const unsigned char c = *at;
		size_t size;
		char one;

		if (c == '\033') {
			at = skip_escape(at + 1, end);
		} else if (c == '#' && end - at > 5 && !memcmp(at, "#033[", 5)) {
			at = skip_escape(at + 4, end);
		} else if (c == '#' && end - at >= 4 && !memcmp(at, "#011", 4)) {
			*to++ = '\t';
			at += 4;
		} else if (c == '^' && end - at > 3 && !memcmp(at, "^[[", 3)) {
			at = skip_escape(at + 2, end);
		} else if (c == '&' && (one = entity_at(at, end - at, &size))) {
			*to++ = one;
			at += size;
		} else if (c == 0xc2 && end - at > 1 && (unsigned char)at[1] == 0xa0) {
			*to++ = ' '; /* a space that does not break */
			at += 2;
		} else if (!memcmp("\xef\xbb\xbf", at, end - at < 3 ? end - at : 3) &&
			   end - at >= 3) {
			at += 3; /* a mark of the byte order */
		} else {
			if (c >= ' ' || c == '\t')
				*to++ = *at;
			at++;
		}
	}
	return to - line;
}

/* Only these bytes need the slow way. */
static bool needs_cleaning(const char *line, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = line[i];

		if ((c < ' ' && c != '\t') || c == '#' || c == '^' || c == '&' || c == 0xc2 ||
		    c == 0xef)
			return true;
	}
	return false;
}

static void deliver(struct triage_lines *lines)
{
	size_t length = lines->used;

	lines->used = 0;
	lines->cut = false;
	if (needs_cleaning(lines->line, length))
		length = clean(lines->line, length);
	while (length && isspace((unsigned char)lines->line[length - 1]))
		length--;
	lines->line[length] = '\0';
	if (length)
		lines->take(lines->context, lines->line, length);
}

static void keep(struct triage_lines *lines, const char *data, size_t size)
{
	const size_t room = TRIAGE_LINE_MAX - 1 - lines->used;

	if (size > room) {
		lines->cut = true;
		size = room;
	}
	memcpy(lines->line + lines->used, data, size);
	lines->used += size;
}

void triage_lines_feed(struct triage_lines *lines, const char *data, size_t size)
{
	const char *const end = data + size;

	while (data < end) {
		const char *next = memchr(data, '\n', end - data);
		const size_t length = (next ? next : end) - data;
		const char *const cr = memchr(data, '\r', length);

		if (cr) {
			keep(lines, data, cr - data);
			deliver(lines);
			data = cr + 1;
			continue;
		}
		keep(lines, data, length);
		if (!next)
			return;
		deliver(lines);
		data = next + 1;
	}
}

void triage_lines_end(struct triage_lines *lines)
{
	if (lines->used)
		deliver(lines);
}
