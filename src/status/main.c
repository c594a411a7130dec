// SPDX-License-Identifier: GPL-2.0-only
/*
 * icache-ipi-status: what is installed, built, loaded or refused, and what to do next
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/say.h"
#include "lib/text.h"
#include "status/status.h"

/* clang-format off */
static const char usage[] =
"usage: icache-ipi-status [OPTION]...\n"
"Prints which kernel modules of icache-ipi this machine has. For each module it says whether it\n"
"is installed, built, signed and loaded, or why it refused to load. Then it says what to do next.\n"
"\n"
"  --repro-result   print the last run of icache_ipi_repro as one JSON object, and no more\n"
"  --root DIR       look for proc, sys, dev, usr, lib and etc under DIR\n"
"  --help, --version\n"
"\n"
"Exit: 0 nothing to do; 1 mitigated, or dormant; 2 the mitigation does not hold;\n"
"3 something is left to do or unknown; 64 usage.\n";
/* clang-format on */

static const struct option long_options[] = {
	{ "repro-result", no_argument, NULL, 'j' },
	{ "root", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

/* What each word that the module refuses with makes of this machine, and what to do next. */
static const struct refusal {
	const char *reason;
	enum exit_code code;
	const char *next;
} refusals[] = {
	{ "fixed", EXIT_GOOD, "nothing: this kernel does not need it" },
	{ "dormant", EXIT_DORMANT, "nothing: this machine never runs the affected code" },
	{ "patched", EXIT_DORMANT,
	  "nothing: a live patch mitigates this kernel; leave that patch loaded" },
	{ "locked-down", EXIT_UNKNOWN, "boot a kernel with the fix; no module can help here" },
	{ "unknown-code", EXIT_AFFECTED, "boot a kernel with the fix; no module knows this code" },
	{ "no-probes", EXIT_UNKNOWN,
	  "echo 1 >/sys/kernel/debug/kprobes/enabled, then: "
	  "modprobe icache_ipi_mitigate" },
	{ "missed", EXIT_UNKNOWN, "try again: modprobe icache_ipi_mitigate" },
	{ "raced", EXIT_UNKNOWN, "try again: modprobe icache_ipi_mitigate" },
	{ "changed", EXIT_UNKNOWN,
	  "end the probe or tracer that it names, then: "
	  "modprobe icache_ipi_mitigate" },
	{ "other-broadcast", EXIT_AFFECTED,
	  "boot a kernel with the fix; the module cannot change this one" },
};

static enum exit_code judge_refusal(const char *reason, char *next, size_t size)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (strcmp(reason, refusals[i].reason))
			continue;
		snprintf(next, size, "%s", refusals[i].next);
		return refusals[i].code;
	}
	snprintf(next, size,
		 "see the word '%s' in icache-ipi-mitigate(8), then: "
		 "modprobe icache_ipi_mitigate",
		 reason);
	return EXIT_UNKNOWN;
}

enum exit_code status_judge(const struct status_machine *machine, char *next, size_t size)
{
	const struct status_module *mitigate = &machine->mitigate;

	if (mitigate->loaded && mitigate->stale && !strcmp(machine->state, "mitigated")) {
		snprintf(next, size,
			 "another version is installed than is loaded: "
			 "rmmod icache_ipi_mitigate && modprobe icache_ipi_mitigate");
		return EXIT_DORMANT;
	}
	if (mitigate->loaded && !strcmp(machine->state, "mitigated")) {
		snprintf(next, size, "nothing now; boot a fixed kernel when you can");
		return EXIT_DORMANT;
	}
	if (mitigate->loaded && !strcmp(machine->state, "dormant")) {
		snprintf(next, size, "nothing: this machine never runs the affected code");
		return EXIT_DORMANT;
	}
	if (mitigate->loaded) {
		snprintf(next, size,
			 "something else changed the same code: run "
			 "rmmod icache_ipi_mitigate, then modprobe it again");
		return EXIT_AFFECTED;
	}
	if (machine->foreign) {
		snprintf(next, size,
			 "nothing: this machine is not arm64, and only arm64 kernels "
			 "have the fault");
		return EXIT_GOOD;
	}
	if (mitigate->reason[0])
		return judge_refusal(mitigate->reason, next, size);
	if (mitigate->built_for_running && machine->signed_only && !mitigate->running_signed)
		snprintf(next, size,
			 "this kernel loads only signed modules: mokutil --import %s, reboot, then "
			 "dkms builds and signs it again: icache-ipi-mitigate(8)",
			 machine->certificate);
	else if (mitigate->built_for_running)
		snprintf(next, size, "modprobe icache_ipi_mitigate: it loads only where it helps");
	else if (!mitigate->source[0])
		snprintf(next, size,
			 "icache-ipi-check says whether this kernel is affected; "
			 "if so, install icache-ipi-mitigate-dkms");
	else if (!machine->headers)
		snprintf(next, size,
			 "install the headers (Debian: linux-headers-%s, RPM: "
			 "kernel-devel-%s), then: dkms autoinstall",
			 machine->release, machine->release);
	else
		snprintf(next, size,
			 "dkms builds it only for 4.19.0 to 4.19.19 and 4.20.0 to 4.20.6; if "
			 "icache-ipi-check says affected, change that in its dkms.conf");
	return EXIT_UNKNOWN;
}

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

		text_line(stdout, "  built    for %s%s, %s%s", built->kernel,
			  strcmp(built->kernel, machine->release) ? "" : " (running)",
			  built->signer[0] ? "signed by " : "not signed", built->signer);
	}
	text_line(stdout, "  loaded   %s%s", module->loaded ? "yes" : "no",
		  module->stale ? ", but not the one that is installed" : "");
	if (module->reason[0])
		text_line(stdout, "  refused  %s: %s", module->reason, module->refused);
}

static void print_mitigation(const struct status_machine *machine)
{
	const time_t since = strtoll(machine->since, NULL, 10);
	char date[64] = "a time unknown";
	struct tm parts;

	if (gmtime_r(&since, &parts))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &parts);
	text_line(stdout, "  state    %s by %s since %s", machine->state, machine->method, date);
	text_line(stdout, "  spared   %s broadcasts, %s bytes flushed", machine->hits,
		  machine->flushed_bytes);
}

static enum exit_code print_status(const struct status_machine *machine)
{
	char next[512];
	const enum exit_code code = status_judge(machine, next, sizeof(next));

	text_line(stdout, "kernel     %s, headers %s", machine->release,
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

int main(int argc, char **argv)
{
	static struct status_machine machine = { .root = "" };
	bool result = false;
	char reason[4352];
	int option;

	say_program = "icache-ipi-status";
	while ((option = getopt_long(argc, argv, "h", long_options, NULL)) >= 0) {
		switch (option) {
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
	status_read(&machine);
	if (!machine.release[0])
		die(EXIT_UNKNOWN, "%s/proc/sys/kernel/osrelease cannot be read: is /proc mounted?",
		    machine.root);
	return print_status(&machine);
}
