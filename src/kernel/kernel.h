/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel.h: one arm64 kernel as it lies in memory, with its symbols; what every format becomes
 */
#ifndef ICACHE_IPI_KERNEL_KERNEL_H
#define ICACHE_IPI_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/symbols.h"
#include "lib/verdict.h"

/* The largest thing unpacked or read into memory, in bytes. */
#define KERNEL_MAXIMUM (512u << 20)

struct kernel {
	uint8_t *image; /* owned; 4-byte aligned */
	size_t size;
	uint64_t base; /* address of image[0]; 0: not said, see kernel_find_base() */
	uint64_t text_start, text_end; /* what _stext and _etext enclose, as offsets */
	struct kernel_symbols symbols;
	const char *symbols_from; /* "symtab", "kallsyms", "map", "/proc/kallsyms" */
	char build_id[41];	  /* hexadecimal, "" where none was found */
	char banner[160];	  /* "Linux version ...": for the reader alone */
};

/* The 4 bytes at @at as a little-endian number: aligned or not, on any machine. */
static inline uint32_t kernel_little32(const uint8_t *at)
{
	return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The same of 8 bytes. */
static inline uint64_t kernel_little64(const uint8_t *at)
{
	return kernel_little32(at) | (uint64_t)kernel_little32(at + 4) << 32;
}

static inline uint32_t kernel_word(const struct kernel *kernel, uint64_t offset)
{
	return kernel_little32(kernel->image + offset);
}

/* True when a whole instruction lies at @offset. */
static inline bool kernel_holds(const struct kernel *kernel, uint64_t offset)
{
	return offset % 4 == 0 && kernel->size >= 4 && offset <= kernel->size - 4;
}

void kernel_free(struct kernel *kernel);

/*
 * Make @kernel from an arm64 Image (Documentation/arm64/booting.rst): kernel->image and size are
 * set and stay owned by it. Symbols come from @map (a System.map's text) or, where that is NULL
 * or a stub, from the kallsyms inside. Returns false with the reason in @why.
 */
bool kernel_from_image(struct kernel *kernel, const char *map, size_t map_size,
		       char why[static REASON_SIZE]);

/* Make @kernel from a vmlinux of @size bytes at @data. As above; @data stays the caller's. */
bool kernel_from_elf(struct kernel *kernel, const void *data, size_t size, const char *map,
		     size_t map_size, char why[static REASON_SIZE]);

/* Fill in build_id and banner: for people, and to tie a file to the running kernel. */
void kernel_identify(struct kernel *kernel);

/* Does this build-id (20 bytes, hexadecimal) occur in a note anywhere in the image? */
bool kernel_has_build_id(const struct kernel *kernel, const char *hexadecimal);

/*
 * Find kernel->base, the address that the kernel of an Image was linked at: it runs there unless
 * KASLR moves it. By its pointers to functions, of which its symbols are needed. False, and base is
 * 0, when not exactly one address fits.
 */
bool kernel_find_base(struct kernel *kernel);

/* Share of BL instructions in the text that land on the start of a function. */
struct kernel_landing {
	uint64_t calls, landed;
};

/* Calls that must land on functions, per thousand. Right tables: 999 and more; wrong: 0 to 90. */
enum { KERNEL_LANDING_NEEDED = 980 };

/* Count them, over all of the text. */
struct kernel_landing kernel_landing(const struct kernel *kernel);

#endif
