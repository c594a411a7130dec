/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h: from counts to one of the project's five words. The only place that decides.
 */
#ifndef ICACHE_IPI_VERDICT_H
#define ICACHE_IPI_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/exit.h"
#include "lib/prices.h"
#include "lib/row.h"

enum verdict {
	VERDICT_FIXED,
	VERDICT_DORMANT,	/* affected or not, this machine never takes the branch */
	VERDICT_MITIGATED,
	VERDICT_AFFECTED,
	VERDICT_UNKNOWN,	/* no proof either way: never shown as good */
	VERDICTS
};

extern const char *const verdict_names[VERDICTS];

enum exit_code verdict_exit(enum verdict verdict);

/* The machine as far as a verdict depends on it. */
struct verdict_machine {
	unsigned int cpus;	/* online */
	bool icache_vipt;	/* any CPU has an aliasing (VIPT) I-cache */
	bool mitigated;		/* icache_ipi_mitigate is loaded and says that it holds */
};

/* From the words that machines and results have for @icache and @mitigation (struct result). */
struct verdict_machine verdict_machine(unsigned int cpus, const char *icache, const char *mitigation);

/*
 * True when @row is what a kernel with @code does on @machine, which has at least two CPUs. Looks
 * at counts only.
 */
bool verdict_row_fits(const struct row *row, const struct verdict_machine *machine,
		      enum code code);

/*
 * True when the kernel did what @row counted in the way that the price list calls @step; @machine
 * has at least two CPUs. Counts of maintenance say so for all codes. Without them broadcasts do, for
 * affected code alone: what does not broadcast costs the same under every name.
 */
bool verdict_row_is(const struct row *row, const char *step,
		    const struct verdict_machine *machine);

/* True when little else interrupted @machine's CPUs while @row's control ran. */
bool verdict_control_is_clean(const struct row *row, const struct verdict_machine *machine);

/* The answer. */
struct judgement {
	enum verdict verdict;
	const char *code;	/* a name of code_names[]; "fixed": posted or merged; "": none fits */
	char reason[256];	/* one line that says why */
};

/* The word that struct judgement has for @code, or NULL when it has none. */
const char *verdict_code(const char *code);

/*
 * Judges @count rows measured on @machine. Rows that contradict each other, prove nothing, or fit
 * no code: VERDICT_UNKNOWN.
 */
struct judgement verdict_of_rows(const struct row *rows, size_t count,
				 const struct verdict_machine *machine);

#endif
