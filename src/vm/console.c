// SPDX-License-Identifier: GPL-2.0-only
/*
 * console.c: the kernel's messages as a witness
 */
#include <stdio.h>
#include <string.h>

#include "vm/vm.h"

void vm_console_take_line(struct vm_console *console, const char *line,
		       unsigned int stuck_s[RESULT_CPUS_MAX])
{
	static const char panic[] = "Kernel panic - not syncing";
	static const char lockup[] = "BUG: soft lockup - CPU#";
	unsigned int cpu, seconds;
	const char *found;
	double guest_s;

	if (sscanf(line, "[%lf]", &guest_s) == 1 && guest_s > console->guest_s)
		console->guest_s = guest_s;
	found = strstr(line, panic);
	if (found && !console->panicked) {
		console->panicked = true;
		snprintf(console->panic, sizeof(console->panic), "%.127s", found);
	}
	/* Many CPUs report at once and the kernel says it again: keep the longest of each. */
	found = strstr(line, lockup);
	if (found && sscanf(found + strlen(lockup), "%u stuck for %us!", &cpu, &seconds) == 2 &&
	    cpu < RESULT_CPUS_MAX && seconds > stuck_s[cpu])
		stuck_s[cpu] = seconds;
}
