// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c: from counts to words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lib/verdict.h"

static const struct verdict_machine machine = { .cpus = 64 };

/* A sound run of the split scenario on 64 CPUs: each row with @percent of the affected price. */
static void fill(struct row rows[4], unsigned int percent)
{
	static const struct row sound[4] = {
		{ .scenario = "counter", .step = "membarrier", .at_once = 64, .operations = 1,
		  .ptes = 1, .ipis = 63 },
		{ .scenario = "split", .step = "fault", .at_once = 1, .operations = 2,
		  .ptes = 512, .ipis = 2 * 63 },
		{ .scenario = "split", .step = "split", .at_once = 1, .operations = 2,
		  .ptes = 512, .ipis = 2 * 511 * 63 },
		{ .scenario = "split", .step = "split", .at_once = 64, .operations = 64,
		  .ptes = 512, .ipis = 64 * 511 * 63 },
	};

	memcpy(rows, sound, sizeof(sound));
	for (int i = 0; i < 4; i++) {
		rows[i].huge = rows[i].walked = rows[i].control_walked = rows[i].operations;
		if (i)
			rows[i].ipis = rows[i].ipis * percent / 100;
	}
}

static enum verdict judge(const struct row *rows, size_t count)
{
	char reason[256];

	return verdict_of_rows(rows, count, &machine, reason, sizeof(reason));
}

static void test_affected_and_fixed(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	fill(rows, 0);
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
}

static void test_one_cpu_at_a_time_is_exact(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[2].ipis -= 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	rows[2].ipis += 2 * 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[1].ipis = 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	/* A few strays are no broadcast; half of one is no proof of anything. */
	fill(rows, 100);
	rows[1].ipis += 31;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[1].ipis += 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[1].ipis = 31;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[1].ipis = 32;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* A kprobe's count is exact however many CPUs work, and must agree with the interrupts. */
static void test_probed_rows(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[3].probed = 1;
	rows[3].broadcasts = 64 * 511;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[3].broadcasts--;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	rows[3].broadcasts = 0;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[3].probed = 1;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[3].broadcasts = 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	rows[3].control_broadcasts = 1;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
}

static void test_callers_at_once_may_coalesce(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[3].ipis = rows[3].ipis * 96 / 100;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[3].ipis = rows[3].ipis * 90 / 100;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* Half of the rows as affected, half as fixed: no code does that. */
static void test_contradiction_is_unknown(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[3].ipis = 0;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

static void test_zero_needs_proof(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 0);
	rows[2].huge = 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[2].walked = 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[2].control_walked = 0;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[0].ipis = 0;		/* a dead counter counts nothing of anything */
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	assert_int_equal(judge(rows + 1, 3), VERDICT_UNKNOWN);	/* no positive control at all */
	assert_int_equal(judge(rows, 1), VERDICT_UNKNOWN);	/* nothing but the control */
	assert_int_equal(judge(rows, 0), VERDICT_UNKNOWN);
	rows[1].operations = 0;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	strcpy(rows[1].step, "nonsense");
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* A server in use adds a few interrupts to both halves; a storm in the control proves nothing. */
static void test_noise(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 0);
	rows[2].ipis = 5;
	rows[2].control_ipis = 4;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	fill(rows, 100);
	rows[2].ipis += 5;
	rows[2].control_ipis = 4;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[2].control_ipis = 1000;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 100);
	rows[3].control_lockups = 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

static void test_dormant(void **state)
{
	const struct verdict_machine vipt = { .cpus = 64, .icache_vipt = true };
	const struct verdict_machine single = { .cpus = 1 };
	struct row rows[4];
	char reason[256];

	(void)state;
	fill(rows, 0);
	assert_int_equal(verdict_of_rows(rows, 4, &vipt, reason, sizeof(reason)),
			 VERDICT_DORMANT);
	assert_int_equal(verdict_of_rows(rows + 1, 2, &single, reason, sizeof(reason)),
			 VERDICT_DORMANT);
	/* It says dormant and storms all the same: then it is not dormant. */
	fill(rows, 100);
	assert_int_equal(verdict_of_rows(rows, 4, &vipt, reason, sizeof(reason)),
			 VERDICT_AFFECTED);
}

static void test_exit_codes(void **state)
{
	(void)state;
	assert_int_equal(verdict_exit(VERDICT_FIXED), 0);
	assert_int_equal(verdict_exit(VERDICT_DORMANT), 1);
	assert_int_equal(verdict_exit(VERDICT_MITIGATED), 1);
	assert_int_equal(verdict_exit(VERDICT_AFFECTED), 2);
	assert_int_equal(verdict_exit(VERDICT_UNKNOWN), 3);
	assert_int_equal(exit_worst(EXIT_UNKNOWN, EXIT_AFFECTED), EXIT_AFFECTED);
	assert_int_equal(exit_worst(EXIT_UNKNOWN, EXIT_DORMANT), EXIT_UNKNOWN);
	assert_int_equal(exit_worst(EXIT_GOOD, EXIT_DORMANT), EXIT_DORMANT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_affected_and_fixed),
		cmocka_unit_test(test_one_cpu_at_a_time_is_exact),
		cmocka_unit_test(test_probed_rows),
		cmocka_unit_test(test_callers_at_once_may_coalesce),
		cmocka_unit_test(test_contradiction_is_unknown),
		cmocka_unit_test(test_zero_needs_proof),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_dormant),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
