/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core.h: a dump of a machine's memory (vmcore): its physical pages, its notes, and the kernel in it
 *
 * Read are kdump-compressed dumps (raw, zlib, lzo, snappy and zstd pages), ELF core files, and makedumpfile's flattened
 * form of the first, which QEMU's dump-guest-memory writes.
 */
#ifndef ICACHE_IPI_KERNEL_CORE_H
#define ICACHE_IPI_KERNEL_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/stack.h"

struct kernel_core;

#define KERNEL_CORE_PAGE_MAX (64 << 10)

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

/* The first address from @address on that the dump has memory of; none: beyond all. */
uint64_t kernel_core_next(const struct kernel_core *core, uint64_t address);

/* The memory from *@from to *@to is the @index-th range that the dump may have; false: no more. */
bool kernel_core_range(const struct kernel_core *core, size_t index, uint64_t *from, uint64_t *to);

/* All ELF notes of the dump, one behind the other; the caller frees them. NULL: out of memory. */
uint8_t *kernel_core_notes(const struct kernel_core *core, size_t *size);

struct kernel_note {
	const uint8_t *name, *data; /* within the notes */
	size_t name_size, data_size;
	uint32_t type;
};

/* The note at *@at of @size bytes of them, and moves *@at behind it; false: there is no whole one. */
bool kernel_note_next(const uint8_t *notes, size_t size, size_t *at, struct kernel_note *note);

/*
 * What a kernel that crashed says of itself (VMCOREINFO), lines of KEY=VALUE; the caller frees it. NULL: none, as
 * in a dump by a hypervisor, or out of memory.
 */
char *kernel_core_info(const struct kernel_core *core);

/*
 * The registers of each CPU, in order of their numbers, at most @max; how many CPUs it has registers of. Where the
 * kernel itself saved them as it crashed, those of a CPU that did not answer are missing.
 */
size_t kernel_core_cpus(const struct kernel_core *core, struct kernel_registers *cpus, size_t max);

/*
 * Finds the arm64 kernel in it by its header and makes @kernel of it, symbols from its own kallsyms.
 * *@address receives the physical address of its first byte. False: the reason is in @why.
 */
bool kernel_core_load(struct kernel_core *core, struct kernel *kernel, uint64_t *address,
		      char why[static REASON_SIZE]);

#endif
