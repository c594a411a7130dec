// SPDX-License-Identifier: GPL-2.0-only
/*
 * beneath.c: what may be opened of a folder that a stranger filled, by either way
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../../src/lib/beneath.c"

static int folder;

static int fill(void **state)
{
	static char name[] = "/tmp/icache-ipi-test.XXXXXX";
	int fd;

	if (!mkdtemp(name))
		return -1;
	*state = name;
	folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fd = openat(folder, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	return folder < 0 || mkdirat(folder, "sub", 0700) || mkdirat(folder, "sub/deep", 0700) ||
	       symlinkat("sub", folder, "link") || symlinkat("/etc/passwd", folder, "sub/passwd") ||
	       symlinkat("../..", folder, "sub/up") ||
	       linkat(folder, "file", folder, "sub/deep/file", 0);
}

static int empty(void **state)
{
	unlinkat(folder, "sub/deep/new", 0);
	unlinkat(folder, "sub/deep/file", 0);
	unlinkat(folder, "sub/deep", AT_REMOVEDIR);
	unlinkat(folder, "sub/up", 0);
	unlinkat(folder, "sub/passwd", 0);
	unlinkat(folder, "sub", AT_REMOVEDIR);
	unlinkat(folder, "link", 0);
	unlinkat(folder, "file", 0);
	return close(folder) || rmdir(*state);
}

static void test_both(int (*open_it)(int folder, const char *name, int flags, mode_t mode))
{
	static const char *const good[] = { "file", "sub/deep/file" };
	static const char *const bad[] = { "link/deep/file", "sub/passwd", "sub/up/etc", "link",
					   "none" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const int fd = open_it(folder, good[i], O_RDONLY, 0);

		assert_true(fd >= 0);
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		close(fd);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(open_it(folder, bad[i], O_RDONLY, 0), -1);
}

static void test_steps(void **state)
{
	(void)state;
	test_both(open_by_steps);
}

static void test_call(void **state)
{
	static const char *const bad[] = {
		"/etc/passwd", "../file",	 "sub/../file", "..", ".", "",
		"sub/",	       "sub//deep/file", "./file"
	};

	(void)state;
	test_both(beneath_open);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(beneath_open(folder, bad[i], O_RDONLY, 0), -1);
		assert_int_equal(errno, EXDEV);
	}
}

static void test_parent(void **state)
{
	const char *base;
	int parent = beneath_open_parent(folder, "sub/deep/new", &base), fd;

	(void)state;
	assert_true(parent >= 0);
	assert_string_equal(base, "new");
	fd = openat(parent, base, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	close(parent);
	parent = beneath_open_parent(folder, "file", &base);
	assert_true(parent >= 0);
	close(parent);
	assert_int_equal(beneath_open_parent(folder, "link/deep/new", &base), -1);
	assert_int_equal(beneath_open_parent(folder, "../x", &base), -1);
	assert_int_equal(beneath_open_parent(folder, "..", &base), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_parent),
	};

	return cmocka_run_group_tests(tests, fill, empty);
}
