/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h: what the files of icache-ipi-vm share
 *
 * The guest is trusted with nothing: it speaks through two files in memory that this program reads
 * at its own pace, QEMU runs in its seccomp sandbox, and every number is checked (lib/result.h).
 */
#ifndef ICACHE_IPI_VM_H
#define ICACHE_IPI_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/result.h"

struct vm_options {
	const char *image;		/* arm64 Image */
	const char *init;		/* static arm64 program that becomes /init */
	const char *output;		/* directory for result.json and console.log */
	const char *qemu;		/* program */
	const char *cpu;		/* QEMU's CPU model */
	const char *label, *fix;	/* for people: what this kernel is, what was applied */
	bool count_tier;		/* every row on few CPUs; else the report's lockup on many */
	unsigned int cpus, nodes;	/* 0: what the tier has */
	unsigned int memory_mib;	/* 0: enough for the workload at the Image's page size */
	unsigned int shift;		/* icount: one instruction takes 2^shift ns of guest time */
	unsigned int watchdog_thresh;	/* s, guest time */
	unsigned int guest_deadline_s;	/* guest time */
	unsigned int boot_deadline_s;	/* wall time until the workload speaks */
	unsigned int silence_s;		/* wall time without one new byte */
	unsigned int deadline_s;	/* wall time in all */
	unsigned int slow_host;		/* multiplies the three wall-clock limits */
	char **stress;			/* options for the workload, NULL-terminated */
	bool show_command, json, quiet;
};

/* image.c */
struct image {
	unsigned int page_kib;		/* from the header's flags */
	char sha256[65];
};
/* Reads the header of the arm64 Image at @path. NULL, or what the file is instead. */
const char *image_read(const char *path, struct image *image);

/* initramfs.c: a newc archive with @init and /dev/console in a file in memory; -1: said why. */
int initramfs_create(const char *init, char sha256[65]);

/* sha256.c */
void sha256_hex(const void *data, size_t size, char hex[65]);

/* qemu.c */
struct qemu {
	pid_t pid;
	int console_fd, results_fd;	/* files in memory that QEMU appends to */
	int error_fd;			/* QEMU's own stderr, a pipe */
	int qmp_fd;			/* QEMU's monitor, a socket */
	char version[16];
	char **argv;			/* NULL-terminated */
};
/* NULL, or why @program cannot be used; @version receives "10.0.2". */
const char *qemu_version(const char *program, char *version, size_t size);
void qemu_build_argv(struct qemu *qemu, const struct vm_options *options);
/* The command as a shell would take it, to stdout. */
void qemu_print_command(const struct qemu *qemu);
/* Starts QEMU in a process group of its own; it dies with this program. False: said why. */
bool qemu_start(struct qemu *qemu, int initramfs_fd);
/* Ends QEMU if it still runs (monitor, SIGTERM, SIGKILL) and reaps it: wait status. */
int qemu_stop(struct qemu *qemu);

/* watch.c: follows the run to its end; fills outcome, rows, lockups, host. */
void watch_run(struct qemu *qemu, const struct vm_options *options, struct result *result,
	       int console_log_fd);

/* console.c: what the kernel's own messages say. */
struct console {
	double guest_s;			/* last timestamp */
	bool panicked;
	char panic[128];
};
/* Takes one line; soft lockups go to @stuck_s by CPU. */
void console_take_line(struct console *console, const char *line,
		       unsigned int stuck_s[RESULT_CPUS_MAX]);

#endif
