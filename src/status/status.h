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
	char kernel[130];    /* as uname -r has it */
	char signer[128];    /* "" when it carries no signature */
	bool unreadable;     /* by modinfo(8): damaged, or no module */
	char installer[192]; /* who put it there: dkms, a package, weak-modules, none of them */
};

struct status_module {
	const char *name;    /* icache_ipi_NAME */
	const char *package; /* icache-ipi-NAME */
	char source[64];     /* version under /usr/src, "" when there is none */
	struct status_built built[STATUS_KERNELS_MAX];
	size_t built_count;
	bool built_for_running;
	bool failed; /* dkms tried to build it for the running kernel, and could not */
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
	bool elsewhere;		 /* a container or a chroot: the kernel is another system's */
	const char *check;	 /* the path of icache-ipi-check; NULL: there is none */
	enum exit_code verdict;	 /* its answer; EXIT_UNKNOWN where it has not been asked, too */
	bool apt, dnf;		 /* what installs packages here */
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

/*
 * modules.c: fills what is built of @module; its names are set already.
 */
void status_read_built(struct status_machine *machine, struct status_module *module);

/* database.c: program_first_line() of argv[0], found in the system's folders. */
int status_first_line(char *line, size_t size, const char *const *argv);

/*
 * The same file: @line is the package of @file, a path as the system below @machine's root has it. False: rpm
 * knows of none there, or there is no database that is a folder of files. Nothing is written below the root.
 */
bool status_ask_rpm(const struct status_machine *machine, const char *file, char *line,
		    size_t size);

/* judge.c: what to do next, one or two lines, in @next; what that makes of this machine. */
enum exit_code status_judge(const struct status_machine *machine, char *next, size_t size);

/* The same for the reproducer, which any arm64 kernel since 4.19 can have. */
enum exit_code status_judge_repro(const struct status_machine *machine, char *next, size_t size);

/*
 * result.c: the last run of icache_ipi_repro as one JSON object to @out. EXIT_UNKNOWN where there is none,
 * and why in @reason.
 */
enum exit_code status_print_result(const struct status_machine *machine, FILE *out, char *reason,
				   size_t size);

#endif
