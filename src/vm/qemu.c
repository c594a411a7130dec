// SPDX-License-Identifier: GPL-2.0-only
/*
 * qemu.c: one QEMU, from its version to its end
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/program.h"
#include "lib/say.h"
#include "lib/text.h"
#include "vm/vm.h"

/* The clock on the wall when the guest starts: the day of the report. */
#define GUEST_DATE "2019-01-21T14:21:35"
#define GUEST_EPOCH 1548080495l
/* The board's clock, a PL031: its first register counts seconds (QEMU's hw/arm/virt.c, VIRT_RTC). */
#define GUEST_CLOCK 0x09010000l
/* QEMU says its version in less than a second; a slow machine, with all its libraries to be read, in a few. */
#define VERSION_S 30

/*
 * Before 8.1 one vCPU got the whole instruction budget up to the next timer, which starves the
 * others for seconds of guest time and looks like soft lockups on kernels that have none.
 */
static bool version_is_enough(const char *version)
{
	unsigned int major = 0, minor = 0;

	sscanf(version, "%u.%u", &major, &minor);
	return major > 8 || (major == 8 && minor >= 1);
}

const char *vm_qemu_version(const char *program, char *version, size_t size)
{
	const char *const argv[] = { program, "--version", NULL };
	const struct program_call call = { .argv = argv, .seconds = VERSION_S };
	char line[256];
	const char *found;
	size_t length;
	const int code = program_first_line(&call, line, sizeof(line));

	if (code == 127)
		return "is not installed: 'apt install qemu-system-arm', 8.1 or newer";
	if (code < 0)
		return "did not say its version and end within 30 seconds: is it QEMU?";
	found = strstr(line, "version ");
	length = found ? strspn(found + 8, "0123456789.") : 0;
	if (!length || length >= size)
		return "does not say its version: is it QEMU?";
	memcpy(version, found + 8, length);
	version[length] = '\0';
	if (!version_is_enough(version))
		return "is too old: before 8.1 its CPUs starve each other, which looks like soft "
		       "lockups (Debian 12: scripts/setup proof installs one from backports)";
	return NULL;
}

static void add(struct vm_qemu *qemu, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Appends one argument; the array grows with it. Out of memory ends the program. */
static void add(struct vm_qemu *qemu, const char *format, ...)
{
	size_t count = 0;
	va_list arguments;

	while (qemu->argv && qemu->argv[count])
		count++;
	qemu->argv = realloc(qemu->argv, (count + 2) * sizeof(*qemu->argv));
	if (!qemu->argv)
		die(EXIT_UNKNOWN, "out of memory");
	va_start(arguments, format);
	qemu->argv[count] = text_of(format, arguments);
	va_end(arguments);
	qemu->argv[count + 1] = NULL;
}

static void add_nodes(struct vm_qemu *qemu, const struct vm_options *options)
{
	const unsigned int nodes = options->nodes;

	for (unsigned int node = 0; nodes > 1 && node < nodes; node++) {
		add(qemu, "-object");
		add(qemu, "memory-backend-ram,id=node%u,size=%uM", node,
		    options->memory_mib / nodes);
		add(qemu, "-numa");
		add(qemu, "node,nodeid=%u,memdev=node%u,cpus=%u-%u", node, node,
		    node * options->cpus / nodes, (node + 1) * options->cpus / nodes - 1);
	}
}

/* The kernel's command line; what follows "--" it hands to init. */
static char *build_append(const struct vm_options *options)
{
	char *text = NULL;
	bool balance = false;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		die(EXIT_UNKNOWN, "out of memory");
	/*
	 * A report of a soft lockup is one line of the highest level and 60 of level 4. Where a hundred
	 * CPUs are stuck, to print those takes longer than it takes until the next reports: they stay
	 * in the kernel's log, which then holds some hundred of them.
	 */
	fprintf(stream, "console=ttyAMA0 loglevel=%s printk.time=1 panic=-1 ",
		options->cpus > 64 ? "2 log_buf_len=16M" : "5");
	for (char **parameter = options->append; parameter && *parameter; parameter++)
		balance |= !strncmp(*parameter, "isolcpus=", 9);
	/*
	 * From 5.7 on an idle CPU is asked to balance the load by the very interrupt that is counted
	 * (kernel/sched/fair.c, kick_ilb). Threads are pinned: there is no load to balance.
	 */
	if (options->cpus > 1 && !balance)
		fprintf(stream, "isolcpus=1-%u ", options->cpus - 1);
	for (char **parameter = options->append; parameter && *parameter; parameter++)
		fprintf(stream, "%s ", *parameter);
	fprintf(stream, "-- --watchdog-thresh=%u%s", options->watchdog_thresh,
		options->count_tier ? "" : " --lockup-tier");
	for (char **module = options->modules; module && *module; module++) {
		const char *slash = memrchr(*module, '/', strcspn(*module, ","));

		fprintf(stream, " --load-module=/%s", slash ? slash + 1 : *module);
	}
	if (options->inject)
		fprintf(stream, " --inject");
	for (char **option = options->stress; *option; option++)
		fprintf(stream, " %s", *option);
	fclose(stream);
	return text;
}

/* With 52-bit addresses at 4K pages, 4.19 hangs before its first word (measured: QEMU 10.0.2). */
static bool cpu_needs_care(const char *cpu)
{
	return (!strcmp(cpu, "max") || !strncmp(cpu, "max,", 4)) && !strstr(cpu, "lpa2=");
}

void vm_qemu_build_argv(struct vm_qemu *qemu, const struct vm_options *options)
{
	char *append = build_append(options);

	add(qemu, "%s", options->qemu);
	add(qemu, "-machine");
	/*
	 * Without a seed for KASLR the kernel is where it was linked. With one it is elsewhere, at
	 * the same place each time: -seed below makes QEMU's random numbers the same.
	 */
	add(qemu, "virt,gic-version=%s,its=off,dtb-randomness=%s",
	    options->accel == ACCEL_KVM ? "host" : "3", options->kaslr ? "on" : "off");
	add(qemu, "-cpu");
	add(qemu, "%s%s", options->cpu, cpu_needs_care(options->cpu) ? ",lpa2=off" : "");
	add(qemu, "-smp");
	add(qemu, "%u", options->cpus);
	add(qemu, "-m");
	add(qemu, "%uM", options->memory_mib / options->nodes * options->nodes);
	add_nodes(qemu, options);
	add(qemu, "-accel");
	add(qemu, "%s",
	    options->accel == ACCEL_KVM ? "kvm" :
	    options->accel == ACCEL_TCG ? "tcg,thread=multi" :
					  "tcg,thread=single");
	if (options->accel == ACCEL_ICOUNT) {
		add(qemu, "-icount");
		add(qemu, "shift=%u,sleep=off", options->shift);
	}
	/* The device tree's random seeds and the clock on the wall: the same in every run. */
	for (const char *const *fixed =
		     (const char *const[]){
			     "-seed", "0", "-rtc", "base=" GUEST_DATE ",clock=vm", "-nodefaults",
			     "-no-user-config", "-display", "none",
			     /* A guest that ends, by a panic or as it should, stays to be looked at. */
			     "-no-reboot", "-action", "shutdown=pause", "-sandbox",
			     "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
			     NULL };
	     *fixed; fixed++)
		add(qemu, "%s", *fixed);
	add(qemu, "-kernel");
	add(qemu, "%s", options->image);
	add(qemu, "-initrd");
	add(qemu, "/dev/fd/%d", QEMU_FD_INITRAMFS);
	add(qemu, "-append");
	add(qemu, "%s", append);
	add(qemu, "-chardev");
	add(qemu, "file,id=console,path=/dev/fd/%d", QEMU_FD_CONSOLE);
	add(qemu, "-serial");
	add(qemu, "chardev:console");
	/*
	 * Without ioeventfd the device answers within the guest's own instruction. With it another
	 * thread of QEMU does, and how long the driver spins for that is the host's affair.
	 */
	add(qemu, "-global");
	add(qemu, "virtio-mmio.ioeventfd=off");
	add(qemu, "-device");
	add(qemu, "virtio-serial-device");
	add(qemu, "-chardev");
	add(qemu, "file,id=results,path=/dev/fd/%d", QEMU_FD_RESULTS);
	add(qemu, "-device");
	add(qemu, "virtserialport,chardev=results,name=icache-ipi.results");
	add(qemu, "-chardev");
	add(qemu, "socket,id=qmp,fd=%d", QEMU_FD_QMP);
	add(qemu, "-mon");
	add(qemu, "chardev=qmp,mode=control");
	free(append);
}

void vm_qemu_print_command(const struct vm_qemu *qemu)
{
	for (char **argument = qemu->argv; *argument; argument++)
		printf(strpbrk(*argument, " ,") ? "'%s'%s" : "%s%s", *argument,
		       argument[1] ? " " : "\n");
}

/* In the child: what QEMU's stderr is read for. */
static void __attribute__((noreturn)) child_gives_up(const char *what, const char *next)
{
	dprintf(STDERR_FILENO, "%s: %s\n", what, next);
	_exit(126);
}

void vm_qemu_limit_files(pid_t pid, bool limited)
{
	/* More than is read, so that a guest that writes too much is told from one that is bounded. */
	const rlim_t most = CHANNEL_MAX + (1 << 20);
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_FSIZE, NULL, &limit))
		return;
	if (!limited)
		limit.rlim_cur = limit.rlim_max;
	else if (limit.rlim_cur > most)
		limit.rlim_cur = most;
	prlimit(pid, RLIMIT_FSIZE, &limit, NULL);
}

/* In the child: the descriptors where the command line says, then QEMU. */
static void __attribute__((noreturn)) become_qemu(struct vm_qemu *qemu, int initramfs_fd,
						  int qmp_fd, int error_fd, pid_t parent)
{
	const int wanted[] = { initramfs_fd, qemu->console_fd, qemu->results_fd, qmp_fd,
			       qemu->dump_fd };
	int high[5];
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(error_fd, STDERR_FILENO);
	/* First out of the way of the target numbers, then onto them. */
	for (int i = 0; i < 5; i++) {
		high[i] = wanted[i] < 0 ? -1 : fcntl(wanted[i], F_DUPFD_CLOEXEC, QEMU_FD_DUMP + 1);
		if (wanted[i] >= 0 && high[i] < 0)
			child_gives_up("too few file descriptors", "raise 'ulimit -n'");
	}
	for (int i = 0; i < 5; i++)
		if (high[i] >= 0 && dup2(high[i], QEMU_FD_INITRAMFS + i) < 0)
			child_gives_up("too few file descriptors", "raise 'ulimit -n'");
	vm_qemu_limit_files(0, true);
	dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
	dup2(STDIN_FILENO, STDOUT_FILENO);
	execvp(qemu->argv[0], qemu->argv);
	_exit(127);
}

/* In the child: starts QEMU, and stays as long as something of that is left. */
static void __attribute__((noreturn)) become_keeper(
	struct vm_qemu *qemu, int initramfs_fd, const int qmp[2], const int error[2], pid_t parent)
{
	const pid_t keeper = getpid();
	pid_t child;

	vm_keeper_begin(parent);
	child = fork();
	if (!child)
		become_qemu(qemu, initramfs_fd, qmp[1], error[1], keeper);
	if (child < 0)
		_exit(126);
	/* What is open here is open for whoever waits for its end. */
	for (int i = 0; i < 2; i++) {
		close(qmp[i]);
		close(error[i]);
	}
	vm_keeper_keep(child);
}

bool vm_qemu_start(struct vm_qemu *qemu, int initramfs_fd)
{
	const pid_t parent = getpid();
	int qmp[2], error[2];

	qemu->console_fd = memfd_create("console", MFD_CLOEXEC);
	qemu->results_fd = memfd_create("results", MFD_CLOEXEC);
	if (qemu->console_fd < 0 || qemu->results_fd < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, qmp) ||
	    pipe2(error, O_CLOEXEC | O_NONBLOCK)) {
		say("cannot create the guest's channels: %s", strerror(errno));
		return false;
	}
	qemu->pid = fork();
	if (!qemu->pid)
		become_keeper(qemu, initramfs_fd, qmp, error, parent);
	close(qmp[1]);
	close(error[1]);
	vm_qmp_open(&qemu->qmp, qmp[0]);
	qemu->error_fd = error[0];
	if (qemu->pid < 0)
		say("cannot start %s: %s", qemu->argv[0], strerror(errno));
	return qemu->pid > 0;
}

/* Waits up to a second; true when it has ended and @status is set. */
static bool reap(struct vm_qemu *qemu, int *status)
{
	for (int i = 0; i < 100; i++) {
		const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };

		if (waitpid(qemu->pid, status, WNOHANG) == qemu->pid)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

double vm_qemu_guest_s(struct vm_qemu *qemu)
{
	char command[64];
	uint64_t address;
	json_t *text;
	unsigned int seconds;
	int found;

	snprintf(command, sizeof(command), "xp /1wx 0x%lx", GUEST_CLOCK);
	text = vm_qmp_monitor(&qemu->qmp, -1, command, 1);
	found = text ? sscanf(json_string_value(text), "%" SCNx64 ": 0x%x", &address, &seconds) : 0;
	json_decref(text);
	return found == 2 && seconds >= GUEST_EPOCH ? (double)(seconds - GUEST_EPOCH) : -1;
}

int vm_qemu_stop(struct vm_qemu *qemu)
{
	int status = 0;

	if (waitpid(qemu->pid, &status, WNOHANG) != qemu->pid) {
		if (!vm_qmp_send(&qemu->qmp, "quit", NULL) || !reap(qemu, &status)) {
			/* The keeper asks for a second, and then does not. */
			kill(qemu->pid, SIGTERM);
			waitpid(qemu->pid, &status, 0);
		}
	}
	qemu->pid = 0;
	return status;
}
