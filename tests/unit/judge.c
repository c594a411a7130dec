// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c: which controls count for which verdict, and what a machine makes of it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "kernel/evidence.h"

/* Evidence of which this control alone does not hold; "": all do. */
static struct kernel_evidence evidence_of(bool broadcasts, bool decides, const char *failed)
{
	struct kernel_evidence evidence = {
		.pte_broadcasts = broadcasts,
		.argument_decides = decides,
		.control_count = 3,
		.controls = { { .name = "probe", .holds = true, .needed = "none" },
			      { .name = "landing", .holds = true, .needed = "98 %" },
			      { .name = "edges",
				.holds = true,
				.needed = "all",
				.for_fixed_only = true } },
	};

	for (int i = 0; i < 3; i++)
		if (!strcmp(evidence.controls[i].name, failed))
			evidence.controls[i].holds = false;
	return evidence;
}

static void judges_each_case(void **state)
{
	static const struct kernel_runtime machines[] = {
		{ 0 },
		{ .live = true },
		{ .live = true, .vipt = true, .note = "note" },
		{ .live = true, .one_cpu = true, .note = "note" },
		{ .live = true, .mitigated = true, .note = "note" },
		{ .live = true, .mitigated = true, .vipt = true, .one_cpu = true, .note = "note" },
		{ .vipt = true, .one_cpu = true }, /* a file: the machine says nothing */
	};
	/* For each machine: a affected, d dormant, m mitigated, f fixed, u unknown. */
	static const struct {
		bool broadcasts, decides;
		const char *failed, *wanted;
	} cases[] = {
		{ true, false, "", "aaddmma" },		{ true, false, "edges", "aaddmma" },
		{ true, false, "landing", "uuuummu" },	{ true, false, "probe", "uuuummu" },
		{ false, false, "", "fffffff" },	{ false, false, "edges", "uuuummu" },
		{ false, false, "landing", "uuuummu" }, { false, false, "probe", "uuuuffu" },
		{ false, true, "", "fffffff" },		{ true, true, "", "fffffff" },
		{ true, true, "edges", "uuuummu" },
	};
	static const char letters[VERDICTS] = {
		[VERDICT_AFFECTED] = 'a',
		[VERDICT_DORMANT] = 'd',
		[VERDICT_MITIGATED] = 'm',
		[VERDICT_FIXED] = 'f',
		[VERDICT_UNKNOWN] = 'u'
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t j = 0; j < sizeof(machines) / sizeof(machines[0]); j++) {
			struct kernel_evidence evidence =
				evidence_of(cases[i].broadcasts, cases[i].decides, cases[i].failed);
			struct judgement judgement = kernel_judge(&evidence, &machines[j]);

			if (letters[judgement.verdict] != cases[i].wanted[j])
				fail_msg("case %zu, machine %zu: %s", i, j,
					 verdict_names[judgement.verdict]);
			if (judgement.verdict == VERDICT_UNKNOWN) {
				assert_non_null(strstr(judgement.reason, cases[i].failed));
				assert_int_equal(judgement.form, FORM_NONE);
			} else if (judgement.verdict != VERDICT_FIXED) {
				assert_int_equal(judgement.form, FORM_AFFECTED);
			}
			if (judgement.verdict == VERDICT_DORMANT ||
			    judgement.verdict == VERDICT_MITIGATED)
				assert_string_equal(judgement.reason, "note");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_each_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
