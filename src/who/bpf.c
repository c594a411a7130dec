// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf.c: bpf(2), without a library
 */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "who/who.h"

/* Where struct bpf_prog_info has recursion_misses (include/uapi/linux/bpf.h, since 5.12). */
enum { INFO_MISSES = 208, INFO_SIZE = 216 };

static long bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static uint64_t address(const void *pointer)
{
	return (uintptr_t)pointer;
}

int who_bpf_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t entries)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = type;
	attributes.key_size = key_size;
	attributes.value_size = value_size;
	attributes.max_entries = entries;
	return bpf(BPF_MAP_CREATE, &attributes);
}

static int with_element(enum bpf_cmd command, int map, const void *key, const void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = map;
	attributes.key = address(key);
	attributes.value = address(value);
	return bpf(command, &attributes);
}

int who_bpf_lookup(int map, const void *key, void *value)
{
	return with_element(BPF_MAP_LOOKUP_ELEM, map, key, value);
}

int who_bpf_update(int map, const void *key, const void *value)
{
	return with_element(BPF_MAP_UPDATE_ELEM, map, key, value);
}

int who_bpf_delete(int map, const void *key)
{
	return with_element(BPF_MAP_DELETE_ELEM, map, key, NULL);
}

int who_bpf_next(int map, const void *key, void *next)
{
	return with_element(BPF_MAP_GET_NEXT_KEY, map, key, next);
}

int who_bpf_load(const struct bpf_insn *program, size_t count)
{
	static const char license[] = "GPL";
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_KPROBE;
	attributes.insns = address(program);
	attributes.insn_cnt = count;
	attributes.license = address(license);
	attributes.kern_version = who_bpf_version();
	memcpy(attributes.prog_name, "icache_ipi_who", sizeof("icache_ipi_who"));
	return bpf(BPF_PROG_LOAD, &attributes);
}

uint64_t who_bpf_missed(int program)
{
	uint64_t info[INFO_SIZE / sizeof(uint64_t)] = { 0 };
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes));
	attributes.info.bpf_fd = program;
	attributes.info.info_len = sizeof(info);
	attributes.info.info = address(info);
	if (bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes))
		return 0;
	return attributes.info.info_len >= INFO_SIZE ? info[INFO_MISSES / sizeof(uint64_t)] : 0;
}

/* The note "Linux" of type 0 in @notes (arch/arm64/kernel/vdso/note.S); 0: not among them. */
static uint32_t version_note(const unsigned char *notes, size_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr note;
		size_t name, whole;

		memcpy(&note, notes, sizeof(note));
		name = ((size_t)note.n_namesz + 3) / 4 * 4;
		whole = sizeof(note) + name + ((size_t)note.n_descsz + 3) / 4 * 4;
		if (whole > size)
			return 0;
		if (!note.n_type && note.n_namesz == 6 && note.n_descsz == 4 &&
		    !memcmp(notes + sizeof(note), "Linux", 6)) {
			uint32_t version;

			memcpy(&version, notes + sizeof(note) + name, sizeof(version));
			return version;
		}
		notes += whole;
		size -= whole;
	}
	return 0;
}

uint32_t who_bpf_version(void)
{
	const unsigned char *vdso = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	const Elf64_Ehdr *header = (const Elf64_Ehdr *)vdso;

	for (int i = 0; vdso && i < header->e_phnum; i++) {
		const Elf64_Phdr *segment =
			(const Elf64_Phdr *)(vdso + header->e_phoff + i * header->e_phentsize);
		uint32_t version = 0;

		if (segment->p_type == PT_NOTE)
			version = version_note(vdso + segment->p_offset, segment->p_filesz);
		if (version)
			return version;
	}
	return 0;
}
