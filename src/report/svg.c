// SPDX-License-Identifier: GPL-2.0-only
/*
 * svg.c: gnuplot's SVG as part of a page
 *
 * A standalone document becomes an element: its ids get a prefix, its colours become those of the
 * page, fonts are inherited, and what says when or by which version it was drawn goes.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "report/gnuplot.h"
#include "report/text.h"

#define DEPTH_MAX 32

const char *const gnuplot_colours[] = {
	"ink", "muted", "rule", "affected", "posted", "merged", "fixed", "mitigated", "dormant",
	"unknown", "certain", "band", "broadcasts", "waits", "kernel", "user", "idle",
	"unreadable", NULL
};

size_t gnuplot_colour(const char *name)
{
	size_t i = 0;

	while (gnuplot_colours[i] && strcmp(gnuplot_colours[i], name))
		i++;
	return gnuplot_colours[i] ? i : 0;
}

struct embedding {
	FILE *to;
	const struct picture *picture;
	/* Groups that have not been written since nothing is in them yet: most stay empty. */
	char *groups[DEPTH_MAX];
	bool written[DEPTH_MAX];
	int depth;
	bool in_text;
};

/* A span of the SVG. */
struct span {
	const char *start;
	size_t length;
};

static bool span_is(struct span span, const char *text)
{
	return span.length == strlen(text) && !memcmp(span.start, text, span.length);
}

/* "rgb(240, 0, 3)" is GNUPLOT_COLOUR 3; black and gray are gnuplot's own lines and letters. */
static void write_colour(FILE *to, struct span value)
{
	unsigned int red, green, blue, count = 0;
	char text[64];

	snprintf(text, sizeof(text), "%.*s", (int)value.length, value.start);
	while (gnuplot_colours[count])
		count++;
	if (sscanf(text, "rgb(%u ,%u ,%u )", &red, &green, &blue) == 3 && red == 0xf0 && !green &&
	    blue < count)
		fprintf(to, "var(--%s)", gnuplot_colours[blue]);
	else if (!strcmp(text, "black"))
		fputs("var(--ink)", to);
	else if (!strcmp(text, "gray"))
		fputs("var(--rule)", to);
	else
		fputs(text, to);
}

static void write_attribute(const struct embedding *svg, FILE *to, struct span name,
			    struct span value)
{
	if (span_is(name, "font-family") || span_is(name, "class") || span_is(name, "xml:space"))
		return;
	/* Groups have names that nothing refers to; marks have ones that are used. */
	if (span_is(name, "id") && value.length > 7 && !memcmp(value.start, "gnuplot", 7))
		return;
	if (span_is(name, "xlink:href"))
		fputs(" href=\"", to);
	else
		fprintf(to, " %.*s=\"", (int)name.length, name.start);
	if (span_is(name, "id")) {
		fprintf(to, "%s-%.*s", svg->picture->name, (int)value.length, value.start);
	} else if (span_is(name, "xlink:href") && value.length && *value.start == '#') {
		fprintf(to, "#%s-%.*s", svg->picture->name, (int)value.length - 1,
			value.start + 1);
	} else if (span_is(name, "fill") || span_is(name, "stroke") || span_is(name, "color")) {
		write_colour(to, value);
	} else {
		while (value.length && isspace((unsigned char)value.start[value.length - 1]))
			value.length--;
		fwrite(value.start, 1, value.length, to);
	}
	fputc('"', to);
}

/* Writes the attributes from @at on, up to '>' or '/>', which is returned; NULL: not XML. */
static const char *write_attributes(const struct embedding *svg, FILE *to, const char *at)
{
	for (;;) {
		struct span name, value;

		at += strspn(at, " \t\r\n");
		if (*at == '>' || !strncmp(at, "/>", 2))
			return at;
		name.start = at;
		name.length = strcspn(at, " \t\r\n=<>/\"'");
		at += name.length;
		at += strspn(at, " \t\r\n");
		if (!name.length || *at++ != '=')
			return NULL;
		at += strspn(at, " \t\r\n");
		if (*at != '"' && *at != '\'')
			return NULL;
		value.start = at + 1;
		at = strchr(value.start, *at);
		if (!at)
			return NULL;
		value.length = at++ - value.start;
		write_attribute(svg, to, name, value);
	}
}

static void write_open_groups(struct embedding *svg)
{
	for (int i = 0; i < svg->depth; i++)
		if (!svg->written[i]) {
			fprintf(svg->to, "<g%s>\n", svg->groups[i]);
			svg->written[i] = true;
		}
}

/* "<g ...>" is held back; @at is behind its name. */
static const char *open_group(struct embedding *svg, const char *at)
{
	char *attributes = NULL;
	size_t size;
	FILE *held;

	if (svg->depth == DEPTH_MAX)
		return NULL;
	held = open_memstream(&attributes, &size);
	if (!held)
		return NULL;
	at = write_attributes(svg, held, at);
	fclose(held);
	svg->groups[svg->depth] = attributes;
	svg->written[svg->depth++] = false;
	return at;
}

static bool close_group(struct embedding *svg)
{
	if (!svg->depth)
		return false;
	svg->depth--;
	if (svg->written[svg->depth])
		fputs("</g>\n", svg->to);
	free(svg->groups[svg->depth]);
	return true;
}

/* An element whose content is of no use here: returns what follows it. */
static const char *skip_element(const char *at, struct span name)
{
	char end[32];
	const char *close = strchr(at, '>');

	if (!close || close[-1] == '/')
		return close ? close + 1 : NULL;
	snprintf(end, sizeof(end), "</%.*s>", (int)name.length, name.start);
	close = strstr(at, end);
	return close ? close + strlen(end) : NULL;
}

static bool is_dropped(struct span name)
{
	return span_is(name, "title") || span_is(name, "desc") || span_is(name, "filter") ||
	       span_is(name, "style") || span_is(name, "script") || span_is(name, "a");
}

/* The tag at @at, "<" included; returns what follows it. */
static const char *take_tag(struct embedding *svg, const char *at)
{
	const bool closing = at[1] == '/';
	struct span name = { .start = at + 1 + closing };

	name.length = strspn(name.start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	if (!name.length)
		return NULL;
	at = name.start + name.length;
	if (is_dropped(name))
		return closing ? NULL : skip_element(at, name);
	if (closing && span_is(name, "g"))
		return *at == '>' && close_group(svg) ? at + 1 : NULL;
	if (closing) {
		fprintf(svg->to, "</%.*s>\n", (int)name.length, name.start);
		svg->in_text &= !span_is(name, "text");
		return *at == '>' ? at + 1 : NULL;
	}
	if (span_is(name, "g")) {
		at = open_group(svg, at);
		return at && *at == '>' ? at + 1 : NULL;
	}
	write_open_groups(svg);
	fprintf(svg->to, "<%.*s", (int)name.length, name.start);
	at = write_attributes(svg, svg->to, at);
	if (!at)
		return NULL;
	svg->in_text |= span_is(name, "text") && *at == '>';
	fputs(*at == '/' ? "/>\n" : ">", svg->to);
	return at + (*at == '/' ? 2 : 1);
}

/* Letters up to the next tag, with the words of the picture in their places. */
static const char *take_text(struct embedding *svg, const char *at)
{
	const struct picture *picture = svg->picture;

	if (!svg->in_text)
		return at + strcspn(at, "<");
	at += strspn(at, " \t\r\n");
	while (*at && *at != '<') {
		size_t index;
		int length = 0;

		if (sscanf(at, "[[%zu]]%n", &index, &length) == 1 && length &&
		    index < picture->words_count) {
			report_print_markup_short(svg->to, picture->words[index],
						picture->word_columns);
			at += length;
		} else {
			fputc(*at++, svg->to);
		}
	}
	return at;
}

static void open_svg(const struct embedding *svg)
{
	const struct picture *picture = svg->picture;

	fprintf(svg->to, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"%s-title "
		"%s-desc\">\n<title id=\"%s-title\">", picture->width, picture->height,
		picture->name, picture->name, picture->name);
	report_print_markup(svg->to, picture->title);
	fprintf(svg->to, "</title>\n<desc id=\"%s-desc\">", picture->name);
	report_print_markup(svg->to, picture->description);
	fputs("</desc>\n", svg->to);
}

bool gnuplot_embed(FILE *to, const char *text, const struct picture *picture)
{
	struct embedding svg = { .to = to, .picture = picture };
	const char *at = strstr(text, "<svg");

	at = at ? strchr(at, '>') : NULL;
	if (!at)
		return false;
	at++;
	open_svg(&svg);
	while (at && *at && strncmp(at, "</svg", 5)) {
		if (!strncmp(at, "<!--", 4)) {
			at = strstr(at, "-->");
			at = at ? at + 3 : NULL;
		} else if (*at == '<') {
			at = take_tag(&svg, at);
		} else {
			at = take_text(&svg, at);
		}
	}
	fputs("</svg>\n", to);
	if (at && *at && !svg.depth)
		return true;
	while (svg.depth)
		free(svg.groups[--svg.depth]);
	return false;
}
