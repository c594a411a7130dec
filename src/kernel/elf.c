// SPDX-License-Identifier: GPL-2.0-only
/*
 * elf.c: a vmlinux laid out the way a boot loader would, with its symbol table if it has one
 */
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"

/*
 * The libelf.a of elfutils 0.192, Debian 13's, calls these two of a library that is in no archive. They make
 * and free a tree of what elf_getdata_rawchunk() returned, which nothing here calls. A libelf that has
 * them uses its own.
 */
void eu_search_tree_init(void *tree, void (*free_node)(void *node)) __attribute__((weak));
void eu_search_tree_fini(void *tree, void (*free_node)(void *node)) __attribute__((weak));

void eu_search_tree_init(void *tree, void (*free_node)(void *node))
{
	(void)tree;
	(void)free_node;
}

void eu_search_tree_fini(void *tree, void (*free_node)(void *node))
{
	(void)tree;
	(void)free_node;
}

/* Lowest and highest address that the loadable segments of @elf fill from the file. */
static bool segments_span(Elf *elf, uint64_t *low, uint64_t *high)
{
	size_t count;
	GElf_Phdr segment;

	*low = UINT64_MAX;
	*high = 0;
	if (elf_getphdrnum(elf, &count))
		return false;
	for (size_t i = 0; i < count && gelf_getphdr(elf, i, &segment); i++) {
		if (segment.p_type != PT_LOAD || !segment.p_filesz)
			continue;
		if (segment.p_vaddr + segment.p_filesz < segment.p_vaddr)
			return false;
		if (segment.p_vaddr < *low)
			*low = segment.p_vaddr;
		if (segment.p_vaddr + segment.p_filesz > *high)
			*high = segment.p_vaddr + segment.p_filesz;
	}
	return *low < *high && *high - *low <= KERNEL_MAXIMUM;
}

/* Copy the loadable segments to where they belong in kernel->image. */
static bool segments_load(struct kernel *kernel, Elf *elf, const uint8_t *data, size_t size,
			  char why[static REASON_SIZE])
{
	uint64_t low, high;
	size_t count;
	GElf_Phdr segment;

	if (!segments_span(elf, &low, &high)) {
		snprintf(why, REASON_SIZE,
			 "ELF without loadable segments that make sense "
			 "(a vmlinux has them)");
		return false;
	}
	kernel->base = low;
	kernel->size = high - low;
	kernel->image = calloc(kernel->size + 4, 1);
	elf_getphdrnum(elf, &count);
	for (size_t i = 0; kernel->image && i < count && gelf_getphdr(elf, i, &segment); i++) {
		if (segment.p_type != PT_LOAD || !segment.p_filesz)
			continue;
		if (segment.p_offset > size || segment.p_filesz > size - segment.p_offset) {
			snprintf(why, REASON_SIZE,
				 "truncated ELF: segment %zu ends behind the "
				 "end of the file",
				 i);
			return false;
		}
		memcpy(kernel->image + (segment.p_vaddr - low), data + segment.p_offset,
		       segment.p_filesz);
	}
	if (!kernel->image)
		snprintf(why, REASON_SIZE, "out of memory");
	return kernel->image;
}

/* The letter nm(1) would print; only whether it is code matters here. */
static char symbol_type(Elf *elf, const GElf_Sym *symbol)
{
	Elf_Scn *section = elf_getscn(elf, symbol->st_shndx);
	GElf_Shdr header;
	bool local = GELF_ST_BIND(symbol->st_info) == STB_LOCAL;

	if (symbol->st_shndx >= SHN_LORESERVE || !section || !gelf_getshdr(section, &header))
		return local ? 'a' : 'A';
	if (header.sh_flags & SHF_EXECINSTR)
		return local ? 't' : 'T';
	return local ? 'd' : 'D';
}

/* Add every named, defined symbol of @section. Mapping symbols ($x, $d) name no function. */
static void symtab_read(struct kernel *kernel, Elf *elf, Elf_Scn *section)
{
	GElf_Shdr header;
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	if (!data || !gelf_getshdr(section, &header))
		return;
	for (int i = 1; gelf_getsym(data, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
		int type = GELF_ST_TYPE(symbol.st_info);

		if (!name || !*name || *name == '$' || symbol.st_shndx == SHN_UNDEF ||
		    type == STT_SECTION || type == STT_FILE || symbol.st_value < kernel->base ||
		    strnlen(name, 1024) == 1024)
			continue;
		if (!kernel_symbols_add(&kernel->symbols, symbol.st_value - kernel->base,
					symbol_type(elf, &symbol), name, strlen(name)))
			return;
	}
}

static void symbols_read(struct kernel *kernel, Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
			symtab_read(kernel, elf, section);
	kernel_symbols_sort(&kernel->symbols);
}

static bool header_accept(Elf *elf, char why[static REASON_SIZE])
{
	GElf_Ehdr header;

	if (!elf || !gelf_getehdr(elf, &header))
		snprintf(why, REASON_SIZE, "ELF that cannot be read: %s", elf_errmsg(-1));
	else if (header.e_machine != EM_AARCH64)
		snprintf(why, REASON_SIZE, "not an arm64 kernel: ELF for machine %u (arm64 is %u)",
			 header.e_machine, EM_AARCH64);
	else if (header.e_type == ET_REL)
		snprintf(why, REASON_SIZE, "a module or object file, not a kernel");
	else if (header.e_type == ET_CORE)
		snprintf(why, REASON_SIZE, "a core file: for the running kernel give no file");
	else
		return true;
	return false;
}

static bool elf_load(struct kernel *kernel, Elf *elf, const void *data, size_t size,
		     const char *map, size_t map_size, char why[static REASON_SIZE])
{
	const struct kernel_symbol *start, *end;

	if (!header_accept(elf, why) || !segments_load(kernel, elf, data, size, why))
		return false;
	if (!map || !memmem(map, map_size, " _stext\n", 8))
		symbols_read(kernel, elf);
	if (!kernel_symbols_find(&kernel->symbols, "_stext", true, NULL)) {
		kernel_symbols_free(&kernel->symbols);
		return kernel_from_image(kernel, map, map_size, why);
	}
	start = kernel_symbols_find(&kernel->symbols, "_stext", true, NULL);
	end = kernel_symbols_find(&kernel->symbols, "_etext", true, NULL);
	if (!end || start->offset >= end->offset || end->offset > kernel->size) {
		snprintf(why, REASON_SIZE, "_stext and _etext do not enclose code in this ELF");
		return false;
	}
	kernel->text_start = start->offset;
	kernel->text_end = end->offset;
	kernel->symbols_from = "symtab";
	kernel_identify(kernel);
	return true;
}

bool kernel_from_elf(struct kernel *kernel, const void *data, size_t size, const char *map,
		     size_t map_size, char why[static REASON_SIZE])
{
	Elf *elf;
	bool done;

	elf_version(EV_CURRENT);
	elf = elf_memory((char *)data, size);
	done = elf_load(kernel, elf, data, size, map, map_size, why);
	elf_end(elf);
	return done;
}
