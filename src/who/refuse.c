// SPDX-License-Identifier: GPL-2.0-only
/*
 * refuse.c: why this machine cannot be watched, and what to do about it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/machine.h"
#include "who/who.h"

#define KALLSYMS_MAX (64u << 20)

static bool refuse(char why[static WHO_REASON_SIZE], const char *because)
{
	snprintf(why, WHO_REASON_SIZE, "%s", because);
	return true;
}

/* Kernels with kprobe events have this function (kernel/trace/trace_kprobe.c), old ones too. */
static bool has_kprobe_events(const char *root)
{
	char path[4096], *names;
	bool found;

	snprintf(path, sizeof(path), "%s/proc/kallsyms", root);
	names = file_read(path, KALLSYMS_MAX, NULL);
	found = names && strstr(names, " kprobe_dispatcher\n");
	free(names);
	return found;
}

static bool is_locked_down(const char *root)
{
	char line[128];

	machine_line(root, "sys/kernel/security/lockdown", line, sizeof(line));
	return strstr(line, "[confidentiality]");
}

bool who_refuse(const char *root, bool *old, char why[static WHO_REASON_SIZE])
{
	char line[128];

	*old = false;
#if !defined(__aarch64__) && !defined(__x86_64__)
	return refuse(why,
		      "this runs on arm64 and x86-64 alone: a stack is read differently elsewhere");
#endif
	machine_line(root, "sys/bus/event_source/devices/software/type", line, sizeof(line));
	if (!*line)
		return refuse(why, "this kernel has no perf events: mount /sys, or boot a kernel "
				   "with CONFIG_PERF_EVENTS");
	machine_line(root, "sys/bus/event_source/devices/kprobe/type", line, sizeof(line));
	if (!*line) {
		*old = has_kprobe_events(root);
		return refuse(why, *old ? "this kernel is older than Linux 4.17, and cannot name "
					  "who sends interrupts" :
					  "this kernel has no kprobe events: boot one with "
					  "CONFIG_KPROBE_EVENTS; /proc/interrupts counts arrivals");
	}
	machine_line(root, "sys/kernel/debug/kprobes/enabled", line, sizeof(line));
	if (!strcmp(line, "0"))
		return refuse(why, "kprobes are switched off: "
				   "echo 1 >/sys/kernel/debug/kprobes/enabled");
	if (is_locked_down(root))
		return refuse(why, "this kernel is locked down for confidentiality, which forbids "
				   "kprobes: boot it with lockdown=integrity");
	return false;
}

/* Root is refused by a container's filter, or by a sysctl of the distribution. */
static const char *advice_for(const char *root)
{
	char paranoid[32];

	if (geteuid())
		return "run this as root";
	machine_line(root, "proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	if (atoi(paranoid) > 2)
		return "run this with CAP_SYS_ADMIN, or 'sysctl kernel.perf_event_paranoid=2'";
	return "run this with CAP_SYS_ADMIN, outside of any container";
}

void who_refuse_errno(const char *root, const char *what, char why[static WHO_REASON_SIZE])
{
	const int error = errno;
	const char *advice = "see what the kernel's log says";

	switch (error) {
	case EPERM:
	case EACCES: advice = advice_for(root); break;
	case ENOSYS: advice = "boot a kernel with CONFIG_BPF_SYSCALL and CONFIG_PERF_EVENTS"; break;
	case ENOENT: advice = "boot a kernel for more than one CPU (CONFIG_SMP)"; break;
	case EINVAL: advice = "boot a kernel with CONFIG_BPF_EVENTS"; break;
	case ENOMEM: advice = "free some memory"; break;
	default: break;
	}
	snprintf(why, WHO_REASON_SIZE, "cannot %s: %s: %s", what, strerror(error), advice);
}
