/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h: is the kernel that would be built from this source tree affected?
 */
#ifndef ICACHE_IPI_TREE_H
#define ICACHE_IPI_TREE_H

#include "check/result.h"

/* The files that decide, as NUL-terminated text; NULL where a tree has none. */
struct sources {
	char *flush;	/* arch/arm64/mm/flush.c */
	char *header;	/* arch/arm64/include/asm/cacheflush.h */
	char *cache;	/* arch/arm64/mm/cache.S */
	char *uprobes;	/* arch/arm64/kernel/probes/uprobes.c */
};

/* Judge the source tree at @path into @result, which gets a form also when it is no such tree. */
void tree_check(const char *path, struct result *result);

/* The form of these sources. Comments, strings and "#if 0" do not count. @why: what was found. */
enum form tree_form(const struct sources *sources, char why[static REASON_SIZE]);

#endif
