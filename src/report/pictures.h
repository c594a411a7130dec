/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pictures.h: what is worth drawing
 */
#ifndef ICACHE_IPI_PICTURES_H
#define ICACHE_IPI_PICTURES_H

#include "report/report.h"

/* Seconds of stall from which the soft-lockup detector reports for certain; below which never. */
double pictures_lockup_certain(unsigned int watchdog_thresh);
double pictures_lockup_impossible(unsigned int watchdog_thresh);

/* The mark of the kernel at @index in line charts, as a character; the colour is its kind's. */
const char *pictures_mark(size_t index);

/*
 * Each draws one picture as an SVG element, with @gnuplot. False, having said why, when that fails.
 * pictures_*_worth() says whether there is anything to draw.
 */
bool pictures_ipis_worth(const struct report *report);
bool pictures_draw_ipis(FILE *to, const struct report *report, const char *gnuplot);
bool pictures_stalls_worth(const struct report *report);
bool pictures_draw_stalls(FILE *to, const struct report *report, const char *gnuplot);
bool pictures_bars_worth(const struct report *report);
bool pictures_draw_ipi_bars(FILE *to, const struct report *report, const char *gnuplot);
bool pictures_draw_stall_bars(FILE *to, const struct report *report, const char *gnuplot);
bool pictures_draw_census(FILE *to, const json_t *census, size_t number, const char *gnuplot);

#endif
