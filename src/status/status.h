/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * status.h: what this machine has of our modules, and what follows from it
 */
#ifndef ICACHE_IPI_STATUS_STATUS_H
#define ICACHE_IPI_STATUS_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/exit.h"

#define STATUS_KERNELS_MAX 64

/* One module built for one kernel. */
struct status_built {
	char kernel[130]; /* as uname -r has it */
	char signer[128]; /* "" when it carries no signature */
};

struct status_module {
	const char *name;    /* icache_ipi_NAME */
	const char *package; /* icache-ipi-NAME */
	char source[64];     /* version under /usr/src, "" when there is none */
	struct status_built built[STATUS_KERNELS_MAX];
	size_t built_count;
	bool built_for_running;
	bool loaded;
	bool stale;	     /* what is loaded is not what is installed for this kernel */
	bool running_signed; /* the one for this kernel carries a signature */
	char reason[32];     /* why it refused last: a word of the module's, "" when it did not */
	char refused[256];   /* the same in a sentence, for people */
};

struct status_machine {
	const char *root; /* "" or a directory to look in instead */
	char release[130];
	bool foreign;		 /* not an arm64 machine */
	char lockdown[32];	 /* "none", "integrity", "confidentiality"; "" when unknown */
	const char *secure_boot; /* "on", "off", "no EFI"; "unknown": only root may see */
	bool signed_only;	 /* the kernel takes no module without a signature */
	char certificate[256];	 /* the key that dkms signs with: what mokutil imports */
	bool headers;		 /* to build for the running kernel */
	bool service;		 /* icache-ipi-mitigate.service is enabled */
	bool log_readable;
	struct status_module mitigate, repro;
	char state[32], method[32], hits[32], flushed_bytes[32], since[32]; /* of mitigate */
};

/* read.c: fills @machine; its root is set already. */
void status_read(struct status_machine *machine);

/* What to do next, one or two lines, in @next; what that makes of this machine. */
enum exit_code status_judge(const struct status_machine *machine, char *next, size_t size);

/*
 * result.c: the last run of icache_ipi_repro as one JSON object to @out. EXIT_UNKNOWN where there is none,
 * and why in @reason.
 */
enum exit_code status_print_result(const struct status_machine *machine, FILE *out, char *reason,
				   size_t size);

#endif
