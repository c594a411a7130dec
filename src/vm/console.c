// SPDX-License-Identifier: GPL-2.0-only
/*
 * console.c: the kernel's messages as a witness
 */
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "vm/vm.h"

void vm_console_take_line(struct vm_console *console, const char *line,
			  unsigned int stuck_s[RESULT_CPUS_MAX])
{
	static const char panic[] = "Kernel panic - not syncing";
	static const char lockup[] = "BUG: soft lockup - CPU#";
	static const char record[] = "{\"record\": \"machine\"";
	unsigned int cpu, seconds;
	const char *found;
	double guest_s;

	/* The kernel writes digits and a point; what else strtod() knows is not from there. */
	if (line[0] == '[' && line[1 + strspn(line + 1, " 0123456789.")] == ']' &&
	    sscanf(line, "[%lf]", &guest_s) == 1 && guest_s > console->guest_s &&
	    guest_s < GUEST_SECONDS_MAX)
		console->guest_s = guest_s;
	found = strstr(line, panic);
	if (found && !console->panicked) {
		console->panicked = true;
		text_copy(console->panic, sizeof(console->panic), found);
		text_make_printable(console->panic);
	}
	console->no_port |= !strncmp(line, record, strlen(record));
	/* Many CPUs report at once and the kernel says it again: keep the longest of each. */
	found = strstr(line, lockup);
	if (found && sscanf(found + strlen(lockup), "%u stuck for %us!", &cpu, &seconds) == 2 &&
	    cpu < RESULT_CPUS_MAX && seconds > stuck_s[cpu])
		stuck_s[cpu] = seconds;
}
