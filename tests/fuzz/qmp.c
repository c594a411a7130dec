// SPDX-License-Identifier: GPL-2.0-only
/*
 * qmp.c: any bytes as what QEMU's monitor answers while a census is taken
 */
#include <sys/socket.h>

#include "fuzz/parts.h"
#include "vm/vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel kernel = { 0 };
	struct vm_qmp qmp;
	unsigned int cpus;
	json_t *groups;
	char *text = NULL;
	size_t length;
	int pair[2];
	FILE *to;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair))
		abort();
	if (write(pair[1], data, size) != (ssize_t)size || shutdown(pair[1], SHUT_WR))
		abort();
	vm_qmp_open(&qmp, pair[0]);
	groups = vm_census_take(&qmp, &kernel, 0.05, &cpus);
	if (groups) {
		json_t *census = json_pack("{s:s, s:s, s:s, s:f, s:i, s:o}", "label", "one",
					   "reason", "asked", "phase", "burst", "guest_s", 1.0,
					   "cpus", (int)cpus, "groups", groups);

		to = open_memstream(&text, &length);
		vm_census_print(to, census);
		fclose(to);
		parts_check_printable(text, length, "");
		free(text);
		json_decref(census);
	}
	vm_qmp_close(&qmp);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
