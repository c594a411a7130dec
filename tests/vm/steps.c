// SPDX-License-Identifier: GPL-2.0-only
/*
 * steps.c: an init that does what the lines of /steps say, and says what came of each
 *
 *	load FILE [PARAMETER...]	finit_module()
 *	unload NAME			delete_module()
 *	cycle COUNT FILE NAME [PARAMETER...]	load and unload, COUNT times
 *	workload [OPTION...]		the workload, as an ordinary program
 *	background [OPTION...]		the same, over and over, until `stop`
 *	hotplug CPU			take this CPU off and on, over and over, until `stop`
 *	stop
 *	beside [OPTION...]		the workload once, beside what follows, until `await`
 *	await
 *	stopped [OPTION...]		the workload once, one process that `await` lets go
 *	cgroup NAME			what follows runs in a control group of that name
 *	start FILE [ARGUMENT...]	run this program beside what follows, until `end`
 *	run FILE [ARGUMENT...]		run it, and wait for its end
 *	end SIGNAL			send it this, wait for it, show what it wrote in one line
 *	write PATH TEXT...		one write()
 *	together PATH PATH TEXT		write TEXT to both at the same time
 *	read PATH			in one line: a blank for each newline
 *	wait PATH			read it until it says 0
 *	sleep MILLISECONDS
 *	count				broadcasts since the last `count` (a kprobe event)
 *	symbol NAME			its address, from /proc/kallsyms
 *	capture IMAGE INITRD PARAMETER...	what a panic boots: kexec_file_load()
 *	save PATH DEVICE		copy a file to a disk, from its start on
 *
 * BESIDE as a word is the process of `stopped`.
 *
 * Answers are lines that begin with "@ STEP", on the console. Linked with the workload's own
 * objects, whose main() is renamed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

#define WORDS_MAX 16
/* Shown when it is whole: the kernel's messages would come between its words. */
#define WORKLOAD_OUTPUT "/workload.out"
#define STARTED_OUTPUT "/started.out"
#define TRACING "/sys/kernel/debug/tracing/"

int stress_main(int argc, char **argv);

/* Processes that go on until `stop`: the workload, and what takes a CPU off and on; or 0. */
static pid_t background, hotplug;
/* Those of `start` and `beside`. */
static pid_t started, beside;

static const char *error_name(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

/* Words from @first on, with blanks between. */
static const char *join(char **words)
{
	static char text[4096];

	text[0] = '\0';
	for (; *words; words++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *words,
			 words[1] ? " " : "");
	return text;
}

static long load(const char *file, const char *parameters)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), saved;
	long result = fd < 0 ? -1 : syscall(SYS_finit_module, fd, parameters, 0);

	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return result;
}

static long unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK);
}

static void cycle(char **words)
{
	const int count = atoi(words[0]);
	const char *parameters = join(words + 3);

	for (int i = 0; i < count; i++) {
		if (load(words[1], parameters) < 0 || unload(words[2]) < 0) {
			printf("@ cycle %d of %d: %s\n", i, count, strerrorname_np(errno));
			return;
		}
	}
	printf("@ cycle %d: ok\n", count);
}

static const char *read_file(const char *path)
{
	static char text[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (got < 0)
		return strerrorname_np(errno);
	close(fd);
	text[got] = '\0';
	while (got && text[got - 1] == '\n')
		text[--got] = '\0';
	return text;
}

static const char *in_one_line(const char *text)
{
	static char line[65536];
	size_t i;

	for (i = 0; text[i] && i < sizeof(line) - 1; i++)
		line[i] = text[i] == '\n' ? ' ' : text[i];
	line[i] = '\0';
	return line;
}

static int run_workload(char **words)
{
	int argc = 1;

	while (words[argc])
		argc++;
	return stress_main(argc, words);
}

static pid_t start_workload(char **words, int over_and_over, const char *output)
{
	const pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		const pid_t child = fork();
		int status;

		if (!child) {
			if (!freopen(output, "w", stdout))
				_exit(126);
			exit(run_workload(words));
		}
		waitpid(child, &status, 0);
		if (!over_and_over)
			_exit(WEXITSTATUS(status));
	}
}

static pid_t start_stopped(char **words)
{
	const pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, WUNTRACED);
		return pid;
	}
	raise(SIGSTOP);
	if (!freopen("/dev/null", "w", stdout))
		_exit(126);
	exit(run_workload(words));
}

static void await_beside(void)
{
	kill(beside, SIGCONT);
	printf("@ await: %d\n", waitpid(beside, NULL, 0) == beside);
}

static void workload(char **words)
{
	int status;

	waitpid(start_workload(words, 0, WORKLOAD_OUTPUT), &status, 0);
	puts(read_file(WORKLOAD_OUTPUT));
	printf("@ workload: %d\n", WEXITSTATUS(status));
}

static void stop_background(void)
{
	int status = 0;

	if (hotplug && !kill(hotplug, SIGTERM))
		waitpid(hotplug, NULL, 0);
	if (background && !kill(background, SIGKILL))
		waitpid(background, &status, 0);
	background = hotplug = 0;
	/* The run that is under way is an orphan, and ours: we are init. */
	while (wait(&status) > 0)
		;
	printf("@ stop: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static void start(char **words)
{
	started = fork();
	if (started) {
		printf("@ start: %s %d\n", words[0], started);
		return;
	}
	if (!freopen(STARTED_OUTPUT, "w", stdout) || dup2(1, 2) != 2)
		_exit(126);
	execv(words[0], words);
	_exit(127);
}

static void run(char **words)
{
	const pid_t child = fork();
	int status = 0;

	if (!child) {
		execv(words[0], words);
		_exit(127);
	}
	waitpid(child, &status, 0);
	printf("@ run: %d %d\n", child, WEXITSTATUS(status));
}

static void end_started(const char *signal_number)
{
	int status = 0;

	if (kill(started, atoi(signal_number)) || waitpid(started, &status, 0) != started) {
		printf("@ end: %s\n", strerrorname_np(errno));
		return;
	}
	printf("@ output: %s\n", in_one_line(read_file(STARTED_OUTPUT)));
	printf("@ end: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

static long write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), saved;
	long result = fd < 0 ? -1 : write(fd, text, strlen(text));

	saved = errno;
	if (fd >= 0)
		close(fd);
	errno = saved;
	return result;
}

/* Of version 2, which needs nobody to set it up. */
static void enter_cgroup(const char *name)
{
	char path[256];

	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, NULL);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s", name);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "/sys/fs/cgroup/%s/cgroup.procs", name);
	printf("@ cgroup %s: %s\n", name, error_name(write_file(path, "0")));
}

static volatile sig_atomic_t ended;

static void end(int signal_number)
{
	(void)signal_number;
	ended = 1;
}

/* Ends with the CPU on, and tells how often it was off. */
static pid_t start_hotplug(const char *cpu)
{
	const pid_t pid = fork();
	char path[64];
	int times = 0;

	if (pid)
		return pid;
	signal(SIGTERM, end);
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%s/online", cpu);
	do {
		if (write_file(path, "0") < 0 || write_file(path, "1") < 0)
			break;
		times++;
	} while (!ended);
	printf("@ hotplug %s: %s %d\n", cpu, ended ? "ok" : strerrorname_np(errno), times);
	exit(0);
}

/* Both writers tell what became of theirs; the order is theirs too. */
static void write_together(char **words)
{
	for (int i = 0; i < 2; i++) {
		if (!fork()) {
			printf("@ together: %s\n", error_name(write_file(words[i], words[2])));
			fflush(stdout);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static void count(void)
{
	static unsigned long long last;
	unsigned long long hits = 0, misses = 0;
	const char *at;

	if (!last && access(TRACING "events/steps", F_OK)) {
		write_file(TRACING "kprobe_events", "p:steps/broadcast kick_all_cpus_sync");
		write_file(TRACING "events/steps/broadcast/enable", "1");
	}
	at = strstr(read_file(TRACING "kprobe_profile"), "broadcast");
	if (!at || sscanf(at, "broadcast %llu %llu", &hits, &misses) != 2)
		printf("@ count: no probe\n");
	else
		printf("@ count: %llu\n", hits + misses - last);
	last = hits + misses;
}

static void symbol(const char *wanted)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char address[20], type, name[512];

	while (file && fscanf(file, "%19s %c %511s%*[^\n]", address, &type, name) == 3)
		if (!strcmp(name, wanted))
			printf("@ symbol %s: %s\n", name, address);
	if (file)
		fclose(file);
}

/* Into what crashkernel= kept free. */
static long capture(const char *image, const char *initrd, const char *parameters)
{
	enum { ON_CRASH = 2 }; /* KEXEC_FILE_ON_CRASH */
	int kernel = open(image, O_RDONLY | O_CLOEXEC), files = open(initrd, O_RDONLY | O_CLOEXEC);

	if (kernel < 0 || files < 0)
		return -1;
	return syscall(SYS_kexec_file_load, kernel, files, strlen(parameters) + 1, parameters,
		       ON_CRASH);
}

static void save(const char *path, const char *device)
{
	static char block[1 << 20];
	int from = open(path, O_RDONLY | O_CLOEXEC), to = open(device, O_WRONLY | O_CLOEXEC);
	unsigned long long size = 0;
	ssize_t got = -1;

	while (from >= 0 && to >= 0 && (got = read(from, block, sizeof(block))) > 0) {
		if (write(to, block, got) != got) {
			got = -1;
			break;
		}
		size += got;
	}
	if (!got && !fsync(to))
		printf("@ save %s: %llu\n", path, size);
	else
		printf("@ save %s: %s\n", path, strerrorname_np(errno));
}

static void do_step(char **words)
{
	const char *step = words[0];

	if (!strcmp(step, "load"))
		printf("@ load %s: %s\n", words[1], error_name(load(words[1], join(words + 2))));
	else if (!strcmp(step, "unload"))
		printf("@ unload %s: %s\n", words[1], error_name(unload(words[1])));
	else if (!strcmp(step, "cycle"))
		cycle(words + 1);
	else if (!strcmp(step, "workload"))
		workload(words);
	else if (!strcmp(step, "background"))
		background = start_workload(words, 1, "/dev/null");
	else if (!strcmp(step, "beside"))
		beside = start_workload(words, 0, "/dev/null");
	else if (!strcmp(step, "await"))
		await_beside();
	else if (!strcmp(step, "stopped"))
		beside = start_stopped(words);
	else if (!strcmp(step, "cgroup"))
		enter_cgroup(words[1]);
	else if (!strcmp(step, "hotplug"))
		hotplug = start_hotplug(words[1]);
	else if (!strcmp(step, "stop"))
		stop_background();
	else if (!strcmp(step, "start"))
		start(words + 1);
	else if (!strcmp(step, "run"))
		run(words + 1);
	else if (!strcmp(step, "end"))
		end_started(words[1]);
	else if (!strcmp(step, "write"))
		printf("@ write %s: %s\n", words[1],
		       error_name(write_file(words[1], join(words + 2))));
	else if (!strcmp(step, "together"))
		write_together(words + 1);
	else if (!strcmp(step, "read"))
		printf("@ read %s: %s\n", words[1], in_one_line(read_file(words[1])));
	else if (!strcmp(step, "wait"))
		while (!strcmp(read_file(words[1]), "1"))
			usleep(10000);
	else if (!strcmp(step, "sleep"))
		usleep(atoi(words[1]) * 1000);
	else if (!strcmp(step, "count"))
		count();
	else if (!strcmp(step, "symbol"))
		symbol(words[1]);
	else if (!strcmp(step, "capture"))
		printf("@ capture %s: %s\n", words[1],
		       error_name(capture(words[1], words[2], join(words + 3))));
	else if (!strcmp(step, "save"))
		save(words[1], words[2]);
	else
		printf("@ what is '%s'?\n", step);
	fflush(stdout);
}

static void prepare(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	/* Out of isolcpus=, as the workload does as init. */
	stress_machine_take_cpus();
	write_file("/proc/sys/kernel/printk", "8");
	write_file("/proc/sys/kernel/watchdog_thresh", "1");
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/defrag", "madvise");
	write_file("/sys/kernel/mm/transparent_hugepage/khugepaged/scan_sleep_millisecs",
		   "4000000000");
	write_file("/sys/kernel/debug/sched_features", "NO_TTWU_QUEUE");
	write_file("/sys/kernel/debug/sched/features", "NO_TTWU_QUEUE");
}

int main(void)
{
	char *steps, *line, *rest;

	prepare();
	/* Read whole, before there are children that could share a place in the file. */
	steps = strdup(read_file("/steps"));
	for (line = strtok_r(steps, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *words[WORDS_MAX + 1] = { NULL }, process[16];
		int used = 0;

		snprintf(process, sizeof(process), "%d", beside);
		for (char *word = strtok(line, " "); word && used < WORDS_MAX;
		     word = strtok(NULL, " "))
			words[used++] = strcmp(word, "BESIDE") ? word : process;
		if (used)
			do_step(words);
	}
	printf("@ end\n");
	fflush(stdout);
	return reboot(RB_POWER_OFF);
}
