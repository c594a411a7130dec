/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * members.h: an archive in a package: unpacked by one compressor at most, and within bounds
 */
#ifndef ICACHE_IPI_KERNEL_MEMBERS_H
#define ICACHE_IPI_KERNEL_MEMBERS_H

#include <archive.h>

#include "kernel/unpack.h"

/* What all archives of one package have taken. */
struct kernel_members_bounds {
	uint64_t packed;   /* bytes of the package */
	uint64_t unpacked; /* bytes that came out of compressors so far */
	uint64_t read;	   /* bytes of members so far: holes come out of no compressor */
	char *why;	   /* REASON_SIZE */
};

/* False: more came out than of any package; the reason is in bounds->why. */
bool kernel_members_within(struct kernel_members_bounds *bounds);

/* False; the reason, as libarchive has it, is in bounds->why, if none is there yet. */
bool kernel_members_damaged(struct archive *archive, struct kernel_members_bounds *bounds);

/* Makes something of @archive, whose first header is not read yet. */
typedef bool kernel_members_reader(struct archive *archive, void *context);

/*
 * What @read makes of the tar that is the current entry of @ar, or of the cpio that begins where
 * @fd stands. Each may be packed once, and the bytes that come out of that count.
 */
bool kernel_members_read_tar(struct archive *ar, struct kernel_members_bounds *bounds,
			     kernel_members_reader *read, void *context);
bool kernel_members_read_cpio(int fd, struct kernel_members_bounds *bounds,
			      kernel_members_reader *read, void *context);

#endif
