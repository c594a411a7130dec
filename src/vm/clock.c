// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c: the host's time, for deadlines; nothing that is measured depends on it
 */
#include <time.h>

#include "vm/vm.h"

double vm_wall_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}
