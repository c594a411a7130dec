/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * roles.h: what a function's name makes of it in the chain from a user pte to an interrupt
 */
#ifndef ICACHE_IPI_KERNEL_ROLES_H
#define ICACHE_IPI_KERNEL_ROLES_H

#include "kernel/symbols.h"

/* Ordered: of several names for one address the highest role counts. */
enum kernel_role {
	ROLE_STRANGER,	/* followed; what it reaches is believed only when it is nothing */
	ROLE_INNOCENT,	/* instrumentation and reports of bugs: never followed */
	ROLE_FLUSH,	/* cache maintenance and its wrappers: followed */
	ROLE_BROADCAST, /* interrupts other CPUs */
};

/* The functions on which everything rests (arch/arm64/mm/flush.c, kernel/smp.c). */
#define ROOT_PTE "__sync_icache_dcache"
#define ROOT_ALIASES "sync_icache_aliases"
#define BROADCAST "kick_all_cpus_sync"

enum kernel_role kernel_role_of(const char *name);

/* The role of what starts at @offset, over all its names. */
enum kernel_role kernel_role_at(const struct kernel_symbols *symbols, uint64_t offset);

#endif
