// SPDX-License-Identifier: GPL-2.0-only
/*
 * calls.c: has the kernel call functions on other CPUs, a known number of times
 *
 *	calls many THREADS COUNT	COUNT calls from CPU 0, each for CPUs 1 to THREADS
 *	calls one COUNT			COUNT calls from CPU 0 for CPU 5
 *
 * The first by membarrier(2), which interrupts the CPUs that run a thread of the process; the second by
 * reading a counter of another CPU (perf_event_open(2)).
 */
#include <linux/membarrier.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int at_work;
static atomic_bool ended;

static void run_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *spin(void *cpu)
{
	run_on((intptr_t)cpu);
	at_work++;
	while (!ended)
		;
	return NULL;
}

static int call_many(int threads, long count)
{
	pthread_t others[8];

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0))
		return 1;
	for (intptr_t i = 0; i < threads; i++)
		if (pthread_create(&others[i], NULL, spin, (void *)(i + 1)))
			return 1;
	while (at_work < threads)
		usleep(1000);
	for (long i = 0; i < count; i++)
		if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0))
			return 1;
	ended = true;
	for (int i = 0; i < threads; i++)
		pthread_join(others[i], NULL);
	return 0;
}

static int call_one(long count)
{
	struct perf_event_attr attributes = { .size = sizeof(attributes),
					      .type = PERF_TYPE_SOFTWARE,
					      .config = PERF_COUNT_SW_CPU_CLOCK };
	const int fd = syscall(SYS_perf_event_open, &attributes, -1, 5, -1, 0);
	uint64_t value;

	for (long i = 0; i < count; i++)
		if (read(fd, &value, sizeof(value)) != sizeof(value))
			return 1;
	return 0;
}

int main(int argc, char **argv)
{
	run_on(0);
	if (argc == 4 && !strcmp(argv[1], "many") && atoi(argv[2]) <= 7)
		return call_many(atoi(argv[2]), atol(argv[3]));
	if (argc == 3 && !strcmp(argv[1], "one"))
		return call_one(atol(argv[2]));
	fprintf(stderr, "usage: calls many THREADS COUNT | one COUNT\n");
	return 64;
}
