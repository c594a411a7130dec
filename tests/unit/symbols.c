// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: whose System.map is this, and which names has the Image itself? Images of code, pointers, a
 * banner and a table, as kernels have them with and without KALLSYMS_ALL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "vm/symbols.c"

#define BASE 0xffff800010000000ull
#define OTHER "belongs to another kernel than the Image"

/* Where things lie in the Image. */
enum {
	FAULT = 0x1400,
	FILLERS = 0x1a00,
	FILLER = 28,
	FILLER_COUNT = 300,
	BANNER = 0x4000,
	POINTERS = 0x4100,
	TABLE = 0x5000,
	SIZE = 0xa000
};

/* Symbols as nm sorts them; of the fillers only the place. The code ends, and begins once more. */
static const struct {
	unsigned int offset;
	char type;
	const char *name;
} symbols[] = {
	{ 0x0, 't', "_head" },
	{ 0x0, 'T', "_text" },
	{ 0x40, 't', "pe_header" },
	{ 0x1000, 'T', "_stext" },
	{ 0x1000, 'T', "vectors" },
	{ FAULT, 't', "fault" },
	{ 0x1800, 'T', "__irqentry_text_start" },
	{ 0x1800, 'T', "gic_handle_irq" },
	{ 0x1800, 'T', "another_name" },
	{ 0x1880, 't', "$x" },
	{ FILLERS, 't', NULL },
	{ 0x4000, 'T', "_etext" },
	{ BANNER, 'D', "linux_banner" },
	{ 0x9000, 'T', "_sinittext" },
	{ 0x9000, 't', "setup" },
	{ 0x9800, 'T', "_einittext" },
	{ 0x9800, 't', "cleanup" },
	{ 0x9c00, 't', "__efistub_entry" },
};
#define SYMBOLS (sizeof(symbols) / sizeof(symbols[0]))

/* What the Image has. */
enum { ALL, CODE_ALONE, NO_TABLE };

static char map[32 << 10];
static uint8_t image[SIZE];

static size_t put(size_t at, uint64_t value, unsigned int width)
{
	for (unsigned int i = 0; i < width; i++)
		image[at + i] = value >> 8 * i;
	return at + width;
}

static void add_to_map(unsigned int offset, char type, const char *name)
{
	sprintf(map + strlen(map), "%016llx %c %s\n", BASE + offset, type, name);
}

static void make_map(void)
{
	char name[16];

	*map = '\0';
	for (size_t i = 0; i < SYMBOLS; i++) {
		for (int j = 0; !symbols[i].name && j < FILLER_COUNT; j++) {
			sprintf(name, "f%03d", j);
			add_to_map(FILLERS + j * FILLER, 't', name);
		}
		if (symbols[i].name)
			add_to_map(symbols[i].offset, symbols[i].type, symbols[i].name);
	}
}

/* Is it in the table? Without KALLSYMS_ALL only what is in either range of code. */
static bool is_listed(unsigned int offset, const char *name, bool all)
{
	return *name != '$' && strncmp(name, "__efistub_", 10) &&
	       (all || (offset >= 0x1000 && offset <= 0x4000 && strcmp(name, "linux_banner")) ||
		(offset >= 0x9000 && offset <= 0x9800));
}

/* The kernel's own table, as 5.10 lays it out, every token one character: offsets from the first. */
static void put_table(bool all)
{
	const uint64_t base = all ? 0 : 0x1000;
	size_t at = TABLE, names, token[256], markers[8] = { 0 };
	unsigned int count = 0, offset;
	char type, name[64];

	for (const char *line = map; *line; line = strchr(line, '\n') + 1)
		if (sscanf(line, "ffff80001%7x %c %63s", &offset, &type, name) == 3 &&
		    is_listed(offset, name, all)) {
			at = put(at, offset - base, 4);
			count++;
		}
	at = put((at + 7) / 8 * 8, 0, 8);
	at = put(at, count, 8);
	names = at;
	count = 0;
	for (const char *line = map; *line; line = strchr(line, '\n') + 1) {
		if (sscanf(line, "ffff80001%7x %c %63s", &offset, &type, name) != 3 ||
		    !is_listed(offset, name, all))
			continue;
		if (count % 256 == 0)
			markers[count / 256] = at - names;
		count++;
		at = put(at, strlen(name) + 1, 1);
		at = put(at, type, 1);
		for (const char *c = name; *c; c++)
			at = put(at, *c, 1);
	}
	at = (at + 7) / 8 * 8;
	for (unsigned int i = 0; i <= count / 256; i++)
		at = put(at, markers[i], 4);
	at = (at + 7) / 8 * 8;
	names = at;
	for (int i = 0; i < 256; i++) {
		token[i] = at - names;
		at = put(put(at, i > ' ' ? i : '_', 1), 0, 1);
	}
	at = (at + 7) / 8 * 8;
	for (int i = 0; i < 256; i++)
		at = put(at, token[i], 2);
	assert_true(at <= 0x9000);
}

/* Every word of the code calls fault(); the pointers are to the fillers. */
static void make_image(int table)
{
	memset(image, 0, sizeof(image));
	for (unsigned int at = 0x1000; at < 0x4000; at += 4)
		put(at, 0x94000000 | (((int)FAULT - (int)at) / 4 & 0x3ffffff), 4);
	strcpy((char *)image + BANNER, "Linux version 5.10");
	for (int i = 0; i < FILLER_COUNT; i++)
		put(POINTERS + 8 * i, BASE + FILLERS + i * FILLER, 8);
	if (table != NO_TABLE)
		put_table(table == ALL);
}

static void write_file(const char *name, const void *content, size_t size)
{
	FILE *file = fopen(name, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	fclose(file);
}

/* What is said of @text as the map of an Image with @table. @kernel is to be freed. */
static const char *load(const char *text, struct kernel *kernel)
{
	char folder[] = "/tmp/icache-ipi-symbols.XXXXXX", names[2][64];
	const char *error;

	assert_non_null(mkdtemp(folder));
	snprintf(names[0], sizeof(names[0]), "%s/map", folder);
	snprintf(names[1], sizeof(names[1]), "%s/Image", folder);
	write_file(names[1], image, sizeof(image));
	if (text)
		write_file(names[0], text, strlen(text));
	error = vm_symbols_load(kernel, names[1], text ? names[0] : NULL);
	unlink(names[0]);
	unlink(names[1]);
	rmdir(folder);
	return error;
}

static void assert_names(const struct kernel *kernel)
{
	assert_true(kernel->base == BASE);
	assert_string_equal(kernel_function_at(kernel, BASE + FAULT), "fault");
	assert_string_equal(kernel_function_at(kernel, BASE + FAULT + 4), "fault");
	assert_string_equal(kernel_function_at(kernel, BASE + FAULT - 4), "vectors");
	/* Of several names the first, but not that of a place. */
	assert_string_equal(kernel_function_at(kernel, BASE + 0x1000), "vectors");
	assert_string_equal(kernel_function_at(kernel, BASE + 0x1800), "gic_handle_irq");
	assert_string_equal(kernel_function_at(kernel, BASE + 0x1890), "gic_handle_irq");
	assert_string_equal(kernel_function_at(kernel, BASE + FILLERS + FILLER), "f001");
	assert_string_equal(kernel_function_at(kernel, BASE + 0x9000), "setup");
	assert_null(kernel_function_at(kernel, BASE - 4));
	assert_null(kernel_function_at(kernel, BASE + SIZE));
	assert_null(kernel_function_at(kernel, 0));
	assert_true(kernel_upper_bits(kernel) == 0xffff800000000000);
}

/* @error is said of @text; the names are those of @from, NULL: there are none. */
static void assert_load(const char *text, const char *error, const char *from)
{
	struct kernel kernel;
	const char *got = load(text, &kernel);

	if (error)
		assert_string_equal(got, error);
	else
		assert_null(got);
	if (from) {
		assert_string_equal(kernel.symbols_from, from);
		assert_names(&kernel);
	} else {
		assert_int_equal(kernel.symbols.count, 0);
		assert_null(kernel_function_at(&kernel, BASE + FAULT));
		assert_true(kernel_upper_bits(&kernel) == 0);
	}
	kernel_free(&kernel);
	assert_null(kernel_function_at(&kernel, BASE + FAULT));
}

/* The line of the map that ends so gets other last digits. */
static void change(const char *line, const char *digits)
{
	char *found = strstr(map, line);

	assert_non_null(found);
	memcpy(found, digits, strlen(digits));
}

static void own_map_is_taken(void **state)
{
	(void)state;
	for (int table = ALL; table <= NO_TABLE; table++) {
		make_map();
		make_image(table);
		assert_load(map, NULL, "map");
	}
}

static void other_map_is_refused(void **state)
{
	(void)state;
	for (int table = ALL; table <= CODE_ALONE; table++) {
		make_map();
		make_image(table);
		change("1400 t fault", "1404");
		assert_load(map, OTHER, "kallsyms");
		make_map();
		change("9000 t setup", "9040");
		assert_load(map, OTHER, "kallsyms");
		make_map();
		change("4000 D linux_banner", "4008");
		assert_load(map, OTHER, "kallsyms");
	}
	/* No table: the calls do not land on fault(). */
	make_map();
	make_image(NO_TABLE);
	change("1400 t fault", "1404");
	assert_load(map, OTHER, NULL);
}

/* Where the map says that code begins and ends at once, nothing is compared, and nothing is believed. */
static void map_without_code_is_refused(void **state)
{
	(void)state;
	for (int table = ALL; table <= CODE_ALONE; table++) {
		make_map();
		make_image(table);
		change("4000 T _etext", "1000");
		change("9800 T _einittext", "9000");
		assert_load(map, OTHER, "kallsyms");
	}
}

static void no_map_is_needed(void **state)
{
	static const char *const maps[] = {
		"",
		"no map\n\n\nffff T\nffff\nffff T _text\n",
		"ffffffffffffffff B The real System.map is in the linux-image-<version>-dbg package\n",
		"ffff800010001000 T stub_of_a_map",
	};

	(void)state;
	for (int table = ALL; table <= NO_TABLE; table++) {
		const char *from = table == NO_TABLE ? NULL : "kallsyms";

		make_map();
		make_image(table);
		assert_load(NULL, "there is none beside the Image", from);
		for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
			assert_load(maps[i], "is not a System.map", from);
	}
}

/* A table alone says where functions lie in the Image, not where the Image lies. */
static void base_needs_pointers(void **state)
{
	(void)state;
	make_map();
	make_image(ALL);
	memset(image + POINTERS, 0, 8 * (FILLER_COUNT - 90));
	assert_load(NULL, "there is none beside the Image", NULL);
	assert_load(map, NULL, "map");
	/* As many pointers fit 64 KiB further up, where pointers to the same functions are. */
	make_image(ALL);
	for (int i = 0; i < FILLER_COUNT / 2; i++)
		put(POINTERS + 8 * i, BASE + 0x10000 + FILLERS + i * FILLER, 8);
	assert_load(NULL, "there is none beside the Image", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_map_is_taken),
		cmocka_unit_test(other_map_is_refused),
		cmocka_unit_test(map_without_code_is_refused),
		cmocka_unit_test(no_map_is_needed),
		cmocka_unit_test(base_needs_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
