// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-status: what is installed, built, loaded or refused, and what to do next
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/beside.h"
#include "lib/say.h"
#include "lib/text.h"
#include "status/status.h"

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-status [OPTION]...\n"
"Prints which kernel modules of icache-ipi this machine has. For each module it says whether it\n"
"is installed, built, signed and loaded, or why it refused to load. Then it says what to do next.\n"
"\n"
"  --next[=repro]   print one line: the running kernel, and what is left to do for the mitigation\n"
"                   (or the reproducer); packages print it when they are installed\n"
"  --repro-result   print the last run of icache_ipi_repro as one JSON object, and no more\n"
"  --root DIR       look for proc, sys, dev, usr, lib and etc under DIR\n"
"  --help, --version\n"
"\n"
"Exit: 0 nothing to do; 1 mitigated, or dormant; 2 the mitigation does not hold;\n"
"3 something is left to do or unknown; 64 usage.\n";
/* clang-format on */

static const struct option long_options[] = {
	{ "next", optional_argument, NULL, 'n' }, { "repro-result", no_argument, NULL, 'j' },
	{ "root", required_argument, NULL, 'r' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },	  { 0 },
};

static void print_module(const struct status_machine *machine, const struct status_module *module)
{
	text_line(stdout, "%s", module->name);
	if (module->source[0])
		text_line(stdout, "  source   %s %s", module->package, module->source);
	else
		text_line(stdout, "  source   not installed");
	if (!module->built_count)
		text_line(stdout, "  built    for no kernel");
	for (size_t i = 0; i < module->built_count; i++) {
		const struct status_built *built = &module->built[i];

		text_line(stdout, "  built    for %s%s, by %s, %s%s", built->kernel,
			  strcmp(built->kernel, machine->release) ? "" : " (running)",
			  built->installer,
			  built->unreadable ? "which modinfo cannot read" :
			  built->signer[0]  ? "signed by " :
					      "not signed",
			  built->signer);
	}
	text_line(stdout, "  loaded   %s%s", module->loaded ? "yes" : "no",
		  module->stale ? ", but not the one that is installed" : "");
	if (module->reason[0])
		text_line(stdout, "  refused  %s: %s", module->reason, module->refused);
}

static void print_mitigation(const struct status_machine *machine)
{
	const time_t since = strtoll(machine->since, NULL, 10);
	const double seconds = difftime(time(NULL), since);
	char date[64] = "a time unknown";
	struct tm parts;

	if (gmtime_r(&since, &parts))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts);
	text_line(stdout, "  state    %s by %s since %s", machine->state, machine->method, date);
	text_line(stdout, "  spared   %s broadcasts, %s bytes flushed", machine->hits,
		  machine->flushed_bytes);
	/* What the fault would cost this machine without the module. */
	if (since > 0 && seconds > 0)
		text_line(stdout, "  rate     %.1f broadcasts a second would interrupt all CPUs",
			  strtod(machine->hits, NULL) / seconds);
}

/* "", or ", " and what the check says of the running kernel: nothing where it does not know */
static const char *verdict_words(const struct status_machine *machine)
{
	return machine->verdict == EXIT_GOOD	 ? ", fixed" :
	       machine->verdict == EXIT_DORMANT	 ? ", dormant or mitigated" :
	       machine->verdict == EXIT_AFFECTED ? ", affected" :
						   "";
}

static enum exit_code print_status(const struct status_machine *machine)
{
	char next[512];
	const enum exit_code code = status_judge(machine, next, sizeof(next));

	text_line(stdout, "kernel     %s%s, headers %s", machine->release, verdict_words(machine),
		  machine->headers ? "there" : "not there");
	text_line(stdout, "lockdown   %s, Secure Boot: %s, modules: %s",
		  machine->lockdown[0] ? machine->lockdown : "unknown", machine->secure_boot,
		  machine->signed_only ? "only signed ones" : "any");
	print_module(machine, &machine->mitigate);
	if (machine->mitigate.loaded && machine->state[0])
		print_mitigation(machine);
	text_line(stdout, "  at boot  %s",
		  machine->service ? "icache-ipi-mitigate.service is enabled" :
				     "no (systemctl enable icache-ipi-mitigate.service)");
	print_module(machine, &machine->repro);
	if (!machine->log_readable)
		text_line(stdout, "Cannot read the kernel's log; run this as root to see more.");
	text_line(stdout, "next       %s", next);
	return code;
}

/* One line, for a package that was just installed. */
static void print_next(const struct status_machine *machine, bool repro)
{
	char next[512];

	if (repro)
		status_judge_repro(machine, next, sizeof(next));
	else
		status_judge(machine, next, sizeof(next));
	text_line(stdout, "%s: kernel %s%s; next: %s",
		  repro ? machine->repro.package : machine->mitigate.package,
		  machine->release[0] ? machine->release : "unknown", verdict_words(machine), next);
}

/* icache-ipi-check in the folder of this program; NULL: there is none of ours */
static const char *find_check(void)
{
	static char path[4096];
	const ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash;

	path[length < 0 ? 0 : length] = '\0';
	slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	strcpy(slash, "/icache-ipi-check");
	return access(path, X_OK) || !beside_is_ours(path) ? NULL : path;
}

int main(int argc, char **argv)
{
	static struct status_machine machine = { .root = "" };
	bool result = false, only_next = false, repro = false;
	char reason[4352];
	int option;

	say_begin("icache-ipi-status");
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		switch (option) {
		case 'n':
			only_next = true;
			repro = optarg;
			if (optarg && strcmp(optarg, "repro"))
				die_usage("--next=repro, not '%s'", optarg);
			break;
		case 'j': result = true; break;
		case 'r': machine.root = optarg; break;
		case 'h': fputs(usage, stdout); return EXIT_GOOD;
		case 'V': puts("icache-ipi-status " ICACHE_IPI_VERSION); return EXIT_GOOD;
		default: say("try --help"); return EXIT_USAGE;
		}
	}
	if (optind < argc)
		die_usage("no arguments, not '%s'", argv[optind]);
	if (result) {
		if (status_print_result(&machine, stdout, reason, sizeof(reason)) != EXIT_GOOD)
			die(EXIT_UNKNOWN, "%s", reason);
		return EXIT_GOOD;
	}
	machine.check = find_check();
	status_read(&machine);
	if (only_next) {
		print_next(&machine, repro);
		return EXIT_GOOD;
	}
	if (!machine.release[0])
		die(EXIT_UNKNOWN, "%s/proc/sys/kernel/osrelease names no kernel: is /proc mounted?",
		    machine.root);
	return print_status(&machine);
}
