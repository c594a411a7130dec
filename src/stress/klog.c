// SPDX-License-Identifier: GPL-2.0-only
/*
 * klog.c: soft lockups in the kernel's log
 *
 * "BUG: soft lockup - CPU#5 stuck for 22s!" (kernel/watchdog.c, watchdog_timer_fn). The kernel may
 * say it more than once per CPU, so CPUs are counted and not lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "stress/stress.h"

static int kmsg_fd = -1;

bool stress_klog_open(void)
{
	kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return kmsg_fd >= 0 && lseek(kmsg_fd, 0, SEEK_END) >= 0;
}

struct stress_lockups stress_klog_lockups(void)
{
	static bool seen[STRESS_CPUS_MAX];
	struct stress_lockups lockups = { 0 };
	char line[8192]; /* one read is one record, never more than this */
	ssize_t got;

	memset(seen, 0, sizeof(seen));
	/* EPIPE: records were overwritten before we came; the next read goes on behind them. */
	while (kmsg_fd >= 0 &&
	       ((got = read(kmsg_fd, line, sizeof(line) - 1)) > 0 || (got < 0 && errno == EPIPE))) {
		unsigned int cpu, seconds;
		const char *report;

		line[got > 0 ? got : 0] = '\0';
		report = strstr(line, "BUG: soft lockup - CPU#");
		if (!report ||
		    sscanf(report, "BUG: soft lockup - CPU#%u stuck for %us!", &cpu, &seconds) !=
			    2 ||
		    cpu >= STRESS_CPUS_MAX)
			continue;
		lockups.cpus += !seen[cpu];
		seen[cpu] = true;
		if (seconds > lockups.stuck_s)
			lockups.stuck_s = seconds;
	}
	return lockups;
}
