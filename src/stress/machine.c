// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c: the machine the workload runs on
 */
#include <dirent.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/machine.h"
#include "stress/stress.h"

static uint64_t read_number(const char *path)
{
	char line[64];
	unsigned long long number = 0;

	machine_line("", path, line, sizeof(line));
	sscanf(line, "%llu", &number);
	return number;
}

bool stress_machine_pin(int cpu)
{
	cpu_set_t *set = CPU_ALLOC(STRESS_CPUS_MAX);
	size_t size = CPU_ALLOC_SIZE(STRESS_CPUS_MAX);
	bool pinned;

	CPU_ZERO_S(size, set);
	CPU_SET_S(cpu, size, set);
	pinned = !sched_setaffinity(0, size, set);
	CPU_FREE(set);
	return pinned;
}

void stress_machine_take_cpus(void)
{
	cpu_set_t *set = CPU_ALLOC(STRESS_CPUS_MAX);
	const size_t size = CPU_ALLOC_SIZE(STRESS_CPUS_MAX);

	memset(set, 0xff, size);
	sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

static const char *read_cpus(struct stress_machine *machine)
{
	cpu_set_t *set = CPU_ALLOC(STRESS_CPUS_MAX);
	const size_t size = CPU_ALLOC_SIZE(STRESS_CPUS_MAX);
	const int online = sysconf(_SC_NPROCESSORS_ONLN);
	const char *error = NULL;

	machine->cpus = 0;
	if (!set || sched_getaffinity(0, size, set))
		return "more CPUs than this program knows of (512)";
	for (int cpu = 0; cpu < STRESS_CPUS_MAX; cpu++)
		if (CPU_ISSET_S(cpu, size, set))
			machine->cpu[machine->cpus++] = cpu;
	if (CPU_COUNT_S(size, set) != online) {
		/* Whoever kept CPUs free of us has to name them: what is measured interrupts them. */
		stress_machine_take_cpus();
		sched_getaffinity(0, size, set);
		error = CPU_COUNT_S(size, set) == online ?
				"this process was not given every online CPU (isolcpus=, taskset): to interrupt "
				"the others as well, start it by taskset --cpu-list $(cat "
				"/sys/devices/system/cpu/online)" :
				"this process may not run on every online CPU: leave the cpuset or container, "
				"then try again";
	}
	CPU_FREE(set);
	return error;
}

static unsigned int count_nodes(void)
{
	DIR *directory = opendir("/sys/devices/system/node");
	unsigned int nodes = 0, number;
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		nodes += sscanf(entry->d_name, "node%u", &number) == 1;
	if (directory)
		closedir(directory);
	return nodes ? nodes : 1;
}

struct verdict_machine stress_verdict_machine(const struct stress_machine *machine)
{
	return verdict_machine(machine->cpus, machine->icache, machine->mitigation);
}

const char *stress_machine_read(struct stress_machine *machine)
{
	struct utsname names;
	const char *error = read_cpus(machine);
	char enabled[64];

	if (error)
		return error;
	uname(&names);
	if (strcmp(names.machine, "aarch64"))
		return "not an arm64 kernel: only arm64 kernels have the fault";
	snprintf(machine->release, sizeof(machine->release), "%s", names.release);
	machine_line("", "proc/version", machine->banner, sizeof(machine->banner));
	machine_build_id("", machine->build_id, sizeof(machine->build_id));
	machine->nodes = count_nodes();
	machine->page_size = sysconf(_SC_PAGESIZE);
	machine->huge_size = read_number("sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	machine_line("", "sys/kernel/mm/transparent_hugepage/enabled", enabled, sizeof(enabled));
	machine->huge_never = strstr(enabled, "[never]");
	if (read_number("proc/sys/kernel/watchdog"))
		machine->watchdog_thresh = read_number("proc/sys/kernel/watchdog_thresh");
	machine_mitigation("", machine->mitigation, sizeof(machine->mitigation));
	machine->icache = machine_icache();
	if (!machine->icache)
		return "a CPU went offline meanwhile";
	return NULL;
}
