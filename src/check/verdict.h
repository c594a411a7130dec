/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h: affected, fixed or unknown, and everything that says why
 */
#ifndef ICACHE_IPI_CHECK_VERDICT_H
#define ICACHE_IPI_CHECK_VERDICT_H

#include "check/edges.h"
#include "check/kernel.h"
#include "lib/exit.h"

/* The words of the design, section 3. */
enum verdict { VERDICT_FIXED, VERDICT_DORMANT, VERDICT_MITIGATED, VERDICT_AFFECTED,
	       VERDICT_UNKNOWN, VERDICTS };

/* How a kernel came to its state. */
enum form {
	FORM_NONE,		/* not found out */
	FORM_AFFECTED,		/* every user pte broadcasts */
	FORM_POSTED,		/* an argument says who broadcasts; user ptes do not */
	FORM_MERGED,		/* nothing in sync_icache_aliases() broadcasts */
	FORM_PREDATES,		/* a source tree from before the fault */
	FORM_PARTIAL,		/* a source tree with only some of the hunks of a form */
	FORM_NO_TREE,		/* taken for a source tree, and none */
	FORMS
};

extern const char *const verdict_words[VERDICTS];
extern const char *const form_words[FORMS];
extern const char *const state_words[FORMS];	/* of a source tree, as scripts/backport says it */

/* One thing that must hold for a verdict to be believed. */
struct control {
	const char *name;
	char found[100];
	const char *needed;
	bool holds;
	bool for_fixed_only;	/* *affected* stands without it */
};

enum { CONTROLS_MAXIMUM = 12 };

/* What was measured in a kernel's code. */
struct evidence {
	const char *method;		/* "code", "source" */
	struct chain chain;		/* root to broadcast; length 0: there is none */
	uint64_t root_pte, root_aliases;
	struct edges pte, aliases;	/* what each root reaches */
	struct control controls[CONTROLS_MAXIMUM];
	int control_count;
	bool pte_broadcasts;		/* a feasible path from a user pte to a broadcast */
	bool argument_decides;		/* sync_icache_aliases() broadcasts only if told to */
};

/* What the running machine adds. All false for a file. */
struct runtime {
	bool live;
	bool vipt, one_cpu;		/* no broadcast is made, or none costs anything */
	bool mitigated;			/* our module's probe is in place */
	char note[REASON_SIZE];		/* how that was seen; for the reader */
};

struct judgement {
	enum verdict verdict;
	enum form form;
	char reason[REASON_SIZE];	/* why *unknown*, dormant or mitigated; "" otherwise */
};

/* Measure. Returns false with the reason in @why when the symbols needed are not there. */
bool evidence_gather(const struct kernel *kernel, struct evidence *evidence,
		     char why[static REASON_SIZE]);

/* The one place where a kernel is called affected, or anything else. */
void judge(const struct evidence *evidence, enum form source_form,
	   const struct runtime *runtime, struct judgement *judgement);

enum exit_code verdict_exit(enum verdict verdict);

#endif
