/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gnuplot.h: gnuplot as a child process, and its SVG as part of a page
 */
#ifndef ICACHE_IPI_GNUPLOT_H
#define ICACHE_IPI_GNUPLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Colours are names of the page's style sheet. Scripts write GNUPLOT_COLOUR with the index of one;
 * gnuplot_embed() turns it into var(--NAME), so that a picture follows the page's scheme.
 */
extern const char *const gnuplot_colours[];
size_t gnuplot_colour(const char *name);
#define GNUPLOT_COLOUR "'#f000%02zx'"

/* One picture. @name makes its ids unique; @title and @description are for those who cannot see. */
struct picture {
	const char *name, *title, *description;
	int width, height;	/* in units of the SVG; a line of text is 13 of them */
	char *script;		/* gnuplot_open() and gnuplot_draw() make and free it */
	size_t script_length;
	/*
	 * Words that come from files. gnuplot never sees them, since its language runs commands:
	 * the script says "[[0]]", and words[0] takes its place in the finished picture.
	 */
	char *const *words;
	size_t words_count;
	size_t word_columns;	/* as many fit */
};

/*
 * Runs @program on @script, both ways through pipes, with none of the user's settings. Returns the
 * SVG, to be freed by the caller; or NULL, having said why.
 */
char *gnuplot_run(const char *program, const char *script, size_t length);

/* Writes @svg as the picture's element. False when it is not what gnuplot writes. */
bool gnuplot_embed(FILE *to, const char *svg, const struct picture *picture);

/*
 * Opens @picture's script and writes its head: the size, the axes and the grid in the page's
 * colours. NULL when out of memory, which gnuplot_draw() takes.
 */
FILE *gnuplot_open(struct picture *picture);

/* Closes the @script of gnuplot_open(), runs @program on it, embeds what comes out. */
bool gnuplot_draw(FILE *to, const char *program, struct picture *picture, FILE *script);

#endif
