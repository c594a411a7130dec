/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page.h: what the page is dressed in
 */
#ifndef ICACHE_IPI_PAGE_H
#define ICACHE_IPI_PAGE_H

/* The style sheet. Its colours are what gnuplot_colours[] names. */
extern const char page_style[];

#endif
