/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * reach.h: what a function of a source tree can come to, by reading what it calls
 *
 * A callee is quiet because its definition was read. Its name decides only for what interrupts other
 * CPUs (kernel/smp.c), for what every kernel has (page_address(), preempt_disable() and their like), and,
 * in a part of a tree, for what a vendor calls besides and has no name of caches or CPUs.
 */
#ifndef ICACHE_IPI_KERNEL_REACH_H
#define ICACHE_IPI_KERNEL_REACH_H

#include <stdbool.h>

#include "kernel/source.h"
#include "lib/verdict.h"

struct kernel_reach_file {
	char *path;	     /* in the tree */
	char *code, *macros; /* of kernel_source_read() */
	const char *odd;     /* what a compiler may read in another way, or NULL */
	bool assembly, header;
	bool generic; /* of no architecture: followed no further than the file */
	int rank;     /* definitions of a lower one count, and hide those of a higher one */
	struct kernel_reach_file *next;
};

/* What was found; several bits may be set. */
enum {
	KERNEL_REACH_BROADCAST = 1,
	KERNEL_REACH_BROADCAST_IF =
		2,		    /* in some configurations, or by one of several definitions */
	KERNEL_REACH_MAINTAINS = 4, /* I-cache maintenance was read */
	KERNEL_REACH_UNKNOWN = 8,   /* struct kernel_reach.unknown says what could not be read */
	KERNEL_REACH_DEFINED = 16,  /* the function that was asked for is in the tree */
};

enum { KERNEL_REACH_BUDGET = 16 << 20 };

struct kernel_reach {
	struct kernel_reach_file *files; /* in the order in which definitions are looked for */
	const char *folder;		 /* the tree that further files are read from; NULL: none */
	const char *over; /* files of this folder hide those of the tree; NULL: none do */
	bool whole;	  /* the tree has everything: what is defined nowhere is a reason to stop */
	bool headers;	  /* it has the header that declares: so is what is declared nowhere */
	char unknown[REASON_SIZE]; /* the first thing that could not be read */
	char chain[REASON_SIZE]; /* "a() in FILE calls b(), which calls c()": the first broadcast */
	struct kernel_reach_memo *memo; /* of reach.c */
	struct kernel_reach_asked
		*asked;	       /* of lookup.c: names that were looked for in the folder */
	const char *names[32]; /* the functions that are being followed */
	unsigned int depth, conditions;
	size_t budget; /* bytes of source text still to be followed; at first KERNEL_REACH_BUDGET */
};

void kernel_reach_free(struct kernel_reach *reach);

/* What the function @name comes to: bits of the above. */
unsigned int kernel_reach_function(struct kernel_reach *reach, const char *name);

/* The same as the file at @path sees it: what that calls must be declared there or in a header. */
unsigned int kernel_reach_called(struct kernel_reach *reach, const char *path, const char *name);

/* The same when its last parameter has this value. */
unsigned int kernel_reach_last(struct kernel_reach *reach, const char *name, bool value);

/* Its first definition as a C function; false: none. Looks into the folder, too. */
bool kernel_reach_definition(struct kernel_reach *reach, const char *name, struct kernel_use *use,
			     const struct kernel_reach_file **file);

/* lookup.c: */

/* Adds a file's text behind those of its rank: 0 for the files that decide. False: out of memory. */
bool kernel_reach_add(struct kernel_reach *reach, const char *path, const char *text, int rank);
void kernel_reach_files_free(struct kernel_reach *reach);

/*
 * Reads files of the folder that have @name in them into the list, unless that was done. False: nothing
 * new was found.
 */
enum kernel_reach_scope { KERNEL_REACH_ARM64, KERNEL_REACH_SHARED, KERNEL_REACH_ALL };
bool kernel_reach_look(struct kernel_reach *reach, const char *name, enum kernel_reach_scope scope);

/* What a name that no definition was read of is known for. */
enum kernel_reach_fame {
	KERNEL_REACH_STRANGER,
	KERNEL_REACH_LOUD,     /* interrupts other CPUs */
	KERNEL_REACH_INNOCENT, /* every kernel has it, and it interrupts nobody */
	KERNEL_REACH_FORGIVEN, /* maintenance that does not decide: a part of a tree may lack it */
};
enum kernel_reach_fame kernel_reach_fame_of(const char *name);
/* Has it a name of caches, or of what CPUs do to each other? */
bool kernel_reach_is_suspect(const char *name);

#endif
