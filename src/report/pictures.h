/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pictures.h: charts and bars as SVG elements of a page
 *
 * Each report_draw_*() prints a whole <svg> with <title> and <desc>. Colours are variables of
 * page.css, so that a picture follows the page.
 */
#ifndef ICACHE_IPI_REPORT_PICTURES_H
#define ICACHE_IPI_REPORT_PICTURES_H

#include "report/report.h"

enum report_quantity {
	REPORT_IPIS,  /* per huge page, against CPUs online */
	REPORT_STALLS /* the worst split, against CPUs that split at once */
};

/* Seconds of stall from which the soft-lockup detector reports for certain; below which never. */
double report_lockup_certain(unsigned int watchdog_thresh);
double report_lockup_impossible(unsigned int watchdog_thresh);

/* What the mark of the kernel at @index in charts looks like, as a character. */
const char *report_mark(size_t index);

/* A line per kernel, over CPUs; worth it when one of them has two points. */
bool report_chart_worth(const struct report *report, enum report_quantity quantity);
void report_draw_chart(FILE *to, const struct report *report, enum report_quantity quantity);

/* A bar with its words above it and its number behind it; words may be from a file. */
struct report_bar {
	const char *kind; /* a variable of page.css: its colour */
	double value;
	char number[40], words[400]; /* of the words, 48 characters are shown */
};

/* @name makes ids unique. */
void report_draw_bars(FILE *to, const char *name, const char *title, const struct report_bar *bars,
		      size_t count);

#endif
