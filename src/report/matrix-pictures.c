// SPDX-License-Identifier: GPL-2.0-only
/*
 * matrix-pictures.c: a matrix over its CPUs, both axes in logarithms
 *
 * Colours say what a kernel is, marks its page size. Every cell is a point; nothing is averaged.
 */
#include <string.h>

#include "report/gnuplot.h"
#include "report/matrix-pictures.h"

static const char *const kinds[] = { "affected", "posted", "merged" };
static const struct {
	const char *pages;
	int type;		/* gnuplot's: circle, square, triangle, all filled */
} sizes[] = { { "4K", 7 }, { "16K", 9 }, { "64K", 5 } };

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static double ipis_of(const struct cell *cell)
{
	return cell->summary.complete ? (double)cell->summary.per_huge_page : -1;
}

static double seconds_of(const struct cell *cell)
{
	return cell->cost.cpu_s;
}

static bool belongs(const struct cell *cell, size_t kind, size_t size)
{
	return !strcmp(cell->expected, kinds[kind]) && !strcmp(cell->pages, sizes[size].pages);
}

static bool any_point(const struct matrix *matrix, matrix_value value, size_t kind, size_t size)
{
	for (size_t i = 0; i < matrix->count; i++)
		if (belongs(&matrix->cells[i], kind, size) && value(&matrix->cells[i]) > 0)
			return true;
	return false;
}

static void script_axes(FILE *script, const char *y_axis)
{
	const size_t muted = gnuplot_colour("muted");

	fprintf(script, "set logscale xy\nset xtics (1,2,4,8,16,32,64,128,256,512)\n"
		"set ytics format '%%.0f'\nset offsets graph 0.04, graph 0.04, graph 0.08, 0\n"
		"set xlabel 'CPUs' offset 0,0.5 textcolor rgb " GNUPLOT_COLOUR "\n"
		"set label '%s' at screen 0.02, screen 0.95 left textcolor rgb " GNUPLOT_COLOUR
		"\nset lmargin at screen 0.16\nset rmargin at screen 0.97\n"
		"set tmargin at screen 0.88\nset bmargin at screen 0.2\n", muted, y_axis, muted);
}

static void script_points(FILE *script, const struct matrix *matrix, matrix_value value)
{
	const char *between = "plot";

	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t size = 0; size < SIZES; size++) {
			if (!any_point(matrix, value, kind, size))
				continue;
			fprintf(script, "%s '-' using 1:2 with points lw 2 pt %d ps %.1f lc rgb "
				GNUPLOT_COLOUR, between, sizes[size].type, 1.1 - 0.2 * kind,
				gnuplot_colour(kinds[kind]));
			between = ",";
		}
	fputc('\n', script);
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t size = 0; size < SIZES; size++) {
			if (!any_point(matrix, value, kind, size))
				continue;
			for (size_t i = 0; i < matrix->count; i++)
				if (belongs(&matrix->cells[i], kind, size) &&
				    value(&matrix->cells[i]) > 0)
					fprintf(script, "%u %.9g\n", matrix->cells[i].cpus,
						value(&matrix->cells[i]));
			fputs("e\n", script);
		}
}

static bool worth(const struct matrix *matrix, matrix_value value)
{
	unsigned int cpus = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		if (value(&matrix->cells[i]) <= 0)
			continue;
		if (cpus && cpus != matrix->cells[i].cpus)
			return true;
		cpus = matrix->cells[i].cpus;
	}
	return false;
}

static bool draw(FILE *to, const struct matrix *matrix, matrix_value value,
		 struct picture *picture, const char *y_axis, const char *gnuplot)
{
	FILE *script;

	picture->width = MATRIX_PICTURE_WIDTH;
	picture->height = MATRIX_PICTURE_HEIGHT;
	script = gnuplot_open(picture);
	if (script) {
		script_axes(script, y_axis);
		script_points(script, matrix, value);
	}
	return gnuplot_draw(to, gnuplot, picture, script);
}

bool matrix_ipis_worth(const struct matrix *matrix)
{
	return worth(matrix, ipis_of);
}

bool matrix_draw_ipis(FILE *to, const struct matrix *matrix, const char *gnuplot)
{
	struct picture picture = {
		.name = "ipis", .title = "Interrupts per huge page against CPUs",
		.description = "Cells that cost none are not drawn; the table has all numbers",
	};

	return draw(to, matrix, ipis_of, &picture, "interrupts", gnuplot);
}

bool matrix_cost_worth(const struct matrix *matrix)
{
	return worth(matrix, seconds_of);
}

bool matrix_draw_cost(FILE *to, const struct matrix *matrix, const char *gnuplot)
{
	struct picture picture = {
		.name = "cost", .title = "CPU seconds of a guest against its CPUs",
		.description = "The table of costs has all numbers",
	};

	return draw(to, matrix, seconds_of, &picture, "CPU seconds", gnuplot);
}
