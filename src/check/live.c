// SPDX-License-Identifier: GPL-2.0-only
/*
 * live.c: the running kernel
 */
#include "check/live.h"

void live_check(const struct options *options, struct result **list)
{
	(void)options;
	result_unknown(result_new(list, "running kernel", NULL),
		       "not supported yet: name a kernel file");
}
