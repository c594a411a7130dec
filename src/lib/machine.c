// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c: facts about an arm64 machine that more than one program asks for
 */
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/file.h"
#include "lib/machine.h"

static FILE *machine_open(const char *root, const char *name)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", root, name) >= sizeof(path))
		return NULL;
	return file_open(path);
}

void machine_line(const char *root, const char *name, char *line, size_t size)
{
	FILE *file = machine_open(root, name);

	if (!file || !fgets(line, size, file))
		line[0] = '\0';
	if (file)
		fclose(file);
	line[strcspn(line, "\n")] = '\0';
}

/* An ELF note: three words, the name and the description, each padded to four bytes (elf(5)). */
struct note {
	uint32_t name_size, description_size, type;
	const unsigned char *name, *description;
};

#define NOTE_GNU_BUILD_ID 3

/* The note at *@at, which moves behind it; false when no whole one is left. */
static bool note_next(const unsigned char *notes, size_t size, size_t *at, struct note *note)
{
	size_t left = size - *at, name, description;

	if (left < 12)
		return false;
	memcpy(&note->name_size, notes + *at, 4);
	memcpy(&note->description_size, notes + *at + 4, 4);
	memcpy(&note->type, notes + *at + 8, 4);
	left -= 12;
	name = ((size_t)note->name_size + 3) / 4 * 4;
	description = ((size_t)note->description_size + 3) / 4 * 4;
	if (name > left || description > left - name)
		return false;
	note->name = notes + *at + 12;
	note->description = note->name + name;
	*at += 12 + name + description;
	return true;
}

void machine_build_id(const char *root, char *hex, size_t size)
{
	FILE *file = machine_open(root, "sys/kernel/notes");
	unsigned char notes[4096];
	const size_t length = file ? fread(notes, 1, sizeof(notes), file) : 0;
	struct note note;

	hex[0] = '\0';
	if (file)
		fclose(file);
	for (size_t at = 0; note_next(notes, length, &at, &note);) {
		if (note.type != NOTE_GNU_BUILD_ID || note.name_size != 4 ||
		    memcmp(note.name, "GNU", 4))
			continue;
		for (size_t i = 0; i < note.description_size && 2 * i + 2 < size; i++)
			snprintf(hex + 2 * i, 3, "%02x", note.description[i]);
		return;
	}
}

/*
 * CTR_EL0.L1Ip, bits 15:14 (Arm ARM D13.2.34): 0b10 VIPT, 0b11 PIPT, 0b00 VPIPT. Anything but the last
 * two makes 4.19 assume aliasing (arch/arm64/kernel/cpuinfo.c, cpuinfo_detect_icache_policy). Linux
 * lets user space read the register, or emulates the read with the safest value.
 */
static uint64_t ctr_read(void)
{
	uint64_t ctr = 0;

#ifdef __aarch64__
	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
#endif
	return ctr;
}

static const char *worse_policy(const char *worst, uint64_t ctr)
{
	switch (ctr >> 14 & 3) {
	case 3: return worst;
	case 0: return strcmp(worst, "PIPT") ? worst : "VPIPT";
	default: return "VIPT";
	}
}

const char *machine_icache(void)
{
	const char *worst = "PIPT";
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return NULL;
	for (int cpu = 0; cpu < CPU_SETSIZE && worst; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		worst = sched_setaffinity(0, sizeof(one), &one) ? NULL :
								  worse_policy(worst, ctr_read());
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
	return worst;
}

bool machine_module_is_live(const char *root, const char *module)
{
	FILE *file = machine_open(root, "proc/modules");
	char line[512], name[65], state[16];
	bool live = false;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%64s %*s %*s %*s %15s", name, state) == 2 &&
		    !strcmp(name, module))
			live = !strcmp(state, "Live");
	if (file)
		fclose(file);
	return live;
}

void machine_mitigation(const char *root, char *state, size_t size)
{
	machine_line(root, "sys/module/" MACHINE_MITIGATION "/state", state, size);
}
