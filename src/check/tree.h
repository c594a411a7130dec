/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h: is the kernel that would be built from this source tree affected?
 */
#ifndef ICACHE_IPI_TREE_H
#define ICACHE_IPI_TREE_H

#include "check/result.h"

/* Judge the source tree at @path into @result. */
void tree_check(const char *path, struct result *result);

/*
 * The form of the three texts (NUL-terminated C; comments and preprocessor lines do not count)
 * that the fix touches; @uprobes may be NULL where a tree has none. @why says what was found.
 */
enum form tree_form(const char *flush, const char *header, const char *uprobes,
		    char why[static REASON_SIZE]);

#endif
