/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * input.h: from what the user named to results
 */
#ifndef ICACHE_IPI_INPUT_H
#define ICACHE_IPI_INPUT_H

#include "check/result.h"
#include "check/unpack.h"

struct options {
	const char *map;	/* text of the System.map given, or NULL */
	size_t map_size;
	const char *root;	/* where proc, sys and boot are looked for; "" for the machine's own */
};

/* Judge the file, package or source tree at @path; at least one result, at the end of *@list. */
void input_check(const char *path, const struct options *options, struct result **list);

/*
 * Judge one kernel in memory, which is consumed. @kernel_out, if not NULL, receives the kernel
 * instead of it being freed (live.c ties it to the running one).
 */
void input_check_bytes(struct bytes *bytes, const struct options *options,
		       struct result *result);

/* Make a kernel from a file's content, which is consumed. Names the formats in @container. */
bool input_kernel(struct bytes *bytes, const struct options *options, struct kernel *kernel,
		  char container[static 64], char why[static REASON_SIZE]);

/* Read a whole file; false with the reason in @why. */
bool input_read_file(const char *path, struct bytes *bytes, char why[static REASON_SIZE]);

#endif
