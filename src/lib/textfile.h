/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * textfile.h: a file for node_exporter's textfile collector, and the labels in it
 */
#ifndef ICACHE_IPI_LIB_TEXTFILE_H
#define ICACHE_IPI_LIB_TEXTFILE_H

#include <stdbool.h>
#include <stdio.h>

#define TEXTFILE_REASON_SIZE 256

/*
 * Replaces the file @path by what @print writes of @context, in one rename; everybody may read it, as
 * the collector runs as another user. False: @why says why, and @path is as it was.
 */
bool textfile_replace(const char *path, void (*print)(FILE *to, const void *context),
		      const void *context, char why[static TEXTFILE_REASON_SIZE]);

/* A label's value: UTF-8, with backslash, quote and line feed escaped (the exposition format). */
void textfile_label(FILE *to, const char *value);

#endif
