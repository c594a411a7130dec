// SPDX-License-Identifier: GPL-2.0-only
/*
 * accel.c: which host can run a guest by kvm, and what one is told that cannot
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vm/accel.c"

static const struct refusal {
	const char *machine, *device;
	unsigned int online, cpus;
	const char *says; /* NULL: it can */
} refusals[] = {
	{ "aarch64", "/dev/null", 64, 64, NULL },
	{ "aarch64", "/dev/null", 64, 1, NULL },
	{ "aarch64", "/dev/null", 63, 64,
	  "64 CPUs want as many of the host, which has 63: --cpus=63" },
	{ "aarch64", "/dev/none-such", 64, 64,
	  "/dev/none-such: No such file or directory: take icount or tcg" },
	{ "aarch64", "/proc/self/mem/x", 64, 64, "Not a directory" },
	{ "x86_64", "/dev/null", 64, 64, "for arm64 hosts, and this one is x86_64" },
	{ "aarch64_be", "/dev/null", 64, 64, "this one is aarch64_be" },
	{ "armv7l", "/dev/null", 64, 64, "this one is armv7l" },
};

static void hosts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *want = &refusals[i];
		char *told = vm_kvm_refusal(want->machine, want->device, want->online, want->cpus);

		if (!want->says)
			assert_null(told);
		else if (!told || !strstr(told, want->says))
			fail_msg("'%s' does not say '%s'", told ? told : "", want->says);
		free(told);
	}
}

static void names(void **state)
{
	enum vm_accel accel = ACCEL_KVM;

	(void)state;
	assert_true(vm_accel_parse("icount", &accel));
	assert_int_equal(accel, ACCEL_ICOUNT);
	assert_true(vm_accel_parse("tcg", &accel));
	assert_int_equal(accel, ACCEL_TCG);
	assert_true(vm_accel_parse("kvm", &accel));
	assert_int_equal(accel, ACCEL_KVM);
	assert_false(vm_accel_parse("hvf", &accel));
	assert_false(vm_accel_parse("", &accel));
	assert_false(vm_accel_parse("kvm,x", &accel));
	assert_int_equal(accel, ACCEL_KVM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
