// SPDX-License-Identifier: GPL-2.0-only
/*
 * rows.c: what was measured, and what was not, kept for the verdict and handed on as it comes
 */
#include "lib/say.h"
#include "stress/stress.h"

void stress_add_row(struct stress *stress, const struct row *row)
{
	if (stress->rows_count == STRESS_ROWS_MAX)
		die(EXIT_UNKNOWN, "more than %d rows", STRESS_ROWS_MAX);
	stress->rows[stress->rows_count++] = *row;
	stress_record_row(row, &stress->machine);
}

void stress_skip(struct stress *stress, const char *scenario, const char *step, const char *reason)
{
	struct stress_skip *skip = &stress->skips[stress->skips_count];

	if (stress->skips_count == STRESS_SKIPS_MAX)
		die(EXIT_UNKNOWN, "more than %d steps were skipped", STRESS_SKIPS_MAX);
	skip->scenario = scenario;
	skip->step = step;
	snprintf(skip->reason, sizeof(skip->reason), "%s", reason);
	stress->skips_count++;
	stress_record_skip(skip);
}
