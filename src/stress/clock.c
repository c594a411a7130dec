// SPDX-License-Identifier: GPL-2.0-only
/*
 * clock.c: the clock that operations are timed by: guest time in a VM
 */
#include <time.h>

#include "stress/stress.h"

uint64_t stress_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}
