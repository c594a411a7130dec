// SPDX-License-Identifier: GPL-2.0-only
/*
 * roles.c: every name that makes a function a broadcast, maintenance or innocent, and names beside them
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kernel/roles.c"

/* Names as kernels have them, not as roles.c lists them; of a pattern more than one. */
static const struct {
	const char *name;
	enum kernel_role role;
} names[] = {
	{ "kick_all_cpus_sync", ROLE_BROADCAST },
	{ "smp_call_function", ROLE_BROADCAST },
	{ "smp_call_function_many", ROLE_BROADCAST },
	{ "smp_call_function_many_cond", ROLE_BROADCAST },
	{ "on_each_cpu", ROLE_BROADCAST },
	{ "on_each_cpu_mask", ROLE_BROADCAST },
	{ "on_each_cpu_cond_mask", ROLE_BROADCAST },
	{ "__sync_icache_dcache", ROLE_FLUSH },
	{ "sync_icache_aliases", ROLE_FLUSH },
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
	{ "_mcount", ROLE_INNOCENT },
	{ "ftrace_caller", ROLE_INNOCENT },
	{ "ftrace_graph_caller", ROLE_INNOCENT },
	{ "__asan_load8_noabort", ROLE_INNOCENT },
	{ "kasan_report", ROLE_INNOCENT },
	{ "__hwasan_store1_noabort", ROLE_INNOCENT },
	{ "__tsan_read8", ROLE_INNOCENT },
	{ "__msan_warning", ROLE_INNOCENT },
	{ "__kcsan_check_access", ROLE_INNOCENT },
	{ "__sanitizer_cov_trace_pc", ROLE_INNOCENT },
	{ "__ubsan_handle_pointer_overflow", ROLE_INNOCENT },
	{ "__stack_chk_fail", ROLE_INNOCENT },
	{ "__ll_sc_atomic64_fetch_or", ROLE_INNOCENT },
	{ "__warn_printk", ROLE_INNOCENT },
	{ "dump_page", ROLE_INNOCENT },
	{ "trace_hardirqs_off_caller", ROLE_INNOCENT },
	{ "trace_hardirqs_on", ROLE_INNOCENT },
	{ "__fortify_panic", ROLE_INNOCENT },
};

/* Names that only look like one of the table: longer, shorter, or with another beginning. */
static const char *const strangers[] = {
	"",
	"kick_all_cpus",
	"kick_all_cpus_sync_later",
	"_kick_all_cpus_sync",
	"smp_call_function_single",
	"smp_call_function_any",
	"on_each_cpu_later",
	"sync_icache_alias",
	"sync_icache_aliases_all",
	"flush_icache_ranges",
	"_mcount_later",
	"__stack_chk_fail_local",
	"__warn_printk_later",
	"dump_page_owner",
	"ftrace",
	"kasan",
	"set_pte_at",
	"printk",
};

static void test_every_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (kernel_role_of(names[i].name) != names[i].role)
			fail_msg("%s: role %d", names[i].name, kernel_role_of(names[i].name));
	for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
		if (kernel_role_of(strangers[i]) != ROLE_STRANGER)
			fail_msg("%s: role %d", strangers[i], kernel_role_of(strangers[i]));
}

/* The names above are all there are: one that is added to the table has to be added here. */
static void test_every_row_has_a_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		bool used = false;

		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++)
			used |= pattern_matches(roles[i].name, names[j].name);
		if (!used)
			fail_msg("no case has a name of %s", roles[i].name);
	}
}

/* What compilers append to a name, and what they do not. */
static void test_suffixes(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (int j = 0; j < 3; j++) {
			snprintf(name, sizeof(name), "%s%s", names[i].name,
				 j == 0 ? ".isra.0" :
				 j == 1 ? ".constprop.1" :
					  "$0123456789abcdef");
			assert_int_equal(kernel_role_of(name), names[i].role);
		}
}

/* Of several names for one address the highest role counts, in whatever order they are. */
static void test_aliases(void **state)
{
	static const struct {
		const char *first, *second;
		enum kernel_role role;
	} cases[] = {
		{ "on_each_cpu", "any_name", ROLE_BROADCAST },
		{ "on_each_cpu", "__flush_icache_range", ROLE_BROADCAST },
		{ "kick_all_cpus_sync", "__asan_load1", ROLE_BROADCAST },
		{ "__flush_icache_range", "any_name", ROLE_FLUSH },
		{ "__flush_icache_range", "ftrace_stub", ROLE_FLUSH },
		{ "ftrace_stub", "any_name", ROLE_INNOCENT },
		{ "any_name", "other_name", ROLE_STRANGER },
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const char *first = i % 2 ? cases[i / 2].second : cases[i / 2].first;
		const char *second = i % 2 ? cases[i / 2].first : cases[i / 2].second;
		struct kernel_symbols symbols = { 0 };

		kernel_symbols_add(&symbols, 4, 'T', "smp_call_function", 17);
		kernel_symbols_add(&symbols, 8, 'T', first, strlen(first));
		kernel_symbols_add(&symbols, 8, 't', second, strlen(second));
		kernel_symbols_add(&symbols, 12, 'T', "smp_call_function", 17);
		kernel_symbols_sort(&symbols);
		if (kernel_role_at(&symbols, 8) != cases[i / 2].role)
			fail_msg("%s and %s: role %d", first, second, kernel_role_at(&symbols, 8));
		kernel_symbols_free(&symbols);
	}
}

/* A name counts for code that starts there: not data of that name, not an address inside. */
static void test_only_code_has_a_role(void **state)
{
	struct kernel_symbols symbols = { 0 };

	(void)state;
	kernel_symbols_add(&symbols, 4, 'T', "any_name", 8);
	kernel_symbols_add(&symbols, 4, 'D', "kick_all_cpus_sync", 18);
	kernel_symbols_add(&symbols, 8, 'W', "on_each_cpu", 11);
	kernel_symbols_add(&symbols, 16, 'w', "on_each_cpu", 11);
	kernel_symbols_sort(&symbols);
	assert_int_equal(kernel_role_at(&symbols, 0), ROLE_STRANGER);
	assert_int_equal(kernel_role_at(&symbols, 4), ROLE_STRANGER);
	assert_int_equal(kernel_role_at(&symbols, 8), ROLE_BROADCAST);
	assert_int_equal(kernel_role_at(&symbols, 12), ROLE_STRANGER);
	assert_int_equal(kernel_role_at(&symbols, 16), ROLE_BROADCAST);
	kernel_symbols_free(&symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_name),
		cmocka_unit_test(test_every_row_has_a_name),
		cmocka_unit_test(test_suffixes),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_only_code_has_a_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
