/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * load.h: a kernel out of whatever holds one
 */
#ifndef ICACHE_IPI_KERNEL_LOAD_H
#define ICACHE_IPI_KERNEL_LOAD_H

#include "kernel/unpack.h"

/* Is this a compressed stream or a wrapper around one? */
bool kernel_is_stream(enum kernel_format format);

/* Why what has this @format is no kernel that can be read, and what to do, in @why. */
void kernel_refuse(enum kernel_format format, char why[static REASON_SIZE]);

/* Add the format's name to those in @container: "deb, gzip, Image". */
void kernel_container_add(char container[static 64], enum kernel_format format);

/*
 * Make @kernel from a file's content, which is consumed. @map is the text of its System.map, or NULL.
 * Names the formats in @container. Returns false with the reason in @why.
 */
bool kernel_load(struct kernel_bytes *bytes, const char *map, size_t map_size,
		 struct kernel *kernel, char container[static 64], char why[static REASON_SIZE]);

/* Read a whole file of at most KERNEL_MAXIMUM bytes; false with the reason in @why. */
bool kernel_read_file(const char *path, struct kernel_bytes *bytes, char why[static REASON_SIZE]);
bool kernel_read_descriptor(int fd, struct kernel_bytes *bytes, char why[static REASON_SIZE]);

#endif
