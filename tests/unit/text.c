// SPDX-License-Identifier: GPL-2.0-only
/*
 * text.c: printf() into memory
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/exit.h"
#include "lib/text.h"

static void test_short(void **state)
{
	char *made = text("%s of %u", "one", 2u);

	(void)state;
	assert_string_equal(made, "one of 2");
	free(made);
	made = text("%s", "");
	assert_string_equal(made, "");
	free(made);
}

static void test_long(void **state)
{
	const int length = 100000;
	char *made = text("%*s|", length, "x");

	(void)state;
	assert_int_equal(strlen(made), length + 1);
	assert_string_equal(made + length - 2, " x|");
	free(made);
}

/* printf() fails on a character that this locale, C, does not have: as good as no memory. */
static void test_failure_ends_the_program(void **state)
{
	const wchar_t unknown[] = { 0x20ac, 0 };
	const pid_t child = fork();
	int status;

	(void)state;
	assert_true(child >= 0);
	if (!child) {
		close(STDERR_FILENO);
		text("%ls", unknown);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_UNKNOWN);
}

static void test_strangers(void **state)
{
	static const struct {
		const char *raw, *printable, *utf8;
	} cases[] = {
		{ "plain \xc3\xbc", "plain \xc3\xbc", "plain \xc3\xbc" },
		{ "\033[2J\n", "?[2J?", "\033[2J\n" },
		{ "a\xfc z", "a? z", "a? z" },
		{ "\xc2\x9b", "??", "\xc2\x9b" },	   /* C1: CSI */
		{ "\xe2\x80\xae", "???", "\xe2\x80\xae" }, /* right to left */
		{ "\xed\xa0\x80", "???", "???" },	   /* surrogate */
		{ "\xc0\x80", "??", "??" },		   /* overlong */
	};
	char words[16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		strcpy(words, cases[i].raw);
		text_make_printable(words);
		assert_string_equal(words, cases[i].printable);
		strcpy(words, cases[i].raw);
		text_make_utf8(words);
		assert_string_equal(words, cases[i].utf8);
	}
	text_copy(words, 5, "abc\xc3\xbc");
	assert_string_equal(words, "abc");
	text_copy(words, 6, "abc\xc3\xbc");
	assert_string_equal(words, "abc\xc3\xbc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_strangers),
		cmocka_unit_test(test_failure_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
