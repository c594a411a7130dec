/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rerouted.h: a dump of memory in which icache_ipi_mitigate has the broadcasting call go to itself
 */
#ifndef ICACHE_IPI_KERNEL_REROUTED_H
#define ICACHE_IPI_KERNEL_REROUTED_H

#include "kernel/core.h"
#include "kernel/evidence.h"
#include "kernel/kernel.h"

/*
 * Where a call of __sync_icache_dcache() in @kernel leaves the kernel for a function with the mark of
 * icache_ipi_mitigate (modules/mitigate/branch.c): puts the kernel's own call back, so that the code can be
 * judged, and notes in @runtime that it is mitigated. Any other kernel stays as it is. @address is the physical
 * one of @kernel's first byte in @core. The dump must have the registers of a CPU in the kernel, by which the
 * page tables are found. With method=kprobe the kernel has a breakpoint instead, and nothing tells whose.
 */
void kernel_rerouted_restore(struct kernel *kernel, struct kernel_core *core, uint64_t address,
			     struct kernel_runtime *runtime);

#endif
