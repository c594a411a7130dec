// SPDX-License-Identifier: GPL-2.0-only
/*
 * drift-run.c: calls what a drifted tree defines, and prints how often it interrupted and maintained:
 * "PTE-BROADCASTS PTE-MAINTAINED ALIASING-BROADCASTS UPROBE-BROADCASTS PTRACE-BROADCASTS"
 */
#undef asm
#include <stdio.h>

int stub_broadcasts, stub_maintained, stub_aliasing;

/* Those of v4.9 take an address, too. */
void __sync_icache_dcache();
void arch_uprobe_copy_ixol(struct page *page, unsigned long vaddr, void *src, unsigned long len);
void copy_to_user_page(struct vm_area_struct *vma, struct page *page, unsigned long uaddr,
		       void *dst, const void *src, unsigned long len);

static int pte(int aliasing)
{
	struct page page = { 0 };

	stub_aliasing = aliasing;
	stub_broadcasts = stub_maintained = 0;
	__sync_icache_dcache((pte_t){ &page }, 0ul);
	return stub_broadcasts;
}

int main(void)
{
	struct vm_area_struct vma = { VM_EXEC };
	struct page page = { 0 };
	char source[8] = { 0 };
	int quiet, maintained, aliasing, uprobe;

	aliasing = pte(1);
	quiet = pte(0);
	maintained = stub_maintained;
	stub_broadcasts = 0;
	arch_uprobe_copy_ixol(&page, 0, source, sizeof(source));
	uprobe = stub_broadcasts;
	stub_broadcasts = 0;
	copy_to_user_page(&vma, &page, 0, page.data, source, sizeof(source));
	printf("%d %d %d %d %d\n", quiet, maintained, aliasing, uprobe, stub_broadcasts);
	return 0;
}
