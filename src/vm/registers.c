// SPDX-License-Identifier: GPL-2.0-only
/*
 * registers.c: registers and memory as QEMU's monitor shows them
 *
 * Registers come as the text of "info registers -a" (target/arm/cpu.c, aarch64_cpu_dump_state), memory
 * as that of "x". Both are read for what is known in them; the rest is passed over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/vm.h"

/* The hexadecimal number behind @name in @line; false when there is none. */
static bool find_register(const char *line, const char *name, uint64_t *value)
{
	const char *found = strstr(line, name);
	char *end;

	if (!found)
		return false;
	found += strlen(name);
	*value = strtoull(found, &end, 16);
	return end - found == 16;
}

/* "PSTATE=60000085 -ZC- EL1h", or "PSR=... usr32" of a 32-bit program. */
static void find_level(const char *line, struct kernel_registers *cpu)
{
	const char *level = strstr(line, "PSTATE=") ? strstr(line, " EL") : NULL;

	if (!level)
		level = strstr(line, " NS EL");
	if (level)
		cpu->level = strstr(level, "EL")[2] - '0';
	else if (strstr(line, "PSR=") && strstr(line, " usr32"))
		cpu->level = 0;
	else
		return;
	cpu->level_known = cpu->level <= 3;
}

size_t vm_registers_parse(const char *dump, struct kernel_registers *cpus, size_t cpus_max)
{
	struct kernel_registers *cpu = NULL;
	size_t count = 0;

	memset(cpus, 0, cpus_max * sizeof(*cpus));
	for (const char *next; *dump; dump = next) {
		const size_t length = strcspn(dump, "\n");
		unsigned int number;
		char line[256];

		next = dump + length + (dump[length] == '\n');
		snprintf(line, sizeof(line), "%.*s", (int)length, dump);
		if (sscanf(line, "CPU#%5u", &number) == 1) {
			cpu = number < cpus_max ? &cpus[number] : NULL;
			count = cpu && number >= count ? number + 1 : count;
		}
		if (!cpu)
			continue;
		cpu->pc_known |= find_register(line, " PC=", &cpu->pc);
		cpu->fp_known |= find_register(line, "X29=", &cpu->fp);
		cpu->lr_known |= find_register(line, "X30=", &cpu->lr);
		if (strstr(line, "PSTATE=") || strstr(line, "PSR="))
			find_level(line, cpu);
	}
	return count;
}

size_t vm_memory_parse(const char *text, uint64_t address, uint64_t *words, size_t count)
{
	size_t got = 0;

	while (got < count) {
		char *end;
		const uint64_t at = strtoull(text, &end, 16);

		if (end == text || *end != ':' || at != address + 8 * got)
			break;
		for (text = end + 1; got < count && !strncmp(text, " 0x", 3); text = end)
			words[got++] = strtoull(text + 1, &end, 16);
		text += strspn(text, "\r\n");
	}
	return got;
}
