// SPDX-License-Identifier: GPL-2.0-only
/*
 * ordinary.c: an init that runs the workload as what it is on a real machine: an ordinary program
 *
 * Linked with the workload's own objects, whose main() is renamed. Runs it once per word list below
 * as a child, with the console as its terminal, and says how it exited, whether a setting of the
 * machine changed, and whether a process was left. Where it was not given every CPU (isolcpus=), runs
 * the first of them alone.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int stress_main(int argc, char **argv);

/* Every readable file of these folders, the whole text. */
static const char *const settings[] = {
	"/proc/sys/kernel",
	"/proc/sys/vm",
	"/sys/kernel/mm/transparent_hugepage",
	"/sys/kernel/mm/transparent_hugepage/khugepaged",
};

/* What changes by itself. */
static bool is_state(const char *name)
{
	static const char *const names[] = {
		"random", "pty", "ns_last_pid", "full_scans", "pages_collapsed", "stat_refresh"
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static size_t append_file(char *text, size_t used, size_t size, const char *folder,
			  const char *name)
{
	char path[512];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return used;
	used += snprintf(text + used, size - used, "%s: ", path);
	while (size - used > 4096 && (got = read(fd, text + used, 4096)) > 0)
		used += got;
	close(fd);
	return used;
}

static char *read_settings(void)
{
	const size_t size = 1 << 20;
	char *text = calloc(1, size);
	size_t used = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		DIR *directory = opendir(settings[i]);
		struct dirent *entry;

		while (directory && (entry = readdir(directory)))
			if (entry->d_name[0] != '.' && !is_state(entry->d_name))
				used = append_file(text, used, size, settings[i], entry->d_name);
		if (directory)
			closedir(directory);
	}
	printf("%zu bytes of settings\n", used);
	return text;
}

/* Processes of user space but this one: those with a program. */
static unsigned int count_processes(void)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	unsigned int count = 0;

	while (directory && (entry = readdir(directory))) {
		char path[300], target[16];

		snprintf(path, sizeof(path), "/proc/%s/exe", entry->d_name);
		if (entry->d_name[0] > '1' && entry->d_name[0] <= '9')
			count += readlink(path, target, sizeof(target)) > 0;
	}
	if (directory)
		closedir(directory);
	return count;
}

static void compare(const char *before, const char *when)
{
	char *after = read_settings();

	/* What was the killed one's child dies by itself, but not at once. */
	for (int i = 0; i < 100 && count_processes(); i++)
		usleep(10000);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	printf("settings %s, %u processes left, after %s\n",
	       strcmp(before, after) ? "CHANGED" : "unchanged", count_processes(), when);
	free(after);
}

static int start(char **argv, uid_t user)
{
	int argc = 0, pid;

	while (argv[argc])
		argc++;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (user && (setgid(user) || setuid(user)))
			_exit(100);
		_exit(stress_main(argc, argv));
	}
	return pid;
}

static void run(char **argv, uid_t user)
{
	const char *last = argv[0];
	int status;

	for (char **word = argv; *word; word++)
		last = *word;
	waitpid(start(argv, user), &status, 0);
	if (user)
		printf("user %u: exited with %d\n", user, WEXITSTATUS(status));
	else
		printf("%s exited with %d\n", last, WEXITSTATUS(status));
}

int main(void)
{
	char *const runs[][5] = {
		{ "stress", "burst", "split" },
		{ "stress", "--rounds=1" },
		{ "stress", "--json" },
		{ "stress", "--lockup-tier" },
		{ "stress", "--at-once=16", "burst" },
		{ "stress", "burst", "--at-once=512" },
		{ "stress", "--list" },
	};
	char *const killed[] = { "stress", "--rounds=512", "--json", NULL };
	char *const user[] = { "stress", "--rounds=1", NULL };
	cpu_set_t cpus;
	char *before;
	int pid;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) ||
	    CPU_COUNT(&cpus) != sysconf(_SC_NPROCESSORS_ONLN)) {
		run((char **)runs[0], 0);
		return reboot(RB_POWER_OFF);
	}
	before = read_settings();
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		run((char **)runs[i], 0);
		compare(before, runs[i][1]);
	}
	run((char **)user, 65534);

	pid = start((char **)killed, 0);
	usleep(1500000);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	printf("\n");
	compare(before, "being killed");
	return reboot(RB_POWER_OFF);
}
