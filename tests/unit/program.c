// SPDX-License-Identifier: GPL-2.0-only
/*
 * program.c: a question to another program comes back, whatever that program does
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/program.h"

static char line[16];

static int asked(unsigned int seconds, const char *script)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct program_call call = { .argv = argv, .seconds = seconds, .no_stderr = true };

	return program_first_line(&call, line, sizeof(line));
}

static void the_first_line_and_the_exit_code(void **state)
{
	(void)state;
	assert_int_equal(asked(600, "echo one; echo two; exit 7"), 7);
	assert_string_equal(line, "one");
	assert_int_equal(asked(600, "printf 'no newline'"), 0);
	assert_string_equal(line, "no newline");
	assert_int_equal(asked(600, "echo longer than there is room for"), 0);
	assert_string_equal(line, "longer than the");
	assert_int_equal(asked(600, ":"), 0);
	assert_string_equal(line, "");
	assert_int_equal(asked(600, "seq 100000"), 0);
	assert_string_equal(line, "1");
}

static void no_program(void **state)
{
	const char *const argv[] = { "/nowhere/program", NULL };
	const struct program_call call = { .argv = argv, .seconds = 600 };

	(void)state;
	assert_int_equal(program_first_line(&call, line, sizeof(line)), 127);
}

static void its_path_and_no_input(void **state)
{
	const char *const argv[] = { "sh", "-c", "read -r x; echo \"$PATH\"", NULL };
	const struct program_call call = { .argv = argv, .path = "/usr/bin:/bin", .seconds = 600 };

	(void)state;
	assert_int_equal(program_first_line(&call, line, sizeof(line)), 0);
	assert_string_equal(line, "/usr/bin:/bin");
}

static void one_that_never_ends(void **state)
{
	(void)state;
	assert_int_equal(asked(1, "exec sleep 1000"), -1);
	/* A child of it holds the pipe. */
	assert_int_equal(asked(1, "sleep 1000; :"), -1);
	assert_int_equal(asked(1, "sleep 1000 & exit 0"), -1);
	/* It closes its output, and stays. */
	assert_int_equal(asked(1, "echo x; exec >/dev/null; exec sleep 1000"), -1);
	assert_int_equal(asked(600, "yes"), -1);
	assert_int_equal(asked(600, "kill -9 $$"), -1);
}

static void one_budget_for_several(void **state)
{
	const char *const slow[] = { "sleep", "1000", NULL }, *const quick[] = {
		"echo", "x", NULL
	};
	long budget = 1000;
	struct program_call call = { .argv = quick, .seconds = 600, .budget = &budget };

	(void)state;
	assert_int_equal(program_first_line(&call, line, sizeof(line)), 0);
	assert_true(budget <= 1000);
	call.argv = slow;
	assert_int_equal(program_first_line(&call, line, sizeof(line)), -1);
	assert_true(budget <= 0);
	/* Nothing is left: it is not asked at all. */
	call.argv = quick;
	assert_int_equal(program_first_line(&call, line, sizeof(line)), -1);
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_and_the_exit_code),
		cmocka_unit_test(no_program),
		cmocka_unit_test(its_path_and_no_input),
		cmocka_unit_test(one_that_never_ends),
		cmocka_unit_test(one_budget_for_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
