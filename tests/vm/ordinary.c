// SPDX-License-Identifier: GPL-2.0-only
/*
 * ordinary.c: an init that runs the workload as what it is on a real machine: an ordinary program
 *
 * Linked with the workload's own objects, whose main() is renamed. Runs it once per word list below
 * as a child, with the console as its terminal, and says how it exited.
 */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int stress_main(int argc, char **argv);

static void run(char **argv)
{
	int argc = 0, status;

	while (argv[argc])
		argc++;
	if (!fork())
		_exit(stress_main(argc, argv));
	wait(&status);
	printf("%s exited with %d\n", argv[argc - 1], WEXITSTATUS(status));
}

int main(void)
{
	char *const runs[][4] = {
		{ "stress", "split" },
		{ "stress", "--json" },
		{ "stress", "--lockup-tier" },
		{ "stress", "--at-once=16" },
		{ "stress", "--at-once=512" },
		{ "stress", "--list" },
	};

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		run((char **)runs[i]);
		fflush(stdout);
	}
	return reboot(RB_POWER_OFF);
}
