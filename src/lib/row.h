/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * row.h: one row of results, as the workload counts it and as every result.json carries it
 */
#ifndef ICACHE_IPI_LIB_ROW_H
#define ICACHE_IPI_LIB_ROW_H

#include <stddef.h>
#include <stdint.h>

/*
 * One step of one scenario: the same operations once without PROT_EXEC (the control) and once
 * with it. Counts are sums over all operations; times are of single operations, in ns of the
 * clock the workload sees (guest time in a VM).
 */
struct row {
	char scenario[16]; /* name of the scenario, e.g. "split" */
	char step[24];	   /* name in the price list (lib/prices.h), e.g. "fault" */
	uint64_t at_once;  /* CPUs that work at the same moment; 1: one CPU at a time */
	uint64_t operations;
	uint64_t ptes;	 /* that one operation works on: 512 for 2 MiB of 4 KiB pages */
	uint64_t huge;	 /* operations whose page was proven huge, when the step is about that */
	uint64_t walked; /* operations that were seen to happen (/proc/vmstat, or their effect) */
	uint64_t control_walked;
	uint64_t ipis; /* function-call IPIs received by all CPUs */
	uint64_t control_ipis;
	uint64_t probed;     /* 1: a kprobe counted broadcasts as well; 2: and maintenances */
	uint64_t broadcasts; /* calls of kick_all_cpus_sync() */
	uint64_t control_broadcasts;
	uint64_t maintenances; /* calls of __flush_icache_range() */
	uint64_t control_maintenances;
	uint64_t worst_ns; /* slowest single operation */
	uint64_t median_ns;
	uint64_t control_worst_ns;
	uint64_t control_median_ns;
	uint64_t lockups; /* CPUs that reported a soft lockup meanwhile */
	uint64_t control_lockups;
	uint64_t stuck_s; /* longest "stuck for Ns" among those reports */
};

/* The numbers of a row under the names they have in JSON, in order of appearance. */
struct row_field {
	const char *name;
	size_t offset; /* of a uint64_t in struct row */
};

extern const struct row_field row_fields[];
extern const size_t row_fields_count;

static inline uint64_t *row_number(struct row *row, const struct row_field *field)
{
	return (uint64_t *)((char *)row + field->offset);
}

#endif
