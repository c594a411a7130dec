// SPDX-License-Identifier: GPL-2.0-only
/*
 * who-series.c: the series of icache-ipi-who, where no kernel can be watched
 *
 * who-series FILE USER-PTE BPF-JIT: as if so many broadcasts had been counted on 64 CPUs
 */
#include <stdlib.h>

#include "who/who.h"

int main(int argc, char **argv)
{
	struct who_row rows[] = { { .cause = CAUSE_USER_PTE }, { .cause = CAUSE_BPF_JIT } };
	struct who_table table = { .rows = rows, .count = 2 };
	struct who_counters counters = { .ipis = 0 };
	char why[WHO_REASON_SIZE];

	if (argc != 4)
		return EXIT_USAGE;
	rows[0].broadcasts = strtoull(argv[2], NULL, 10);
	rows[1].broadcasts = strtoull(argv[3], NULL, 10);
	table.broadcasts = rows[0].broadcasts + rows[1].broadcasts;
	table.ipis = 63 * table.broadcasts;
	who_prometheus_add(&counters, &table);
	return who_prometheus_write(argv[1], &counters, why) ? EXIT_GOOD : EXIT_UNKNOWN;
}
