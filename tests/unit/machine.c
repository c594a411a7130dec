// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c: facts about a machine, in made-up root folders
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/machine.c"

static char root[] = "/tmp/icache-ipi-machine.XXXXXX";

static const char *const folders[] = {
	"sys", "sys/kernel", "sys/module", "sys/module/icache_ipi_mitigate", "proc",
};
static const char *const files[] = {
	"sys/kernel/notes",
	"sys/module/icache_ipi_mitigate/state",
	"proc/modules",
};

static void put(const char *name, const void *content, size_t size)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, size, file), size);
	fclose(file);
}

static int make_root(void **state)
{
	char path[128];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	return 0;
}

static int remove_root(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, files[i]);
		unlink(path);
	}
	for (size_t i = sizeof(folders) / sizeof(folders[0]); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", root, folders[i]);
		rmdir(path);
	}
	return rmdir(root);
}

/* Appends a note to @notes at *@at. */
static void note(uint8_t *notes, size_t *at, const char *name, uint32_t name_size, uint32_t type,
		 const char *description, uint32_t size)
{
	const uint32_t head[3] = { name_size, size, type };

	memcpy(notes + *at, head, sizeof(head));
	memcpy(notes + *at + 12, name, name_size);
	memcpy(notes + *at + 12 + (name_size + 3) / 4 * 4, description, size);
	*at += 12 + (name_size + 3) / 4 * 4 + (size + 3) / 4 * 4;
}

#define ID "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24"
#define HEX "0102030405060708090a0b0c0d0e0f1011121314"

/* A build-id is the note of that type and that owner, wherever it stands; no other one of 20 bytes. */
static void finds_the_build_id(void **state)
{
	static const struct {
		const char *owner;
		uint32_t owner_size, type;
	} others[] = {
		{ "GNU", 4, 1 },    { "GNU", 4, 4 },   { "GNU", 4, 0 },
		{ "Xen", 4, 3 },    { "gnu", 4, 3 },   { "GNU", 3, 3 },
		{ "GNUX\0", 6, 3 }, { "Linux", 6, 3 }, { "GNV", 4, 0x300 },
	};
	char hex[41];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		uint8_t notes[256] = { 0 };
		size_t at = 0;

		note(notes, &at, others[i].owner, others[i].owner_size, others[i].type,
		     "--------------------", 20);
		put("sys/kernel/notes", notes, at);
		machine_build_id(root, hex, sizeof(hex));
		assert_string_equal(hex, "");
		note(notes, &at, "GNU", 4, 3, ID, 20);
		put("sys/kernel/notes", notes, at);
		machine_build_id(root, hex, sizeof(hex));
		assert_string_equal(hex, HEX);
		/* What comes behind it does not count. */
		note(notes, &at, "GNU", 4, 3, "--------------------", 20);
		put("sys/kernel/notes", notes, at);
		machine_build_id(root, hex, sizeof(hex));
		assert_string_equal(hex, HEX);
	}
}

/* Cut anywhere, notes have no build-id; neither have sizes that do not fit into them. */
static void refuses_cut_notes(void **state)
{
	const uint32_t sizes[][2] = { { UINT32_MAX, 20 },
				      { 4, UINT32_MAX },
				      { 4, 21 + 3 },
				      { 32, 20 } };
	uint8_t notes[64] = { 0 };
	char hex[41];
	size_t size = 0;

	(void)state;
	note(notes, &size, "GNU", 4, 3, ID, 20);
	for (size_t at = 0; at < size; at++) {
		put("sys/kernel/notes", notes, at);
		machine_build_id(root, hex, sizeof(hex));
		assert_string_equal(hex, "");
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memcpy(notes, sizes[i], sizeof(sizes[i]));
		put("sys/kernel/notes", notes, size);
		machine_build_id(root, hex, sizeof(hex));
		assert_string_equal(hex, "");
	}
}

/* A module counts when its whole name stands there and its state is Live. */
static void knows_live_modules(void **state)
{
	static const struct {
		const char *text;
		bool live;
	} cases[] = {
		{ "icache_ipi_mitigate 16384 0 - Live 0x0\n", true },
		{ "ext4 1 1 - Live 0x0\nicache_ipi_mitigate 16384 0 - Live 0x0 (OE)\n", true },
		{ "icache_ipi_mitigate 16384 2 a,b, Live 0xffff\n", true },
		{ "icache_ipi_mitigate 16384 0 - Loading 0x0\n", false },
		{ "icache_ipi_mitigate 16384 0 - Unloading 0x0\n", false },
		{ "icache_ipi_mitigate 16384 0 - live 0x0\n", false },
		{ "icache_ipi_mitigate_too 16384 0 - Live 0x0\n", false },
		{ "xicache_ipi_mitigate 16384 0 - Live 0x0\n", false },
		{ "icache_ipi 16384 1 icache_ipi_mitigate Live 0x0\n", false },
		{ "icache_ipi_mitigate\n", false },
		{ "icache_ipi_mitigate 16384 0 -\n", false },
		{ "", false },
	};

	(void)state;
	assert_false(machine_module_is_live(root, MACHINE_MITIGATION));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put("proc/modules", cases[i].text, strlen(cases[i].text));
		if (machine_module_is_live(root, MACHINE_MITIGATION) != cases[i].live)
			fail_msg("%s", cases[i].text);
	}
}

/* What the module says of itself, without the end of its line; "" where it says nothing. */
static void reads_the_state(void **state)
{
	char word[16];

	(void)state;
	machine_mitigation(root, word, sizeof(word));
	assert_string_equal(word, "");
	put("sys/module/icache_ipi_mitigate/state", "mitigated\n", 10);
	machine_mitigation(root, word, sizeof(word));
	assert_string_equal(word, "mitigated");
	put("sys/module/icache_ipi_mitigate/state", "disarmed\nmitigated\n", 19);
	machine_mitigation(root, word, sizeof(word));
	assert_string_equal(word, "disarmed");
	put("sys/module/icache_ipi_mitigate/state", "", 0);
	machine_mitigation(root, word, sizeof(word));
	assert_string_equal(word, "");
}

/* Of all CPUs' policies the worst counts; of CTR_EL0 only bits 15:14 say anything. */
static void takes_the_worst_policy(void **state)
{
	static const struct {
		uint64_t ctr;
		const char *of_pipt, *of_vpipt, *of_vipt;
	} cases[] = {
		{ 0xc000, "PIPT", "VPIPT", "VIPT" },	{ 0x0000, "VPIPT", "VPIPT", "VIPT" },
		{ 0x4000, "VIPT", "VIPT", "VIPT" },	{ 0x8000, "VIPT", "VIPT", "VIPT" },
		{ ~0ull, "PIPT", "VPIPT", "VIPT" },	{ ~0xc000ull, "VPIPT", "VPIPT", "VIPT" },
		{ ~0x8000ull, "VIPT", "VIPT", "VIPT" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(worse_policy("PIPT", cases[i].ctr), cases[i].of_pipt);
		assert_string_equal(worse_policy("VPIPT", cases[i].ctr), cases[i].of_vpipt);
		assert_string_equal(worse_policy("VIPT", cases[i].ctr), cases[i].of_vipt);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_build_id),	  cmocka_unit_test(refuses_cut_notes),
		cmocka_unit_test(knows_live_modules),	  cmocka_unit_test(reads_the_state),
		cmocka_unit_test(takes_the_worst_policy),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
