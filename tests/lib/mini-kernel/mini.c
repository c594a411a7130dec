/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mini.c: the functions icache-ipi-check looks for, in a thousand that call each other
 *
 * Written for the tests, with the names and the shape of a kernel's, so that any compiler and any
 * option can be tried on them in a second. FORM is AFFECTED, POSTED, MERGED, or STALE, which
 * neither interrupts nor maintains; or OWN: ALIASES is sync_icache_aliases() and SYNC() its call. A
 * test may define IN_PTE, which __sync_icache_dcache() begins with, PTE_SYNC, the argument that it
 * gives, and IN_SET_PTE and IN_MODULE in the place of what the callers call.
 */
#define AFFECTED 1
#define POSTED 2
#define MERGED 3
#define STALE 4
#define OWN 5

#ifndef IN_PTE
#define IN_PTE
#endif
#ifndef PTE_SYNC
#define PTE_SYNC 0
#endif
#ifndef IN_SET_PTE
#define IN_SET_PTE __sync_icache_dcache(pte)
#endif
#ifndef IN_MODULE
#define IN_MODULE flush_icache_range(1, 2)
#endif

typedef unsigned long word;

word __icache_flags, page_flags[64];
/* What a dump is asked for: how many CPUs run. In this order, which a compiler would not keep. */
__asm__(".data\n.globl __cpu_online_mask, __cpu_present_mask\n"
	"__cpu_online_mask: .xword 0, 0\n__cpu_present_mask: .xword 1, 0\n.text\n");
int kgdb_connected;

#define NOINLINE __attribute__((noinline, used))
#define QUIET __attribute__((no_instrument_function))

/* Each as the kernel has it: not inline, and of its own instructions. */
NOINLINE QUIET void kick_all_cpus_sync(void)
{
	__asm__ volatile("dmb ish" ::: "memory");
}
NOINLINE QUIET void __clean_dcache_area_pou(void *at, word size)
{
	__asm__ volatile("dc cvau, %0" ::"r"((word)at + size) : "memory");
}
NOINLINE QUIET void __flush_icache_range(word from, word to)
{
	__asm__ volatile("ic ivau, %0; dsb ish; isb" ::"r"(from + to) : "memory");
}
/* What instrumented code calls. */
NOINLINE QUIET void _mcount(void)
{
	__asm__ volatile("nop");
}
NOINLINE QUIET void __sanitizer_cov_trace_pc(void)
{
	__asm__ volatile("nop");
}
NOINLINE QUIET void __stack_chk_fail(void)
{
	__asm__ volatile("brk #0x800");
}
word __stack_chk_guard;
__asm__(".irp name, __asan_load1_noabort, __asan_load8_noabort, __asan_store1_noabort, "
	"__asan_store8_noabort, __hwasan_load1_noabort, __hwasan_load8_noabort, "
	"__hwasan_store1_noabort, __hwasan_store8_noabort, __ubsan_handle_pointer_overflow, "
	"__ubsan_handle_type_mismatch_v1, __tsan_init, __tsan_func_entry, __tsan_func_exit, "
	"__tsan_read1, __tsan_read8, __tsan_write1, __tsan_write8, __tsan_volatile_read8, "
	"__tsan_volatile_write1, __tsan_atomic64_fetch_or\n"
	".globl \\name\n.type \\name, %function\n\\name: ret\n.endr\n");

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

#if FORM == OWN
ALIASES
#else
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
#elif FORM == STALE
	} else {
		__asm__ volatile("" ::"r"(from) : "memory");
#else
	} else {
		flush_icache_range(from, from + size);
#endif
	}
}
#endif

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

	IN_PTE;
	if (!(__atomic_fetch_or(flags, 2, __ATOMIC_SEQ_CST) & 2))
		SYNC((void *)(pte << 12), (word)4096 << (*flags >> 8 & 15), PTE_SYNC);
}

/* Where the kernel keeps its probes; of the address, a plainer hash. */
word kprobe_table[64];

NOINLINE word get_kprobe(word at)
{
	return kprobe_table[at >> 2 & 63];
}

/* Callers, so that every control has something to count. */
NOINLINE void set_pte_at(word pte)
{
	IN_SET_PTE;
	page_flags[0]++;
}
NOINLINE void load_module(void)
{
	IN_MODULE;
	page_flags[1]++;
}

/*
 * Eight hundred functions that call two others and one of themselves, each another one: were all
 * calls to the same two, a second place of the symbols could fit by chance. Assembled, because
 * compiling them takes seconds.
 */
__asm__(".altmacro\n"
	".macro filler n, m\n"
	".globl filler_\\n\n.type filler_\\n, %function\n"
	"filler_\\n: bl set_pte_at\n bl filler_\\m\n bl load_module\n ret\n"
	".rept (\\n * \\n + \\n / 3) % 11\n nop\n .endr\n" /* no two places look alike */
	".endm\n"
	".set i, 0\n"
	".rept 800\n filler %i, %((i * 7 + 3) % 800)\n .set i, i + 1\n .endr\n"
	".noaltmacro\n");
