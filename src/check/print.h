/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * print.h: results for people, programs, and monitoring
 */
#ifndef ICACHE_IPI_PRINT_H
#define ICACHE_IPI_PRINT_H

#include <stdio.h>

#include "check/result.h"

/* A few lines per result; with @explain also every instruction and every control. */
void print_text(FILE *to, const struct result *result, bool explain);

/* The state of a source tree in the words of scripts/backport; to @why the reason when unknown. */
void print_state(FILE *to, FILE *why, const struct result *result);

/* One line: docs/schemas/icache-ipi-check.schema.json. False when out of memory. */
bool print_json(FILE *to, const struct result *result);

/* One line and nothing else, as Nagios and its kin read it; the exit code says the rest. */
void print_nagios(FILE *to, const struct result *results, enum exit_code code);

/*
 * A textfile for node_exporter's collector at @path, replaced in one step. False with the
 * reason in @why.
 */
bool print_prometheus(const char *path, const struct result *results,
		      char why[static REASON_SIZE]);

#endif
