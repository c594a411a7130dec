// SPDX-License-Identifier: GPL-2.0-only
/*
 * init.c: the workload as PID 1 of the guest that icache-ipi-vm boots
 *
 * There is no other program in the guest. Results leave through a virtio serial port, which the
 * kernel's messages never touch; when there is none they go to the console, and the host says so.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stress/stress.h"

/* The port's name; src/vm/qemu.c gives it. */
#define PORT_NAME "icache-ipi.results"

bool stress_init_wanted(void)
{
	return getpid() == 1;
}

/* False when it cannot be written; only that it is not there is said by nobody. */
static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) >= 0;
	if (!written)
		perror(path);
	close(fd);
	return written;
}

static FILE *open_port(void)
{
	DIR *directory = opendir("/sys/class/virtio-ports");
	FILE *port = NULL;
	struct dirent *entry;

	while (directory && !port && (entry = readdir(directory))) {
		char path[512], name[64] = "";
		FILE *file;

		snprintf(path, sizeof(path), "/sys/class/virtio-ports/%s/name", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fgets(name, sizeof(name), file) &&
		    !strncmp(name, PORT_NAME, strlen(PORT_NAME))) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			port = fopen(path, "we");
		}
		fclose(file);
	}
	if (directory)
		closedir(directory);
	return port;
}

/* @module is FILE[,PARAMETER...]. */
static const char *load_module(const char *module)
{
	static char error[128];
	char file[256], parameters[256] = "";
	const size_t length = strcspn(module, ",");
	int fd;

	snprintf(file, sizeof(file), "%.*s", (int)length, module);
	if (module[length])
		snprintf(parameters, sizeof(parameters), "%s", module + length + 1);
	for (char *comma = parameters; (comma = strchr(comma, ','));)
		*comma = ' ';
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0))
		snprintf(error, sizeof(error), "%.64s was not loaded: %s: the console may say why",
			 file, strerror(errno));
	if (fd >= 0)
		close(fd);
	return *error ? error : NULL;
}

/* As many broadcasts as the module allows (its rounds=), for as long as it allows (its seconds=). */
static const char *inject_fault(void)
{
	if (write_file("/sys/kernel/debug/icache_ipi/mode", "inject") &&
	    write_file("/sys/kernel/debug/icache_ipi/run", "10000000"))
		return NULL;
	return "icache_ipi_repro did not put the fault back: the console may say why";
}

FILE *stress_init_guest(const struct stress_options *options, const char **error)
{
	FILE *port;

	*error = NULL;
	/* The guest keeps them out of load balancing (isolcpus=), and with that from its init. */
	stress_machine_take_cpus();

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);

	/* The port's own driver may be one of them. */
	for (unsigned int i = 0; i < options->modules && !*error; i++)
		*error = load_module(options->module[i]);
	if (options->inject && !*error)
		*error = inject_fault();

	/* 4.19 has no watchdog_thresh= on its command line. */
	if (options->watchdog_thresh >= 0) {
		char number[16];

		snprintf(number, sizeof(number), "%d", options->watchdog_thresh);
		write_file("/proc/sys/kernel/watchdog_thresh", number);
	}
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/defrag", "madvise");
	/* khugepaged would join pages again behind our back, at a broadcast each. */
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		   "4000000000");

	/*
	 * From 5.8 on waking a task on another CPU may use the very interrupt that is counted
	 * (kernel/sched/core.c, ttwu_queue_wakelist). This guest is ours: send the other one.
	 */
	write_file("/sys/kernel/debug/sched_features", "NO_TTWU_QUEUE");
	write_file("/sys/kernel/debug/sched/features", "NO_TTWU_QUEUE");

	port = open_port();
	/* A driver that was just loaded learns its ports' names by and by. */
	for (int i = 0; !port && options->modules && i < 100; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		port = open_port();
	}
	return port ? port : fopen("/dev/console", "we");
}

void stress_init_power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
