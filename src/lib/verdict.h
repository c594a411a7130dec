/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * verdict.h: from counts to one of the project's five words. The only place that decides.
 */
#ifndef ICACHE_IPI_LIB_VERDICT_H
#define ICACHE_IPI_LIB_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/exit.h"
#include "lib/form.h"
#include "lib/prices.h"
#include "lib/row.h"

enum verdict {
	VERDICT_FIXED,
	VERDICT_DORMANT, /* affected or not, this machine never takes the branch */
	VERDICT_MITIGATED,
	VERDICT_AFFECTED,
	VERDICT_UNKNOWN, /* no proof either way: never shown as good */
	VERDICTS
};

extern const char *const verdict_names[VERDICTS];

enum exit_code verdict_exit(enum verdict verdict);

/* Room for one reason, in words, that fits a line or two of a terminal. */
#define REASON_SIZE 256

/* The answer: what a kernel does, which form of the code it carries, and why that is said. */
struct judgement {
	enum verdict verdict;
	enum form form;
	char reason[REASON_SIZE]; /* "" where nothing needs saying */
};

/* The machine as far as a verdict depends on it. */
struct verdict_machine {
	unsigned int cpus; /* online */
	bool icache_vipt;  /* any CPU has an aliasing (VIPT) I-cache */
	bool mitigated;	   /* icache_ipi_mitigate is loaded and says that it holds */
};

/* From the words that machines and results have for @icache and @mitigation (struct result). */
struct verdict_machine verdict_machine(unsigned int cpus, const char *icache,
				       const char *mitigation);

/*
 * True when @row is what a kernel of @form does on @machine, which has at least two CPUs. Looks
 * at counts only.
 */
bool verdict_row_fits(const struct row *row, const struct verdict_machine *machine, enum form form);

/*
 * True when the kernel did what @row counted in the way that the price list calls @step; @machine
 * has at least two CPUs. Counts of maintenance say so for all forms. Without them broadcasts do, for
 * affected code alone: what does not broadcast costs the same under every name.
 */
bool verdict_row_is(const struct row *row, const char *step, const struct verdict_machine *machine);

/* True when little else interrupted @machine's CPUs while @row's control ran. */
bool verdict_control_is_clean(const struct row *row, const struct verdict_machine *machine);

/*
 * Judges @count rows measured on @machine. Rows that contradict each other, prove nothing, or fit
 * no form: VERDICT_UNKNOWN.
 */
struct judgement verdict_of_rows(const struct row *rows, size_t count,
				 const struct verdict_machine *machine);

#endif
