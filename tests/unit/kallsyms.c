// SPDX-License-Identifier: GPL-2.0-only
/*
 * kallsyms.c: one table that a kernel carries, changed in one place; and where its symbols are placed
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/kallsyms.h"
#include "kernel/kernel.h"

enum { SYMBOLS = 600, SIZE = 1 << 16 };

/* An image with a table as 5.10 lays it out, and where its parts are. */
static uint8_t *image;
static size_t used, offsets, markers_at, tokens, token_index;

static void put(const void *bytes, size_t size)
{
	memcpy(image + used, bytes, size);
	used += size;
}

static void put_number(uint64_t value, int width)
{
	for (int i = 0; i < width; i++)
		image[used++] = value >> 8 * i;
}

static void align(size_t alignment)
{
	used = (used + alignment - 1) / alignment * alignment;
}

/* Tokens are one character each, or "_xx"; a symbol is "tNNN": four tokens. */
static void make_table(void)
{
	size_t markers[SYMBOLS / 256 + 1], names, token_at[256];
	char text[16];

	image = calloc(SIZE, 1);
	used = 16384;
	offsets = used;
	for (int i = 0; i < SYMBOLS; i++)
		put_number(4 * i, 4);
	align(8);
	put_number(0, 8);
	put_number(SYMBOLS, 8);
	names = used;
	for (int i = 0; i < SYMBOLS; i++) {
		if (i % 256 == 0)
			markers[i / 256] = used - names;
		snprintf(text, sizeof(text), "\4t%03d", i);
		put(text, 5);
	}
	align(8);
	markers_at = used;
	for (int i = 0; i <= SYMBOLS / 256; i++)
		put_number(markers[i], 4);
	align(8);
	tokens = used;
	for (int i = 0; i < 256; i++) {
		snprintf(text, sizeof(text), i > 32 && i < 127 ? "%c" : "_%02x", i);
		token_at[i] = used - tokens;
		put(text, strlen(text) + 1);
	}
	align(8);
	token_index = used;
	for (int i = 0; i < 256; i++)
		put_number(token_at[i], 2);
	align(8);
}

/* The step that failed, or NULL: the table was found, with all its symbols. */
static const char *find(void)
{
	static char why[160];
	struct kernel_symbols symbols = { 0 };
	enum kernel_kallsyms_encoding encoding;
	const bool found = kernel_kallsyms_find(image, SIZE, &symbols, &encoding, why);

	if (found) {
		assert_int_equal(symbols.count, SYMBOLS);
		assert_string_equal(kernel_symbol_name(&symbols, &symbols.list[599]), "599");
		assert_int_equal(symbols.list[599].type, 't');
	}
	kernel_symbols_free(&symbols);
	return found ? NULL : why;
}

static void finds_a_sound_table(void **state)
{
	(void)state;
	make_table();
	assert_null(find());
	free(image);
}

/* Addresses never go down. Two may be the same: an alias. */
static void addresses_ascend(void **state)
{
	const int at[] = { 1, 300, 598 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		make_table();
		used = offsets + 4 * at[i];
		put_number(4 * (at[i] - 1), 4);
		assert_null(find());
		used = offsets + 4 * at[i];
		put_number(4 * (at[i] - 1) - (at[i] > 1 ? 1 : -9), 4);
		assert_non_null(strstr(find(), "no address array"));
		free(image);
	}
}

/* Two arrays that fit are no proof of either: one before the number, one behind the index. */
static void two_arrays_are_none(void **state)
{
	(void)state;
	make_table();
	used = token_index + 512;
	for (int i = 0; i < SYMBOLS; i++)
		put_number(8 * i, 4);
	assert_non_null(strstr(find(), "more than one"));
	image[token_index + 512 + 4] = 255; /* no longer ascending: the first one is left */
	image[token_index + 512 + 5] = 255;
	assert_null(find());
	free(image);
}

/* Each token ends in a NUL, right before the next one. */
static void tokens_end(void **state)
{
	const int token[] = { 1, 'A', 255 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint16_t at;

		make_table();
		at = image[token_index + 2 * token[i]] | image[token_index + 2 * token[i] + 1] << 8;
		assert_int_equal(image[tokens + at - 1], 0);
		image[tokens + at - 1] = 'x';
		assert_non_null(strstr(find(), "no token index"));
		free(image);
	}
}

/* Each 256th name starts where its marker says. */
static void markers_meet_names(void **state)
{
	(void)state;
	for (int i = 1; i <= SYMBOLS / 256; i++) {
		make_table();
		image[markers_at + 4 * i]++;
		assert_non_null(strstr(find(), "no markers and names"));
		free(image);
	}
}

/* --- where symbols lie: kernel.c --- */

enum { FUNCTIONS = 400, CODE = 65536 };

/*
 * Code at @at of an image: functions of different lengths that each call three others, so that one place
 * fits. Their addresses have an unknown start: no _text among them.
 */
static void put_code(struct kernel *kernel, uint64_t at, char map[static 1 << 15])
{
	uint64_t starts[FUNCTIONS + 1] = { 0 };
	size_t length;

	for (unsigned int i = 0; i < FUNCTIONS; i++)
		starts[i + 1] = starts[i] + 16 + 4 * ((i * i + i / 3) % 11);
	length = sprintf(map, "ffff000008081000 T _stext\n");
	for (unsigned int i = 0; i < FUNCTIONS; i++) {
		length += sprintf(map + length, "%016llx t f%u\n",
				  0xffff000008081000ull + starts[i], i);
		for (unsigned int j = 0; j < 3; j++) {
			const uint64_t from = at + starts[i] + 4 * j;
			const uint64_t to = at + starts[(i * 7 + j * 31 + 3) % FUNCTIONS];
			const uint32_t word = 0x94000000 | ((to - from) / 4 & 0x3ffffff);

			memcpy(kernel->image + from, &word, 4);
		}
	}
	sprintf(map + length, "%016llx T _etext\n", 0xffff000008081000ull + starts[FUNCTIONS]);
}

static bool place(struct kernel *kernel, const char *map, char why[static REASON_SIZE])
{
	why[0] = '\0';
	return kernel_from_image(kernel, map, strlen(map), why);
}

static void one_place_fits(void **state)
{
	struct kernel kernel = { .size = 8 * CODE };
	static char map[1 << 15];
	char why[REASON_SIZE];

	(void)state;
	kernel.image = calloc(kernel.size, 1);
	put_code(&kernel, 4096, map);
	assert_true(place(&kernel, map, why));
	assert_int_equal(kernel.text_start, 4096);
	kernel_symbols_free(&kernel.symbols);
	/* The same code twice: there is no saying which is run. */
	put_code(&kernel, 4 * CODE, map);
	assert_false(place(&kernel, map, why));
	assert_non_null(strstr(why, "slide"));
	kernel_free(&kernel);
}

/* Code that ends behind the image is not all there, whether its place is said or found. */
static void code_ends_in_the_image(void **state)
{
	static char map[1 << 15], with_text[(1 << 15) + 64];
	char why[REASON_SIZE];
	uint64_t end = 0;

	(void)state;
	for (int said = 0; said < 2; said++)
		for (int missing = 0; missing < 2; missing++) {
			struct kernel kernel = { .size = 8 * CODE };

			kernel.image = calloc(kernel.size, 1);
			put_code(&kernel, 4096, map);
			snprintf(with_text, sizeof(with_text), "%s%s",
				 said ? "ffff000008080000 T _text\n" : "", map);
			if (!end) {
				assert_true(place(&kernel, with_text, why));
				end = kernel.text_end;
				kernel_symbols_free(&kernel.symbols);
			}
			kernel.size = end - missing;
			assert_int_equal(place(&kernel, with_text, why), !missing);
			if (missing)
				assert_non_null(strstr(why, said ? "truncated" : "slide"));
			kernel_free(&kernel);
		}
}

/* --- build-ids: the kernel's own, not that of a file inside it --- */

static size_t put_note(uint8_t *at, uint8_t first)
{
	static const uint8_t head[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	memcpy(at, head, sizeof(head));
	memset(at + sizeof(head), first, 20);
	return sizeof(head) + 20;
}

static void vdso_is_not_the_kernel(void **state)
{
	static const char vdso[] = "1111111111111111111111111111111111111111",
			  own[] = "2222222222222222222222222222222222222222";

	(void)state;
	for (int before = 0; before < 2; before++)
		for (int is_big = 0; is_big < 2; is_big++) {
			struct kernel kernel = { .size = 16384 };
			uint8_t *elf;

			kernel.image = calloc(kernel.size + 4, 1);
			elf = kernel.image + 4096;
			memcpy(elf, "\177ELF\2", 5);
			elf[5] = 1 + is_big;
			elf[is_big ? 0x28 + 6 : 0x28 + 1] = 8; /* e_shoff: 2,048 */
			put_note(elf + 512, 0x11);
			kernel_identify(&kernel);
			assert_string_equal(kernel.build_id, "");
			assert_false(kernel_has_build_id(&kernel, vdso));
			put_note(kernel.image + (before ? 1024 : 8192), 0x22);
			kernel_identify(&kernel);
			assert_string_equal(kernel.build_id, own);
			assert_true(kernel_has_build_id(&kernel, own));
			assert_false(kernel_has_build_id(&kernel, vdso));
			kernel_free(&kernel);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_a_sound_table),
		cmocka_unit_test(markers_meet_names),
		cmocka_unit_test(addresses_ascend),
		cmocka_unit_test(two_arrays_are_none),
		cmocka_unit_test(tokens_end),
		cmocka_unit_test(one_place_fits),
		cmocka_unit_test(code_ends_in_the_image),
		cmocka_unit_test(vdso_is_not_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
