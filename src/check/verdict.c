// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c: the one place where a kernel is called affected, fixed or unknown
 */
#include <stdio.h>
#include <string.h>

#include "check/verdict.h"

const char *const verdict_words[VERDICTS] = {
	[VERDICT_FIXED] = "fixed", [VERDICT_DORMANT] = "dormant",
	[VERDICT_MITIGATED] = "mitigated", [VERDICT_AFFECTED] = "affected",
	[VERDICT_UNKNOWN] = "unknown",
};

const char *const form_words[FORMS] = {
	[FORM_NONE] = "not recognised", [FORM_AFFECTED] = "affected", [FORM_POSTED] = "posted",
	[FORM_MERGED] = "merged", [FORM_PREDATES] = "predates the fault",
	[FORM_PARTIAL] = "partly applied", [FORM_NO_TREE] = "not an arm64 kernel tree",
};

const char *const state_words[FORMS] = {
	[FORM_NONE] = "not recognised", [FORM_AFFECTED] = "affected",
	[FORM_POSTED] = "fixed as posted", [FORM_MERGED] = "fixed as merged",
	[FORM_PREDATES] = "not affected", [FORM_PARTIAL] = "partly applied",
	[FORM_NO_TREE] = "not an arm64 kernel tree",
};

enum exit_code verdict_exit(enum verdict verdict)
{
	static const enum exit_code codes[VERDICTS] = {
		[VERDICT_FIXED] = EXIT_GOOD, [VERDICT_DORMANT] = EXIT_DORMANT,
		[VERDICT_MITIGATED] = EXIT_DORMANT, [VERDICT_AFFECTED] = EXIT_AFFECTED,
		[VERDICT_UNKNOWN] = EXIT_UNKNOWN,
	};

	return codes[verdict];
}

/* The first control that speaks against believing a verdict, or NULL. */
static const struct control *control_failed(const struct evidence *evidence, bool for_fixed,
					    const struct runtime *runtime)
{
	for (int i = 0; i < evidence->control_count; i++) {
		const struct control *control = &evidence->controls[i];

		if (control->holds || (control->for_fixed_only && !for_fixed))
			continue;
		/* Our own module's probe is the one thing that may sit there. */
		if (runtime->mitigated && !strcmp(control->name, "probe"))
			continue;
		return control;
	}
	return NULL;
}

/* What the code says, whatever machine it runs on. */
static void judge_code(const struct evidence *evidence, const struct runtime *runtime,
		       struct judgement *judgement)
{
	bool broadcasts = evidence->pte_broadcasts && !evidence->argument_decides;
	const struct control *failed = control_failed(evidence, !broadcasts, runtime);

	if (failed) {
		snprintf(judgement->reason, REASON_SIZE, "control '%s': %s, needed: %s",
			 failed->name, failed->found, failed->needed);
	} else if (broadcasts) {
		judgement->verdict = VERDICT_AFFECTED;
		judgement->form = FORM_AFFECTED;
	} else {
		judgement->verdict = VERDICT_FIXED;
		judgement->form = evidence->aliases.broadcast.length ? FORM_POSTED : FORM_MERGED;
	}
}

static void judge_source(enum form form, struct judgement *judgement)
{
	judgement->form = form;
	if (form == FORM_AFFECTED)
		judgement->verdict = VERDICT_AFFECTED;
	else if (form == FORM_POSTED || form == FORM_MERGED || form == FORM_PREDATES)
		judgement->verdict = VERDICT_FIXED;
}

/* An affected kernel on a machine where that does not show, or is worked around. */
static void judge_runtime(const struct runtime *runtime, struct judgement *judgement)
{
	if (!runtime->live)
		return;
	/* Its call rewritten, the code itself says nothing any more; the module loads nowhere else. */
	if (runtime->mitigated && judgement->verdict == VERDICT_UNKNOWN) {
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

void judge(const struct evidence *evidence, enum form source_form,
	   const struct runtime *runtime, struct judgement *judgement)
{
	judgement->verdict = VERDICT_UNKNOWN;
	judgement->form = FORM_NONE;
	judgement->reason[0] = '\0';
	if (evidence)
		judge_code(evidence, runtime, judgement);
	else
		judge_source(source_form, judgement);
	judge_runtime(runtime, judgement);
}
