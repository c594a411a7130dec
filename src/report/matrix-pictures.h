/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix-pictures.h: what is worth drawing of a matrix: at least two numbers of CPUs
 */
#ifndef ICACHE_IPI_MATRIX_PICTURES_H
#define ICACHE_IPI_MATRIX_PICTURES_H

#include "report/matrix.h"

#define MATRIX_PICTURE_WIDTH 420
#define MATRIX_PICTURE_HEIGHT 280

/* What is drawn of a cell; not when it is 0 or less. */
typedef double (*matrix_value)(const struct cell *cell);

/* Each draws one SVG element with @gnuplot. False, having said why, when that fails. */
bool matrix_ipis_worth(const struct matrix *matrix);
bool matrix_draw_ipis(FILE *to, const struct matrix *matrix, const char *gnuplot);
bool matrix_cost_worth(const struct matrix *matrix);
bool matrix_draw_cost(FILE *to, const struct matrix *matrix, const char *gnuplot);

#endif
