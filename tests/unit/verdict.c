// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c: from counts to words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/verdict.h"

static const struct verdict_machine machine = { .cpus = 64 };

/* A sound run of the split scenario on 64 CPUs: each row with @percent of the affected price. */
static void fill(struct row rows[4], unsigned int percent)
{
	static const struct row sound[4] = {
		{ .scenario = "counter",
		  .step = "membarrier",
		  .at_once = 64,
		  .operations = 1,
		  .ptes = 1,
		  .ipis = 63 },
		{ .scenario = "split",
		  .step = "fault",
		  .at_once = 1,
		  .operations = 2,
		  .ptes = 512,
		  .ipis = 2 * 63 },
		{ .scenario = "split",
		  .step = "split",
		  .at_once = 1,
		  .operations = 2,
		  .ptes = 512,
		  .ipis = 2 * 511 * 63 },
		{ .scenario = "split",
		  .step = "split",
		  .at_once = 64,
		  .operations = 64,
		  .ptes = 512,
		  .ipis = 64 * 511 * 63 },
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
	return verdict_of_rows(rows, count, &machine).verdict;
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

/* Interrupts are good to 1 %, or to half a broadcast where that is more. */
static void test_one_cpu_at_a_time(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[2].ipis -= rows[2].ipis / 100;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[2].ipis -= 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 100);
	rows[2].ipis += rows[2].ipis / 100 + 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[1].ipis = 63;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[2].ipis = 643;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[2].ipis = 644;
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
	rows[3].broadcasts = rows[3].maintenances = 64 * 511;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[3].broadcasts--;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	rows[3].broadcasts = 0;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	rows[3].probed = 1;
	rows[3].maintenances = 64 * 511;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[3].broadcasts = 1;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	rows[3].control_broadcasts = 1;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
}

/* Kernels that patch their own text without a broadcast are judged by the other rows. */
static void test_quiet_kernel_text(void **state)
{
	struct row rows[5];

	(void)state;
	for (unsigned int percent = 0; percent <= 100; percent += 100) {
		fill(rows, percent);
		rows[4] = (struct row){ .scenario = "kprobe",
					.step = "register",
					.at_once = 1,
					.operations = 2,
					.ptes = 1,
					.walked = 2,
					.control_walked = 2 };
		assert_int_equal(judge(rows, 5), percent ? VERDICT_AFFECTED : VERDICT_FIXED);
		rows[4].ipis = 2 * 63;
		assert_int_equal(judge(rows, 5), percent ? VERDICT_AFFECTED : VERDICT_FIXED);
		rows[4].ipis = 63;
		assert_int_equal(judge(rows, 5), VERDICT_UNKNOWN);
		/* Without it nothing shows that interrupts are counted at all. */
		rows[4].ipis = 0;
		rows[0] = rows[4];
		assert_int_equal(judge(rows, 5), VERDICT_UNKNOWN);
	}
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

/* They may lose 5 % and half a broadcast's strays, and not one interrupt more. */
static void test_coalescing_has_a_limit(void **state)
{
	const uint64_t all = UINT64_C(64) * 511 * 63, noise = all / 100;
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[3].ipis = all - all / 20 - noise;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[3].ipis--;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	/* One CPU at a time loses nothing. */
	fill(rows, 100);
	rows[3].at_once = 1;
	rows[3].ipis = all - noise;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[3].ipis--;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* What the control saw may come twice, not three times. */
static void test_noise_is_two_controls(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 0);
	rows[1].control_ipis = 20;
	rows[1].ipis = 31 + 2 * 20;
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[1].ipis++;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 100);
	rows[1].control_ipis = 20;
	rows[1].ipis += 31 + 2 * 20;
	assert_int_equal(judge(rows, 4), VERDICT_AFFECTED);
	rows[1].ipis++;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* A control is clean up to 1 % of what affected code costs, and one interrupt a CPU. */
static void test_dirt_of_a_control(void **state)
{
	struct row rows[4];

	(void)state;
	fill(rows, 100);
	rows[2].control_ipis = 2 * 511 * 63 / 100 + 64;
	assert_true(verdict_control_is_clean(&rows[2], &machine));
	rows[2].control_ipis++;
	assert_false(verdict_control_is_clean(&rows[2], &machine));
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
}

/* The counter counts if it saw one whole broadcast of a row that every code pays. */
static void test_counter_needs_a_broadcast(void **state)
{
	struct row rows[4];

	(void)state;
	for (int i = 0; i < 2; i++) {
		fill(rows, 0);
		rows[0] = (struct row){
			.scenario = "kprobe",
			.step = "register",
			.at_once = 1,
			.operations = 1,
			.ptes = 1,
			.walked = 1,
			.control_walked = 1,
			.control_ipis = 64,
			.ipis = 63 - i
		};
		assert_int_equal(judge(rows, 4), i ? VERDICT_UNKNOWN : VERDICT_FIXED);
	}
}

/* Only one word means VIPT, and only one that the module holds. */
static void test_words_of_a_machine(void **state)
{
	const char *const others[] = { "PIPT", "VPIPT", "AIVIVT", "vipt", "VIPT ", "unknown", "" };
	struct verdict_machine made = verdict_machine(64, "VIPT", "mitigated");

	(void)state;
	assert_int_equal(made.cpus, 64);
	assert_true(made.icache_vipt);
	assert_true(made.mitigated);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(verdict_machine(64, others[i], "").icache_vipt);
	for (int i = 0; i < 4; i++) {
		static const char *const states[] = { "", "affected", "disarmed", "mitigated " };

		assert_false(verdict_machine(64, "PIPT", states[i]).mitigated);
	}
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
	rows[0].ipis = 0; /* a dead counter counts nothing of anything */
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	fill(rows, 0);
	assert_int_equal(judge(rows + 1, 3), VERDICT_UNKNOWN); /* no positive control at all */
	assert_int_equal(judge(rows, 1), VERDICT_UNKNOWN);     /* nothing but the control */
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

/* A machine of two CPUs has tasks, too; the rows that cost more than those tell. */
static void test_noise_of_small_machines(void **state)
{
	const struct verdict_machine two = { .cpus = 2 };
	struct row rows[4];

	(void)state;
	for (unsigned int percent = 0; percent <= 100; percent += 100) {
		fill(rows, percent);
		for (int i = 0; i < 4; i++)
			rows[i].ipis /= 63;
		rows[1].ipis += 3;
		rows[1].control_ipis = 8;
		assert_int_equal(verdict_of_rows(rows, 4, &two).verdict,
				 percent ? VERDICT_AFFECTED : VERDICT_FIXED);
		rows[1].control_ipis = 9;
		assert_int_equal(verdict_of_rows(rows, 4, &two).verdict, VERDICT_UNKNOWN);
	}
}

/* Where a huge page has 512 MiB, clearing it takes long enough for tasks to wake up on other CPUs. */
static void test_noise_of_large_huge_pages(void **state)
{
	const struct verdict_machine eight = { .cpus = 8 };
	const struct row fault = {
		.scenario = "split",
		.step = "fault",
		.at_once = 1,
		.operations = 2,
		.ptes = 8192,
		.huge = 2,
		.walked = 2,
		.control_walked = 2,
		.probed = 1,
		.broadcasts = 2,
		.ipis = 2 * 7 + 35
	};
	struct row row = fault;

	(void)state;
	assert_true(verdict_row_fits(&row, &eight, FORM_AFFECTED));
	row.ipis++;
	assert_false(verdict_row_fits(&row, &eight, FORM_AFFECTED));
	row.ipis = 35;
	row.broadcasts = 0;
	assert_true(verdict_row_fits(&row, &eight, FORM_MERGED));
	assert_false(verdict_row_fits(&row, &eight, FORM_AFFECTED));
	row.ptes = 512;
	assert_false(verdict_row_fits(&row, &eight, FORM_MERGED));
	row.ipis = 3;
	assert_true(verdict_row_fits(&row, &eight, FORM_MERGED));
}

static void test_dormant(void **state)
{
	const struct verdict_machine vipt = { .cpus = 64, .icache_vipt = true };
	const struct verdict_machine single = { .cpus = 1 };
	struct row rows[4];

	(void)state;
	fill(rows, 0);
	assert_int_equal(verdict_of_rows(rows, 4, &vipt).verdict, VERDICT_DORMANT);
	assert_int_equal(verdict_of_rows(rows + 1, 2, &single).verdict, VERDICT_DORMANT);
	/* It says dormant and storms all the same: then it is not dormant. */
	fill(rows, 100);
	assert_int_equal(verdict_of_rows(rows, 4, &vipt).verdict, VERDICT_AFFECTED);
}

/* A row of scenario "ptrace", by which posted and merged code differ: @broadcasts of 16. */
static struct row poke(unsigned int broadcasts)
{
	return (struct row){ .scenario = "ptrace",
			     .step = "poke",
			     .at_once = 1,
			     .operations = 16,
			     .ptes = 1,
			     .walked = 16,
			     .control_walked = 16,
			     .ipis = broadcasts * 63 };
}

static void test_which_form(void **state)
{
	struct row rows[5];

	(void)state;
	fill(rows, 0);
	assert_int_equal(verdict_of_rows(rows, 4, &machine).form, FORM_FIXED);
	rows[4] = poke(0);
	assert_int_equal(verdict_of_rows(rows, 5, &machine).form, FORM_MERGED);
	rows[4] = poke(16);
	assert_int_equal(verdict_of_rows(rows, 5, &machine).form, FORM_POSTED);
	assert_int_equal(judge(rows, 5), VERDICT_FIXED);
	fill(rows, 100);
	assert_int_equal(verdict_of_rows(rows, 5, &machine).form, FORM_AFFECTED);
	/* Affected code broadcasts there as well: merged in part is no known form. */
	rows[4] = poke(0);
	assert_int_equal(verdict_of_rows(rows, 5, &machine).form, FORM_NONE);
	assert_int_equal(judge(rows, 5), VERDICT_UNKNOWN);
	/* What costs the same on affected and posted code tells nothing by itself. */
	rows[1] = poke(16);
	assert_int_equal(judge(rows, 2), VERDICT_UNKNOWN);
}

/* The module's word counts only where the counts agree with it. */
static void test_mitigated(void **state)
{
	const struct verdict_machine loaded = { .cpus = 64, .mitigated = true };
	struct judgement judgement;
	struct row rows[5];

	(void)state;
	fill(rows, 0);
	judgement = verdict_of_rows(rows, 4, &loaded);
	assert_int_equal(judgement.verdict, VERDICT_MITIGATED);
	assert_int_equal(judgement.form, FORM_FIXED);
	rows[4] = poke(16);
	judgement = verdict_of_rows(rows, 5, &loaded);
	assert_int_equal(judgement.verdict, VERDICT_MITIGATED);
	assert_int_equal(judgement.form, FORM_POSTED);
	rows[4] = poke(0);
	judgement = verdict_of_rows(rows, 5, &loaded);
	assert_int_equal(judgement.verdict, VERDICT_UNKNOWN);
	assert_non_null(strstr(judgement.reason, "icache_ipi_mitigate"));
	fill(rows, 100);
	rows[4] = poke(16);
	judgement = verdict_of_rows(rows, 5, &loaded);
	assert_int_equal(judgement.verdict, VERDICT_AFFECTED);
	assert_non_null(
		strstr(judgement.reason, "although icache_ipi_mitigate reports that it holds"));
	/* Nothing is proven: the module's word does not help. */
	fill(rows, 0);
	rows[1].walked = 0;
	assert_int_equal(verdict_of_rows(rows, 4, &loaded).verdict, VERDICT_UNKNOWN);
}

/* The row that fits no code is named, with what it costs and what it should. */
static void test_misfit_is_named(void **state)
{
	struct judgement judgement;
	struct row rows[5];

	(void)state;
	fill(rows, 0);
	rows[4] = poke(7);
	judgement = verdict_of_rows(rows, 5, &machine);
	assert_int_equal(judgement.verdict, VERDICT_UNKNOWN);
	assert_string_equal(judgement.reason,
			    "ptrace/poke at 1 costs what no known code costs: "
			    "441 interrupts; affected code 16, posted 16, merged 0 broadcasts");
}

/* No interrupts because nothing was maintained: that is no fix. */
static void test_lost_maintenance(void **state)
{
	const struct verdict_machine vipt = { .cpus = 64, .icache_vipt = true };
	struct row rows[5];

	(void)state;
	fill(rows, 0);
	for (int i = 1; i < 4; i++) {
		rows[i].probed = 2;
		rows[i].maintenances = rows[i].operations * (i == 1 ? 1 : 511);
	}
	assert_int_equal(judge(rows, 4), VERDICT_FIXED);
	rows[2].maintenances--;
	assert_int_equal(judge(rows, 4), VERDICT_UNKNOWN);
	assert_non_null(strstr(verdict_of_rows(rows, 4, &machine).reason, "did not maintain"));
	/* A VIPT machine maintains by another function. */
	assert_int_equal(verdict_of_rows(rows, 4, &vipt).verdict, VERDICT_DORMANT);

	fill(rows, 0);
	rows[4] = (struct row){ .scenario = "execute",
				.step = "run-file",
				.at_once = 1,
				.operations = 2048,
				.ptes = 1,
				.walked = 2047,
				.control_walked = 2048 };
	assert_int_equal(judge(rows, 5), VERDICT_UNKNOWN);
	assert_non_null(strstr(verdict_of_rows(rows, 5, &machine).reason, "stale code"));
	rows[4].walked = 2048;
	assert_int_equal(judge(rows, 5), VERDICT_FIXED);
}

/* Kernels that move a page twice maintain it twice, or once: counts tell which, whatever was fixed. */
static void test_which_way(void **state)
{
	struct row row = { .scenario = "migrate",
			   .at_once = 1,
			   .operations = 16,
			   .ptes = 1,
			   .probed = 2,
			   .maintenances = 16 };

	(void)state;
	assert_true(verdict_row_is(&row, "shared-once", &machine));
	assert_false(verdict_row_is(&row, "shared", &machine));
	row.maintenances = 32;
	assert_false(verdict_row_is(&row, "shared-once", &machine));
	assert_true(verdict_row_is(&row, "shared", &machine));
	assert_false(verdict_row_is(&row, "nonsense", &machine));

	/* Where only broadcasts were counted, they tell, */
	row.probed = 1;
	row.maintenances = 0;
	row.broadcasts = 16;
	row.ipis = 16 * 63;
	assert_true(verdict_row_is(&row, "shared-once", &machine));
	assert_false(verdict_row_is(&row, "shared", &machine));
	/* and where not even those, their interrupts: */
	row.probed = 0;
	assert_true(verdict_row_is(&row, "shared-once", &machine));
	assert_false(verdict_row_is(&row, "shared", &machine));
	row.broadcasts = 32;
	row.ipis = 32 * 63;
	assert_false(verdict_row_is(&row, "shared-once", &machine));
	assert_true(verdict_row_is(&row, "shared", &machine));
	/* fixed code's zero does not, and fits every name's prices. */
	row.probed = 1;
	row.broadcasts = 0;
	row.ipis = 0;
	for (int i = 0; i < 2; i++) {
		snprintf(row.step, sizeof(row.step), "%s", i ? "shared" : "shared-once");
		assert_false(verdict_row_is(&row, row.step, &machine));
		assert_true(verdict_row_fits(&row, &machine, FORM_POSTED));
		assert_true(verdict_row_fits(&row, &machine, FORM_MERGED));
	}
}

static void test_price_list(void **state)
{
	static const char *const spot[] = { "anon", "cow-split", "split", "huge-split",
					    "later-hit" };
	static const unsigned int affected[] = { 10, 5120, 5110, 10240, 10 };
	static const unsigned int posted[] = { 0, 0, 0, 0, 10 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		const struct price *price = price_find(spot[i]);

		assert_non_null(price);
		assert_int_equal(price_broadcasts(price, FORM_AFFECTED, 10, 512), affected[i]);
		assert_int_equal(price_broadcasts(price, FORM_POSTED, 10, 512), posted[i]);
		assert_int_equal(price_broadcasts(price, FORM_MERGED, 10, 512), 0);
		assert_int_equal(price_total(&price->maintenances, 10, 512), affected[i]);
		assert_true(strlen(spot[i]) < sizeof(((struct row *)0)->step));
	}
	assert_null(price_find("nonsense"));
	assert_null(price_find(""));
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
		cmocka_unit_test(test_one_cpu_at_a_time),
		cmocka_unit_test(test_probed_rows),
		cmocka_unit_test(test_quiet_kernel_text),
		cmocka_unit_test(test_callers_at_once_may_coalesce),
		cmocka_unit_test(test_coalescing_has_a_limit),
		cmocka_unit_test(test_noise_is_two_controls),
		cmocka_unit_test(test_dirt_of_a_control),
		cmocka_unit_test(test_counter_needs_a_broadcast),
		cmocka_unit_test(test_words_of_a_machine),
		cmocka_unit_test(test_contradiction_is_unknown),
		cmocka_unit_test(test_zero_needs_proof),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_noise_of_small_machines),
		cmocka_unit_test(test_noise_of_large_huge_pages),
		cmocka_unit_test(test_dormant),
		cmocka_unit_test(test_which_form),
		cmocka_unit_test(test_mitigated),
		cmocka_unit_test(test_misfit_is_named),
		cmocka_unit_test(test_lost_maintenance),
		cmocka_unit_test(test_which_way),
		cmocka_unit_test(test_price_list),
		cmocka_unit_test(test_exit_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
