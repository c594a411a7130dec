/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h: a finished report to its place
 */
#ifndef ICACHE_IPI_REPORT_OUTPUT_H
#define ICACHE_IPI_REPORT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes @text to the file @path, or to stdout when it is NULL: whole or not at all. An existing
 * file keeps its old content until the new one is on disk; what is not a regular file (a pipe,
 * a terminal) is written to as it is. False, having said why not.
 */
bool report_write_output(const char *path, const char *text, size_t length);

#endif
