// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse.c: the words of refuse.h. They are an interface: a word may be added, none may change.
 */
#include "refuse.h"

const char *const refusal_words[REFUSALS] = {
	[REFUSAL_FIXED] = "fixed",
	[REFUSAL_DORMANT] = "dormant",
	[REFUSAL_PATCHED] = "patched",
	[REFUSAL_AFFECTED] = "affected",
	[REFUSAL_LOCKED_DOWN] = "locked-down",
	[REFUSAL_NO_PROBES] = "no-probes",
	[REFUSAL_MISSED] = "missed",
	[REFUSAL_OTHER_BROADCAST] = "other-broadcast",
	[REFUSAL_NO_FUNCTION] = "no-function",
	[REFUSAL_UNKNOWN_CODE] = "unknown-code",
	[REFUSAL_CHANGED] = "changed",
	[REFUSAL_RACED] = "raced",
	[REFUSAL_NO_BRANCH] = "no-branch",
	[REFUSAL_INEFFECTIVE] = "ineffective",
	[REFUSAL_BAD_PARAMETER] = "bad-parameter",
	[REFUSAL_NOT_ARMED] = "not-armed",
	[REFUSAL_NO_DEBUGFS] = "no-debugfs",
	[REFUSAL_ERROR] = "error",
};
