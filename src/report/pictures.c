// SPDX-License-Identifier: GPL-2.0-only
/*
 * pictures.c: lines over CPUs, bars side by side
 */
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/text.h"
#include "report/census.h"
#include "report/gnuplot.h"
#include "report/pictures.h"
#include "report/text.h"

#define WIDTH 420
#define POINTS_MAX (RESULT_ROWS_MAX > RESULTS_MAX ? RESULT_ROWS_MAX : RESULTS_MAX)
#define BARS_MAX 64
#define CENSUS_BARS_MAX 12

/* kernel/watchdog.c counts in units of 2^30 ns, and looks every 0.4 x watchdog_thresh. */
#define UNIT_S 1.074

double pictures_lockup_certain(unsigned int watchdog_thresh)
{
	return (2 * watchdog_thresh + 1) * UNIT_S + 0.4 * watchdog_thresh;
}

double pictures_lockup_impossible(unsigned int watchdog_thresh)
{
	return 2 * watchdog_thresh * UNIT_S - 0.4 * watchdog_thresh;
}

/* gnuplot's point types and what looks like them in text; they tell where colours do not. */
static const struct {
	int type;
	const char *character;
} marks[] = {
	{ 7, "\xe2\x97\x8f" },	/* U+25CF circle */
	{ 5, "\xe2\x96\xa0" },	/* U+25A0 square */
	{ 9, "\xe2\x96\xb2" },	/* U+25B2 triangle */
	{ 13, "\xe2\x97\x86" },	/* U+25C6 diamond */
	{ 11, "\xe2\x96\xbc" },	/* U+25BC triangle down */
	{ 15, "\xe2\xac\x9f" },	/* U+2B1F pentagon */
};

#define MARKS (sizeof(marks) / sizeof(marks[0]))

const char *pictures_mark(size_t index)
{
	return marks[index % MARKS].character;
}

struct point {
	double x, y;
};

/* One kernel's points, sorted by x. */
struct series {
	const char *kind;
	size_t mark;
	struct point points[POINTS_MAX];
	size_t count;
};

struct chart {
	const char *name, *title, *x_axis, *y_axis;
	struct series series[RESULTS_MAX];
	size_t count;
	double x_most, y_most;
	unsigned int thresholds[2];	/* of the soft-lockup detector, whose lines are drawn */
	size_t thresholds_count;
	char *description;
	size_t description_size;
	FILE *describe;
};

static void series_add(struct series *series, double x, double y)
{
	size_t at = series->count;

	if (series->count == POINTS_MAX)
		return;
	for (; at && series->points[at - 1].x > x; at--)
		series->points[at] = series->points[at - 1];
	series->points[at] = (struct point){ x, y };
	series->count++;
}

/* A round step that makes at most five of @most: 1, 2 or 5 times a power of ten. */
static double round_step(double most)
{
	const double power = pow(10, floor(log10(most / 5)));
	const double rest = most / 5 / power;

	return power * (rest <= 1 ? 1 : rest <= 2 ? 2 : rest <= 5 ? 5 : 10);
}

static void script_colour(FILE *script, const char *name)
{
	fprintf(script, " rgb " GNUPLOT_COLOUR, gnuplot_colour(name));
}

static void script_y_axis(FILE *script, const struct chart *chart, double top)
{
	const double step = round_step(top);
	char digits[32];

	fprintf(script, "set yrange [0:%.9g]\nset ytics (", top);
	for (int i = 0; i * step <= top * 1.0001; i++) {
		if (step >= 1)
			report_digits(i * step + 0.5, digits);
		else
			snprintf(digits, sizeof(digits), "%g", i * step);
		fprintf(script, "%s'%s' %.9g", i ? "," : "", digits, i * step);
	}
	fprintf(script, ")\nset label '%s' at screen 0.02, screen 0.95 left textcolor",
		chart->y_axis);
	script_colour(script, "muted");
	fputc('\n', script);
}

/* Tics where points are, from the largest down, as long as they keep their distance. */
static void script_x_axis(FILE *script, const struct chart *chart)
{
	bool measured[RESULT_CPUS_MAX + 1] = { false };
	unsigned int last = 0;

	for (size_t i = 0; i < chart->count; i++)
		for (size_t j = 0; j < chart->series[i].count; j++)
			measured[(unsigned int)chart->series[i].points[j].x] = true;
	fprintf(script, "set xrange [0:%.9g]\nset xlabel '%s' offset 0,0.5 textcolor",
		chart->x_most * 1.04, chart->x_axis);
	script_colour(script, "muted");
	fputs("\nset xtics (", script);
	for (unsigned int x = RESULT_CPUS_MAX; x; x--) {
		if (!measured[x] || (last && last - x < chart->x_most * 0.06))
			continue;
		fprintf(script, "%s'%u' %u", last ? "," : "", x, x);
		last = x;
	}
	fputs(")\n", script);
}

static void script_threshold(FILE *script, double seconds, const char *word, bool certain)
{
	fprintf(script, "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead lt 1 "
		"dt %d lw 1.5 lc", seconds, seconds, certain ? 2 : 3);
	script_colour(script, "certain");
	if (certain)
		fprintf(script, "\nset label '%s %.1f s' at graph 0.02, first %.9g left "
			"offset 0,0.6 textcolor", word, seconds, seconds);
	else
		fprintf(script, "\nset label '%s %.1f s' at graph 0.98, first %.9g right "
			"offset 0,-0.7 textcolor", word, seconds, seconds);
	script_colour(script, "certain");
	fputc('\n', script);
}

/* Where the soft-lockup detector reports for certain; of one threshold also where it never does. */
static void script_thresholds(FILE *script, const struct chart *chart)
{
	const double certain = pictures_lockup_certain(chart->thresholds[0]);
	const double impossible = pictures_lockup_impossible(chart->thresholds[0]);
	char word[64];

	if (chart->thresholds_count == 1) {
		fprintf(script, "set object rectangle from graph 0, first %.9g to graph 1, "
			"first %.9g behind fillstyle solid noborder fillcolor", impossible,
			certain);
		script_colour(script, "band");
		fputc('\n', script);
		script_threshold(script, impossible, "none below", false);
		script_threshold(script, certain, "soft lockup from", true);
		return;
	}
	for (size_t i = 0; i < chart->thresholds_count; i++) {
		snprintf(word, sizeof(word), "watchdog_thresh %u: from",
			 chart->thresholds[i]);
		script_threshold(script, pictures_lockup_certain(chart->thresholds[i]), word, true);
	}
}

/* Kernels that fall on the same points stay visible: later ones are smaller and on top. */
static void script_series(FILE *script, const struct chart *chart)
{
	fputs("plot", script);
	for (size_t i = 0; i < chart->count; i++) {
		const struct series *series = &chart->series[i];

		fprintf(script, "%s '-' using 1:2 with linespoints lt 1 lw 2 pt %d ps %.1f lc",
			i ? "," : "", marks[series->mark % MARKS].type,
			i < 4 ? 1.2 - 0.2 * i : 0.5);
		script_colour(script, series->kind);
	}
	fputc('\n', script);
	for (size_t i = 0; i < chart->count; i++) {
		for (size_t j = 0; j < chart->series[i].count; j++)
			fprintf(script, "%.9g %.9g\n", chart->series[i].points[j].x,
				chart->series[i].points[j].y);
		fputs("e\n", script);
	}
}

static double chart_top(const struct chart *chart)
{
	double top = chart->y_most;

	for (size_t i = 0; i < chart->thresholds_count; i++)
		top = fmax(top, pictures_lockup_certain(chart->thresholds[i]));
	return top > 0 ? top * 1.1 : 1;
}

static void script_chart(FILE *script, const struct chart *chart)
{
	fputs("set lmargin at screen 0.15\nset rmargin at screen 0.97\n"
	      "set tmargin at screen 0.88\nset bmargin at screen 0.2\n", script);
	script_y_axis(script, chart, chart_top(chart));
	script_x_axis(script, chart);
	if (chart->thresholds_count)
		script_thresholds(script, chart);
	script_series(script, chart);
}

static bool chart_draw(FILE *to, const struct chart *chart, const char *gnuplot)
{
	struct picture picture = {
		.name = chart->name, .title = chart->title, .description = chart->description,
		.width = WIDTH, .height = 280,
	};
	FILE *script = gnuplot_open(&picture);

	if (script)
		script_chart(script, chart);
	return gnuplot_draw(to, gnuplot, &picture, script);
}

static struct chart *chart_new(const char *name, const char *title, const char *x_axis,
			       const char *y_axis)
{
	struct chart *chart = calloc(1, sizeof(*chart));

	if (!chart)
		return NULL;
	chart->name = name;
	chart->title = title;
	chart->x_axis = x_axis;
	chart->y_axis = y_axis;
	chart->describe = open_memstream(&chart->description, &chart->description_size);
	if (chart->describe)
		return chart;
	free(chart);
	return NULL;
}

/* Closes the description, draws, frees. */
static bool chart_finish(FILE *to, struct chart *chart, const char *gnuplot)
{
	bool drawn;

	fclose(chart->describe);
	drawn = chart_draw(to, chart, gnuplot);
	free(chart->description);
	free(chart);
	return drawn;
}

/* Counts @series in, which was filled in place at the end of @chart, and describes it. */
static void chart_take(struct chart *chart, const char *label, const char *unit)
{
	struct series *series = &chart->series[chart->count];

	if (!series->count)
		return;
	fprintf(chart->describe, "%s%s:", chart->count ? "; " : "", label);
	for (size_t i = 0; i < series->count; i++) {
		fprintf(chart->describe, "%s %.6g%s at %.0f", i ? "," : "", series->points[i].y,
			unit, series->points[i].x);
		chart->x_most = fmax(chart->x_most, series->points[i].x);
		chart->y_most = fmax(chart->y_most, series->points[i].y);
	}
	chart->count++;
}

static size_t count_complete(const struct report *report, const struct kernel *kernel)
{
	size_t count = 0;

	for (size_t i = 0; i < kernel->runs_count; i++)
		count += report->summaries[kernel->runs[i]].complete;
	return count;
}

bool pictures_ipis_worth(const struct report *report)
{
	for (size_t i = 0; i < report->kernels_count; i++)
		if (count_complete(report, &report->kernels[i]) > 1)
			return true;
	return false;
}

bool pictures_draw_ipis(FILE *to, const struct report *report, const char *gnuplot)
{
	struct chart *chart = chart_new("ipis", "Interrupts per huge page against CPUs",
					"CPUs online", "interrupts");

	if (!chart)
		return false;
	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct kernel *kernel = &report->kernels[i];
		struct series *series = &chart->series[chart->count];

		series->kind = kernel_kind(report, kernel);
		series->mark = i;
		for (size_t j = 0; j < kernel->runs_count; j++) {
			const struct summary *summary = &report->summaries[kernel->runs[j]];

			if (summary->complete)
				series_add(series, report->results[kernel->runs[j]].cpus,
					   summary->per_huge_page);
		}
		chart_take(chart, report->results[kernel->widest].label, "");
	}
	return chart_finish(to, chart, gnuplot);
}

/* The rows of one run in which CPUs split huge pages at once, and that of a single CPU. */
static void series_add_stalls(struct series *series, const struct result *result)
{
	for (uint64_t at_once = 1; at_once <= RESULT_CPUS_MAX; at_once++) {
		const struct row *row = summary_find_row(result, "split", at_once);

		if (row)
			series_add(series, at_once, row->worst_ns / 1e9);
	}
}

bool pictures_stalls_worth(const struct report *report)
{
	for (size_t i = 0; i < report->kernels_count; i++)
		if (report->summaries[report->kernels[i].busiest].complete &&
		    report->summaries[report->kernels[i].busiest].at_once > 1)
			return true;
	return false;
}

static void chart_add_threshold(struct chart *chart, unsigned int threshold)
{
	const size_t most = sizeof(chart->thresholds) / sizeof(chart->thresholds[0]);

	for (size_t i = 0; i < chart->thresholds_count; i++)
		if (chart->thresholds[i] == threshold)
			return;
	if (threshold && chart->thresholds_count < most)
		chart->thresholds[chart->thresholds_count++] = threshold;
}

bool pictures_draw_stalls(FILE *to, const struct report *report, const char *gnuplot)
{
	struct chart *chart = chart_new("stalls", "Worst split against CPUs that split at once",
					"CPUs that split at the same moment", "seconds");

	if (!chart)
		return false;
	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct result *result = &report->results[report->kernels[i].busiest];
		struct series *series = &chart->series[chart->count];

		if (!report->summaries[report->kernels[i].busiest].complete)
			continue;
		series->kind = kernel_kind(report, &report->kernels[i]);
		series->mark = i;
		series_add_stalls(series, result);
		chart_add_threshold(chart, result->watchdog_thresh);
		chart_take(chart, result->label, " s");
	}
	return chart_finish(to, chart, gnuplot);
}

bool pictures_bars_worth(const struct report *report)
{
	size_t complete = 0;

	for (size_t i = 0; i < report->kernels_count; i++)
		complete += count_complete(report, &report->kernels[i]) > 0;
	return complete > 1;
}

/* A bar with its words above it and its number behind it. */
struct bar {
	char *words;
	const char *kind;
	double value;
	char number[40];
};

struct bars {
	struct bar bars[BARS_MAX];
	size_t count;
};

__attribute__((format(printf, 4, 5)))
static struct bar *bars_add(struct bars *bars, const char *kind, double value,
			    const char *format, ...)
{
	struct bar *bar = &bars->bars[bars->count];
	va_list arguments;

	if (bars->count == BARS_MAX)
		return NULL;
	va_start(arguments, format);
	bar->words = text_of(format, arguments);
	va_end(arguments);
	bar->kind = kind;
	bar->value = value;
	bars->count++;
	return bar;
}

static void script_bars(FILE *script, const struct bars *bars)
{
	double most = 0;

	for (size_t i = 0; i < bars->count; i++)
		most = fmax(most, bars->bars[i].value);
	if (most <= 0)
		most = 1;
	fprintf(script, "unset border\nunset tics\nunset grid\nset lmargin at screen 0.01\n"
		"set rmargin at screen 0.99\nset tmargin at screen 1\nset bmargin at screen 0\n"
		"set xrange [0:%.9g]\nset yrange [%zu:0]\n", most * 1.2, bars->count);
	for (size_t i = 0; i < bars->count; i++) {
		const struct bar *bar = &bars->bars[i];

		fprintf(script, "set label '[[%zu]]' at first 0, %.2f left textcolor", i, i + 0.28);
		script_colour(script, "ink");
		fprintf(script, "\nset label '%s' at first %.9g, %.2f left offset 0.7,0 textcolor",
			bar->number, bar->value, i + 0.68);
		script_colour(script, "ink");
		fprintf(script, "\nset object rectangle from 0,%.2f to %.9g,%.2f fillstyle solid "
			"noborder fillcolor", i + 0.5, bar->value, i + 0.86);
		script_colour(script, bar->kind);
		fprintf(script, "\nset arrow from 0,%.2f to 0,%.2f nohead front lt 1 lw 2 lc",
			i + 0.46, i + 0.90);
		script_colour(script, "muted");
		fputc('\n', script);
	}
	fputs("plot '-' using 1:2 with points pt 0 lc", script);
	script_colour(script, "rule");
	fputs("\nx x\n0 0\ne\n", script);
}

/* Draws and empties @bars. */
static bool bars_draw(FILE *to, struct bars *bars, const char *name, const char *title,
		      const char *gnuplot)
{
	char *words[BARS_MAX], *description = NULL;
	size_t size;
	FILE *describe = open_memstream(&description, &size), *script;
	struct picture picture = {
		.name = name, .title = title, .width = WIDTH, .height = 46 * bars->count,
		.words = words, .words_count = bars->count, .word_columns = 48,
	};
	bool drawn = false;

	for (size_t i = 0; i < bars->count && describe; i++) {
		words[i] = bars->bars[i].words;
		fprintf(describe, "%s%s: %s", i ? "; " : "", words[i], bars->bars[i].number);
	}
	if (describe && !fclose(describe)) {
		picture.description = description;
		script = gnuplot_open(&picture);
		if (script)
			script_bars(script, bars);
		drawn = gnuplot_draw(to, gnuplot, &picture, script);
	}
	for (size_t i = 0; i < bars->count; i++)
		free(bars->bars[i].words);
	free(description);
	bars->count = 0;
	return drawn;
}

/* One bar per kernel, by its run with the most CPUs, online or at once. */
static bool draw_kernel_bars(FILE *to, const struct report *report, bool stalls,
			     const char *gnuplot)
{
	struct bars bars = { .count = 0 };

	for (size_t i = 0; i < report->kernels_count; i++) {
		const struct kernel *kernel = &report->kernels[i];
		const size_t run = stalls ? kernel->busiest : kernel->widest;
		const struct result *result = &report->results[run];
		const struct summary *summary = &report->summaries[run];
		const unsigned int cpus = stalls ? summary->at_once : result->cpus;
		const char *kind = kernel_kind(report, kernel);
		struct bar *bar;

		if (!summary->complete)
			continue;
		bar = bars_add(&bars, kind, stalls ? summary->worst_ns : summary->per_huge_page,
			       "%s, %s, %u CPU%s", result->label, kind, cpus,
			       cpus == 1 ? "" : "s");
		if (!bar)
			break;
		if (stalls)
			report_milliseconds(summary->worst_ns, bar->number);
		else
			report_digits(summary->per_huge_page, bar->number);
	}
	if (stalls)
		return bars_draw(to, &bars, "stall-bars", "Worst split, side by side", gnuplot);
	return bars_draw(to, &bars, "ipi-bars", "Interrupts per huge page, side by side", gnuplot);
}

bool pictures_draw_ipi_bars(FILE *to, const struct report *report, const char *gnuplot)
{
	return draw_kernel_bars(to, report, false, gnuplot);
}

bool pictures_draw_stall_bars(FILE *to, const struct report *report, const char *gnuplot)
{
	return draw_kernel_bars(to, report, true, gnuplot);
}

bool pictures_draw_census(FILE *to, const json_t *census, size_t number, const char *gnuplot)
{
	static const char *const colours[CENSUS_ACTS] = {
		"broadcasts", "waits", "kernel", "user", "idle", "unreadable"
	};
	const json_t *groups = json_object_get(census, "groups"), *group;
	struct bars bars = { .count = 0 };
	json_int_t rest = 0;
	struct bar *bar;
	char name[32];
	size_t i;

	json_array_foreach(groups, i, group) {
		const json_int_t count = json_integer_value(json_object_get(group, "count"));
		const enum census_act act = report_census_act(group);
		char chain[512];

		if (i >= CENSUS_BARS_MAX) {
			rest += count;
			continue;
		}
		report_census_chain(group, chain, sizeof(chain));
		bar = bars_add(&bars, colours[act], count, "%s%s%s", report_census_act_names[act],
			       act < CENSUS_USER ? ": " : "", act < CENSUS_USER ? chain : "");
		if (bar)
			snprintf(bar->number, sizeof(bar->number), "%" PRId64 " CPU%s",
				 (int64_t)count, count == 1 ? "" : "s");
	}
	if (rest) {
		bar = bars_add(&bars, "unreadable", rest, "other stacks");
		if (bar)
			snprintf(bar->number, sizeof(bar->number), "%" PRId64, (int64_t)rest);
	}
	snprintf(name, sizeof(name), "census-%zu", number);
	return bars_draw(to, &bars, name, "CPUs by what they do", gnuplot);
}
