// SPDX-License-Identifier: GPL-2.0-only
/*
 * accel.c: who runs the guest's CPUs: QEMU, with a clock of its own (icount) or by the host's, or the host
 *
 * Only under icount is guest time the same in every run: what is proven there is exact to the nanosecond.
 * The counts that a verdict rests on are exact under each.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/say.h"
#include "lib/text.h"
#include "vm/vm.h"

const char *const vm_accel_names[] = { "icount", "tcg", "kvm" };

bool vm_accel_parse(const char *name, enum vm_accel *accel)
{
	for (int i = 0; i <= ACCEL_KVM; i++) {
		if (!strcmp(name, vm_accel_names[i])) {
			*accel = i;
			return true;
		}
	}
	return false;
}

char *vm_kvm_refusal(const char *machine, const char *device, unsigned int cpus_online,
		     unsigned int cpus)
{
	int fd;

	if (strcmp(machine, "aarch64"))
		return text(
			"--accel=kvm is for arm64 hosts, and this one is %s: take icount or tcg",
			machine);
	fd = open(device, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return text("--accel=kvm: %s: %s%s", device, strerror(errno),
			    errno == EACCES ? ": join its group, mostly kvm" :
					      ": take icount or tcg");
	close(fd);
	/* Two CPUs of a guest on one of the host wait for each other as if they were stuck. */
	if (cpus > cpus_online)
		return text("--accel=kvm: %u CPUs want as many of the host, which has %u: "
			    "--cpus=%u, or --accel=icount",
			    cpus, cpus_online, cpus_online);
	return NULL;
}

void vm_accel_check(const struct vm_options *options)
{
	const long online = sysconf(_SC_NPROCESSORS_ONLN);
	struct utsname host;
	char *refusal;

	if (options->accel != ACCEL_KVM)
		return;
	if (uname(&host))
		die(EXIT_UNKNOWN, "uname: %s", strerror(errno));
	refusal = vm_kvm_refusal(host.machine, "/dev/kvm", online > 0 ? online : 1, options->cpus);
	if (refusal)
		die(EXIT_UNKNOWN, "%s", refusal);
}
