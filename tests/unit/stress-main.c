// SPDX-License-Identifier: GPL-2.0-only
/*
 * stress-main.c: what the workload runs, and on how many CPUs at once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/wait.h>

int stress_main(int argc, char **argv);
#define main stress_main
#include "stress/main.c"
#undef main

/* Does @call end the program, and how? */
static int code_of(void (*call)(void))
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		assert_true(freopen("/dev/null", "w", stderr));
		call();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What the program runs, by what was asked for. */
static void wanted(void **state)
{
	struct stress_options options = { 0 };

	(void)state;
	assert_true(scenario_wanted(&options, &stress_scenario_counter));
	assert_true(scenario_wanted(&options, &stress_scenario_fault));
	assert_false(scenario_wanted(&options, &stress_scenario_burst));
	options.lockup_tier = true;
	assert_true(scenario_wanted(&options, &stress_scenario_burst));
	assert_true(scenario_wanted(&options, &stress_scenario_split));
	assert_true(scenario_wanted(&options, &stress_scenario_kprobe));
	assert_false(scenario_wanted(&options, &stress_scenario_fault));
	options.scenario[options.scenarios++] = &stress_scenario_fault;
	assert_true(scenario_wanted(&options, &stress_scenario_fault));
	assert_true(scenario_wanted(&options, &stress_scenario_counter));
	assert_false(scenario_wanted(&options, &stress_scenario_burst));
}

static struct stress_options asked;

static void limit_on_4(void)
{
	limit_at_once(&asked, 4);
}

static void limit_on_64(void)
{
	limit_at_once(&asked, 64);
}

/* A server in use is never locked up by itself. */
static void at_once(void **state)
{
	(void)state;
	asked = (struct stress_options){ 0 };
	limit_on_64();
	assert_int_equal(asked.at_once, STRESS_SAFE_AT_ONCE);
	asked = (struct stress_options){ 0 };
	limit_on_4();
	assert_int_equal(asked.at_once, 4);
	asked = (struct stress_options){ .lockup_tier = true };
	limit_on_64();
	assert_int_equal(asked.at_once, 64);
	asked = (struct stress_options){ .at_once = 8 };
	assert_int_equal(code_of(limit_on_64), 0);
	asked = (struct stress_options){ .at_once = 9 };
	assert_int_equal(code_of(limit_on_64), EXIT_USAGE);
	asked = (struct stress_options){ .at_once = 9, .lockup_tier = true };
	assert_int_equal(code_of(limit_on_64), 0);
	asked = (struct stress_options){ .at_once = 5 };
	assert_int_equal(code_of(limit_on_4), EXIT_UNKNOWN);
}

/* What the others are told, and what they answer. */
static struct others {
	const char *counters_error, *step_error;
	size_t steps, ends, skips;
	unsigned int probes;
	bool with_maintenances;
	char reason[REASON_SIZE];
} others;

static struct stress stress;

/* What a run with @options comes to. */
static enum verdict run(struct stress_options options)
{
	stress.options = options;
	memset(&others.steps, 0, sizeof(others) - offsetof(struct others, steps));
	return stress_run(&stress);
}

static void steps(void **state)
{
	(void)state;
	memset(&stress, 0, sizeof(stress));
	stress.machine.cpus = 4;
	run((struct stress_options){ 0 });
	assert_int_equal(others.steps, 3);
	assert_int_equal(others.skips, 1);
	assert_int_equal(others.ends, 1);
	assert_int_equal(others.probes, 0);
	run((struct stress_options){ .lockup_tier = true });
	assert_int_equal(others.steps, 2);
	run((struct stress_options){ .lockup_tier = true,
				     .scenario = { &stress_scenario_split },
				     .scenarios = 1 });
	assert_int_equal(others.steps, 3);
}

/* What was not measured, or not as the machine was in the beginning, is unknown. */
static void endings(void **state)
{
	(void)state;
	memset(&stress, 0, sizeof(stress));
	stress.machine.cpus = 4;
	others.counters_error = "no counters";
	assert_int_equal(run((struct stress_options){ 0 }), VERDICT_UNKNOWN);
	assert_string_equal(others.reason, "no counters");
	assert_int_equal(others.steps, 0);
	others.counters_error = NULL;
	others.step_error = "no step";
	assert_int_equal(run((struct stress_options){ 0 }), VERDICT_UNKNOWN);
	assert_string_equal(others.reason, "no step");
	assert_int_equal(others.steps, 1);
	others.step_error = NULL;
	snprintf(stress.machine.mitigation, sizeof(stress.machine.mitigation), "mitigated");
	assert_int_equal(run((struct stress_options){ 0 }), VERDICT_UNKNOWN);
	assert_non_null(strstr(others.reason, "during the run"));
	assert_int_equal(others.ends, 1);
	stress.machine.mitigation[0] = '\0';
	/* Who boots the guest judges; only there the kernel is probed. */
	stress.guest = true;
	assert_int_equal(run((struct stress_options){ 0 }), VERDICT_UNKNOWN);
	assert_string_equal(others.reason, "");
	assert_true(others.probes == 1 && others.with_maintenances);
	run((struct stress_options){ .lockup_tier = true });
	assert_true(others.probes == 1 && !others.with_maintenances);
	assert_int_equal(unknown_end(&stress, "why"), VERDICT_UNKNOWN);
	assert_string_equal(others.reason, "why");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wanted),
		cmocka_unit_test(at_once),
		cmocka_unit_test(steps),
		cmocka_unit_test(endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What is not run here. */
#define UNUSED_SCENARIO(its_name) \
	const struct stress_scenario stress_scenario_##its_name = { .name = #its_name }
UNUSED_SCENARIO(counter);
UNUSED_SCENARIO(kprobe);
UNUSED_SCENARIO(migrate);
UNUSED_SCENARIO(mprotect);
UNUSED_SCENARIO(uprobe);
UNUSED_SCENARIO(ptrace);
UNUSED_SCENARIO(execute);
UNUSED_SCENARIO(burst);

static const char *needs_more(const struct stress *its)
{
	(void)its;
	return "needs more";
}

const struct stress_scenario stress_scenario_fault = { .name = "fault", .needs = needs_more };
static const struct stress_step split_steps[3];
const struct stress_scenario stress_scenario_split = {
	.name = "split",
	.steps = split_steps,
	.steps_count = 3,
	.lockup_tier_steps = 2,
};

const char *stress_team_create(const struct stress_machine *machine, unsigned int members)
{
	(void)machine;
	(void)members;
	return NULL;
}

bool stress_init_wanted(void)
{
	return false;
}

FILE *stress_init_guest(const struct stress_options *options, const char **error)
{
	(void)options;
	*error = NULL;
	return stdout;
}

void stress_init_power_off(void)
{
	_exit(EXIT_UNKNOWN);
}

const char *stress_machine_read(struct stress_machine *machine)
{
	(void)machine;
	return NULL;
}

struct verdict_machine stress_verdict_machine(const struct stress_machine *machine)
{
	return verdict_machine(machine->cpus, "PIPT", "");
}

const char *stress_counters_open(void)
{
	return others.counters_error;
}

unsigned int stress_counters_probe(bool maintenances)
{
	others.probes++;
	others.with_maintenances = maintenances;
	return 0;
}

bool stress_klog_open(void)
{
	return true;
}

void stress_record_open(enum stress_record_format format, FILE *file)
{
	(void)format;
	(void)file;
}

void stress_record_machine(const struct stress_machine *machine)
{
	(void)machine;
}

void stress_record_end(const struct stress *its, const struct judgement *judgement)
{
	(void)its;
	others.ends++;
	snprintf(others.reason, sizeof(others.reason), "%s", judgement->reason);
}

void stress_skip(struct stress *its, const char *scenario, const char *step, const char *reason)
{
	(void)scenario;
	(void)step;
	(void)reason;
	(void)its;
	others.skips++;
}

const char *stress_step_run(struct stress *its, const struct stress_scenario *scenario,
			    const struct stress_step *step)
{
	(void)its;
	(void)scenario;
	(void)step;
	others.steps++;
	return others.step_error;
}
