/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * census.h: the stacks of all CPUs at one instant, grouped by equal call chain, as icache-ipi-vm
 * leaves them in census.json beside result.json
 */
#ifndef ICACHE_IPI_REPORT_CENSUS_H
#define ICACHE_IPI_REPORT_CENSUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What the CPUs of a group do, read from their stack. */
enum census_act {
	CENSUS_BROADCASTS, /* kick_all_cpus_sync() is on the stack */
	CENSUS_WAITS,	   /* for a lock */
	CENSUS_KERNEL,	   /* anything else in the kernel */
	CENSUS_USER,
	CENSUS_IDLE,
	CENSUS_UNREADABLE,
	CENSUS_ACTS
};

extern const char *const report_census_act_names[CENSUS_ACTS];
extern const char *const report_census_colours[CENSUS_ACTS]; /* variables of page.css */

/*
 * Reads census.json beside @path, a result.json or the directory of one. *@censuses becomes its
 * array of censuses, a new reference, every member of which is of the right type and within its
 * limits; NULL when there is no such file. False, having said why, when the file is not a census.
 */
bool report_load_census(const char *path, json_t **censuses);

enum census_act report_census_act(const json_t *group);

/* "queued_spin_lock_slowpath < __split_huge_pmd < ...", innermost first; or the kind alone. */
void report_census_chain(const json_t *group, char *text, size_t size);

/* "0-5,7" */
void report_census_cpus(const json_t *group, char *text, size_t size);

#endif
