// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c: one arm64 kernel as it lies in memory, with its symbols
 *
 * A raw Image needs one number that is written nowhere in it: where in the file the first symbol
 * lies. Almost every call in a kernel lands on the start of a function, so every candidate is
 * judged by its calls; a wrong one has about one in ten land, the right one all but a few.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/kallsyms.h"
#include "kernel/kernel.h"
#include "kernel/map.h"

void kernel_free(struct kernel *kernel)
{
	kernel_symbols_free(&kernel->symbols);
	free(kernel->image);
	memset(kernel, 0, sizeof(*kernel));
}

/* One bit per word of the code, from text_start on: does a function start there? */
static uint8_t *starts_mark(const struct kernel *kernel)
{
	uint64_t length = kernel->text_end - kernel->text_start;
	uint8_t *starts = calloc(length / 32 + 1, 1);

	for (size_t i = 0; starts && i < kernel->symbols.count; i++) {
		const struct kernel_symbol *symbol = &kernel->symbols.list[i];
		uint64_t offset = symbol->offset - kernel->text_start;

		if (kernel_symbol_is_text(symbol) && offset < length && offset % 4 == 0)
			starts[offset / 32] |= 1 << offset / 4 % 8;
	}
	return starts;
}

/* Every @stride-th word of the code, with symbols moved by @slide; @enough calls will do. */
static struct kernel_landing landing_sample(const struct kernel *kernel, const uint8_t *starts,
					    int64_t slide, unsigned int stride, uint64_t enough)
{
	uint64_t from = kernel->text_start + slide, length = kernel->text_end - kernel->text_start;
	struct kernel_landing landing = { 0 };

	if (from % 4 || from > kernel->size || length > kernel->size - from)
		return landing;
	for (uint64_t at = 0; at + 4 <= length && landing.calls < enough; at += 4 * stride) {
		uint32_t word = kernel_word(kernel, from + at);
		uint64_t target;

		if (!a64_is_bl(word))
			continue;
		target = a64_target(word, at);
		landing.calls++;
		landing.landed += target < length && starts[target / 32] >> target / 4 % 8 & 1;
	}
	return landing;
}

struct kernel_landing kernel_landing(const struct kernel *kernel)
{
	uint8_t *starts = starts_mark(kernel);
	struct kernel_landing landing = { 0 };

	if (starts)
		landing = landing_sample(kernel, starts, 0, 1, UINT64_MAX);
	free(starts);
	return landing;
}

/*
 * With symbols known only up to a constant, find the constant: _stext lies at a multiple of 2 KiB
 * in the first 2 MiB of the image (arch/arm64/kernel/vmlinux.lds.S). Exactly one may fit.
 */
static bool slide_find(const struct kernel *kernel, int64_t *slide)
{
	uint8_t *starts = starts_mark(kernel);
	int fits = 0;

	for (uint64_t at = 0; starts && at < 2 << 20; at += 2048) {
		int64_t candidate = at - kernel->text_start;
		struct kernel_landing landing = landing_sample(kernel, starts, candidate, 7, 500);

		if (landing.calls < 100 || landing.landed * 10 < landing.calls * 9)
			continue;
		*slide = candidate;
		fits++;
	}
	free(starts);
	return fits == 1;
}

static void symbols_slide(struct kernel *kernel, int64_t slide)
{
	for (size_t i = 0; i < kernel->symbols.count; i++)
		kernel->symbols.list[i].offset += slide;
	kernel->text_start += slide;
	kernel->text_end += slide;
	kernel_symbols_sort(&kernel->symbols);
}

/* Fill in text_start and text_end from _stext and _etext. */
static bool text_bounds(struct kernel *kernel, char why[static REASON_SIZE])
{
	const struct kernel_symbol *start =
		kernel_symbols_find(&kernel->symbols, "_stext", true, NULL);
	const struct kernel_symbol *end =
		kernel_symbols_find(&kernel->symbols, "_etext", true, NULL);

	if (!start || !end || start->offset >= end->offset) {
		snprintf(why, REASON_SIZE, "the symbols have no _stext and _etext around the code");
		return false;
	}
	kernel->text_start = start->offset;
	kernel->text_end = end->offset;
	return true;
}

/* Move symbols from the addresses a table has to offsets in the image. */
static bool symbols_place(struct kernel *kernel, bool placed, char why[static REASON_SIZE])
{
	const struct kernel_symbol *first =
		kernel_symbols_find(&kernel->symbols, "_text", true, NULL);
	int64_t slide = 0;

	if (!text_bounds(kernel, why))
		return false;
	if (kernel->text_end - kernel->text_start > kernel->size) {
		snprintf(why, REASON_SIZE,
			 "truncated: by the symbols %" PRIu64 " bytes of code, "
			 "%zu in the image",
			 kernel->text_end - kernel->text_start, kernel->size);
		return false;
	}
	if (!placed && first)
		slide = -first->offset;
	else if (!placed && !slide_find(kernel, &slide)) {
		snprintf(why, REASON_SIZE,
			 "slide: no place of the symbols in the image makes its "
			 "calls land on functions");
		return false;
	}
	symbols_slide(kernel, slide);
	if (kernel->text_end <= kernel->size)
		return true;
	snprintf(why, REASON_SIZE, "truncated: the code ends at byte %" PRIu64 ", the image at %zu",
		 kernel->text_end, kernel->size);
	return false;
}

static bool image_symbols(struct kernel *kernel, const char *map, size_t map_size,
			  char why[static REASON_SIZE])
{
	enum kernel_kallsyms_encoding encoding;
	const struct kernel_symbol *text;

	if (map && kernel_map_read(&kernel->symbols, map, map_size)) {
		kernel->symbols_from = "map";
		text = kernel_symbols_find(&kernel->symbols, "_text", true, NULL);
		kernel->base = text ? text->offset : kernel->base;
		return symbols_place(kernel, false, why);
	}
	if (!kernel_kallsyms_find(kernel->image, kernel->size, &kernel->symbols, &encoding, why)) {
		snprintf(why + strlen(why), REASON_SIZE - strlen(why),
			 "; give its System.map with --map, or its vmlinux");
		return false;
	}
	kernel->symbols_from = "kallsyms";
	return symbols_place(kernel, encoding == KALLSYMS_PLACE_RELATIVE, why);
}

static int compare_words(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

/*
 * The words that may be addresses of code: aligned, in the kernel's half of the address space
 * (VA_BITS 39 to 52), but no small negative number. Sorted; the caller frees them.
 */
static uint64_t *pointers_collect(const struct kernel *kernel, size_t *count)
{
	uint64_t *pointers = malloc(kernel->size + 8);

	*count = 0;
	for (size_t at = 0; pointers && at + 8 <= kernel->size; at += 8) {
		uint64_t word = kernel_word(kernel, at) |
				(uint64_t)kernel_word(kernel, at + 4) << 32;

		if (word % 4 == 0 && word >= UINT64_C(0xfff0) << 48 &&
		    word < UINT64_C(0xffffffffff) << 24)
			pointers[(*count)++] = word;
	}
	if (pointers)
		qsort(pointers, *count, sizeof(*pointers), compare_words);
	return pointers;
}

/* Of every @stride-th pointer, how many are into the code with image[0] at @base, and to functions. */
static struct kernel_landing pointers_land(const struct kernel *kernel, const uint8_t *starts,
					   uint64_t base, const uint64_t *pointers, size_t count,
					   size_t stride)
{
	uint64_t length = kernel->text_end - kernel->text_start;
	struct kernel_landing landing = { 0 };

	for (size_t i = 0; i < count; i += stride) {
		uint64_t target = pointers[i] - base - kernel->text_start;

		if (target >= length)
			continue;
		landing.calls++;
		landing.landed += starts[target / 32] >> target / 4 % 8 & 1;
	}
	return landing;
}

/*
 * A kernel is full of pointers to its functions: in place, or as addends of the relocations that it
 * applies to itself (.rela.dyn). The right base makes many of them land: of Debian's kernels 5.10 to
 * 7.2 39 to 99 % of those that are into the code, three times as many as at any other base.
 */
bool kernel_find_base(struct kernel *kernel)
{
	enum { ALIGNMENT = 64 << 10, SAMPLE = 8192, NEEDED = 100 };
	uint8_t *starts = starts_mark(kernel);
	uint64_t best = 0, second = 0, last = 0, first;
	size_t count = 0;
	uint64_t *pointers = starts ? pointers_collect(kernel, &count) : NULL;

	/* Most are into the image, or a bit behind it, where the data without content is. */
	if (count)
		last = pointers[count / 2] / ALIGNMENT * ALIGNMENT;
	first = last - (kernel->size / ALIGNMENT + 1) * 2 * ALIGNMENT;
	for (uint64_t base = first; count && base <= last; base += ALIGNMENT) {
		struct kernel_landing landing = pointers_land(kernel, starts, base, pointers, count,
							      count / SAMPLE + 1);

		if (landing.landed > best && landing.landed * 10 >= landing.calls) {
			second = best;
			best = landing.landed;
			kernel->base = base;
		} else if (landing.landed > second) {
			second = landing.landed;
		}
	}
	free(pointers);
	free(starts);
	if (best < NEEDED || best < 2 * second)
		kernel->base = 0;
	return kernel->base;
}

/* The end of the ELF file (the vDSO, a firmware) embedded at @at, or 0 if there is none. */
static size_t embedded_elf_end(const struct kernel *kernel, size_t at)
{
	const uint8_t *elf = kernel->image + at;
	uint64_t end = 0;

	if (kernel->size - at < 64 || memcmp(elf, "\177ELF\2", 5))
		return 0;
	for (int i = 7; i >= 0; i--) /* e_shoff; the section headers end the file */
		end = end << 8 | elf[0x28 + (elf[5] == 2 ? 7 - i : i)];
	if (end >= kernel->size - at)
		return 0;
	return at + end;
}

/* The GNU build-id note at or after *@at and not inside an embedded ELF file; NULL at the end. */
static const uint8_t *build_id_next(const struct kernel *kernel, size_t *at)
{
	static const uint8_t head[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };
	const uint8_t *elf = NULL, *note;
	size_t elf_from = 0, elf_end = 0;

	while (*at < kernel->size) {
		note = memmem(kernel->image + *at, kernel->size - *at, head, sizeof(head));
		if (!note || (size_t)(note - kernel->image) + 36 > kernel->size)
			return NULL;
		*at = note - kernel->image + 1;
		/* Embedded files before this note: forget those that end before it. */
		while (elf_end < *at && elf_from < *at &&
		       (elf = memmem(kernel->image + elf_from, *at - elf_from, "\177ELF\2", 5))) {
			elf_from = elf - kernel->image + 1;
			elf_end = embedded_elf_end(kernel, elf_from - 1);
		}
		if (elf_end < *at)
			return note + 16;
	}
	return NULL;
}

static void hexadecimal(const uint8_t id[static 20], char text[static 41])
{
	for (int i = 0; i < 20; i++)
		sprintf(text + 2 * i, "%02x", id[i]);
}

void kernel_identify(struct kernel *kernel)
{
	size_t at = 0;
	const uint8_t *id = build_id_next(kernel, &at);
	const char *banner = memmem(kernel->image, kernel->size, "Linux version ", 14);

	if (id && !kernel->build_id[0])
		hexadecimal(id, kernel->build_id);
	if (!banner)
		return;
	for (size_t i = 0; i < sizeof(kernel->banner) - 1 &&
			   banner + i < (const char *)kernel->image + kernel->size;
	     i++) {
		if (!isprint((unsigned char)banner[i]))
			break;
		kernel->banner[i] = banner[i];
	}
}

bool kernel_has_build_id(const struct kernel *kernel, const char *wanted)
{
	const uint8_t *id;
	char text[41];

	for (size_t at = 0; (id = build_id_next(kernel, &at));) {
		hexadecimal(id, text);
		if (!strcmp(text, wanted))
			return true;
	}
	return !strcmp(kernel->build_id, wanted);
}

bool kernel_from_image(struct kernel *kernel, const char *map, size_t map_size,
		       char why[static REASON_SIZE])
{
	kernel_identify(kernel);
	return image_symbols(kernel, map, map_size, why);
}
