// SPDX-License-Identifier: GPL-2.0-only
/*
 * faults.c: the guest's init that goes wrong, in the way that its last argument says
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A module that turns interrupts off on every CPU, for good. */
extern const char module[], module_end[];
__asm__(".data\n.globl module, module_end\n.balign 16\nmodule: .incbin \"" MODULE
	"\"\nmodule_end: .byte 0\n.text\n");

static int port;

static void write_port(const char *text)
{
	if (write(port, text, strlen(text)) < 0)
		perror("result port");
}

/* What a workload says first. */
static void say_hello(void)
{
	write_port(
		"{\"record\": \"machine\", \"guest_ns\": 1, \"tool\": \"0\", \"kernel\": {\"release\": "
		"\"4.19.0\", \"banner\": \"Linux\", \"build_id\": \"00\"}, \"machine\": {\"cpus\": 4, "
		"\"nodes\": 1, \"page_size\": 4096, \"huge_page_size\": 2097152, "
		"\"watchdog_thresh\": 1, \"icache\": \"PIPT\"}}\n"
		"{\"record\": \"at\", \"phase\": \"going wrong\", \"guest_ns\": 1, "
		"\"operations\": 0, \"ipis\": 0}\n");
}

int main(int argc, char **argv)
{
	const char *fault = argv[argc - 1];

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	port = open("/dev/vport0p1", O_WRONLY);
	if (strcmp(fault, "mute"))
		say_hello();
	if (!strcmp(fault, "sleeps") || !strcmp(fault, "mute"))
		for (;;)
			pause();
	if (!strcmp(fault, "spins"))
		for (;;)
			;
	if (!strcmp(fault, "irqs-off") &&
	    syscall(SYS_init_module, module, (unsigned long)(module_end - module), ""))
		perror("irqs_off.ko");
	if (!strcmp(fault, "garbage"))
		for (;;)
			write_port("\1\377{\"record\": \0garbage");
	if (!strcmp(fault, "garbage-line")) {
		write_port("{\"record\": \"row\", \"scenario\": \"split\"}\n");
		for (;;)
			pause();
	}
	if (!strcmp(fault, "truncated"))
		write_port("{\"record\": \"row\", \"scena");
	if (!strcmp(fault, "dies"))
		return 1;
	sync();
	return reboot(RB_POWER_OFF);
}
