// SPDX-License-Identifier: GPL-2.0-only
/*
 * team.c: one thread per CPU, all of one process, that start at the same moment
 *
 * Between runs members sleep in a futex. Before a run they spin: waking a sleeper sends an
 * interrupt, and from 5.8 on that is the very interrupt which is counted, so nobody may be woken
 * between the two samples. Spinners execute YIELD, on which the emulator goes on to the next CPU.
 */
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress/stress.h"

static struct {
	atomic_uint generation;	 /* futex: a new run, or one more wish to look */
	atomic_uint ready, done; /* members at the barrier, members through */
	atomic_bool go;
	unsigned int count;
	stress_team_work work;
	void *argument;
	const struct stress_machine *machine;
	pthread_barrier_t created;
} team;

void stress_team_relax(void)
{
#ifdef __aarch64__
	__asm__ volatile("yield" ::: "memory");
#endif
}

static void wait_for(atomic_uint *value, unsigned int wanted)
{
	while (atomic_load(value) != wanted)
		stress_team_relax();
}

static void wait_until(atomic_bool *flag)
{
	while (!atomic_load(flag))
		stress_team_relax();
}

static void *member_main(void *argument)
{
	unsigned int member = (uintptr_t)argument, seen = 0;

	stress_machine_pin(team.machine->cpu[member]);
	pthread_barrier_wait(&team.created);
	for (;;) {
		unsigned int generation = atomic_load(&team.generation);

		if (generation == seen || member >= team.count) {
			syscall(SYS_futex, &team.generation, FUTEX_WAIT_PRIVATE, generation, NULL,
				NULL, 0);
			continue;
		}
		seen = generation;
		atomic_fetch_add(&team.ready, 1);
		wait_until(&team.go);
		team.work(member, team.argument);
		atomic_fetch_add(&team.done, 1);
	}
	return NULL;
}

const char *stress_team_create(const struct stress_machine *machine, unsigned int members)
{
	pthread_attr_t attributes;
	pthread_t thread;

	team.machine = machine;
	pthread_barrier_init(&team.created, NULL, members);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, 256 << 10);
	for (uintptr_t member = 1; member < members; member++)
		if (pthread_create(&thread, &attributes, member_main, (void *)member))
			return "cannot create one thread per CPU";
	pthread_attr_destroy(&attributes);
	/* Asleep, not spinning: a new thread may have to wait for this very CPU. */
	pthread_barrier_wait(&team.created);
	return NULL;
}

/* The calling thread is member 0. */
void stress_team_run(unsigned int count, stress_team_work work, void *argument,
		     struct stress_counters *before, struct stress_counters *after)
{
	stress_machine_pin(team.machine->cpu[0]);
	team.count = count;
	team.work = work;
	team.argument = argument;
	atomic_store(&team.ready, 0);
	atomic_store(&team.done, 0);
	atomic_store(&team.go, false);
	atomic_fetch_add(&team.generation, 1);
	syscall(SYS_futex, &team.generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
	wait_for(&team.ready, count - 1);

	stress_counters_read(before);
	atomic_store(&team.go, true);
	work(0, argument);
	wait_for(&team.done, count - 1);
	stress_counters_read(after);
}

void stress_team_run_alone(int cpu, stress_team_work work, void *argument,
			   struct stress_counters *before, struct stress_counters *after)
{
	stress_machine_pin(cpu);
	stress_counters_read(before);
	work(0, argument);
	stress_counters_read(after);
}
