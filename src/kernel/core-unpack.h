/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core-unpack.h: pages of a dump that are packed by lzo or snappy
 *
 * makedumpfile -l is what kdump of Fedora and RHEL calls; -p and QEMU write snappy.
 */
#ifndef ICACHE_IPI_KERNEL_CORE_UNPACK_H
#define ICACHE_IPI_KERNEL_CORE_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Unpacks @packed, of @size bytes, to exactly @page_size bytes at @page; false: it is damaged. */
bool kernel_unpack_lzo(const uint8_t *packed, size_t size, uint8_t *page, size_t page_size);
bool kernel_unpack_snappy(const uint8_t *packed, size_t size, uint8_t *page, size_t page_size);

#endif
