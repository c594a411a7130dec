/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * drift-run.h: as much of a kernel as the trees of drift.py need to run on this machine, and counters
 */
#ifndef DRIFT_RUN_H
#define DRIFT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

extern int stub_broadcasts, stub_maintained, stub_aliasing;

struct page {
	unsigned long flags;
	char data[256];
};
#define folio page /* one struct for both */
typedef struct {
	struct page *page;
} pte_t;
struct vm_area_struct {
	unsigned long vm_flags;
};

#define VM_EXEC 4
#define PAGE_SIZE 256ul
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PG_dcache_clean 1
#define NULL ((void *)0)
#define EXPORT_SYMBOL(name) extern int stub_aliasing
#define EXPORT_SYMBOL_GPL(name) extern int stub_aliasing
#define asm(...) ((void)stub_maintained++)
#define dsb(x) ((void)0)
#define kick_all_cpus_sync() ((void)stub_broadcasts++)
#define smp_call_function(f, info, wait) ((void)stub_broadcasts++)
#define on_each_cpu(f, info, wait) ((void)stub_broadcasts++)
#define icache_is_aliasing() (stub_aliasing)
#define icache_is_aivivt() (stub_aliasing)
#define pte_page(pte) ((pte).page)
#define page_folio(page) (page)
#define page_address(page) ((void *)(page)->data)
#define folio_address(folio) page_address(folio)
#define compound_order(page) 0
#define compound_head(page) (page)
#define page_size(page) PAGE_SIZE
#define folio_size(folio) PAGE_SIZE
#define page_mapping(page) (page)
#define PageHuge(page) false
#define test_bit(bit, word) (*(word) >> (bit) & 1)
#define set_bit(bit, word) (*(word) |= 1ul << (bit))
#define test_and_set_bit(bit, word) (test_bit(bit, word) || (set_bit(bit, word), false))
#define kmap_atomic(page) page_address(page)
#define kunmap_atomic(address) ((void)(address))
#define pr_debug(...) ((void)0)

#endif
