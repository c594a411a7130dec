/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tree.h: is the kernel that would be built from this source tree affected?
 */
#ifndef ICACHE_IPI_KERNEL_TREE_H
#define ICACHE_IPI_KERNEL_TREE_H

#include "lib/verdict.h"

enum kernel_tree_state {
	TREE_NOT_RECOGNISED,
	TREE_AFFECTED,
	TREE_POSTED,
	TREE_MERGED,
	TREE_PREDATES, /* from before the fault */
	TREE_PARTIAL,  /* only some of the hunks of a form */
	TREE_NONE,     /* no arm64 kernel tree */
	TREE_STATES
};

/* "affected", "fixed as posted", ...: what icache-ipi-backport --check prints. */
extern const char *const kernel_tree_words[TREE_STATES];

/* The files that decide, as NUL-terminated text; NULL where a tree has none. */
struct kernel_sources {
	char *flush;   /* arch/arm64/mm/flush.c */
	char *header;  /* arch/arm64/include/asm/cacheflush.h */
	char *cache;   /* arch/arm64/mm/cache.S */
	char *uprobes; /* arch/arm64/kernel/probes/uprobes.c */
	/* The tree, where what these files call may be defined elsewhere; NULL: these are all. */
	const char *folder;
	const char *over; /* files here hide those of the folder; NULL: none do */
};

/* The state of the source tree at @path, from its code alone; in @why what was found. */
enum kernel_tree_state kernel_tree_read(const char *path, char why[static REASON_SIZE]);

/* The same of a tree at @tree with the files of the folder @over in the place of its own. */
enum kernel_tree_state kernel_tree_read_over(const char *tree, const char *over,
					     char why[static REASON_SIZE]);

/* The same of these sources. Comments, strings and "#if 0" do not count. */
enum kernel_tree_state kernel_tree_judge(const struct kernel_sources *sources,
					 char why[static REASON_SIZE]);

/*
 * In @name the function of the tree at @path that does the maintenance of flush_icache_range(), takes the
 * same arguments, interrupts nobody, and is declared where arch/arm64/mm/flush.c sees it. False: there is
 * none, with the reason in @why.
 */
enum { KERNEL_TREE_NAME_SIZE = 64 };
bool kernel_tree_quiet(const char *path, char name[static KERNEL_TREE_NAME_SIZE],
		       char why[static REASON_SIZE]);

/* What a state means for a kernel built from the tree. */
enum verdict kernel_tree_verdict(enum kernel_tree_state state);
enum form kernel_tree_form(enum kernel_tree_state state);

/* Where a tree's state is read from, and what makes it a tree: paths in it, NULL-terminated. */
extern const char *const kernel_tree_files[];

#endif
