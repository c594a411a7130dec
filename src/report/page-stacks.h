/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * page-stacks.h: sections of the page that show stacks
 */
#ifndef ICACHE_IPI_REPORT_PAGE_STACKS_H
#define ICACHE_IPI_REPORT_PAGE_STACKS_H

#include "report/report.h"

void report_print_censuses(FILE *to, const struct report *report);
void report_print_incidents(FILE *to, const struct report *report);

#endif
