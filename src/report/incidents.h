/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * incidents.h: what icache-ipi-triage --json says of logs and vmcores, for the page
 */
#ifndef ICACHE_IPI_REPORT_INCIDENTS_H
#define ICACHE_IPI_REPORT_INCIDENTS_H

#include "report/report.h"

/* True when the file at @path begins as icache-ipi-triage's JSON does. */
bool report_is_triage(const char *path);

/*
 * Adds the answers at @path, one a line, to @report->triage: path, verdict, reason, and of each incident
 * verdict, reason, seconds, clock, and its groups as a census has them. False: said why.
 */
bool report_load_triage(struct report *report, const char *path);

/* "not this fault" for "not-this-fault". */
const char *report_triage_words(const char *verdict);

#endif
