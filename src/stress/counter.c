// SPDX-License-Identifier: GPL-2.0-only
/*
 * counter.c: scenario "counter", the positive control
 *
 * A fixed kernel's zero is worth something only if the counter can count. membarrier() in its
 * private expedited form interrupts every other CPU that runs a thread of this process, by the same
 * smp_call_function_many() as a broadcast, on every kernel since 4.14, and needs no privilege.
 */
#include <linux/membarrier.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "stress/stress.h"

struct probe {
	bool call; /* false: the control */
	unsigned int others;
	atomic_uint running; /* members that are on their CPU and stay there */
	atomic_bool called;
	uint64_t latency_ns;
};

/* The others must be running for membarrier() to interrupt them: they spin until it is over. */
static void membarrier_one(unsigned int member, void *argument)
{
	struct probe *probe = argument;
	uint64_t start;

	if (member) {
		atomic_fetch_add(&probe->running, 1);
		while (!atomic_load(&probe->called))
			stress_team_relax();
		return;
	}
	while (atomic_load(&probe->running) != probe->others)
		stress_team_relax();
	start = stress_now_ns();
	if (probe->call)
		syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0);
	probe->latency_ns = stress_now_ns() - start;
	atomic_store(&probe->called, true);
}

/* IPIs that one call, or none, costs; and how long it took. */
static uint64_t count_once(unsigned int cpus, bool call, uint64_t *latency_ns)
{
	struct probe probe = { .call = call, .others = cpus - 1 };
	struct stress_counters before, after;

	stress_team_run(cpus, membarrier_one, &probe, &before, &after);
	*latency_ns = probe.latency_ns;
	return after.ipis - before.ipis;
}

static const char *counter_run(struct stress *stress)
{
	struct row row = { .scenario = "counter",
			   .step = "membarrier",
			   .operations = 1,
			   .ptes = 1,
			   .huge = 1,
			   .walked = 1,
			   .control_walked = 1 };

	row.at_once = stress->machine.cpus;
	if (row.at_once < 2)
		return NULL;
	stress_record_at("counter", 0, 0);
	if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0))
		return "membarrier() is missing: nothing shows that the IPI counter works";
	count_once(row.at_once, false, &row.control_worst_ns); /* warms up */
	row.control_ipis = count_once(row.at_once, false, &row.control_worst_ns);
	row.ipis = count_once(row.at_once, true, &row.worst_ns);
	row.control_median_ns = row.control_worst_ns;
	row.median_ns = row.worst_ns;
	stress_add_row(stress, &row);
	return NULL;
}

const struct stress_scenario stress_scenario_counter = {
	.name = "counter",
	.summary = "does /proc/interrupts count one interrupt per other CPU? (positive control)",
	.control = "the same threads without the system call",
	.run = counter_run,
};
