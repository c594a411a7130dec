/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h: a dump of a machine's memory (vmcore): its physical pages, its notes, and the kernel in it
 *
 * Read are kdump-compressed dumps (raw, zlib and zstd pages), ELF core files, and makedumpfile's flattened
 * form of the first, which QEMU's dump-guest-memory writes.
 */
#ifndef ICACHE_IPI_KERNEL_CORE_H
#define ICACHE_IPI_KERNEL_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/kernel.h"

struct kernel_core;

/* True when a file that begins so is a dump of memory. FORMAT_HEAD bytes are enough. */
bool kernel_core_identify(const uint8_t *head, size_t size);

/* "kdump", "ELF core" or "flattened kdump", for a reader. */
const char *kernel_core_format(const struct kernel_core *core);

/*
 * Opens the dump at @path, which is not read as a whole. NULL: the reason is in @why. Nothing in it is
 * trusted: tables have limits, and each page is unpacked into one page.
 */
struct kernel_core *kernel_core_open(const char *path, char why[static REASON_SIZE]);
void kernel_core_close(struct kernel_core *core);

/*
 * Copies @size bytes of physical memory at @address. What the dump leaves out becomes zero; returns how
 * many bytes were there.
 */
size_t kernel_core_read(struct kernel_core *core, uint64_t address, void *to, size_t size);

/*
 * Finds the arm64 kernel in it by its header and makes @kernel of it, symbols from its own kallsyms.
 * *@address receives the physical address of its first byte. False: the reason is in @why.
 */
bool kernel_core_load(struct kernel_core *core, struct kernel *kernel, uint64_t *address,
		      char why[static REASON_SIZE]);

#endif
