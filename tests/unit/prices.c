// SPDX-License-Identifier: GPL-2.0-only
/*
 * prices.c: the price list against what was measured, and what its rows must show
 *
 * tests/vm/count-*.expected hold what guests of 4.19, 5.10 and 6.1 counted, which tests/vm/count.t
 * measures again where there is time for it. Here a price that no longer is what was counted is seen
 * in a millisecond, those that only 4.19 has among them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/prices.c"

enum { STEPS = sizeof(prices) / sizeof(prices[0]) };

/* Ptes that one operation works on, at 4K pages: a huge page, or the buffer of "add". */
static uint64_t ptes_of(const char *step)
{
	const char *const buffers[] = { "add", "add-file", "add-again" };

	for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
		if (!strcmp(step, buffers[i]))
			return 64;
	return 512;
}

/* Every line of a recorded result is what the list says; marks the steps that it has. */
static unsigned int assert_measured(const char *version, bool seen[STEPS])
{
	char path[64], line[256], step[32];
	unsigned int operations, counted[FORMS], maintained, lines = 0;
	FILE *file;

	snprintf(path, sizeof(path), "tests/vm/count-%s.expected", version);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		const struct price *price;
		uint64_t ptes;

		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%*s %31s %u %u %u %u %u", step, &operations,
					&counted[FORM_AFFECTED], &counted[FORM_POSTED],
					&counted[FORM_MERGED], &maintained),
				 6);
		price = price_find(step);
		assert_non_null(price);
		ptes = ptes_of(step);
		for (enum form form = 0; form < FORMS; form++)
			if (price_broadcasts(price, form, operations, ptes) != counted[form])
				fail_msg("%s, %s: %u broadcasts were counted", version, step,
					 counted[form]);
		if (price_total(&price->maintenances, operations, ptes) != maintained)
			fail_msg("%s, %s: %u maintenances were counted", version, step, maintained);
		seen[price - prices] = true;
		lines++;
	}
	fclose(file);
	return lines;
}

/* All but the two counters' own rows were measured, on one of the kernels at least. */
static void test_every_price_was_measured(void **state)
{
	bool seen[STEPS] = { false };

	(void)state;
	assert_int_equal(assert_measured("4.19", seen), 48);
	assert_int_equal(assert_measured("5.10", seen), 48);
	assert_int_equal(assert_measured("6.1", seen), 48);
	for (size_t i = 0; i < STEPS; i++)
		if (!seen[i] && strcmp(prices[i].step, "membarrier") &&
		    strcmp(prices[i].step, "register"))
			fail_msg("%s was never measured", prices[i].step);
}

/* The counters' own: every code pays, one for each, and nothing is maintained. */
static void test_counters_pay_always(void **state)
{
	const char *const steps[] = { "membarrier", "register" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		const struct price *price = price_find(steps[i]);

		assert_non_null(price);
		for (enum form form = 0; form < FORMS; form++)
			assert_int_equal(price_broadcasts(price, form, 7, 512), 7);
		assert_int_equal(price_total(&price->maintenances, 7, 512), 0);
		assert_int_equal(price->kernel_text, i);
	}
}

/* Steps that prove nothing on small pages, and all others; kernel text is the kprobe's alone. */
static void test_which_must_be_huge(void **state)
{
	const char *const huge[] = {
		"cow-huge",
		"cow-split",
		"fault",
		"split",
		"split-mprotect",
		"split-munmap",
		"split-mremap",
		"split-mlock",
		"split-again",
		"physical",
		"physical-once",
		"physical-shared",
		"huge",
		"huge-split",
		"add-huge",
		"add-huge-split",
		"add-part",
		"run-split",
		"physical-shared-once",
	};
	const size_t count = sizeof(huge) / sizeof(huge[0]);
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < STEPS; i++) {
		bool named = false;

		for (size_t j = 0; j < count; j++)
			named |= !strcmp(prices[i].step, huge[j]);
		if (prices[i].huge != named)
			fail_msg("%s: huge is %d", prices[i].step, prices[i].huge);
		found += named;
		assert_int_equal(prices[i].kernel_text, !strcmp(prices[i].step, "register"));
	}
	assert_int_equal(found, count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_price_was_measured),
		cmocka_unit_test(test_counters_pay_always),
		cmocka_unit_test(test_which_must_be_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
