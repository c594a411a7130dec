// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c: the one place where a kernel's code is called affected, fixed or unknown
 */
#include <stdio.h>
#include <string.h>

#include "kernel/evidence.h"

/* The first control that speaks against believing a verdict, or NULL. */
static const struct kernel_control *control_failed(const struct kernel_evidence *evidence,
						   bool for_fixed,
						   const struct kernel_runtime *runtime)
{
	for (int i = 0; i < evidence->control_count; i++) {
		const struct kernel_control *control = &evidence->controls[i];

		if (control->holds || (control->for_fixed_only && !for_fixed))
			continue;
		/* Our own module's probe is the one thing that may sit there. */
		if (runtime->mitigated && !runtime->restored && !strcmp(control->name, "probe"))
			continue;
		return control;
	}
	return NULL;
}

/* What the code says, whatever machine it runs on. */
static void judge_code(const struct kernel_evidence *evidence, const struct kernel_runtime *runtime,
		       struct judgement *judgement)
{
	bool broadcasts = evidence->pte_broadcasts && !evidence->argument_decides;
	const struct kernel_control *failed = control_failed(evidence, !broadcasts, runtime);

	if (failed) {
		snprintf(judgement->reason, REASON_SIZE, "control '%s': %s, needed: %s",
			 failed->name, failed->found, failed->needed);
	} else if (broadcasts) {
		judgement->verdict = VERDICT_AFFECTED;
		judgement->form = FORM_AFFECTED;
	} else {
		judgement->verdict = VERDICT_FIXED;
		judgement->form = evidence->aliases.broadcasts ? FORM_POSTED : FORM_MERGED;
	}
}

/* An affected kernel on a machine where that does not show, or is worked around. */
static void judge_runtime(const struct kernel_runtime *runtime, struct judgement *judgement)
{
	if (!runtime->live)
		return;
	/* Its call rewritten, the code itself says nothing any more; the module loads nowhere else. */
	if (runtime->mitigated && !runtime->restored && judgement->verdict == VERDICT_UNKNOWN) {
		judgement->verdict = VERDICT_AFFECTED;
		judgement->form = FORM_AFFECTED;
	}
	if (judgement->verdict != VERDICT_AFFECTED)
		return;
	if (runtime->mitigated)
		judgement->verdict = VERDICT_MITIGATED;
	else if (runtime->vipt || runtime->one_cpu)
		judgement->verdict = VERDICT_DORMANT;
	if (judgement->verdict != VERDICT_AFFECTED)
		snprintf(judgement->reason, REASON_SIZE, "%s", runtime->note);
}

struct judgement kernel_judge(const struct kernel_evidence *evidence,
			      const struct kernel_runtime *runtime)
{
	struct judgement judgement = { .verdict = VERDICT_UNKNOWN, .form = FORM_NONE };

	judge_code(evidence, runtime, &judgement);
	judge_runtime(runtime, &judgement);
	return judgement;
}
