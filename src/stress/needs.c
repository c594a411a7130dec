// SPDX-License-Identifier: GPL-2.0-only
/*
 * needs.c: why a scenario or a step cannot run here
 */
#include <sys/sysinfo.h>
#include <unistd.h>

#include "stress/stress.h"

/* Steps hold at most two huge pages, and what a fork copies of them. */
const char *stress_needs_huge(const struct stress *stress)
{
	const struct stress_machine *machine = &stress->machine;
	struct sysinfo memory;

	if (!machine->huge_size)
		return "this kernel has no transparent huge pages";
	if (machine->huge_never)
		return "/sys/kernel/mm/transparent_hugepage/enabled is on 'never'";
	if (!sysinfo(&memory) && memory.freeram / 4 < machine->huge_size / memory.mem_unit)
		return "not enough free memory for four huge pages";
	return NULL;
}

const char *stress_needs_root(const struct stress *stress)
{
	(void)stress;
	return geteuid() ? "needs root" : NULL;
}

const char *stress_needs_guest(const struct stress *stress)
{
	return stress->guest ? NULL :
			       "only in a guest of icache-ipi-vm: it concerns the whole machine";
}
