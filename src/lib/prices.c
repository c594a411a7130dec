// SPDX-License-Identifier: GPL-2.0-only
/*
 * prices.c: the price list
 *
 * Cache maintenance happens when set_pte_at() makes a page executable for user space whose
 * PG_dcache_clean is not set yet (arch/arm64/mm/flush.c, __sync_icache_dcache). The flag is one per
 * struct page, and a huge fault sets it on the head page alone. Freeing a page, write(2) into the
 * page cache and the end of a migration take it away. Affected code broadcasts at every
 * maintenance; the posted fix only where the kernel itself wrote the code (uprobes, ptrace); the
 * merged fix not even there. Kernel text is patched with a broadcast in all three.
 */
#include <string.h>

#include "lib/prices.h"

/* { broadcasts of affected, posted and merged code }, maintenance; each of them {each, per pte}. */
#define NOTHING { { 0, 0 }, { 0, 0 }, { 0, 0 } }, { 0, 0 }
#define ALWAYS(each, per_pte) \
	{ \
		{ each, per_pte }, { each, per_pte }, \
		{ \
			each, per_pte \
		} \
	}
/* Made executable by a pte. */
#define PTE(each, per_pte) \
	{ { each, per_pte }, { 0, 0 }, { 0, 0 } }, \
	{ \
		each, per_pte \
	}
/* Written by the kernel: @kernel of the @each ones are not for a pte. */
#define KERNEL(each, kernel) { { each, 0 }, { kernel, 0 }, { 0, 0 } }, { each, 0 }

/* clang-format off */
static const struct price prices[] = {
	{ "membarrier", ALWAYS(1, 0), { 0, 0 }, false, false,
	  "kernel/sched/membarrier.c: one IPI to each CPU that runs a thread of the process" },

	{ "anon", PTE(1, 0), false, false, "mm/memory.c, do_anonymous_page" },
	{ "zero", NOTHING, false, false, "mm/memory.c, do_anonymous_page: the zero page is pte_special" },
	{ "zero-write", PTE(1, 0), false, false, "mm/memory.c, wp_page_copy from the zero page" },
	{ "file", PTE(1, 0), false, false, "mm/filemap.c, filemap_map_pages: 16 at a time, one each" },
	{ "file-again", NOTHING, false, false, "the second mapping finds PG_dcache_clean set" },
	{ "file-written", PTE(1, 0), false, false, "mm/shmem.c: write(2) ends in flush_dcache_page()" },
	{ "cow", PTE(1, 0), false, false, "mm/memory.c, wp_page_copy" },
	{ "cow-huge", PTE(1, 0), true, false, "mm/huge_memory.c, do_huge_pmd_wp_page, until 5.7" },
	{ "cow-split", PTE(0, 1), true, false,
	  "mm/huge_memory.c, do_huge_pmd_wp_page, from 5.8: splits the pmd, then copies one page" },
	{ "huge-zero-first", PTE(1, 0), false, false, "mm/huge_memory.c, set_huge_zero_page" },
	{ "huge-zero", NOTHING, false, false, "the huge zero page has PG_dcache_clean set by then" },
	{ "huge-zero-split", NOTHING, false, false, "mm/huge_memory.c, __split_huge_zero_page_pmd: special" },

	{ "fault", PTE(1, 0), true, false,
	  "mm/huge_memory.c, __do_huge_pmd_anonymous_page: set_pmd_at() marks the head page" },
	{ "split", PTE(-1, 1), true, false,
	  "mm/huge_memory.c, __split_huge_pmd_locked: one set_pte_at() per page but the head" },
	{ "split-mprotect", PTE(-1, 1), true, false, "mm/mprotect.c, change_pmd_range" },
	{ "split-munmap", PTE(-1, 1), true, false, "mm/huge_memory.c, vma_adjust_trans_huge" },
	{ "split-mremap", PTE(-1, 1), true, false, "mm/huge_memory.c, vma_adjust_trans_huge" },
	{ "split-mlock", PTE(-1, 1), true, false, "mm/huge_memory.c, vma_adjust_trans_huge" },
	{ "split-again", NOTHING, true, false, "the pages were marked when another process split them" },
	{ "physical", PTE(0, 1), true, false,
	  "mm/huge_memory.c, split_huge_page_to_list: migration entries end in set_pte_at()" },
	{ "physical-once", PTE(-1, 1), true, false, "the same where the head keeps its flag (5.10)" },
	{ "physical-shared", PTE(0, 2), true, false, "once per process that maps the page" },
	{ "physical-shared-once", PTE(-1, 1), true, false, "the first process pays for all (5.10)" },
	{ "physical-after", PTE(0, 1), false, false, "of a page whose pmd was split before" },
	{ "physical-after-once", PTE(-1, 1), false, false, "the same where the head keeps its flag" },

	{ "base", PTE(1, 0), false, false, "mm/migrate.c, remove_migration_pte" },
	{ "back", PTE(1, 0), false, false, "the same: flush_dcache_page() comes with every migration" },
	{ "shared", PTE(2, 0), false, false, "the same, once per process that maps the page" },
	{ "shared-once", PTE(1, 0), false, false,
	  "mm/migrate.c, move_to_new_page: the first process pays for all (5.10)" },
	{ "huge", PTE(1, 0), true, false, "mm/migrate.c, where huge pages move as they are" },
	{ "huge-split", PTE(0, 2), true, false,
	  "mm/migrate.c, where they cannot (4.19): splits the page, then moves every part" },

	{ "add", PTE(0, 1), false, false, "mm/mprotect.c, change_pte_range: dirty pages, all in one call" },
	{ "add-file", PTE(0, 1), false, false, "the same with pages of a file" },
	{ "add-again", NOTHING, false, false, "PG_dcache_clean stays, even when user space stores" },
	{ "add-huge", PTE(1, 0), true, false, "mm/huge_memory.c, change_huge_pmd: the head page" },
	{ "add-huge-split", PTE(-1, 1), true, false, "mm/huge_memory.c, __split_huge_pmd_locked" },
	{ "add-part", PTE(1, 0), true, false, "the split comes first, with the old protection" },
	{ "add-rest", PTE(-1, 1), false, false, "mm/mprotect.c, change_pte_range" },

	{ "enable", PTE(1, 0), false, false, "kernel/events/uprobes.c, __replace_page: a new text page" },
	{ "disable", PTE(1, 0), false, false, "kernel/events/uprobes.c, __replace_page: the old one again" },
	{ "first-hit", KERNEL(3, 2), false, false,
	  "kernel/events/uprobes.c, __create_xol_area and xol_get_insn_slot, and the fault" },
	{ "later-hit", KERNEL(1, 1), false, false, "kernel/events/uprobes.c, xol_get_insn_slot" },

	{ "poke", KERNEL(1, 1), false, false, "arch/arm64/mm/flush.c, copy_to_user_page" },
	{ "poke-cow", KERNEL(2, 1), false, false, "the same, and a copied page before it" },
	{ "peek", NOTHING, false, false, "mm/memory.c, __access_remote_vm: only writes are synchronised" },
	{ "mem", KERNEL(1, 1), false, false, "fs/proc/base.c, mem_write: copy_to_user_page" },
	{ "mem-cow", KERNEL(2, 1), false, false, "the same, and a copied page before it" },
	{ "writev", NOTHING, false, false, "mm/process_vm_access.c: no copy_to_user_page" },

	{ "register", ALWAYS(1, 0), { 0, 0 }, false, true,
	  "arch/arm64/kernel/probes/kprobes.c, arch_prepare_ss_slot: flush_icache_range; newer kernels "
	  "(6.1) patch the slot without" },

	{ "run-mprotect", PTE(1, 0), false, false, "as add: written, then made executable" },
	{ "run-jit", PTE(1, 0), false, false, "as anon: written by a program that keeps its caches itself" },
	{ "run-file", PTE(1, 0), false, false, "as file: written by write(2)" },
	{ "run-split", PTE(0, 1), true, false, "as add-huge and add-huge-split" },
	{ "run-migrate", PTE(1, 0), false, false, "as base" },
	{ "run-mem", KERNEL(1, 1), false, false, "as mem: written through /proc/self/mem" },
};
/* clang-format on */

const struct price *price_find(const char *step)
{
	for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
		if (!strcmp(prices[i].step, step))
			return &prices[i];
	return NULL;
}

uint64_t price_total(const struct cost *cost, uint64_t operations, uint64_t ptes)
{
	return operations * (cost->each + cost->per_pte * ptes);
}

uint64_t price_broadcasts(const struct price *price, enum form form, uint64_t operations,
			  uint64_t ptes)
{
	return price_total(&price->broadcasts[form], operations, ptes);
}
