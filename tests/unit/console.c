// SPDX-License-Identifier: GPL-2.0-only
/*
 * console.c: what the kernel's messages say
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vm/console.c"

/* One more than there are CPUs: what is written there is written behind a result's. */
static unsigned int stuck_s[RESULT_CPUS_MAX + 1];

static struct vm_console take(const char *line)
{
	struct vm_console console = { 0 };

	memset(stuck_s, 0, sizeof(stuck_s));
	vm_console_take_line(&console, line, stuck_s);
	return console;
}

static void test_soft_lockup(void **state)
{
	(void)state;
	take("[   27.1] watchdog: BUG: soft lockup - CPU#41 stuck for 22s! [init:441]");
	assert_int_equal(stuck_s[41], 22);
	take("junk before BUG: soft lockup - CPU#0 stuck for 3s! [init:1]");
	assert_int_equal(stuck_s[0], 3);
	take("watchdog: BUG: soft lockup - CPU#511 stuck for 3s!");
	assert_int_equal(stuck_s[511], 3);
	take("watchdog: BUG: soft lockup - CPU#512 stuck for 3s!");
	assert_int_equal(stuck_s[512], 0);
	take("watchdog: BUG: soft lockup - CPU#-1 stuck for 3s!");
	take("watchdog: BUG: soft lockup - CPU#");
	for (int cpu = 0; cpu <= RESULT_CPUS_MAX; cpu++)
		assert_int_equal(stuck_s[cpu], 0);
}

static void test_longest_report_of_a_cpu_counts(void **state)
{
	struct vm_console console = { 0 };

	(void)state;
	memset(stuck_s, 0, sizeof(stuck_s));
	vm_console_take_line(&console, "BUG: soft lockup - CPU#5 stuck for 23s!", stuck_s);
	vm_console_take_line(&console, "BUG: soft lockup - CPU#5 stuck for 22s!", stuck_s);
	assert_int_equal(stuck_s[5], 23);
}

static void test_panic(void **state)
{
	struct vm_console console = { 0 };

	(void)state;
	assert_true(take("[ 1.0] Kernel panic - not syncing: No working init found.").panicked);
	assert_false(take("[ 1.0] panic=-1").panicked);
	/* What panicked first is why. */
	vm_console_take_line(&console, "[ 1.0] Kernel panic - not syncing: first", stuck_s);
	vm_console_take_line(&console, "[ 1.1] Kernel panic - not syncing: second", stuck_s);
	assert_string_equal(console.panic, "Kernel panic - not syncing: first");
}

static void test_guest_time(void **state)
{
	struct vm_console console = { 0 };

	(void)state;
	vm_console_take_line(&console, "[   12.500000] something", stuck_s);
	assert_int_equal(console.guest_s * 10, 125);
	vm_console_take_line(&console, "[    3.000000] printed late by another CPU", stuck_s);
	assert_int_equal(console.guest_s * 10, 125);
	vm_console_take_line(&console, "[x] nothing", stuck_s);
	/* No kernel writes these. */
	vm_console_take_line(&console, "[1e5] nothing", stuck_s);
	vm_console_take_line(&console, "[0x999] nothing", stuck_s);
	vm_console_take_line(&console, "[inf] nothing", stuck_s);
	assert_int_equal(console.guest_s * 10, 125);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_soft_lockup),
		cmocka_unit_test(test_longest_report_of_a_cpu_counts),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_guest_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
