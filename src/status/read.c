// SPDX-License-Identifier: GPL-2.0-only
/*
 * read.c: where each fact stands: /proc, /sys, /usr/src, /lib/modules and the kernel's log
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/machine.h"
#include "lib/paths.h"
#include "lib/text.h"
#include "status/status.h"

/* The kernel's own buffer has 128 KiB to some MiB. */
#define LOG_SIZE_MAX (64ul << 20)
/* Of a kernel's release (the kernel's setlocalversion, Debian's and RPM's names of packages). */
#define RELEASE_CHARACTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.+-_~"

/* Only Arm's kernels name the implementer of a CPU. Where there is no cpuinfo, it is taken for arm64. */
static void read_architecture(struct status_machine *machine)
{
	char path[4096], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/cpuinfo", machine->root);
	file = file_open(path);
	if (!file)
		return;
	machine->foreign = true;
	while (machine->foreign && fgets(line, sizeof(line), file))
		machine->foreign = strncmp(line, "CPU implementer", strlen("CPU implementer"));
	fclose(file);
}

static bool exists(const struct status_machine *machine, const char *pattern)
{
	glob_t found;
	const bool any = paths_find(machine->root, pattern, &found);

	globfree(&found);
	return any;
}

static void read_module(struct status_machine *machine, struct status_module *module)
{
	char pattern[128];
	glob_t found;
	size_t count;

	snprintf(pattern, sizeof(pattern), "usr/src/%s-[0-9]*/dkms.conf", module->package);
	count = paths_find(machine->root, pattern, &found);
	if (count) {
		const char *version = found.gl_pathv[count - 1] + strlen(machine->root) +
				      strlen("/usr/src/") + strlen(module->package) + 1;

		snprintf(module->source, sizeof(module->source), "%.*s", (int)strcspn(version, "/"),
			 version);
	}
	globfree(&found);
	status_read_built(machine, module);
	snprintf(pattern, sizeof(pattern), "sys/module/%s", module->name);
	module->loaded = exists(machine, pattern);
}

/*
 * "LEVEL,NUMBER,TIME,FLAGS;MESSAGE" (Documentation/ABI/testing/dev-kmsg in the kernel): the message, if
 * the kernel wrote it: what programs write there has a facility, levels from 8 on. NULL: no such line.
 */
static const char *kernel_message(const char *line)
{
	char *end;
	const unsigned long level = strtoul(line, &end, 10);
	const char *message = strchr(line, ';');

	return isdigit((unsigned char)*line) && *end == ',' && level < 8 && message ?
		       message + 1 :
		       NULL;
}

/* The value of KEY= in @line, "" when it has none; @stop ends it. */
static void take_value(const char *line, const char *key, char stop, char *value, size_t size)
{
	const char *at = strstr(line, key);
	char whole[1024];

	value[0] = '\0';
	if (!at)
		return;
	text_copy(whole, sizeof(whole), at + strlen(key));
	whole[strcspn(whole, (char[]){ stop, '\0' })] = '\0';
	text_copy(value, size, whole);
}

/*
 * "icache_ipi_NAME: event=refused reason=WORD error=NUMBER text="SENTENCE"", as modules/common/refuse.h
 * promises: the last one counts; what was loaded since clears it. Others may name the module, but not
 * there.
 */
static void take_log_line(struct status_module *module, const char *line)
{
	const char *at = kernel_message(line);
	const size_t length = strlen(module->name);
	char event[32];

	if (!at || strncmp(at, module->name, length) ||
	    strncmp(at + length, ": event=", strlen(": event=")))
		return;
	at += length + 1;
	take_value(at, " event=", ' ', event, sizeof(event));
	if (!strcmp(event, "refused")) {
		take_value(at, " reason=", ' ', module->reason, sizeof(module->reason));
		take_value(at, " text=\"", '"', module->refused, sizeof(module->refused));
	} else if (!strcmp(event, "loaded")) {
		module->reason[0] = '\0';
	}
}

static void take_record(struct status_machine *machine, char *record)
{
	char *rest;

	for (char *line = strtok_r(record, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		take_log_line(&machine->mitigate, line);
		take_log_line(&machine->repro, line);
	}
}

/* The kernel's log: a device that gives one record a read. */
static bool is_kmsg(int fd)
{
	struct stat status;

	return !fstat(fd, &status) && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 11);
}

/* EPIPE: records were overwritten before they could be read. */
static void read_records(struct status_machine *machine, int fd)
{
	char record[8193];
	ssize_t got;

	while ((got = read(fd, record, sizeof(record) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		record[got > 0 ? got : 0] = '\0';
		take_record(machine, record);
	}
}

/* Under --root a file of the same name, with all records. */
static void read_log(struct status_machine *machine)
{
	char path[4096], *all;
	int fd;

	snprintf(path, sizeof(path), "%s/dev/kmsg", machine->root);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	machine->log_readable = is_kmsg(fd);
	all = machine->log_readable ? NULL : file_read_fd(fd, LOG_SIZE_MAX, NULL);
	if (machine->log_readable)
		read_records(machine, fd);
	if (all) {
		machine->log_readable = true;
		take_record(machine, all);
	}
	free(all);
	close(fd);
}

/* "none [integrity] confidentiality": the word in brackets is what holds. */
static void read_lockdown(struct status_machine *machine)
{
	char line[128];
	const char *open_bracket;

	machine_line(machine->root, "sys/kernel/security/lockdown", line, sizeof(line));
	open_bracket = strchr(line, '[');
	if (open_bracket)
		snprintf(machine->lockdown, sizeof(machine->lockdown), "%.*s",
			 (int)strcspn(open_bracket + 1, "]"), open_bracket + 1);
}

/*
 * The firmware's variable is four bytes of attributes and one of truth (UEFI 2.10, 3.3). What the
 * kernel demands of modules follows from its own settings: module.sig_enforce, and lockdown where it
 * has signatures at all.
 */
static void read_secure_boot(struct status_machine *machine)
{
	static const char variable[] =
		"sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
	unsigned char value[5] = { 0 };
	char path[4096], line[16];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", machine->root, variable);
	file = file_open(path);
	if (file)
		machine->secure_boot = fread(value, 1, 5, file) < 5 ? "unknown" :
				       value[4]			    ? "on" :
								      "off";
	else
		machine->secure_boot = exists(machine, "sys/firmware/efi") ? "unknown" : "no EFI";
	if (file)
		fclose(file);
	machine_line(machine->root, "sys/module/module/parameters/sig_enforce", line, sizeof(line));
	machine->signed_only = line[0] == 'Y' || (line[0] && machine->lockdown[0] &&
						  strcmp(machine->lockdown, "none"));
}

/*
 * Where dkms has its certificate: mok_certificate= of its framework.conf, or of a file of framework.conf.d,
 * the last of which counts. Else Ubuntu's, where that machine has one, or dkms's own default.
 */
static void read_certificate(struct status_machine *machine)
{
	static const char *const patterns[] = { "etc/dkms/framework.conf",
						"etc/dkms/framework.conf.d/*.conf" };
	char line[512], value[sizeof(machine->certificate)];
	glob_t found;

	text_copy(machine->certificate, sizeof(machine->certificate),
		  exists(machine, "var/lib/shim-signed/mok/MOK.der") ?
			  "/var/lib/shim-signed/mok/MOK.der" :
			  "/var/lib/dkms/mok.pub");
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const size_t count = paths_find(machine->root, patterns[i], &found);

		for (size_t j = 0; j < count; j++) {
			FILE *file = file_open(found.gl_pathv[j]);

			while (file && fgets(line, sizeof(line), file)) {
				if (strncmp(line, "mok_certificate=", strlen("mok_certificate=")))
					continue;
				text_copy(value, sizeof(value),
					  line + strlen("mok_certificate=") +
						  strspn(line + strlen("mok_certificate="), "\"'"));
				value[strcspn(value, "\"' \t\n")] = '\0';
				if (value[0] == '/')
					text_copy(machine->certificate,
						  sizeof(machine->certificate), value);
			}
			if (file)
				fclose(file);
		}
		globfree(&found);
	}
}

/* Is a file of this name there, for a program to be run? */
static bool has_program(const struct status_machine *machine, const char *name)
{
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "usr/*bin/%s", name);
	return exists(machine, pattern);
}

/* proc/self/mountinfo names the mount points below this process's root: one of them is "/", but in a chroot. */
static bool root_is_mounted(void)
{
	char line[4096], point[4096];
	FILE *file = fopen("/proc/self/mountinfo", "re");
	bool mounted = !file;

	while (file && !mounted && fgets(line, sizeof(line), file))
		mounted = sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && !strcmp(point, "/");
	if (file)
		fclose(file);
	return mounted;
}

/*
 * The kernel is another system's: in a container, whose manager leaves one of these files; or in a chroot,
 * where the first process has another root folder. Not everybody may look there.
 */
static void read_elsewhere(struct status_machine *machine)
{
	struct stat own, first;

	machine->elsewhere = exists(machine, "run/systemd/container") ||
			     exists(machine, "run/.containerenv") ||
			     exists(machine, ".dockerenv") || !machine->release[0];
	if (machine->root[0])
		return;
	machine->elsewhere |= !root_is_mounted();
	if (!stat("/", &own) && !stat("/proc/1/root/.", &first))
		machine->elsewhere |= own.st_dev != first.st_dev || own.st_ino != first.st_ino;
}

/* What icache-ipi-check, beside this program, says of the running kernel; EXIT_UNKNOWN without it. */
static void read_verdict(struct status_machine *machine)
{
	const char *const argv[] = { machine->check, "--quiet", machine->root[0] ? "--root" : NULL,
				     machine->root, NULL };
	char line[8];
	int code;

	machine->verdict = EXIT_UNKNOWN;
	if (machine->foreign || machine->elsewhere || machine->mitigate.loaded || !machine->check)
		return;
	code = status_first_line(line, sizeof(line), argv);
	if (code >= EXIT_GOOD && code < EXIT_UNKNOWN)
		machine->verdict = code;
}

/* The log that dkms keeps of the last build that failed: its first line names the kernel. */
static void read_failed(struct status_machine *machine, struct status_module *module)
{
	char path[4096], line[512];
	const size_t length = strlen(machine->release);
	const char *at;
	FILE *file;

	snprintf(path, sizeof(path), "%s/var/lib/dkms/%s/%s/build/make.log", machine->root,
		 module->package, module->source);
	file = module->source[0] ? file_open(path) : NULL;
	if (!file)
		return;
	at = fgets(line, sizeof(line), file) ? strstr(line, " for kernel ") : NULL;
	at = at ? at + strlen(" for kernel ") : "";
	module->failed = !strncmp(at, machine->release, length) && at[length] == ' ';
	fclose(file);
}

void status_read(struct status_machine *machine)
{
	static const char place[] = "sys/module/" MACHINE_MITIGATION "/";
	struct {
		const char *name;
		char *to;
		size_t size;
	} values[] = {
		{ "state", machine->state, sizeof(machine->state) },
		{ "method", machine->method, sizeof(machine->method) },
		{ "hits", machine->hits, sizeof(machine->hits) },
		{ "flushed_bytes", machine->flushed_bytes, sizeof(machine->flushed_bytes) },
		{ "since", machine->since, sizeof(machine->since) },
	};
	char name[256];

	machine->mitigate.name = MACHINE_MITIGATION;
	machine->mitigate.package = "icache-ipi-mitigate";
	machine->repro.name = "icache_ipi_repro";
	machine->repro.package = "icache-ipi-repro";
	machine_line(machine->root, "proc/sys/kernel/osrelease", machine->release,
		     sizeof(machine->release));
	/* It goes into paths and into commands to type, and --root may be a stranger's: uname -r has these alone. */
	if (machine->release[strspn(machine->release, RELEASE_CHARACTERS)])
		machine->release[0] = '\0';
	read_architecture(machine);
	read_lockdown(machine);
	read_secure_boot(machine);
	read_certificate(machine);
	snprintf(name, sizeof(name), "lib/modules/%s/build/Makefile", machine->release);
	machine->headers = exists(machine, name);
	machine->service = exists(machine,
				  "etc/systemd/system/*.wants/icache-ipi-mitigate.service");
	read_module(machine, &machine->mitigate);
	read_module(machine, &machine->repro);
	read_failed(machine, &machine->mitigate);
	read_failed(machine, &machine->repro);
	read_elsewhere(machine);
	read_verdict(machine);
	machine->apt = has_program(machine, "apt-get");
	machine->dnf = has_program(machine, "dnf");
	read_log(machine);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(name, sizeof(name), "%s%s", place, values[i].name);
		machine_line(machine->root, name, values[i].to, values[i].size);
	}
}
