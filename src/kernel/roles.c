// SPDX-License-Identifier: GPL-2.0-only
/*
 * roles.c: what a function's name makes of it in the chain from a user pte to an interrupt
 */
#include <string.h>

#include "kernel/roles.h"

static const struct {
	const char *name; /* a final '*' stands for any rest */
	enum kernel_role role;
} roles[] = {
	/* kernel/smp.c; where the compiler inlined the first, one of the others is called */
	{ BROADCAST, ROLE_BROADCAST },
	{ "smp_call_function", ROLE_BROADCAST },
	{ "smp_call_function_many", ROLE_BROADCAST },
	{ "smp_call_function_many_cond", ROLE_BROADCAST },
	{ "on_each_cpu", ROLE_BROADCAST },
	{ "on_each_cpu_mask", ROLE_BROADCAST },
	{ "on_each_cpu_cond_mask", ROLE_BROADCAST },
	/* arch/arm64/mm/flush.c, cache.S and asm/cacheflush.h, names of 4.4 to 7.x */
	{ ROOT_PTE, ROLE_FLUSH },
	{ ROOT_ALIASES, ROLE_FLUSH },
	{ "flush_icache_range", ROLE_FLUSH },
	{ "__flush_icache_range", ROLE_FLUSH },
	{ "__flush_cache_user_range", ROLE_FLUSH },
	{ "__flush_icache_all", ROLE_FLUSH },
	{ "__flush_dcache_area", ROLE_FLUSH },
	{ "__clean_dcache_area_pou", ROLE_FLUSH },
	{ "invalidate_icache_range", ROLE_FLUSH },
	{ "caches_clean_inval_pou", ROLE_FLUSH },
	{ "caches_clean_inval_user_pou", ROLE_FLUSH },
	{ "dcache_clean_pou", ROLE_FLUSH },
	{ "dcache_clean_inval_poc", ROLE_FLUSH },
	{ "icache_inval_all_pou", ROLE_FLUSH },
	{ "icache_inval_pou", ROLE_FLUSH },
	/* what compilers and debugging options add to any function */
	{ "_mcount", ROLE_INNOCENT },
	{ "ftrace_*", ROLE_INNOCENT },
	{ "__asan_*", ROLE_INNOCENT },
	{ "kasan_*", ROLE_INNOCENT },
	{ "__hwasan_*", ROLE_INNOCENT },
	{ "__tsan_*", ROLE_INNOCENT },
	{ "__msan_*", ROLE_INNOCENT },
	{ "__kcsan_*", ROLE_INNOCENT },
	{ "__sanitizer_*", ROLE_INNOCENT },
	{ "__ubsan_*", ROLE_INNOCENT },
	{ "__stack_chk_fail", ROLE_INNOCENT },
	{ "__ll_sc_*", ROLE_INNOCENT },
	{ "__warn_printk", ROLE_INNOCENT },
	{ "dump_page", ROLE_INNOCENT },
	{ "trace_hardirqs_*", ROLE_INNOCENT },
	{ "__fortify_*", ROLE_INNOCENT },
};

static bool pattern_matches(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (pattern[length - 1] == '*')
		return !strncmp(pattern, name, length - 1);
	return kernel_symbol_name_is(name, pattern);
}

enum kernel_role kernel_role_of(const char *name)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (pattern_matches(roles[i].name, name))
			return roles[i].role;
	return ROLE_STRANGER;
}

enum kernel_role kernel_role_at(const struct kernel_symbols *symbols, uint64_t offset)
{
	const struct kernel_symbol *symbol = kernel_symbols_at(symbols, offset);
	const struct kernel_symbol *end = symbols->list + symbols->count;
	enum kernel_role best = ROLE_STRANGER;

	for (; symbol && symbol < end && symbol->offset == offset; symbol++) {
		enum kernel_role role = kernel_role_of(kernel_symbol_name(symbols, symbol));

		if (kernel_symbol_is_text(symbol) && role > best)
			best = role;
	}
	return best;
}
