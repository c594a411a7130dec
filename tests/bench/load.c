// SPDX-License-Identifier: GPL-2.0-only
/*
 * load.c: an init that runs another program and says what it cost the other CPUs
 *
 * /init PROGRAM [ARGUMENT...]; one line that begins with "@ load" goes to the console. Linked with
 * the workload's own objects: the counters are the same.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

/* Options that icache-ipi-vm puts before ours are the workload's. */
static char **find_program(char **argv)
{
	while (*argv && **argv != '/')
		argv++;
	return argv;
}

static void set(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	if (file) {
		fputs(text, file);
		fclose(file);
	}
}

static void mount_all(void)
{
	static const char *const points[] = { "/proc", "/sys", "/dev", "/tmp", "/dev/shm" };
	static const char *const types[] = { "proc", "sysfs", "devtmpfs", "tmpfs", "tmpfs" };

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		mkdir(points[i], 0755);
		mount(types[i], points[i], types[i], 0, NULL);
	}
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	set("/proc/sys/kernel/watchdog_thresh", "1");
	set("/sys/kernel/mm/transparent_hugepage/enabled", "always");
	set("/sys/kernel/mm/transparent_hugepage/defrag", "always");
}

int main(int argc, char **argv)
{
	char **program = find_program(argv + 1);
	struct stress_counters before, after;
	struct stress_lockups lockups;
	const char *error;
	uint64_t start;
	int status = 0;
	pid_t pid;

	(void)argc;
	mount_all();
	error = stress_counters_open();
	if (error || !*program || !stress_counters_probe(false) || !stress_klog_open()) {
		printf("@ load failed: %s\n", error ? error : "no program, or no kprobes");
		return reboot(RB_POWER_OFF);
	}
	stress_counters_read(&before);
	start = stress_now_ns();
	pid = fork();
	if (!pid) {
		chdir("/tmp");
		execv(*program, program);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	stress_counters_read(&after);
	lockups = stress_klog_lockups();
	printf("\n@ load exit %d guest_ms %llu ipis %llu broadcasts %llu splits %llu lockups %llu\n",
	       WEXITSTATUS(status), (unsigned long long)(stress_now_ns() - start) / 1000000,
	       (unsigned long long)(after.ipis - before.ipis),
	       (unsigned long long)(after.broadcasts - before.broadcasts),
	       (unsigned long long)(after.vm[VM_SPLIT_PMD] - before.vm[VM_SPLIT_PMD]),
	       (unsigned long long)lockups.cpus);
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}
