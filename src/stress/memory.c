// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c: the memory that steps work on
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stress/stress.h"

/*
 * A pmd table spans page_size / 8 huge pages; where the address space has no room to align to that,
 * the huge page size must do.
 */
char *stress_memory_map_huge(const struct stress_machine *machine, unsigned int count,
			     int protection)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	const size_t size = count * machine->huge_size;
	size_t align = machine->page_size / 8 * machine->huge_size;
	char *reserved = MAP_FAILED, *base;

	if (size <= align)
		reserved = mmap(NULL, size + align, PROT_NONE, flags, -1, 0);
	if (reserved == MAP_FAILED) {
		align = machine->huge_size;
		reserved = mmap(NULL, size + align, PROT_NONE, flags, -1, 0);
	}
	if (reserved == MAP_FAILED)
		return NULL;
	base = (char *)(((uintptr_t)reserved + align - 1) & ~(uintptr_t)(align - 1));
	if (base > reserved)
		munmap(reserved, base - reserved);
	munmap(base + size, reserved + align - base);
	if (!mprotect(base, size, protection) && !madvise(base, size, MADV_HUGEPAGE))
		return base;
	munmap(base, size);
	return NULL;
}

char *stress_memory_map_pages(const struct stress_machine *machine, unsigned int count,
			      int protection)
{
	const size_t size = count * machine->page_size;
	char *base = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return NULL;
	/* EINVAL: a kernel without huge pages has none to keep away. */
	if (!madvise(base, size, MADV_NOHUGEPAGE) || errno == EINVAL)
		return base;
	munmap(base, size);
	return NULL;
}

int stress_memory_create_file(const struct stress_machine *machine, unsigned int count)
{
	const int fd = memfd_create("icache-ipi", MFD_CLOEXEC);

	if (fd >= 0 && !ftruncate(fd, count * machine->page_size) &&
	    stress_memory_write_file(machine, fd, count))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool stress_memory_write_file(const struct stress_machine *machine, int fd, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (pwrite(fd, stress_code_return(i), CODE_SIZE, i * machine->page_size) !=
		    CODE_SIZE)
			return false;
	return true;
}

void stress_memory_touch(char *base, size_t size, size_t step, bool write)
{
	for (size_t at = 0; at < size; at += step) {
		volatile char *byte = base + at;

		if (write)
			*byte = 1;
		else
			(void)*byte;
	}
}

/* movz w0, #value; ret. Arm ARM C6.2.191, C6.2.219. */
const void *stress_code_return(unsigned int value)
{
	static uint32_t words[CODE_SIZE / sizeof(uint32_t)];

	words[0] = 0x52800000 | (value & 0xffff) << 5;
	words[1] = 0xd65f03c0;
	return words;
}
