#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-callees.t: a callee is quiet because its definition was read, and loud for the same reason; its
# name, a declaration alone and a conflict that a merge left are no evidence
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
cache=arch/arm64/mm/cache.S

# tree: an empty tree of the oldest shape that counts, as $tree
tree()
{
	tree=$scratch/tree
	rm -rf "$tree"
	mkdir -p "$tree/${header%/*}" "$tree/${flush%/*}" "$tree/arch/arm64/kernel/probes"
	printf 'VERSION = 4\nPATCHLEVEL = 19\nSUBLEVEL = 0\n' >"$tree/Makefile"
	: >"$tree/Kconfig"
	: >"$tree/arch/arm64/Kconfig"
	printf 'ENTRY(asm_range)\n\tic\tivau, x0\n\tret\nENDPROC(asm_range)\n' >"$tree/$cache"
	echo 'extern void asm_range(unsigned long start, unsigned long end);' >"$tree/$header"
	echo 'extern void sync_icache_aliases(void *kaddr, unsigned long len);' >>"$tree/$header"
}

# calls STATEMENT [OTHERWISE]: what the path of a user pte does where no I-cache aliases
calls()
{
	cat >"$tree/$flush" <<-END
		#include <asm/cacheflush.h>
		void sync_icache_aliases(void *kaddr, unsigned long len)
		{
			unsigned long addr = (unsigned long)kaddr;

			if (icache_is_aliasing()) {
				${2-__flush_icache_all();}
			} else {
				$1
			}
		}
		void __sync_icache_dcache(pte_t pte)
		{
			struct page *page = pte_page(pte);

			if (!test_and_set_bit(PG_dcache_clean, &page->flags))
				sync_icache_aliases(page_address(page), PAGE_SIZE);
		}
		EXPORT_SYMBOL_GPL(__sync_icache_dcache);
	END
}

# state NAME CODE STATE [REASON]
state()
{
	run "$O/icache-ipi-backport" --check "$tree"
	is "$rc:$out" "$2:$3" "$1"
	[ -z "${4-}" ] || like "$err" "$4" "$1: says what"
}

# inlines TEXT...: lines of the header
inlines()
{
	printf '%s\n' "$@" >>"$tree/$header"
}

# --- quiet, because it was read ---
tree
calls 'asm_range(addr, addr + len);'
state 'assembly, declared' 0 'fixed as merged'
inlines 'static inline void range(unsigned long a, unsigned long b)' '{' 'asm_range(a, b);' '}'
calls 'range(addr, addr + len);'
state 'an inline function that calls it' 0 'fixed as merged'
printf '#define CLEAN(a, n) \\\n' >>"$tree/$header"
inlines '	do { range(a, (a) + (n)); } while (0)' '#define clean_alias range'
calls 'CLEAN(addr, len);'
state 'a macro' 0 'fixed as merged'
calls 'clean_alias(addr, addr + len);'
state 'a macro that is another name' 0 'fixed as merged'
sed -i 's/$/\r/' "$tree/$header" "$tree/$flush" "$tree/$cache"
state 'a macro over two lines, CRLF' 0 'fixed as merged'
tree
printf 'SYM_FUNC_START(__pi_range)\n\tic ivau, x0\nSYM_FUNC_END(__pi_range)\nSYM_FUNC_ALIAS(range, __pi_range)\n' \
	>"$tree/$cache"
inlines 'void range(unsigned long, unsigned long);'
calls 'range(addr, addr + len);'
state 'an alias in assembly' 0 'fixed as merged'
tree
inlines 'void vendor_range(void *start, size_t bytes);'
printf '#include <asm/cacheflush.h>\nvoid vendor_range(void *start, size_t bytes)\n{\n\tasm_range(start, start + bytes);\n}\n' \
	>"$tree/${flush%/*}/vendor.c"
calls 'vendor_range(kaddr, len);'
state 'a function of another file' 0 'fixed as merged'
inlines 'static inline void flush_icache_range(unsigned long a, unsigned long b)' '{ asm_range(a, b); }'
calls 'flush_icache_range(addr, addr + len);'
state 'flush_icache_range() that does not broadcast' 0 'not affected'

# --- the cases from the field ---
tree
printf 'ENTRY(flush_icache_range)\n' >"$tree/$cache"
printf 'extern void flush_icache_range(unsigned long a, unsigned long b);\n' >"$tree/$header"
calls '__flush_icache_range(addr, addr + len);'
state 'a quiet name that is declared nowhere' 3 'not recognised' \
	'__flush_icache_range\(\) in arch/arm64/mm/flush\.c is called, and defined nowhere'
inlines 'extern void __flush_icache_range(unsigned long a, unsigned long b);'
state 'a quiet name that is defined nowhere' 3 'not recognised' '__flush_icache_range\(\)'
tree
printf 'ENTRY(__flush_icache_range)\n' >"$tree/$cache"
calls '__flush_icache_range(addr, addr + len);'
state 'a quiet name that is defined, and declared nowhere' 3 'not recognised' \
	'__flush_icache_range\(\) in .* declared nowhere'
inlines 'static inline void __flush_icache_range(unsigned long a, unsigned long b)' \
	'{ asm_range(a, b); kick_all_cpus_sync(); }'
state 'a quiet name that broadcasts' 2 affected
tree
inlines 'static inline void __flush_icache_all(void) { asm("ic ialluis"); }'
cat >"$tree/$flush" <<'END'
void __sync_icache_dcache(pte_t pte, unsigned long addr)
{
	struct page *page = pte_page(pte);

	if (!page_mapping(page))
		return;
	if (!test_and_set_bit(PG_dcache_clean, &page->flags)) {
		__flush_dcache_area(page_address(page), PAGE_SIZE << compound_order(page));
		__flush_icache_all();
	} else if (icache_is_aivivt()) {
		__flush_icache_all();
	}
}
END
printf 'ENTRY(flush_icache_range)\n' >"$tree/$cache"
inlines 'extern void flush_icache_range(unsigned long a, unsigned long b);'
state 'maintenance inside __sync_icache_dcache(), as in v4.9 and older' 0 'not affected'
sed -i 's/asm("ic ialluis");/& kick_all_cpus_sync();/' "$tree/$header"
state 'the same, where __flush_icache_all() broadcasts' 2 affected

# --- loud, however far away ---
for broadcast in 'kick_all_cpus_sync()' 'smp_call_function(f, NULL, 1)' 'on_each_cpu(f, NULL, 1)' \
	'on_each_cpu_cond(g, f, NULL, 1)' 'smp_call_function_many(cpu_online_mask, f, NULL, 1)' \
	'stop_machine(f, NULL, NULL)'; do
	tree
	calls "asm_range(addr, addr + len); $broadcast;"
	state "$broadcast" 2 affected
	calls 'range(addr, addr + len);'
	inlines 'static inline void third(void)' "{ if (vendor_wants) $broadcast; }" \
		'#define second() third()' 'static __always_inline void range(unsigned long a, unsigned long b)' \
		'{ asm_range(a, b); second(); }'
	state "$broadcast, three calls away" 2 affected
done
tree
printf 'ENTRY(loud)\n\tic ivau, x0\n\tbl\tkick_all_cpus_sync\n\tret\nENDPROC(loud)\n' >"$tree/$cache"
inlines 'void loud(unsigned long, unsigned long);'
calls 'loud(addr, addr + len);'
state 'in assembly' 2 affected
tree
mkdir -p "$tree/drivers/vendor"
inlines 'void vendor_range(void *start, size_t bytes);'
printf 'void vendor_range(void *start, size_t bytes)\n{\n\ton_each_cpu(vendor_ipi, start, 1);\n}\n' \
	>"$tree/drivers/vendor/cache.c"
calls 'vendor_range(kaddr, len);'
state 'in a driver' 2 affected
tree
calls 'asm_range(addr, addr + len);' '__flush_icache_all();'
inlines 'static inline void __flush_icache_all(void) { asm("ic ialluis"); kick_all_cpus_sync(); }'
state 'where the I-cache aliases' 2 affected
tree
printf 'static void gone(void) { kick_all_cpus_sync(); }\n' >>"$tree/$header"
calls 'asm_range(addr, addr + len);'
state 'beside the path' 0 'fixed as merged'

# --- neither ---
tree
calls 'vendor->flush(addr, len);'
state 'a pointer to a function' 3 'not recognised' 'by a pointer'
calls 'asm_range(addr, addr + len); (*vendor_hook)(addr);'
state 'another one' 3 'not recognised' 'by a pointer'
calls ';'
state 'no maintenance' 3 'not recognised' 'no I-cache maintenance'
tree
inlines '#ifdef CONFIG_VENDOR' 'static inline void range(long a, long b) { asm_range(a, b); }' '#else' \
	'static inline void range(long a, long b) { kick_all_cpus_sync(); }' '#endif'
calls 'range(addr, addr + len);'
state 'two definitions, by configuration' 3 'not recognised' 'some configurations'
tree
inlines 'static inline void range(long a, long b)' '{' 'asm_range(a, b);' '#ifdef CONFIG_SMP' \
	'kick_all_cpus_sync();' '#endif' '}'
calls 'range(addr, addr + len);'
state 'only for SMP, which arm64 always is' 2 affected
tree
mkdir -p "$tree/kernel"
: >"$tree/kernel/smp.c"
calls 'asm_range(addr, addr + len); vendor_trace(addr);'
state 'a whole tree that defines one callee nowhere' 3 'not recognised' 'vendor_trace\(\)'
rm "$tree/kernel/smp.c"
calls 'asm_range(addr, addr + len); vendor_sync_all(addr);'
state 'a part of a tree, and a callee that may be anything' 3 'not recognised' 'vendor_sync_all\(\)'

# --- what a merge left behind ---
for file in "$flush" "$header" "$cache"; do
	tree
	calls 'asm_range(addr, addr + len);'
	: >"$tree/$uprobes"
	printf '<<<<<<< HEAD\n=======\n>>>>>>> vendor\n' >>"$tree/$file"
	line=$(grep -n '^<<<' "$tree/$file" | cut -d : -f 1)
	state "a conflict in $file" 3 'not recognised' "$file:$line: a conflict of a merge"
done
tree
calls 'asm_range(addr, addr + len);'
printf '/*\n =======\n * >>>>>>> no conflict\n */\n' >>"$tree/$flush"
state 'what looks like one in a comment' 0 'fixed as merged'

# --- newer kernels ---
tree
inlines 'static inline void flush_icache_range(unsigned long a, unsigned long b)' \
	'{ asm_range(a, b); kick_all_cpus_sync(); }' '#define flush_icache_range flush_icache_range'
cat >"$tree/$flush" <<'END'
void sync_icache_aliases(unsigned long start, unsigned long end)
{
	if (icache_is_aliasing()) {
		dcache_clean_pou(start, end);
		icache_inval_all_pou();
	} else {
		asm_range(start, end);
	}
}
EXPORT_SYMBOL_GPL(sync_icache_aliases);
void __sync_icache_dcache(pte_t pte)
{
	struct folio *folio = page_folio(pte_page(pte));

	if (!test_bit(PG_dcache_clean, &folio->flags)) {
		sync_icache_aliases((unsigned long)folio_address(folio),
				    (unsigned long)folio_address(folio) + folio_size(folio));
		set_bit(PG_dcache_clean, &folio->flags);
	}
}
END
state 'folios' 0 'fixed as merged'
sed -i -e 's/struct folio \*folio.*/struct page *page = pte_page(pte);\n\n\tif (PageHuge(page))\n\t\tpage = compound_head(page);/' \
	-e 's/folio_size/page_size/; s/folio_address/page_address/g; s/folio/page/g' "$tree/$flush"
state 'PageHuge() and page_size()' 0 'fixed as merged'
sed -i 's/^		asm_range/		flush_icache_range/' "$tree/$flush"
state 'the same with the fault' 2 affected

# --- where a tree begins ---
rm "$tree/Makefile" "$tree/Kconfig" "$tree/arch/arm64/Kconfig"
state 'no Makefile and no Kconfig' 2 affected
mkdir -p "$scratch/vendor/BSP/images"
mv "$tree" "$scratch/vendor/BSP/kernel-4.19"
tree=$scratch/vendor
state 'a kernel in a folder below' 3 'not an arm64 kernel tree' "there is one in $scratch/vendor/BSP/kernel-4\.19\$"
run "$O/icache-ipi-check" "$scratch/vendor"
is "$rc" 3 'icache-ipi-check: the same'
like "$out" 'there is one in .*/vendor/BSP/kernel-4\.19' 'icache-ipi-check: says where'
done_testing
