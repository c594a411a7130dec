// SPDX-License-Identifier: GPL-2.0-only
/*
 * core-search.c: the kernel in a dump of memory
 *
 * By the header of its Image, or by its kallsyms where the header is gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/core.h"
#include "kernel/kallsyms.h"

/* An Image is a multiple of 64 KiB from the start of memory, mostly of 2 MiB, and then 512 KiB. */
enum { IMAGE_STEP = 64 << 10, IMAGE_MAX = 256 << 20 };
/*
 * Places to look at: 64 KiB apart, those of 256 GiB. What begins as an Image and is no kernel costs as much as many
 * of them: a dump of a few KiB can claim thousands, of 256 MiB each.
 */
enum { PROBES_MAX = 1 << 22, LOADS_MAX = 8, TABLES_MAX = 8 };

/* Documentation/arm64/booting.rst: the size that the header at @address says, or 0 when there is none. */
static uint64_t image_size_at(struct kernel_core *core, uint64_t address)
{
	uint8_t head[64];
	uint64_t size;

	if (kernel_core_read(core, address, head, sizeof(head)) != sizeof(head) ||
	    memcmp(head + 0x38, "ARM\x64", 4))
		return 0;
	size = kernel_little64(head + 0x10);
	return size >= 1 << 20 && size <= IMAGE_MAX ? size : 0;
}

/* Is most of a range there? By samples, before anything is allocated for it. */
static bool is_there(struct kernel_core *core, uint64_t address, uint64_t size)
{
	unsigned int there = 0;
	uint8_t byte;

	for (uint64_t i = 0; i < 64; i++)
		there += kernel_core_read(core, address + size / 64 * i, &byte, 1);
	return there >= 32;
}

static bool load_at(struct kernel_core *core, uint64_t address, uint64_t size,
		    struct kernel *kernel, char why[static REASON_SIZE])
{
	*kernel = (struct kernel){ 0 };
	if (!is_there(core, address, size)) {
		snprintf(why, REASON_SIZE, "the dump lacks most of the kernel's memory");
		return false;
	}
	kernel->image = malloc(size);
	kernel->size = size;
	if (!kernel->image) {
		snprintf(why, REASON_SIZE, "out of memory");
		return false;
	}
	/* What a dump leaves out of a kernel are pages that were freed or are zero. */
	kernel_core_read(core, address, kernel->image, size);
	if (kernel_from_image(kernel, NULL, 0, why))
		return true;
	kernel_free(kernel);
	return false;
}

/* All of a range, the likeliest places first. */
static bool search(struct kernel_core *core, uint64_t from, uint64_t to, unsigned int *probes,
		   struct kernel *kernel, uint64_t *address, char why[static REASON_SIZE])
{
	static const struct {
		uint64_t step, offset;
	} places[] = { { 2 << 20, 0 }, { 2 << 20, 0x80000 }, { IMAGE_STEP, 0 } };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const uint64_t step = places[i].step, base = from / step * step + places[i].offset;

		for (*address = base; *address < to && *probes < PROBES_MAX; *address += step) {
			const uint64_t there = kernel_core_next(core, *address);
			uint64_t size;

			if (there >= to)
				break;
			if (there > *address)
				*address = base + (there - base + step - 1) / step * step;
			++*probes;
			size = *address < to ? image_size_at(core, *address) : 0;
			if (size && load_at(core, *address, size, kernel, why))
				return true;
			*probes += size ? PROBES_MAX / LOADS_MAX : 0;
		}
	}
	return false;
}

/* The tables of kallsyms have these ten strings behind each other, and little else in memory has. */
static const char digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
enum { DIGITS_SIZE = sizeof(digits), BELOW = 96 << 20, ABOVE = 16 << 20, KERNEL_STEP = 2 << 20 };

/* @size, less what the dump has no memory of at the end. */
static size_t trim(const struct kernel_core *core, uint64_t low, size_t size)
{
	enum { STEP = 4096 };

	while (size > STEP && kernel_core_next(core, low + size - STEP) != low + size - STEP)
		size -= STEP;
	return size;
}

/*
 * A kernel around @table, an address of its kallsyms. Since 5.11 the header of an Image is memory like
 * any other once the kernel runs; it begins at a multiple of 2 MiB still, and calls must land on functions.
 */
static bool load_around(struct kernel_core *core, uint64_t table, struct kernel *kernel,
			uint64_t *address, char why[static REASON_SIZE])
{
	const uint64_t below = table > BELOW ? BELOW : table;
	const uint64_t low = (table - below) / KERNEL_STEP * KERNEL_STEP;
	size_t size = (table - low + ABOVE) / KERNEL_CORE_PAGE_MAX * KERNEL_CORE_PAGE_MAX;
	struct kernel_symbols symbols = { 0 };
	enum kernel_kallsyms_encoding encoding;
	uint8_t *window = malloc(size);
	bool found = false;

	if (!window)
		return false;
	size = trim(core, low, size);
	kernel_core_read(core, low, window, size);
	/* Tables that do not hold together fit no place. */
	if (!kernel_kallsyms_find(window, size, &symbols, &encoding, why)) {
		kernel_symbols_free(&symbols);
		free(window);
		return false;
	}
	kernel_symbols_free(&symbols);
	for (uint64_t at = table / KERNEL_STEP * KERNEL_STEP; at >= low && !found;
	     at -= KERNEL_STEP) {
		const size_t rest = size - (at - low);
		struct kernel_landing landing;

		if (at < KERNEL_STEP)
			break;
		/* A kernel's first pages are there, or those of its code behind them. */
		if (kernel_core_next(core, at) >= at + KERNEL_STEP)
			continue;
		*kernel = (struct kernel){ .image = malloc(rest), .size = rest };
		if (!kernel->image)
			break;
		memcpy(kernel->image, window + (at - low), rest);
		if (kernel_from_image(kernel, NULL, 0, why)) {
			landing = kernel_landing(kernel);
			found = landing.calls >= 1000 &&
				landing.landed * 1000 >= landing.calls * KERNEL_LANDING_NEEDED;
		}
		*address = at;
		if (!found)
			kernel_free(kernel);
	}
	free(window);
	return found;
}

/* Looks through the memory from @from to @to for kallsyms. */
static bool search_tables(struct kernel_core *core, uint64_t from, uint64_t to,
			  struct kernel *kernel, uint64_t *address, char why[static REASON_SIZE])
{
	uint8_t *piece = malloc(KERNEL_CORE_PAGE_MAX + DIGITS_SIZE);
	unsigned int tries = 0;
	bool found = false;

	for (uint64_t at = from; piece && at < to && !found && tries < TABLES_MAX;
	     at += KERNEL_CORE_PAGE_MAX) {
		const uint8_t *hit = piece, *const end = piece + KERNEL_CORE_PAGE_MAX + DIGITS_SIZE;

		at = from + (kernel_core_next(core, at) - from) / KERNEL_CORE_PAGE_MAX *
				    KERNEL_CORE_PAGE_MAX;
		if (at >= to)
			break;
		if (!kernel_core_read(core, at, piece, KERNEL_CORE_PAGE_MAX + DIGITS_SIZE))
			continue;
		while (!found && tries < TABLES_MAX &&
		       (hit = memmem(hit, end - hit, digits, DIGITS_SIZE))) {
			tries++;
			found = load_around(core, at + (hit++ - piece), kernel, address, why);
		}
	}
	free(piece);
	return found;
}

bool kernel_core_load(struct kernel_core *core, struct kernel *kernel, uint64_t *address,
		      char why[static REASON_SIZE])
{
	unsigned int probes = 0;
	uint64_t from, to;

	snprintf(why, REASON_SIZE, "no arm64 kernel was found in the memory that it holds");
	for (size_t i = 0; kernel_core_range(core, i, &from, &to); i++)
		if (search(core, from, to, &probes, kernel, address, why))
			return true;
	for (size_t i = 0; kernel_core_range(core, i, &from, &to); i++)
		if (search_tables(core, from, to, kernel, address, why))
			return true;
	return false;
}
