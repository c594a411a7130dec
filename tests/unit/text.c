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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_failure_ends_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
