// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-stress: make pages executable in every way, and count what it costs the other CPUs
 */
#include <getopt.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "lib/machine.h"
#include "lib/say.h"
#include "stress/stress.h"

/* In the order they run: the counters are proven before anything relies on them. */
static const struct stress_scenario *const scenarios[] = {
	&stress_scenario_counter, &stress_scenario_kprobe,  &stress_scenario_fault,
	&stress_scenario_split,	  &stress_scenario_migrate, &stress_scenario_mprotect,
	&stress_scenario_uprobe,  &stress_scenario_ptrace,  &stress_scenario_execute,
	&stress_scenario_burst,
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-stress [OPTION]... [SCENARIO]...\n"
"Makes pages executable, counts the interrupts of all other CPUs, and prints a verdict.\n"
"Without a SCENARIO it runs the count tier: every scenario except \"burst\", with one CPU at a\n"
"time. The count tier is safe on a server in use.\n"
"\n"
"  -l, --list              list the scenarios, each with its control and its steps\n"
"      --lockup-tier       run \"burst\", the situation of the original report, and the steps\n"
"                          that its verdict needs. An affected machine with 64 CPUs then\n"
"                          hangs for seconds and reports soft lockups\n"
"  -n, --at-once=N         CPUs of a burst (default: all; without --lockup-tier at most 8)\n"
"  -s, --sweep             also run bursts of 1, 8, 16, 32 ... CPUs\n"
"  -r, --rounds=N          repeat each step N times, each on another CPU (default: 2)\n"
"  -d, --deadline=SECONDS  stop after that long and exit 3 (default: 300; 0: never)\n"
"  -j, --json              print one JSON object (docs/schemas/result.schema.json), no table\n"
"  -h, --help, --version\n"
"In the guest of icache-ipi-vm only:\n"
"      --watchdog-thresh=SECONDS  set the sysctl of that name\n"
"      --load-module=FILE[,PARAMETER...]  load this module first; may be repeated\n"
"      --inject                   let icache_ipi_repro put the fault into a fixed kernel\n"
"\n"
"Exit: 0 fixed; 1 dormant or mitigated; 2 affected; 3 unknown; 64 usage.\n";
/* clang-format on */

enum { OPTION_LOCKUP_TIER = 256, OPTION_THRESH, OPTION_LOAD_MODULE, OPTION_INJECT, OPTION_VERSION };

static const struct option long_options[] = {
	{ "list", no_argument, NULL, 'l' },
	{ "at-once", required_argument, NULL, 'n' },
	{ "lockup-tier", no_argument, NULL, OPTION_LOCKUP_TIER },
	{ "sweep", no_argument, NULL, 's' },
	{ "rounds", required_argument, NULL, 'r' },
	{ "deadline", required_argument, NULL, 'd' },
	{ "json", no_argument, NULL, 'j' },
	{ "watchdog-thresh", required_argument, NULL, OPTION_THRESH },
	{ "load-module", required_argument, NULL, OPTION_LOAD_MODULE },
	{ "inject", no_argument, NULL, OPTION_INJECT },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static unsigned int parse_number(const char *name, const char *text, unsigned int low,
				 unsigned int high)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number < low || number > high)
		die_usage("--%s wants a number from %u to %u, not '%s'", name, low, high, text);
	return number;
}

static void list_scenarios(void)
{
	for (size_t i = 0; i < SCENARIOS; i++) {
		const struct stress_scenario *scenario = scenarios[i];

		printf("%-10s %s\n%-10s control: %s\n", scenario->name, scenario->summary, "",
		       scenario->control);
		for (size_t j = 0; j < scenario->steps_count; j++)
			printf("%s%s",
			       j % 6 ? ", " :
			       j     ? ",\n           " :
				       "           ",
			       scenario->steps[j].name);
		printf("%s", scenario->steps_count ? "\n" : "");
	}
	exit(EXIT_GOOD);
}

static const struct stress_scenario *find_scenario(const char *name)
{
	for (size_t i = 0; i < SCENARIOS; i++)
		if (!strcmp(scenarios[i]->name, name))
			return scenarios[i];
	die_usage("no scenario '%s': --list shows them", name);
}

static void parse_options(int argc, char **argv, struct stress_options *options,
			  enum stress_record_format *format)
{
	int option;

	while ((option = getopt_long(argc, argv, "ln:sr:d:jh", long_options, NULL)) >= 0) {
		switch (option) {
		case 'l': list_scenarios(); break;
		case 'n':
			options->at_once = parse_number("at-once", optarg, 1, STRESS_CPUS_MAX);
			break;
		case OPTION_LOCKUP_TIER: options->lockup_tier = true; break;
		case 's': options->sweep = true; break;
		case 'r': options->rounds = parse_number("rounds", optarg, 1, 512); break;
		case 'd': options->deadline_s = parse_number("deadline", optarg, 0, 86400); break;
		case 'j': *format = RECORD_JSON; break;
		case OPTION_THRESH:
			options->watchdog_thresh = parse_number("watchdog-thresh", optarg, 0, 60);
			break;
		case OPTION_LOAD_MODULE:
			if (options->modules ==
			    sizeof(options->module) / sizeof(options->module[0]))
				die_usage("--load-module: eight at most");
			options->module[options->modules++] = optarg;
			break;
		case OPTION_INJECT: options->inject = true; break;
		case 'h': fputs(usage, stdout); exit(EXIT_GOOD);
		case OPTION_VERSION: puts("icache-ipi-stress " ICACHE_IPI_VERSION); exit(EXIT_GOOD);
		default: say("try --help"); exit(EXIT_USAGE);
		}
	}
	for (; optind < argc; optind++) {
		if (options->scenarios == SCENARIOS)
			die_usage("%zu scenarios at most", SCENARIOS);
		options->scenario[options->scenarios++] = find_scenario(argv[optind]);
	}
}

/* How many CPUs work at once: what was asked for, what there is, what is harmless. */
static void limit_at_once(struct stress_options *options, unsigned int cpus)
{
	const bool unlimited = options->lockup_tier;

	if (options->at_once > cpus)
		die(EXIT_UNKNOWN, "--at-once=%u, but %u CPUs are online", options->at_once, cpus);
	if (options->at_once > STRESS_SAFE_AT_ONCE && !unlimited)
		die_usage("more than %d CPUs at once can lock up an affected machine: add "
			  "--lockup-tier",
			  STRESS_SAFE_AT_ONCE);
	if (!options->at_once)
		options->at_once = unlimited || cpus < STRESS_SAFE_AT_ONCE ? cpus :
									     STRESS_SAFE_AT_ONCE;
}

static enum verdict unknown_end(struct stress *stress, const char *reason)
{
	struct judgement judgement = { .verdict = VERDICT_UNKNOWN, .form = FORM_NONE };

	snprintf(judgement.reason, sizeof(judgement.reason), "%s", reason);
	stress_record_end(stress, &judgement);
	return VERDICT_UNKNOWN;
}

/* Sleeps until the deadline, without a tick in between, then ends the program. */
static void *deadline_main(void *argument)
{
	struct stress *stress = argument;
	const struct timespec deadline = { .tv_sec = stress->options.deadline_s };

	clock_nanosleep(CLOCK_MONOTONIC, 0, &deadline, NULL);
	unknown_end(stress, "the workload's own deadline passed (--deadline)");
	if (stress->guest)
		stress_init_power_off();
	_exit(EXIT_UNKNOWN);
}

static const char *start_deadline(struct stress *stress)
{
	pthread_t thread;

	if (stress->options.deadline_s && pthread_create(&thread, NULL, deadline_main, stress))
		return "cannot create the deadline's thread";
	return NULL;
}

/* True when @scenario was asked for, or belongs to the tier. The counters are always proven. */
static bool scenario_wanted(const struct stress_options *options,
			    const struct stress_scenario *scenario)
{
	if (scenario == &stress_scenario_counter || scenario == &stress_scenario_kprobe)
		return true;
	for (unsigned int i = 0; i < options->scenarios; i++)
		if (options->scenario[i] == scenario)
			return true;
	if (options->scenarios)
		return false;
	return options->lockup_tier ?
		       scenario == &stress_scenario_burst || scenario->lockup_tier_steps :
		       scenario != &stress_scenario_burst;
}

static const char *run_steps(struct stress *stress, const struct stress_scenario *scenario)
{
	const bool few = stress->options.lockup_tier && !stress->options.scenarios;
	const size_t count = few && scenario->lockup_tier_steps ? scenario->lockup_tier_steps :
								  scenario->steps_count;
	const char *error = NULL;

	for (size_t i = 0; i < count && !error; i++)
		error = stress_step_run(stress, scenario, &scenario->steps[i]);
	return error;
}

/* Runs @scenario, or says why it was skipped. NULL, or why nothing can be said at all. */
static const char *scenario_run(struct stress *stress, const struct stress_scenario *scenario)
{
	const char *reason = scenario->needs ? scenario->needs(stress) : NULL;

	if (reason) {
		stress_skip(stress, scenario->name, "", reason);
		return NULL;
	}
	return scenario->run ? scenario->run(stress) : run_steps(stress, scenario);
}

static enum verdict stress_run(struct stress *stress)
{
	const struct stress_machine *machine = &stress->machine;
	struct verdict_machine where;
	struct judgement judgement;
	char mitigation[sizeof(machine->mitigation)];
	const char *error;

	error = stress_counters_open();
	if (!error)
		error = stress_team_create(machine, machine->cpus);
	if (!error)
		error = start_deadline(stress);
	if (error)
		return unknown_end(stress, error);

	if (!stress_klog_open())
		say("cannot read /dev/kmsg: soft lockups are not counted");
	/* Only in a guest: an operator's kernel is not patched behind his back. */
	if (stress->guest)
		stress->probed = stress_counters_probe(!stress->options.lockup_tier);
	/* The program's own text is executable too: fault it in before anything is counted. */
	mlockall(MCL_CURRENT);

	for (size_t i = 0; i < SCENARIOS && !error; i++)
		if (scenario_wanted(&stress->options, scenarios[i]))
			error = scenario_run(stress, scenarios[i]);
	if (error)
		return unknown_end(stress, error);

	machine_mitigation("", mitigation, sizeof(mitigation));
	if (strcmp(mitigation, machine->mitigation))
		return unknown_end(
			stress,
			"icache_ipi_mitigate was loaded, unloaded or lost its effect during the run");
	/* In a guest, icache-ipi-vm judges, which also knows how the run ended. */
	if (stress->guest) {
		stress_record_end(stress, &(struct judgement){ .verdict = VERDICT_UNKNOWN,
							       .form = FORM_NONE });
		return VERDICT_UNKNOWN;
	}
	where = stress_verdict_machine(machine);
	judgement = verdict_of_rows(stress->rows, stress->rows_count, &where);
	stress_record_end(stress, &judgement);
	return judgement.verdict;
}

int main(int argc, char **argv)
{
	static struct stress stress = {
		.options = { .rounds = 2, .deadline_s = 300, .watchdog_thresh = -1 },
	};
	enum stress_record_format format = RECORD_TABLE;
	enum verdict verdict;
	const char *error, *unprepared = NULL;
	FILE *out = stdout;

	say_begin("icache-ipi-stress");
	parse_options(argc, argv, &stress.options, &format);
	stress.guest = stress_init_wanted();
	if (stress.guest) {
		out = stress_init_guest(&stress.options, &unprepared);
		format = RECORD_STREAM;
	}
	stress_record_open(format, out);
	error = stress_machine_read(&stress.machine);
	if (error)
		die(EXIT_UNKNOWN, "%s", error);
	limit_at_once(&stress.options, stress.machine.cpus);
	stress_record_machine(&stress.machine);
	verdict = unprepared ? unknown_end(&stress, unprepared) : stress_run(&stress);
	if (stress.guest)
		stress_init_power_off();
	return verdict_exit(verdict);
}
