// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-notes.c: the notes of a dump of memory: the registers of each CPU, and what the kernel says of itself
 *
 * They are in ELF notes named CORE, of type NT_PRSTATUS: one for each CPU, in order of their numbers. The
 * kernel that crashed fills in its own (crash_save_cpu() in kernel/kexec_core.c), QEMU those of a guest. On
 * arm64 the registers begin at byte 112 (struct elf_prstatus): x0 to x30, sp, pc, pstate.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core.h"

enum { REGISTERS_AT = 112, X29 = 29, X30 = 30, PC = 32, PSTATE = 33, REGISTERS = 34 };

static void read_status(const uint8_t *status, struct kernel_registers *cpu)
{
	const uint8_t *at = status + REGISTERS_AT;

	*cpu = (struct kernel_registers){
		.pc = kernel_little64(at + 8 * PC),
		.fp = kernel_little64(at + 8 * X29),
		.lr = kernel_little64(at + 8 * X30),
		/* Arm ARM C5.2.18: bits 3 and 2 are the exception level, of 32-bit programs 0. */
		.level = kernel_little64(at + 8 * PSTATE) >> 2 & 3,
		.pc_known = true,
		.fp_known = true,
		.lr_known = true,
		.level_known = true,
	};
	if (kernel_little64(at + 8 * PSTATE) & 0x10)
		cpu->level = 0;
}

bool kernel_note_next(const uint8_t *notes, size_t size, size_t *at, struct kernel_note *note)
{
	Elf64_Nhdr head;
	uint64_t name, data, next;

	if (size - *at < sizeof(head))
		return false;
	memcpy(&head, notes + *at, sizeof(head));
	name = *at + sizeof(head);
	data = name + ((uint64_t)head.n_namesz + 3) / 4 * 4;
	next = data + ((uint64_t)head.n_descsz + 3) / 4 * 4;
	if (next > size)
		return false;
	*note = (struct kernel_note){ .name = notes + name,
				      .name_size = head.n_namesz,
				      .data = notes + data,
				      .data_size = head.n_descsz,
				      .type = head.n_type };
	*at = next;
	return true;
}

static bool is_named(const struct kernel_note *note, const char *name)
{
	return note->name_size == strlen(name) + 1 && !memcmp(note->name, name, note->name_size);
}

char *kernel_core_info(const struct kernel_core *core)
{
	size_t size, at = 0;
	uint8_t *notes = kernel_core_notes(core, &size);
	struct kernel_note note;
	char *info = NULL;

	while (notes && !info && kernel_note_next(notes, size, &at, &note))
		if (is_named(&note, "VMCOREINFO"))
			info = strndup((const char *)note.data, note.data_size);
	free(notes);
	return info;
}

size_t kernel_core_cpus(const struct kernel_core *core, struct kernel_registers *cpus, size_t max)
{
	size_t size, count = 0, at = 0;
	uint8_t *notes = kernel_core_notes(core, &size);
	struct kernel_note note;

	while (notes && count < max && kernel_note_next(notes, size, &at, &note))
		if (note.type == NT_PRSTATUS && is_named(&note, "CORE") &&
		    note.data_size >= REGISTERS_AT + 8 * REGISTERS)
			read_status(note.data, &cpus[count++]);
	free(notes);
	return count;
}
