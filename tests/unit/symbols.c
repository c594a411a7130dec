// SPDX-License-Identifier: GPL-2.0-only
/*
 * symbols.c: whose System.map is this? Images of a banner and a table, as kernels have them with and
 * without KALLSYMS_ALL.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "vm/symbols.c"

static const char map[] =
	"ffff800010000000 t _head\n"
	"ffff800010000000 T _text\n"
	"ffff800010000040 t pe_header\n"
	"ffff800010001000 T _stext\n"
	"ffff800010001000 T vectors\n"
	"ffff800010001400 t fault\n"
	"ffff800010001800 T _etext\n"
	"ffff800010001800 D linux_banner\n"
	"ffff800010001900 R kallsyms_offsets\n"
	"ffff800010001980 R kallsyms_num_syms\n"
	"ffff800010001a00 T _sinittext\n"
	"ffff800010001a00 t setup\n"
	"ffff800010001b00 T _einittext\n"
	"ffff800010001b00 t cleanup\n"
	"ffff800010001c00 t __efistub_entry\n";
/* All of them; and the code alone, counted from where it begins. */
static const uint32_t every[] = {
	0, 0, 0x40, 0x1000, 0x1000, 0x1400, 0x1800, 0x1a00, 0x1a00, 0x1b00, 0x1b00
};
static const uint32_t code_alone[] = { 0, 0, 0x400, 0x800, 0xa00, 0xa00, 0xb00 };

static const char *load(const char *text, const uint32_t *table, uint32_t count)
{
	static const char banner[] = "Linux version 5.10";
	char folder[] = "/tmp/icache-ipi-symbols.XXXXXX", names[2][64], image[0x2000] = "";
	const char *contents[] = { text, image }, *error;
	const size_t sizes[] = { strlen(text), sizeof(image) };
	struct vm_symbols symbols;

	memcpy(image + 0x1800, banner, sizeof(banner));
	memcpy(image + 0x1900, table, count * sizeof(*table));
	memcpy(image + 0x1980, &count, sizeof(count));
	assert_non_null(mkdtemp(folder));
	for (int i = 0; i < 2; i++) {
		FILE *file;

		snprintf(names[i], sizeof(names[i]), "%s/%d", folder, i);
		file = fopen(names[i], "w");
		assert_non_null(file);
		assert_int_equal(fwrite(contents[i], 1, sizes[i], file), sizes[i]);
		fclose(file);
	}
	error = vm_symbols_load(&symbols, names[0], names[1]);
	if (!error) {
		assert_string_equal(vm_symbols_find(&symbols, 0xffff800010001404), "fault");
		vm_symbols_release(&symbols);
	}
	for (int i = 0; i < 2; i++)
		unlink(names[i]);
	rmdir(folder);
	return error;
}

#define LOAD(text, table) load(text, table, sizeof(table) / sizeof(*(table)))

/* The line of @text that ends so gets other last digits. */
static void change(char *text, const char *line, const char *digits)
{
	char *found = strstr(text, line);

	assert_non_null(found);
	memcpy(found, digits, strlen(digits));
}

static void own_map_is_taken(void **state)
{
	(void)state;
	assert_null(LOAD(map, every));
	assert_null(LOAD(map, code_alone));
}

static void other_map_is_refused(void **state)
{
	char other[sizeof(map)];

	(void)state;
	change(strcpy(other, map), "1400 t fault", "1404");
	assert_string_equal(LOAD(other, every), "belongs to another kernel than the Image");
	assert_string_equal(LOAD(other, code_alone), "belongs to another kernel than the Image");
	change(strcpy(other, map), "1a00 t setup", "1a40");
	assert_non_null(LOAD(other, every));
	assert_non_null(LOAD(other, code_alone));
}

/* Where the map says that code begins and ends at once, nothing is compared, and nothing is believed. */
static void map_without_code_is_refused(void **state)
{
	char other[sizeof(map)];

	(void)state;
	change(strcpy(other, map), "1800 T _etext", "1000");
	change(other, "1b00 T _einittext", "1a00");
	assert_non_null(LOAD(other, every));
	assert_non_null(LOAD(other, code_alone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_map_is_taken),
		cmocka_unit_test(other_map_is_refused),
		cmocka_unit_test(map_without_code_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
