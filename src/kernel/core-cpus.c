// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-cpus.c: the registers of each CPU in a dump of memory
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

size_t kernel_core_cpus(const struct kernel_core *core, struct kernel_registers *cpus, size_t max)
{
	size_t size, count = 0, at = 0;
	uint8_t *notes = kernel_core_notes(core, &size);

	while (notes && count < max && size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;
		uint64_t name, data, next;

		memcpy(&head, notes + at, sizeof(head));
		name = at + sizeof(head);
		data = name + ((uint64_t)head.n_namesz + 3) / 4 * 4;
		next = data + ((uint64_t)head.n_descsz + 3) / 4 * 4;
		if (next > size || next <= at)
			break;
		if (head.n_type == NT_PRSTATUS && head.n_namesz == 5 &&
		    !memcmp(notes + name, "CORE", 5) &&
		    head.n_descsz >= REGISTERS_AT + 8 * REGISTERS)
			read_status(notes + data, &cpus[count++]);
		at = next;
	}
	free(notes);
	return count;
}
