/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * package.h: the kernels inside a .deb or .rpm
 */
#ifndef ICACHE_IPI_KERNEL_PACKAGE_H
#define ICACHE_IPI_KERNEL_PACKAGE_H

#include "kernel/unpack.h"

/*
 * Gets a file that by its name can be a kernel; owns @content from then on. True: what the package does not
 * list cannot make a better answer worse.
 */
typedef bool kernel_package_visitor(void *context, const char *member,
				    struct kernel_bytes *content);

/* Can a file of this name in a package be a kernel? */
bool kernel_package_member_wanted(const char *name);

/*
 * Read the package of @size bytes (0: not known) on descriptor @fd from its start, and hand each
 * possible kernel to @visit. Returns false with the reason in @why when the package is damaged.
 * Behind the last kernel that it lists it is read no further, if @visit returned true: a list may lie.
 */
bool kernel_package_read(int fd, uint64_t size, enum kernel_format format,
			 kernel_package_visitor *visit, void *context,
			 char why[static REASON_SIZE]);

/*
 * The first package whose name starts with @start in the control file of the .deb on @fd, in @found;
 * false: it names none.
 */
enum { KERNEL_PACKAGE_NAME_SIZE = 100 };
bool kernel_package_names(int fd, const char *start, char found[static KERNEL_PACKAGE_NAME_SIZE]);

#endif
