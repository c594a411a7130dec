// SPDX-License-Identifier: GPL-2.0-only
/*
 * pictures.c: lines over CPUs, bars side by side, printed as SVG
 *
 * Units are those of the viewBox: letters are 13 high. Words go through report_printf_markup().
 */
#include <math.h>

#include "lib/text.h"
#include "report/pictures.h"
#include "report/text.h"

#define BAR_HEIGHT 46

/* The elements; @more: further attributes, as a literal. */
#define svg_line(x1, y1, x2, y2, colour, more) \
	fprintf(to, \
		"<line x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f' stroke='var(--%s)'" more "/>\n", \
		x1, y1, x2, y2, colour)
#define svg_box(x, y, width, height, colour) \
	fprintf(to, "<rect x='%.1f' y='%.1f' width='%.1f' height='%.1f' fill='var(--%s)'/>\n", x, \
		y, width, height, colour)
#define svg_text(x, y, colour, more, ...) \
	(fprintf(to, "<text x='%.1f' y='%.1f' fill='var(--%s)'" more ">", x, y, colour), \
	 report_printf_markup(to, __VA_ARGS__), fputs("</text>\n", to))
#define DASHED " stroke-width='1.5' stroke-dasharray='5 4'"
#define DOTTED " stroke-width='1.5' stroke-dasharray='1.5 3'"
#define END " text-anchor='end'"
#define MIDDLE " text-anchor='middle'"

#define for_each_kernel(report, kernel) \
	for (const struct report_kernel *kernel = (report)->kernels; \
	     kernel < (report)->kernels + (report)->kernels_count; kernel++)

/* Marks tell where colours do not: what they look like in text, and as a path of radius 1. */
#define MARKS 6
static const struct {
	const char *character, *path;
} marks[MARKS] = {
	{ "\xe2\x97\x8f", "M-1,0a1,1 0 1 0 2,0a1,1 0 1 0 -2,0z" },    /* U+25CF circle */
	{ "\xe2\x96\xa0", "M-.9-.9h1.8v1.8h-1.8z" },		      /* U+25A0 square */
	{ "\xe2\x96\xb2", "M0-1.1L1.1.8H-1.1z" },		      /* U+25B2 triangle */
	{ "\xe2\x97\x86", "M0-1.2L1.2,0L0,1.2L-1.2,0z" },	      /* U+25C6 diamond */
	{ "\xe2\x96\xbc", "M0,1.1L1.1-.8H-1.1z" },		      /* U+25BC triangle down */
	{ "\xe2\xac\x9f", "M0-1.1L1.05-.34L.65.89H-.65L-1.05-.34z" }, /* U+2B1F pentagon */
};

const char *report_mark(size_t index)
{
	return marks[index % MARKS].character;
}

/* kernel/watchdog.c counts in units of 2^30 ns, and looks every 0.4 x watchdog_thresh. */
#define UNIT_S 1.074

double report_lockup_certain(unsigned int watchdog_thresh)
{
	return (2 * watchdog_thresh + 1) * UNIT_S + 0.4 * watchdog_thresh;
}

double report_lockup_impossible(unsigned int watchdog_thresh)
{
	return 2 * watchdog_thresh * UNIT_S - 0.4 * watchdog_thresh;
}

/* Begins a picture and its description. @name makes its ids unique. */
static void open_svg(FILE *to, const char *name, const char *title, size_t height)
{
	fprintf(to,
		"<svg viewBox='0 0 420 %zu' font-size='13' role='img' "
		"aria-labelledby='%s-title %s-desc'>\n<title id='%s-title'>%s</title>\n"
		"<desc id='%s-desc'>",
		height, name, name, name, title, name);
}

/* Where the plot is in a chart 280 high. */
#define LEFT 63.
#define RIGHT 407.
#define TOP 34.
#define BOTTOM 224.

struct chart {
	const struct report *report;
	enum report_quantity quantity;
	double right, top; /* the values at those edges */
};

static const struct {
	const char *name, *title, *x_axis, *y_axis;
} chart_words[] = {
	[REPORT_IPIS] = { "ipis", "Interrupts per huge page against CPUs", "CPUs online",
			  "interrupts" },
	[REPORT_STALLS] = { "stalls", "Worst split against CPUs that split at once",
			    "CPUs that split at the same moment", "seconds" },
};

/* What @kernel has at @cpus, or less than 0. */
static double value_at(const struct chart *chart, const struct report_kernel *kernel,
		       unsigned int cpus)
{
	const struct report *report = chart->report;
	const size_t run = kernel->busiest;
	const struct row *row;

	if (chart->quantity == REPORT_STALLS) {
		row = report_find_row(&report->results[run], "split", cpus);
		return row && report->summaries[run].complete ? row->worst_ns / 1e9 : -1;
	}
	for (size_t i = 0; i < kernel->runs_count; i++)
		if (report->results[kernel->runs[i]].cpus == cpus &&
		    report->summaries[kernel->runs[i]].complete)
			return report->summaries[kernel->runs[i]].per_huge_page;
	return -1;
}

#define for_each_point(chart, kernel, x, y) \
	for (unsigned int x = 1; x <= RESULT_CPUS_MAX; x++) \
		for (double y = value_at(chart, kernel, x); y >= 0; y = -1)

static double place_x(const struct chart *chart, double x)
{
	return LEFT + x / chart->right * (RIGHT - LEFT);
}

static double place_y(const struct chart *chart, double y)
{
	return BOTTOM - y / chart->top * (BOTTOM - TOP);
}

/* A round step that makes at most five of @most: 1, 2 or 5 times a power of ten. */
static double round_step(double most)
{
	const double power = pow(10, floor(log10(most / 5)));
	const double rest = most / 5 / power;

	return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void draw_y_axis(FILE *to, const struct chart *chart)
{
	const double step = round_step(chart->top);
	char digits[32];

	for (int i = 0; i * step <= chart->top; i++) {
		const double y = place_y(chart, i * step);

		snprintf(digits, sizeof(digits), "%g", i * step);
		if (step >= 1)
			text_digits(i * step + 0.5, digits);
		svg_line(LEFT - 4, y, RIGHT, y, "rule", "");
		svg_text(LEFT - 12, y + 4.5, "muted", END, "%s", digits);
	}
	svg_text(8., 16., "muted", "", "%s", chart_words[chart->quantity].y_axis);
}

/* Tics where points are, from the largest down, as long as they keep their distance. */
static void draw_x_axis(FILE *to, const struct chart *chart)
{
	bool measured[RESULT_CPUS_MAX + 1] = { false };
	double last = INFINITY;

	for_each_kernel(chart->report, kernel)
		for_each_point(chart, kernel, x, y)
			measured[x] = true;
	for (unsigned int x = RESULT_CPUS_MAX; x; x--) {
		const double at = place_x(chart, x);

		if (!measured[x] || last - at < 20)
			continue;
		svg_line(at, BOTTOM, at, BOTTOM + 4, "muted", "");
		svg_text(at, BOTTOM + 23, "muted", MIDDLE, "%u", x);
		last = at;
	}
	svg_line(LEFT, BOTTOM, RIGHT, BOTTOM, "muted", "");
	svg_line(LEFT, TOP, LEFT, BOTTOM, "muted", "");
	svg_text((LEFT + RIGHT) / 2, BOTTOM + 44, "muted", MIDDLE, "%s",
		 chart_words[chart->quantity].x_axis);
}

/* From where the soft-lockup detector reports for certain, and below which it never does. */
static void draw_threshold(FILE *to, const struct chart *chart, unsigned int threshold, bool second)
{
	const double certain = report_lockup_certain(threshold), high = place_y(chart, certain);
	const double never = report_lockup_impossible(threshold), low = place_y(chart, never);

	svg_box(LEFT, high, RIGHT - LEFT, low - high, "band");
	svg_line(LEFT, low, RIGHT, low, "certain", DOTTED);
	svg_line(LEFT, high, RIGHT, high, "certain", DASHED);
	svg_text(RIGHT - 6, low + 17, "certain", END, "none below %.1f s", never);
	if (second)
		svg_text(LEFT + 6, high - 7, "certain", "", "with watchdog_thresh %u from %.1f s",
			 threshold, certain);
	else
		svg_text(LEFT + 6, high - 7, "certain", "", "soft lockup from %.1f s", certain);
}

/* Kernels that fall on the same points stay visible: later ones are smaller and on top. */
static void draw_line(FILE *to, const struct chart *chart, const struct report_kernel *kernel)
{
	const size_t index = kernel - chart->report->kernels;
	const char *kind = report_kernel_kind(chart->report, kernel);

	fputs("<polyline points='", to);
	for_each_point(chart, kernel, x, y)
		fprintf(to, " %.1f,%.1f", place_x(chart, x), place_y(chart, y));
	fprintf(to, "' fill='none' stroke='var(--%s)' stroke-width='2'/>\n", kind);
	for_each_point(chart, kernel, x, y)
		fprintf(to,
			"<path transform='translate(%.1f %.1f) scale(%.1f)' d='%s' fill='var(--%s)'/>\n",
			place_x(chart, x), place_y(chart, y), index < 4 ? 6. - index : 2.5,
			marks[index % MARKS].path, kind);
}

/* The soft-lockup detector's threshold for what the chart shows of @kernel; 0: none. */
static unsigned int threshold_of(const struct chart *chart, const struct report_kernel *kernel)
{
	const struct report *report = chart->report;

	if (chart->quantity != REPORT_STALLS || !report->summaries[kernel->busiest].complete)
		return 0;
	return report->results[kernel->busiest].watchdog_thresh;
}

void report_draw_chart(FILE *to, const struct report *report, enum report_quantity quantity)
{
	struct chart chart = { .report = report, .quantity = quantity };
	bool drawn = false;

	open_svg(to, chart_words[quantity].name, chart_words[quantity].title, 280);
	fprintf(to, "%s, at %s", chart_words[quantity].y_axis, chart_words[quantity].x_axis);
	for_each_kernel(report, kernel) {
		const unsigned int threshold = threshold_of(&chart, kernel);
		const char *before = ":";

		report_printf_markup(to, "; %s", report->results[kernel->widest].label);
		for_each_point(&chart, kernel, x, y) {
			fprintf(to, "%s %.6g at %u", before, y, x);
			before = ",";
			chart.right = fmax(chart.right, x * 1.04);
			chart.top = fmax(chart.top, y * 1.1);
		}
		if (threshold)
			chart.top = fmax(chart.top, report_lockup_certain(threshold) * 1.1);
	}
	fputs("</desc>\n", to);
	chart.top = chart.top > 0 ? chart.top : 1;
	draw_y_axis(to, &chart);
	for_each_kernel(report, kernel) {
		const unsigned int threshold = threshold_of(&chart, kernel);
		const struct report_kernel *same = report->kernels;

		while (same < kernel && threshold_of(&chart, same) != threshold)
			same++;
		if (threshold && same == kernel)
			draw_threshold(to, &chart, threshold, drawn);
		drawn |= threshold > 0;
	}
	draw_x_axis(to, &chart);
	for_each_kernel(report, kernel)
		draw_line(to, &chart, kernel);
	fputs("</svg>\n", to);
}

bool report_chart_worth(const struct report *report, enum report_quantity quantity)
{
	const struct chart chart = { .report = report, .quantity = quantity };

	for_each_kernel(report, kernel) {
		size_t points = 0;

		for_each_point(&chart, kernel, x, y)
			points++;
		if (points > 1)
			return true;
	}
	return false;
}

void report_draw_bars(FILE *to, const char *name, const char *title, const struct report_bar *bars,
		      size_t count)
{
	double most = 0;

	open_svg(to, name, title, BAR_HEIGHT * count);
	for (size_t i = 0; i < count; i++) {
		report_printf_markup(to, "%s%s: %s", i ? "; " : "", bars[i].words, bars[i].number);
		most = fmax(most, bars[i].value);
	}
	fputs("</desc>\n", to);
	for (size_t i = 0; i < count; i++) {
		const double y = BAR_HEIGHT * i, width = most > 0 ? bars[i].value / most * 340 : 0;

		fprintf(to, "<text y='%.0f' fill='var(--ink)'>", y + 16);
		report_print_markup_short(to, bars[i].words, 48);
		fputs("</text>\n", to);
		svg_box(1., y + 22, width, 16., bars[i].kind);
		svg_line(1., y + 20, 1., y + 40, "muted", " stroke-width='2'");
		svg_text(width + 8, y + 35, "ink", "", "%s", bars[i].number);
	}
	fputs("</svg>\n", to);
}
