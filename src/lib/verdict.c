// SPDX-License-Identifier: GPL-2.0-only
/*
 * verdict.c: rows of counts against the price list
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/verdict.h"

const char *const verdict_names[VERDICTS] = {
	[VERDICT_FIXED] = "fixed",
	[VERDICT_DORMANT] = "dormant",
	[VERDICT_MITIGATED] = "mitigated",
	[VERDICT_AFFECTED] = "affected",
	[VERDICT_UNKNOWN] = "unknown",
};

enum exit_code verdict_exit(enum verdict verdict)
{
	switch (verdict) {
	case VERDICT_FIXED:
		return EXIT_GOOD;
	case VERDICT_DORMANT:
	case VERDICT_MITIGATED:
		return EXIT_DORMANT;
	case VERDICT_AFFECTED:
		return EXIT_AFFECTED;
	default:
		return EXIT_UNKNOWN;
	}
}

/*
 * Where a kprobe counted the broadcasts themselves, their number is exact, always.
 *
 * Interrupts are their witness: a broadcast is (CPUs - 1) of them or nothing. One CPU at a time the number of broadcasts is
 * exact; less than half of one may be missing or extra, beside what the control saw as well, since
 * from 5.8 on waking a task on another CPU can use the same interrupt. CPUs that work at once
 * coalesce: a CPU with a call still queued gets no second interrupt (kernel/smp.c,
 * smp_call_function_many), so those may miss 5 %.
 */
bool verdict_row_fits(const struct row *row, const struct verdict_machine *machine,
		      enum code code)
{
	const struct price *price = price_find(row->step);
	const uint64_t broadcast = machine->cpus - 1;
	const uint64_t noise = 2 * row->control_ipis + (broadcast - 1) / 2;
	uint64_t expected;

	if (!price)
		return false;
	expected = price_broadcasts(price, code, row->operations, row->ptes);
	if (row->probed && row->broadcasts != row->control_broadcasts + expected)
		return false;
	expected *= broadcast;
	if (!expected)
		return row->ipis <= noise;
	if (row->at_once > 1)
		return row->ipis + noise >= expected - expected / 20;
	return row->ipis + noise >= expected && row->ipis <= expected + noise;
}

/* Why @row proves nothing, or NULL when it is sound. */
static const char *row_defect(const struct row *row, const struct verdict_machine *machine)
{
	const struct price *price = price_find(row->step);
	uint64_t most;

	if (!price)
		return "is not in the price list";
	if (!row->operations)
		return "did nothing";
	if (row->huge < row->operations)
		return "worked on pages that were not huge";
	if (row->walked < row->operations || row->control_walked < row->operations)
		return "was not seen by the kernel's own counters";
	if (row->control_lockups)
		return "has soft lockups in its control: the host's artefact";
	most = price_broadcasts(price, CODE_AFFECTED, row->operations, row->ptes) *
	       (machine->cpus - 1);
	if (row->control_ipis > most / 100 + machine->cpus)
		return "has a dirty control: something else interrupts these CPUs";
	return NULL;
}

static enum verdict unknown(char *reason, size_t size, const struct row *row, const char *why)
{
	snprintf(reason, size, "%s/%s at %" PRIu64 " %s", row->scenario, row->step,
		 row->at_once, why);
	return VERDICT_UNKNOWN;
}

/* The first row that contradicts @code, or NULL when all of them fit. */
static const struct row *first_misfit(const struct row *rows, size_t count,
				      const struct verdict_machine *machine, enum code code)
{
	for (size_t i = 0; i < count; i++)
		if (!verdict_row_fits(&rows[i], machine, code))
			return &rows[i];
	return NULL;
}

/* True when the rows hold proof of both kinds: one that tells the codes apart, one that counts. */
static bool rows_complete(const struct row *rows, size_t count)
{
	bool counter = false, telling = false;

	for (size_t i = 0; i < count; i++) {
		const struct price *price = price_find(rows[i].step);
		uint64_t merged = price_broadcasts(price, CODE_MERGED, 1, rows[i].ptes);
		uint64_t affected = price_broadcasts(price, CODE_AFFECTED, 1, rows[i].ptes);

		counter |= merged > 0;
		telling |= affected != merged;
	}
	return counter && telling;
}

enum verdict verdict_of_rows(const struct row *rows, size_t count,
			     const struct verdict_machine *machine, char *reason, size_t size)
{
	const struct row *misfit;

	for (size_t i = 0; i < count; i++) {
		const char *defect = row_defect(&rows[i], machine);

		if (defect)
			return unknown(reason, size, &rows[i], defect);
	}
	if (machine->cpus < 2) {
		snprintf(reason, size, "one CPU: there is no other to interrupt");
		return VERDICT_DORMANT;
	}
	if (!rows_complete(rows, count)) {
		snprintf(reason, size, "the rows that tell, or the one that shows the counter "
			 "works, are missing");
		return VERDICT_UNKNOWN;
	}
	if (!first_misfit(rows, count, machine, CODE_AFFECTED)) {
		snprintf(reason, size, "every row costs what affected code costs");
		return VERDICT_AFFECTED;
	}
	misfit = first_misfit(rows, count, machine, CODE_MERGED);
	if (misfit)
		misfit = first_misfit(rows, count, machine, CODE_POSTED);
	if (misfit)
		return unknown(reason, size, misfit, "costs what no known code costs");
	if (machine->icache_vipt) {
		snprintf(reason, size, "VIPT I-cache: this machine never takes the branch, "
			 "whatever the code");
		return VERDICT_DORMANT;
	}
	snprintf(reason, size, "every row costs what fixed code costs");
	return VERDICT_FIXED;
}
