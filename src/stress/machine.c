// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c: the machine the workload runs on
 */
#include <dirent.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "stress/stress.h"

/* First line of @path without its newline; "" when there is none. */
static void read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
}

static uint64_t read_number(const char *path)
{
	char line[64];
	unsigned long long number = 0;

	read_line(path, line, sizeof(line));
	sscanf(line, "%llu", &number);
	return number;
}

bool machine_pin(int cpu)
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

void machine_take_cpus(void)
{
	cpu_set_t *set = CPU_ALLOC(STRESS_CPUS_MAX);
	const size_t size = CPU_ALLOC_SIZE(STRESS_CPUS_MAX);

	memset(set, 0xff, size);
	sched_setaffinity(0, size, set);
	CPU_FREE(set);
}

static const char *read_cpus(struct machine *machine)
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
		machine_take_cpus();
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

/*
 * CTR_EL0.L1Ip of every CPU, Arm ARM D13.2.34: 0b10 VIPT, 0b11 PIPT, 0b00 VPIPT. Anything but the
 * last two makes 4.19 assume aliasing (arch/arm64/kernel/cpuinfo.c, cpuinfo_detect_icache_policy).
 * Linux lets user space read the register, or emulates the read with the safest value.
 */
static const char *read_icache(const struct machine *machine)
{
	const char *worst = "PIPT";

	for (unsigned int i = 0; i < machine->cpus; i++) {
		uint64_t ctr = 0;

		if (!machine_pin(machine->cpu[i]))
			return NULL;
#ifdef __aarch64__
		__asm__("mrs %0, ctr_el0" : "=r"(ctr));
#endif
		switch (ctr >> 14 & 3) {
		case 3:
			break;
		case 0:
			if (!strcmp(worst, "PIPT"))
				worst = "VPIPT";
			break;
		default:
			worst = "VIPT";
		}
	}
	return worst;
}

/* The kernel's build-id: the ELF note of type 3, name "GNU", among /sys/kernel/notes. */
static void read_build_id(char *hex, size_t size)
{
	unsigned char notes[4096];
	FILE *file = fopen("/sys/kernel/notes", "re");
	size_t length = file ? fread(notes, 1, sizeof(notes), file) : 0, at = 0;

	hex[0] = '\0';
	if (file)
		fclose(file);
	while (at + 12 <= length) {
		uint32_t name, description, type;

		memcpy(&name, notes + at, 4);
		memcpy(&description, notes + at + 4, 4);
		memcpy(&type, notes + at + 8, 4);
		at += 12;
		if (name > length || description > length ||
		    at + (name + 3) / 4 * 4 + description > length)
			return;
		if (type == 3 && name == 4 && !memcmp(notes + at, "GNU", 4)) {
			const unsigned char *id = notes + at + 4;

			for (size_t i = 0; i < description && 2 * i + 2 < size; i++)
				snprintf(hex + 2 * i, 3, "%02x", id[i]);
			return;
		}
		at += (name + 3) / 4 * 4 + (description + 3) / 4 * 4;
	}
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

void machine_read_mitigation(char *mitigation, size_t size)
{
	read_line("/sys/module/icache_ipi_mitigate/state", mitigation, size);
}

struct verdict_machine machine_for_verdict(const struct machine *machine)
{
	return verdict_machine(machine->cpus, machine->icache, machine->mitigation);
}

const char *machine_read(struct machine *machine)
{
	struct utsname names;
	const char *error = read_cpus(machine);
	char enabled[64];

	if (error)
		return error;
	uname(&names);
	if (strcmp(names.machine, "aarch64"))
		return "not an arm64 kernel: there is no such fault to look for";
	snprintf(machine->release, sizeof(machine->release), "%s", names.release);
	read_line("/proc/version", machine->banner, sizeof(machine->banner));
	read_build_id(machine->build_id, sizeof(machine->build_id));
	machine->nodes = count_nodes();
	machine->page_size = sysconf(_SC_PAGESIZE);
	machine->huge_size = read_number("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
	read_line("/sys/kernel/mm/transparent_hugepage/enabled", enabled, sizeof(enabled));
	machine->huge_never = strstr(enabled, "[never]");
	if (read_number("/proc/sys/kernel/watchdog"))
		machine->watchdog_thresh = read_number("/proc/sys/kernel/watchdog_thresh");
	machine_read_mitigation(machine->mitigation, sizeof(machine->mitigation));
	machine->icache = read_icache(machine);
	if (!machine->icache)
		return "a CPU went offline meanwhile";
	return NULL;
}
