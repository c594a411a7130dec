// SPDX-License-Identifier: GPL-2.0-only
/*
 * prometheus.c: counters for node_exporter's textfile collector, by cause
 *
 * Never by process: those come and go, and each would be a series that stays.
 */
#include <inttypes.h>
#include <time.h>

#include "lib/textfile.h"
#include "who/who.h"

static void print_metrics(FILE *to, const void *context)
{
	const struct who_counters *counters = context;

	fputs("# HELP icache_ipi_broadcasts_total Interrupts of all CPUs by kick_all_cpus_sync(), by "
	      "cause; user-pte is the fault.\n"
	      "# TYPE icache_ipi_broadcasts_total counter\n",
	      to);
	for (int cause = 0; cause < CAUSES; cause++)
		fprintf(to, "icache_ipi_broadcasts_total{cause=\"%s\"} %" PRIu64 "\n",
			causes_ids[cause], counters->broadcasts[cause]);
	fprintf(to,
		"# HELP icache_ipi_broadcast_ipis_total Interrupts that CPUs got by them.\n"
		"# TYPE icache_ipi_broadcast_ipis_total counter\n"
		"icache_ipi_broadcast_ipis_total %" PRIu64 "\n"
		"# HELP icache_ipi_broadcasts_lost_total Broadcasts that were counted without a cause, "
		"for want of room, or missed.\n"
		"# TYPE icache_ipi_broadcasts_lost_total counter\n"
		"icache_ipi_broadcasts_lost_total %" PRIu64 "\n"
		"# HELP icache_ipi_who_info The program that counts.\n"
		"# TYPE icache_ipi_who_info gauge\n"
		"icache_ipi_who_info{version=\"%s\"} 1\n"
		"# HELP icache_ipi_who_timestamp_seconds When this was written.\n"
		"# TYPE icache_ipi_who_timestamp_seconds gauge\n"
		"icache_ipi_who_timestamp_seconds %lld\n",
		counters->ipis, counters->lost, ICACHE_IPI_VERSION, (long long)time(NULL));
}

void who_prometheus_add(struct who_counters *counters, const struct who_table *table)
{
	uint64_t in_rows = 0;

	for (size_t i = 0; i < table->count; i++) {
		counters->broadcasts[table->rows[i].cause] += table->rows[i].broadcasts;
		in_rows += table->rows[i].broadcasts;
	}
	/* All of them are in the series: those that are in no row have no known cause. */
	counters->broadcasts[CAUSE_UNKNOWN] += table->broadcasts - in_rows;
	counters->ipis += table->ipis;
	counters->lost += table->lost + table->missed;
}

bool who_prometheus_write(const char *path, const struct who_counters *counters,
			  char why[static WHO_REASON_SIZE])
{
	return textfile_replace(path, print_metrics, counters, why);
}
