// SPDX-License-Identifier: GPL-2.0-only
/*
 * judge.c: from what this machine has to what is left to do
 */
#include <stdio.h>
#include <string.h>

#include "status/status.h"

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

/* Another architecture, or another system's kernel: nothing to do for anybody. */
static bool judge_place(const struct status_machine *machine, char *next, size_t size)
{
	if (machine->foreign)
		snprintf(next, size,
			 "nothing: this machine is not arm64, and only arm64 kernels "
			 "have the fault");
	else if (machine->elsewhere)
		snprintf(next, size,
			 "nothing here: in a container or a chroot the kernel is another "
			 "system's, and so is the module");
	return machine->foreign || machine->elsewhere;
}

/* How this system installs the headers of the running kernel. dkms is told of them by dpkg, not by rpm. */
static void advise_headers(const struct status_machine *machine, char *next, size_t size)
{
	const char *kernel = machine->release;

	if (machine->apt)
		snprintf(next, size, "apt install linux-headers-%s", kernel);
	/* RELEASE+64k is of kernel-64k-devel: what such a package provides has the whole of it. */
	else if (machine->dnf && strchr(kernel, '+'))
		snprintf(next, size, "dnf install 'kernel-devel-uname-r = %s' && dkms autoinstall",
			 kernel);
	else if (machine->dnf)
		snprintf(next, size, "dnf install kernel-devel-%s && dkms autoinstall", kernel);
	else
		snprintf(next, size,
			 "install the headers (Debian: linux-headers-%s, RPM: "
			 "kernel-devel-%s), then: dkms autoinstall",
			 kernel, kernel);
}

/* No source of the mitigation, and no module for this kernel: a kmod for another one excludes dkms's package. */
static void advise_package(const struct status_machine *machine, char *next, size_t size)
{
	const struct status_module *mitigate = &machine->mitigate;
	const char *install = machine->apt ? "apt install icache-ipi-mitigate-dkms" :
			      machine->dnf ? "dnf install icache-ipi-mitigate-dkms" :
					     "install icache-ipi-mitigate-dkms";

	for (size_t i = 0; i < mitigate->built_count; i++) {
		if (!strstr(mitigate->built[i].installer, "kmod-icache-ipi-mitigate"))
			continue;
		snprintf(next, size,
			 "kmod-icache-ipi-mitigate is for %s: install the one for %s, "
			 "which rpm/build --kmod makes of its kernel-devel",
			 mitigate->built[i].kernel, machine->release);
		return;
	}
	if (machine->verdict == EXIT_AFFECTED)
		snprintf(next, size, "%s", install);
	else
		snprintf(next, size,
			 "icache-ipi-check says whether this kernel is affected; if so: %s",
			 install);
}

/* What @module wants before it can be loaded into the running kernel; false: nothing. */
static bool judge_build(const struct status_machine *machine, const struct status_module *module,
			char *next, size_t size)
{
	if (module->built_for_running && machine->signed_only && !module->running_signed)
		snprintf(next, size,
			 "this kernel loads only signed modules: mokutil --import %s, reboot, then "
			 "dkms builds and signs it again: icache-ipi-mitigate(8)",
			 machine->certificate);
	else if (module->built_for_running)
		return false;
	else if (!module->source[0])
		advise_package(machine, next, size);
	else if (!machine->headers)
		advise_headers(machine, next, size);
	else if (module->failed)
		snprintf(next, size,
			 "it did not build: /var/lib/dkms/%s/%s/build/make.log says why; "
			 "then: dkms autoinstall",
			 module->package, module->source);
	else if (module == &machine->mitigate)
		snprintf(
			next, size,
			"dkms builds it for 4.19.0 to 4.19.19 and 4.20.0 to 4.20.6; for others put "
			"BUILD_EXCLUSIVE_KERNEL=. into /etc/dkms/%s.conf, then: dkms autoinstall",
			module->package);
	else
		snprintf(next, size, "dkms autoinstall");
	return true;
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
	if (judge_place(machine, next, size))
		return EXIT_GOOD;
	if (mitigate->reason[0])
		return judge_refusal(mitigate->reason, next, size);
	if (machine->verdict == EXIT_GOOD || machine->verdict == EXIT_DORMANT) {
		snprintf(next, size, "nothing: this kernel %s",
			 machine->verdict == EXIT_GOOD ? "does not need it" :
							 "is dormant or mitigated here");
		return machine->verdict;
	}
	if (judge_build(machine, mitigate, next, size))
		return EXIT_UNKNOWN;
	snprintf(next, size,
		 "modprobe icache_ipi_mitigate: it loads only where it helps; "
		 "at each boot: systemctl enable icache-ipi-mitigate");
	return EXIT_UNKNOWN;
}

enum exit_code status_judge_repro(const struct status_machine *machine, char *next, size_t size)
{
	if (judge_place(machine, next, size))
		return EXIT_GOOD;
	if (judge_build(machine, &machine->repro, next, size))
		return EXIT_UNKNOWN;
	snprintf(next, size, "nothing; icache-ipi-repro(8) tells how to use it, and its dangers");
	return EXIT_GOOD;
}
