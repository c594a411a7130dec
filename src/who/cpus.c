// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpus.c: sets of CPUs, as sysfs writes them
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/machine.h"
#include "who/who.h"

/* A number of a CPU at *@at, which moves behind it; -1: there is none. */
static long parse_cpu(const char **at)
{
	char *end;
	unsigned long cpu;

	if (!isdigit((unsigned char)**at))
		return -1;
	cpu = strtoul(*at, &end, 10);
	*at = end;
	return cpu < WHO_CPUS_MAX ? (long)cpu : -1;
}

bool who_cpus_parse(struct who_cpus *cpus, const char *list)
{
	memset(cpus, 0, sizeof(*cpus));
	while (*list) {
		const long first = parse_cpu(&list);
		long last = first;

		if (first >= 0 && *list == '-') {
			list++;
			last = parse_cpu(&list);
		}
		if (first < 0 || last < first)
			return false;
		for (long cpu = first; cpu <= last; cpu++) {
			cpus->count += !cpus->has[cpu];
			cpus->has[cpu] = 1;
		}
		if (*list && (*list++ != ',' || !*list))
			return false;
	}
	return true;
}

bool who_cpus_read(struct who_cpus *cpus, const char *root, const char *name)
{
	char path[128], line[4096];

	snprintf(path, sizeof(path), "sys/devices/system/cpu/%s", name);
	machine_line(root, path, line, sizeof(line));
	return who_cpus_parse(cpus, line) && cpus->count;
}
