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
 * Where the call in __sync_icache_dcache() leaves the kernel for a function with a mark of icache_ipi_mitigate
 * (modules/mitigate/branch.c), or has a kprobe whose handler has one (main.c there): puts the kernel's own call
 * back, so that the code can be judged, and notes in @runtime that it is mitigated. Any other kernel stays as
 * it is. @address is the physical one of @kernel's first byte in @core. The dump must have the registers of
 * a CPU in the kernel, by which the page tables are found. A probe of ours that shares its place with another's
 * is not looked for: what the other's handler does is not known.
 */
void kernel_rerouted_restore(struct kernel *kernel, struct kernel_core *core, uint64_t address,
			     struct kernel_runtime *runtime);

#endif
