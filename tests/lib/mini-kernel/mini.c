/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mini.c: the functions icache-ipi-check looks for, in a thousand that call each other
 *
 * Written for the tests, with the names and the shape of a kernel's, so that any compiler and any
 * option can be tried on them in a second. FORM is AFFECTED, POSTED or MERGED.
 */
#define AFFECTED 1
#define POSTED 2
#define MERGED 3

typedef unsigned long word;

word __icache_flags, page_flags[64];
int kgdb_connected;

#define NOINLINE __attribute__((noinline, used))
#define QUIET __attribute__((no_instrument_function))

/* Each as the kernel has it: not inline, and of its own instructions. */
NOINLINE QUIET void kick_all_cpus_sync(void) { __asm__ volatile("dmb ish" ::: "memory"); }
NOINLINE QUIET void __clean_dcache_area_pou(void *at, word size)
{
	__asm__ volatile("dc cvau, %0" :: "r"((word)at + size) : "memory");
}
NOINLINE QUIET void __flush_icache_range(word from, word to)
{
	__asm__ volatile("ic ivau, %0; dsb ish; isb" :: "r"(from + to) : "memory");
}
/* What instrumented code calls. */
NOINLINE QUIET void _mcount(void) { __asm__ volatile("nop"); }
NOINLINE QUIET void __sanitizer_cov_trace_pc(void) { __asm__ volatile("nop"); }
NOINLINE QUIET void __stack_chk_fail(void) { __asm__ volatile("brk #0x800"); }
word __stack_chk_guard;

static inline void flush_icache_range(word from, word to)
{
	__flush_icache_range(from, to);
#ifdef KGDB
	word daif;

	__asm__ volatile("mrs %0, daif" : "=r"(daif));
	if (kgdb_connected && daif & 128)
		return;
#endif
	kick_all_cpus_sync();
}

#if FORM == POSTED
#define SYNC(at, size, sync) sync_icache_aliases(at, size, sync)
void sync_icache_aliases(void *at, word size, _Bool sync)
#else
#define SYNC(at, size, sync) sync_icache_aliases(at, size)
void sync_icache_aliases(void *at, word size)
#endif
{
	word from = (word)at;

	if (*(volatile word *)&__icache_flags & 1) {
		__clean_dcache_area_pou(at, size);
		__asm__ volatile("ic ialluis" ::: "memory");
#if FORM == POSTED
	} else if (sync) {
		flush_icache_range(from, from + size);
	} else {
		__flush_icache_range(from, from + size);
#elif FORM == MERGED
	} else {
		__flush_icache_range(from, from + size);
#else
	} else {
		flush_icache_range(from, from + size);
#endif
	}
}

NOINLINE void copy_to_user_page(char *to, const char *from, word size, word exec)
{
	for (word i = 0; i < size; i++)
		*(volatile char *)(to + i) = from[i];
	if (exec)
		SYNC(to, size, 1);
}

NOINLINE void __sync_icache_dcache(word pte)
{
	word *flags = &page_flags[pte & 63];

	if (!(__atomic_fetch_or(flags, 2, __ATOMIC_SEQ_CST) & 2))
		SYNC((void *)(pte << 12), (word)4096 << (*flags >> 8 & 15), 0);
}

/* Callers, so that every control has something to count. */
NOINLINE void set_pte_at(word pte) { __sync_icache_dcache(pte); page_flags[0]++; }
NOINLINE void load_module(void) { flush_icache_range(1, 2); page_flags[1]++; }

#define F(n) NOINLINE void filler_##n(void) \
	{ set_pte_at(n); load_module(); page_flags[n & 63] += n; }
#define TEN(n) F(n##0) F(n##1) F(n##2) F(n##3) F(n##4) F(n##5) F(n##6) F(n##7) F(n##8) F(n##9)
#define HUNDRED(n) TEN(n##0) TEN(n##1) TEN(n##2) TEN(n##3) TEN(n##4) TEN(n##5) TEN(n##6) \
	TEN(n##7) TEN(n##8) TEN(n##9)
HUNDRED(1) HUNDRED(2) HUNDRED(3) HUNDRED(4) HUNDRED(5) HUNDRED(6) HUNDRED(7) HUNDRED(8)
