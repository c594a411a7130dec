// SPDX-License-Identifier: GPL-2.0-only
/*
 * step.c: one step of a scenario: the control, then the same with PROT_EXEC, lap by lap
 *
 * A lap is: fresh memory, the operations between two readings of the counters, proof that they
 * happened, and everything given back. Each lap runs on another CPU, alone.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stress/stress.h"

/* What one lap measured. Shared with the process that runs it, which may be a new one. */
struct lap {
	bool prepared, worked; /* how far it came */
	int error;	       /* errno of what it did not */
	struct stress_counters before, after;
	uint64_t huge;	   /* operations whose page was huge before the work */
	uint64_t verified; /* operations whose effect was there afterwards */
	uint64_t latency_ns[STEP_OPERATIONS_MAX];
};

/* All laps of one half, control or exec. */
struct sample {
	uint64_t ipis, broadcasts, maintenances, walked, splits, huge;
	uint64_t operations;
	uint64_t *latency_ns;
	struct stress_lockups lockups;
};

static struct lap *lap;

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void give_back(struct stress_stage *stage)
{
	if (stage->child) {
		kill(stage->child, SIGKILL);
		waitpid(stage->child, NULL, 0);
	}
	for (size_t i = 0; i < STAGE_AREAS; i++)
		if (stage->area[i].base)
			munmap(stage->area[i].base, stage->area[i].size);
	if (stage->event > 0)
		close(stage->event);
	if (stage->fd > 0)
		close(stage->fd);
}

static uint64_t count_huge(const struct stress_stage *stage)
{
	return stress_counters_huge_bytes(stage->area[0].base, stage->area[0].size) /
	       stage->machine->huge_size;
}

static void lap_work(const struct stress_step *step, struct stress_stage *stage)
{
	if (step->huge)
		lap->huge = count_huge(stage);
	stress_counters_read(&lap->before);
	for (unsigned int i = 0; i < step->operations; i++) {
		const uint64_t start = stress_now_ns();

		if (!step->work(stage, i)) {
			lap->error = errno;
			return;
		}
		lap->latency_ns[i] = stress_now_ns() - start;
	}
	stress_counters_read(&lap->after);
	if (step->makes_huge)
		lap->huge = count_huge(stage);
	lap->verified = step->verify ? step->verify(stage) : step->operations;
	lap->worked = true;
}

static void lap_run_here(const struct stress_step *step, struct stress_stage *stage)
{
	memset(lap, 0, sizeof(*lap));
	errno = 0;
	if (!step->prepare(stage)) {
		lap->error = errno;
	} else {
		lap->prepared = true;
		lap_work(step, stage);
	}
	give_back(stage);
}

/* In a new process, for steps that a process can take only once. */
static void lap_run_fresh(const struct stress_step *step, struct stress_stage *stage)
{
	const pid_t parent = getpid();
	pid_t pid;

	/* Before there is another process: from then on what it writes there counts. */
	lap->prepared = false;
	lap->error = 0;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			lap_run_here(step, stage);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	else
		lap->error = errno;
}

static void sample_add(struct sample *sample, const struct stress_step *step)
{
	sample->ipis += lap->after.ipis - lap->before.ipis;
	sample->broadcasts += lap->after.broadcasts - lap->before.broadcasts;
	sample->maintenances += lap->after.maintenances - lap->before.maintenances;
	sample->splits += lap->after.vm[VM_SPLIT_PMD] - lap->before.vm[VM_SPLIT_PMD];
	sample->huge += lap->huge;
	sample->walked += step->witness == WITNESS_EFFECT ?
				  lap->verified :
				  lap->after.vm[step->witness] - lap->before.vm[step->witness];
	memcpy(sample->latency_ns + sample->operations, lap->latency_ns,
	       step->operations * sizeof(*lap->latency_ns));
	sample->operations += step->operations;
}

/* One half, @laps times. NULL, or why not; @skip then says whether the rest may go on. */
static const char *half_run(struct stress *stress, const struct stress_step *step, bool exec,
			    unsigned int laps, struct sample *sample, bool *skip)
{
	const struct stress_machine *machine = &stress->machine;

	for (unsigned int i = 0; i < laps; i++) {
		struct stress_stage stage = {
			.machine = machine,
			.exec = exec,
			.protection = PROT_READ | PROT_WRITE | (exec ? PROT_EXEC : 0),
		};

		stress_machine_pin(
			machine->cpu[laps == 1 ? 0 : i * (machine->cpus - 1) / (laps - 1)]);
		if (step->fresh)
			lap_run_fresh(step, &stage);
		else
			lap_run_here(step, &stage);
		*skip = !lap->prepared || lap->error == ENOSYS || lap->error == EPERM ||
			lap->error == EACCES;
		if (!lap->prepared || !lap->worked)
			return strerror(lap->error);
		sample_add(sample, step);
	}
	qsort(sample->latency_ns, sample->operations, sizeof(*sample->latency_ns), compare_u64);
	sample->lockups = stress_klog_lockups();
	return NULL;
}

static void row_fill(struct row *row, const struct sample *exec, const struct sample *control)
{
	row->operations = exec->operations;
	row->huge = exec->huge < control->huge ? exec->huge : control->huge;
	row->walked = exec->walked;
	row->control_walked = control->walked;
	row->ipis = exec->ipis;
	row->control_ipis = control->ipis;
	row->broadcasts = exec->broadcasts;
	row->control_broadcasts = control->broadcasts;
	row->maintenances = exec->maintenances;
	row->control_maintenances = control->maintenances;
	row->worst_ns = exec->latency_ns[exec->operations - 1];
	row->median_ns = exec->latency_ns[(exec->operations - 1) / 2];
	row->control_worst_ns = control->latency_ns[control->operations - 1];
	row->control_median_ns = control->latency_ns[(control->operations - 1) / 2];
	row->lockups = exec->lockups.cpus;
	row->control_lockups = control->lockups.cpus;
	row->stuck_s = exec->lockups.stuck_s;
}

/*
 * Kernels differ in how they do some things, whatever their code: the counters tell which way this
 * one went, and with that the row's name in the price list.
 */
static void row_name(struct row *row, const struct stress_step *step, const struct sample *exec,
		     const struct stress_machine *machine)
{
	const struct verdict_machine where = stress_verdict_machine(machine);
	const char *name = step->name;

	if (step->name_if_split && exec->splits)
		name = step->name_if_split;
	if (step->name_if_once && machine->cpus > 1 && !verdict_row_is(row, name, &where) &&
	    verdict_row_is(row, step->name_if_once, &where))
		name = step->name_if_once;
	snprintf(row->step, sizeof(row->step), "%s", name);
}

/* Both halves. The first lap of a step faults its own code in: it is run once without counting. */
static const char *step_measure(struct stress *stress, const struct stress_step *step,
				struct row *row, bool *skip)
{
	const unsigned int laps = step->laps ? step->laps : stress->options.rounds;
	const size_t size = laps * step->operations * sizeof(uint64_t);
	struct sample control = { .latency_ns = malloc(size) };
	struct sample exec = { .latency_ns = malloc(size) };
	struct sample unused = { .latency_ns = exec.latency_ns };
	const char *error = exec.latency_ns && control.latency_ns ? NULL : "out of memory";

	if (!error)
		error = half_run(stress, step, false, 1, &unused, skip);
	if (!error)
		error = half_run(stress, step, false, laps, &control, skip);
	if (!error)
		error = half_run(stress, step, true, laps, &exec, skip);
	if (!error) {
		row_fill(row, &exec, &control);
		row_name(row, step, &exec, &stress->machine);
	}
	free(control.latency_ns);
	free(exec.latency_ns);
	return error;
}

/* On a server in use something else may interrupt: the row fits nothing, or its control is dirty. */
static bool row_disturbed(const struct stress *stress, const struct row *row)
{
	const struct verdict_machine where = stress_verdict_machine(&stress->machine);

	if (row->probed || where.cpus < 2)
		return false;
	for (enum form form = 0; form < FORMS; form++)
		if (verdict_row_fits(row, &where, form))
			return !verdict_control_is_clean(row, &where);
	return true;
}

const char *stress_step_run(struct stress *stress, const struct stress_scenario *scenario,
			    const struct stress_step *step)
{
	const struct stress_machine *machine = &stress->machine;
	struct row row = { .at_once = 1, .probed = stress->probed };
	static char message[160];
	unsigned int tries = 5;
	const char *error;
	bool skip = false;
	char phase[48];

	if (!lap) {
		lap = mmap(NULL, sizeof(*lap), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (lap == MAP_FAILED)
			return "out of memory";
	}
	snprintf(row.scenario, sizeof(row.scenario), "%s", scenario->name);
	row.ptes = step->ptes == PTES_HUGE ? machine->huge_size / machine->page_size : step->ptes;
	snprintf(phase, sizeof(phase), "%s, %s", scenario->name, step->name);
	stress_record_at(phase, 0, 0);
	error = step->needs ? step->needs(stress) : NULL;
	if (!error) {
		do
			error = step_measure(stress, step, &row, &skip);
		while (!error && --tries && row_disturbed(stress, &row));
		if (error && !skip) {
			snprintf(message, sizeof(message), "%s, %s: %s", scenario->name, step->name,
				 error);
			return message;
		}
	}
	if (error)
		stress_skip(stress, scenario->name, step->name, error);
	else
		stress_add_row(stress, &row);
	return NULL;
}

/* Stage helpers: what several steps prepare. */

bool stress_stage_add_area(struct stress_stage *stage, void *base, size_t size)
{
	for (size_t i = 0; i < STAGE_AREAS && base && base != MAP_FAILED; i++)
		if (!stage->area[i].base) {
			stage->area[i].base = base;
			stage->area[i].size = size;
			return true;
		}
	return false;
}

bool stress_stage_map_pages(struct stress_stage *stage, unsigned int count, int protection)
{
	return stress_stage_add_area(stage,
				     stress_memory_map_pages(stage->machine, count, protection),
				     count * stage->machine->page_size);
}

bool stress_stage_map_huge(struct stress_stage *stage, int protection)
{
	return stress_stage_add_area(stage, stress_memory_map_huge(stage->machine, 1, protection),
				     stage->machine->huge_size);
}

bool stress_stage_map_file(struct stress_stage *stage, unsigned int count, int protection)
{
	const size_t size = count * stage->machine->page_size;

	if (stage->fd <= 0)
		stage->fd = stress_memory_create_file(stage->machine, count);
	return stage->fd > 0 &&
	       stress_stage_add_area(stage, mmap(NULL, size, protection, MAP_PRIVATE, stage->fd, 0),
				     size);
}

void stress_stage_touch(struct stress_stage *stage, bool write)
{
	stress_memory_touch(stage->area[0].base, stage->area[0].size, stage->machine->page_size,
			    write);
}

char *stress_stage_page(const struct stress_stage *stage, unsigned int index)
{
	return stage->area[0].base + index * stage->machine->page_size;
}

bool stress_stage_fork(struct stress_stage *stage)
{
	const pid_t parent = getpid();

	stage->child = fork();
	if (!stage->child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	if (stage->child < 0)
		stage->child = 0;
	return stage->child > 0;
}
