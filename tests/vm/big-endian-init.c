// SPDX-License-Identifier: GPL-2.0-only
/*
 * big-endian-init.c: an init without libc, which this machine has not for big-endian arm64: loads the
 * module by a veneer and unloads it; what came of it is in the kernel's log
 */
#include <asm/unistd.h>

static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

void _start(void)
{
	const long fd = call(__NR_openat, -100, (long)"/icache_ipi_mitigate.ko", 0, 0);

	call(__NR_finit_module, fd, (long)"far=1", 0, 0);
	call(__NR_delete_module, (long)"icache_ipi_mitigate", 04000, 0, 0);
	/* LINUX_REBOOT_CMD_POWER_OFF */
	call(__NR_reboot, 0xfee1dead, 672274793, 0x4321fedc, 0);
	for (;;)
		;
}
