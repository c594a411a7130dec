// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold.c: the guest held still, so that what is read of it is one instant
 *
 * QEMU's "stop" does that and is what a guest gets that will not run on. It is no good in the middle
 * of a measurement: it cuts the running CPU's share of instructions short, the CPUs take turns
 * otherwise from then on, and the same run ends some microseconds and an interrupt or two apart.
 *
 * A guest that runs on is held without its noticing: with thread=single one thread of QEMU runs all
 * CPUs, and it needs QEMU's big lock between any two turns. While the monitor is busy, and so has
 * the lock, that thread ends its turn and waits. There it is halted (ptrace), with every CPU's
 * registers in memory and nothing half done; the monitor goes on working. Released, it takes the
 * lock as if nothing had been.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "vm/vm.h"

#define TRIES 200
#define ANSWER_S 5.0

pid_t vm_hold_thread(struct vm_qmp *qmp, bool *only)
{
	json_t *cpus = vm_qmp_execute(qmp, "query-cpus-fast", NULL, ANSWER_S);
	const json_t *cpu;
	pid_t thread = -1;
	size_t i;

	*only = true;
	json_array_foreach(cpus, i, cpu) {
		const pid_t its = json_integer_value(json_object_get(cpu, "thread-id"));

		if (!i && its > 0)
			thread = its;
		*only &= its == thread;
	}
	json_decref(cpus);
	return thread;
}

/* True when the halted @thread sleeps for a lock. */
static bool waits_for_lock(pid_t thread)
{
	char path[64], text[32] = "";
	int fd, number = -1;

	snprintf(path, sizeof(path), "/proc/%d/syscall", thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (read(fd, text, sizeof(text) - 1) > 0)
		sscanf(text, "%d", &number);
	close(fd);
	return number == SYS_futex;
}

static bool halt_thread(pid_t thread)
{
	int status;

	return !ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) &&
	       waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status);
}

/* Halts @thread where it waits for the lock that the monitor has; false: it runs. */
static bool halt_at_lock(struct vm_qmp *qmp, pid_t thread)
{
	const struct timespec moment = { .tv_nsec = 200 * 1000 };
	json_t *registers;
	bool halted;

	/* The longest job that the monitor has: some ms. */
	if (!vm_qmp_send_monitor(qmp, -1, "info registers -a"))
		return false;
	nanosleep(&moment, NULL);
	if (!halt_thread(thread))
		return false;
	halted = waits_for_lock(thread);
	if (!halted)
		ptrace(PTRACE_CONT, thread, NULL, NULL);
	registers = vm_qmp_answer(qmp, ANSWER_S);
	/* No answer: what it sleeps for is another lock, and it has the big one. */
	if (halted && !registers) {
		ptrace(PTRACE_CONT, thread, NULL, NULL);
		halted = false;
	}
	json_decref(registers);
	return halted;
}

static bool hold_thread(struct vm_hold *hold, struct vm_qmp *qmp)
{
	bool only;
	const pid_t thread = vm_hold_thread(qmp, &only);

	if (thread < 0 || !only || ptrace(PTRACE_SEIZE, thread, NULL, NULL))
		return false;
	hold->thread = thread;
	for (int i = 0; i < TRIES && !qmp->broken; i++)
		if (halt_at_lock(qmp, thread))
			return true;
	vm_hold_release(hold, qmp);
	return false;
}

static bool hold_by_stop(struct vm_hold *hold, struct vm_qmp *qmp)
{
	json_t *stopped = vm_qmp_execute(qmp, "stop", NULL, ANSWER_S);

	hold->stopped = stopped != NULL;
	json_decref(stopped);
	return hold->stopped;
}

bool vm_hold_guest(struct vm_hold *hold, struct vm_qmp *qmp, bool gently)
{
	*hold = (struct vm_hold){ 0 };
	return (gently && hold_thread(hold, qmp)) || hold_by_stop(hold, qmp);
}

void vm_hold_release(struct vm_hold *hold, struct vm_qmp *qmp)
{
	int status;

	/* A thread that was killed meanwhile has to be waited for, or QEMU never ends. */
	if (hold->thread && ptrace(PTRACE_DETACH, hold->thread, NULL, NULL)) {
		if (errno == ESRCH && halt_thread(hold->thread))
			ptrace(PTRACE_DETACH, hold->thread, NULL, NULL);
		else
			waitpid(hold->thread, &status, __WALL | WNOHANG);
	}
	if (hold->stopped)
		json_decref(vm_qmp_execute(qmp, "cont", NULL, ANSWER_S));
	*hold = (struct vm_hold){ 0 };
}
