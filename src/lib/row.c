// SPDX-License-Identifier: GPL-2.0-only
/*
 * row.c: the names of a row's numbers, once, for the writer and the reader
 */
#include "lib/row.h"

#define FIELD(member) { #member, offsetof(struct row, member) }

const struct row_field row_fields[] = {
	FIELD(at_once),
	FIELD(operations),
	FIELD(ptes),
	FIELD(huge),
	FIELD(walked),
	FIELD(control_walked),
	FIELD(ipis),
	FIELD(control_ipis),
	FIELD(probed),
	FIELD(broadcasts),
	FIELD(control_broadcasts),
	FIELD(maintenances),
	FIELD(control_maintenances),
	FIELD(worst_ns),
	FIELD(median_ns),
	FIELD(control_worst_ns),
	FIELD(control_median_ns),
	FIELD(lockups),
	FIELD(control_lockups),
	FIELD(stuck_s),
};

const size_t row_fields_count = sizeof(row_fields) / sizeof(row_fields[0]);
