// SPDX-License-Identifier: GPL-2.0-only
/*
 * causes.c: an init that does one thing over and over, and asks for the stacks of all CPUs meanwhile
 *
 * The kernel parameter icache_ipi_cause= names the thing, as tests/vm/triage.t lists them; icache_ipi_module=
 * the module in /module.ko. The console then has a known cause, and from the phase "cause" on so has the memory.
 * Ends the guest after ROUNDS of sysrq-l.
 *
 * Linked with the workload's own objects, whose main() is renamed.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

enum { ROUNDS = 30, WORKERS = 6 };

#define EVENTS "/sys/kernel/tracing/"

static void say(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fprintf(stderr, "causes: %s: %m\n", path);
	close(fd);
}

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* A socket filter: the kernel compiles it, and interrupts all CPUs once. */
static void do_bpf(void)
{
	static struct sock_filter code[] = { BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
					     BPF_STMT(BPF_RET | BPF_A, 0) };
	const struct sock_fprog program = { 2, code };
	const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		fprintf(stderr, "causes: no filter: %m\n");
	close(fd);
}

static void do_kprobe(void)
{
	say(EVENTS "kprobe_events", "p:causes/one do_exit\n");
	say(EVENTS "kprobe_events", "-:causes/one\n");
}

/* Where a uprobe sits: each call makes the kernel copy the instruction to a page of its own. */
static void __attribute__((noinline)) probed(void)
{
	__asm__ volatile("nop");
}

static void do_uprobe(void)
{
	static bool placed;
	char text[80];

	if (!placed) {
		extern const char __executable_start[];

		snprintf(text, sizeof(text), "p:causes/two /init:0x%lx\n",
			 (unsigned long)((uintptr_t)probed - (uintptr_t)__executable_start));
		say(EVENTS "uprobe_events", text);
		say(EVENTS "events/causes/two/enable", "1");
	}
	placed = true;
	probed();
}

/* A word of a stopped child, as a debugger writes a breakpoint. */
static void do_ptrace(void)
{
	static pid_t child;

	if (!child) {
		child = fork();
		if (!child) {
			ptrace(PTRACE_TRACEME, 0, 0, 0);
			raise(SIGSTOP);
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	/* The text: access_process_vm() maintains the caches for executable memory. */
	if (ptrace(PTRACE_POKETEXT, child, (void *)((uintptr_t)do_ptrace & ~7ul),
		   *(long *)((uintptr_t)do_ptrace & ~7ul)))
		fprintf(stderr, "causes: no poke: %m\n");
}

static void do_membarrier(void)
{
	static bool registered;

	if (!registered)
		syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0);
	registered = true;
	syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0);
}

/* The lock of this process's table of files: nobody is interrupted. */
static void do_spin(void)
{
	close(dup(0));
}

/* A page that becomes executable, as a JIT compiler makes it: this fault. */
static void do_jit(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*page = 1;
	mprotect(page, 4096, PROT_READ | PROT_EXEC);
	*(volatile char *)page;
	munmap(page, 4096);
}

/* An executable page that goes to the other node: the fault, too. */
static void do_migrate(void)
{
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status;

	*page = 1;
	for (int node = 1; node >= 0; node--)
		if (syscall(__NR_move_pages, 0, 1L, (void **)&page, &node, &status, MPOL_MF_MOVE))
			fprintf(stderr, "causes: no migration: %m\n");
	munmap(page, 4096);
}

static void do_module(void)
{
	const int fd = open("/module.ko", O_RDONLY | O_CLOEXEC);

	if (syscall(__NR_finit_module, fd, "", 0))
		fprintf(stderr, "causes: no module: %m\n");
	close(fd);
	syscall(__NR_delete_module, getenv("icache_ipi_module"), 0);
}

static const struct cause {
	const char *name;
	void (*once)(void);
	int workers;   /* threads that do it, each on a CPU of its own */
	bool spinners; /* others of the process run meanwhile */
} causes[] = {
	{ "bpf", do_bpf, 1, false },
	{ "kprobe", do_kprobe, 1, false },
	{ "uprobe", do_uprobe, 1, false },
	{ "ptrace", do_ptrace, 1, false },
	{ "membarrier", do_membarrier, 1, true },
	{ "spin", do_spin, WORKERS, false },
	{ "jit", do_jit, 1, false },
	{ "migrate", do_migrate, 1, false },
	{ "module", do_module, 1, false },
};

static const struct cause *cause;

static void *work(void *cpu)
{
	run_on((int)(intptr_t)cpu);
	for (;;)
		cause->once();
	return NULL;
}

static void *spin(void *cpu)
{
	run_on((int)(intptr_t)cpu);
	for (volatile unsigned long i = 0;; i++)
		;
	return NULL;
}

static void start(void *(*function)(void *), int cpu)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, (void *)(intptr_t)cpu))
		fprintf(stderr, "causes: no thread\n");
}

int main(int argc, char **argv)
{
	static const char option[] = "--load-module=";
	static struct stress_options options = { .watchdog_thresh = -1 };
	static struct stress_machine machine;
	const char *name = getenv("icache_ipi_cause"), *error;
	FILE *results;
	int cpus;

	for (int i = 1; i < argc && options.modules < 8; i++)
		if (!strncmp(argv[i], option, strlen(option)))
			options.module[options.modules++] = argv[i] + strlen(option);
	results = stress_init_guest(&options, &error);
	if (error)
		fprintf(stderr, "causes: %s\n", error);
	mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	stress_record_open(RECORD_STREAM, results);
	error = stress_machine_read(&machine);
	if (error)
		fprintf(stderr, "causes: %s\n", error);
	stress_record_machine(&machine);
	cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
	for (size_t i = 0; name && i < sizeof(causes) / sizeof(causes[0]); i++)
		if (!strcmp(causes[i].name, name))
			cause = &causes[i];
	if (!cause) {
		fprintf(stderr, "causes: %s is no cause\n", name ? name : "nothing");
		reboot(RB_POWER_OFF);
	}
	say("/proc/sys/kernel/printk", "8\n");
	run_on(0);
	for (int cpu = 1; cpu <= cause->workers && cpu < cpus; cpu++)
		start(work, cpu);
	for (int cpu = cause->workers + 1; cause->spinners && cpu < cpus; cpu++)
		start(spin, cpu);
	stress_record_at("cause", 0, 0);
	for (int i = 0; i < ROUNDS; i++) {
		usleep(20000);
		say("/proc/sysrq-trigger", "l");
	}
	usleep(100000);
	fprintf(stderr, "causes: %s ends\n", name);
	reboot(RB_POWER_OFF);
}
