/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h: what the files of icache-ipi-vm share
 *
 * The guest is trusted with nothing: it speaks through two files in memory that this program reads
 * at its own pace, QEMU runs in its seccomp sandbox, and every number is checked (result/result.h).
 */
#ifndef ICACHE_IPI_VM_VM_H
#define ICACHE_IPI_VM_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "kernel/stack.h"
#include "result/result.h"

#define CENSUS_REQUESTS_MAX 16

/* --census-at=PHASE[+SECONDS]: the first phase that begins so, and guest time worked in it. */
struct vm_census_request {
	char phase[64];
	double after_s;
	enum { CENSUS_WANTED, CENSUS_DUE, CENSUS_TAKEN, CENSUS_MISSED, CENSUS_LATE } state;
	double phase_s;	 /* guest time when the phase began */
	double worked_s; /* and what the CPUs had worked by then */
};

/* accel.c */
enum vm_accel { ACCEL_ICOUNT, ACCEL_TCG, ACCEL_KVM };

struct vm_options {
	const char *image;	       /* arm64 Image */
	const char *init;	       /* static arm64 program that becomes /init */
	bool own_init;		       /* it is not the workload that came with this program */
	const char *output;	       /* directory for result.json and console.log */
	const char *qemu;	       /* program */
	const char *cpu;	       /* QEMU's CPU model */
	const char *label, *fix;       /* for people: what this kernel is, what was applied */
	bool count_tier;	       /* every row on few CPUs; else the report's lockup on many */
	unsigned int cpus, nodes;      /* 0: what the tier has */
	unsigned int memory_mib;       /* 0: enough for the workload at the Image's page size */
	enum vm_accel accel;	       /* who runs the CPUs */
	unsigned int shift;	       /* icount: one instruction takes 2^shift ns of guest time */
	unsigned int watchdog_thresh;  /* s, guest time; THRESH_OF_ACCEL: what suits that */
	unsigned int guest_deadline_s; /* guest time */
	unsigned int boot_deadline_s;  /* wall time until the workload speaks */
	unsigned int silence_s;	       /* wall time without one new byte */
	unsigned int deadline_s;       /* wall time in all */
	unsigned int slow_host;	       /* multiplies the three wall-clock limits */
	struct vm_census_request census_at[CENSUS_REQUESTS_MAX];
	size_t census_count;
	const char *system_map; /* NULL: the one beside the Image */
	char **stress;		/* options for the workload, NULL-terminated */
	char **files;		/* more files for the guest, "HOST[:NAME]"; or NULL */
	char **modules;		/* kernel modules among them, "HOST[,PARAMETER...]"; or NULL */
	bool inject;		/* icache_ipi_repro, one of them, puts the fault back */
	char **append;		/* more kernel parameters; or NULL */
	bool kaslr;		/* give the guest a seed for its kernel's address */
	bool dump, show_command, json, quiet;
};

#define THRESH_OF_ACCEL 1000

/* By number; what --accel takes. */
extern const char *const vm_accel_names[];
/* False: there is no such name. */
bool vm_accel_parse(const char *name, enum vm_accel *accel);
/*
 * Why a host @machine (uname -m) with @device (/dev/kvm) and @cpus_online cannot run @cpus by kvm: to be
 * freed by the caller. NULL: it can.
 */
char *vm_kvm_refusal(const char *machine, const char *device, unsigned int cpus_online,
		     unsigned int cpus);
/* Ends the program where this host cannot do what @options ask for. */
void vm_accel_check(const struct vm_options *options);

/* clock.c: seconds of the host's monotonic clock. */
double vm_wall_s(void);

/* image.c */
struct vm_image {
	unsigned int page_kib; /* from the header's flags */
	char sha256[65];
	bool has_programs; /* in an initramfs of its own */
};
/* Reads the header of the arm64 Image at @path. NULL, or what the file is instead. */
const char *vm_image_read(const char *path, struct vm_image *image);

/*
 * builtin.c: has the Image in the @size bytes at @data an initramfs of its own with a program in it? That
 * one could run instead of the init that it is given. A kernel that hides it is not found out.
 */
bool vm_image_has_programs(const void *data, size_t size);

/*
 * initramfs.c: a newc archive with @init, /dev/console and @files (NULL-terminated, or NULL) in a
 * file in memory; -1: said why.
 */
int vm_initramfs_create(const char *init, char **files, char sha256[65]);

/* qmp.c: QEMU's monitor */
struct vm_qmp {
	int fd;
	char *text; /* received, not yet a whole line */
	size_t used, size;
	json_int_t id;	  /* of the command that was sent last */
	json_t *answer;	  /* to it, or NULL */
	bool greeted;	  /* it has spoken */
	bool guest_ended; /* powered off or reset: QEMU waits for us */
	bool broken;	  /* of no more use */
	char error[160];  /* why the last command has no value */
};
void vm_qmp_open(struct vm_qmp *qmp, int fd);
/* Takes in what has come; never waits. */
void vm_qmp_read(struct vm_qmp *qmp);
/* Sends @command with @arguments (NULL: none; taken over). vm_qmp_answer() waits for its value. */
bool vm_qmp_send(struct vm_qmp *qmp, const char *command, json_t *arguments);
/* A new reference, or NULL: qmp->error says why. */
json_t *vm_qmp_answer(struct vm_qmp *qmp, double timeout_s);
json_t *vm_qmp_execute(struct vm_qmp *qmp, const char *command, json_t *arguments,
		       double timeout_s);
/* The same for a command of the human monitor, on @cpu (-1: any): a JSON string. */
bool vm_qmp_send_monitor(struct vm_qmp *qmp, int cpu, const char *command_line);
json_t *vm_qmp_monitor(struct vm_qmp *qmp, int cpu, const char *command_line, double timeout_s);
void vm_qmp_close(struct vm_qmp *qmp);

/* qemu.c */
/* The child's descriptors. Fixed numbers, so that the same run has the same command line. */
enum { QEMU_FD_INITRAMFS = 10, QEMU_FD_CONSOLE, QEMU_FD_RESULTS, QEMU_FD_QMP, QEMU_FD_DUMP };

struct vm_qemu {
	pid_t pid;		    /* the keeper's, which ends as QEMU does */
	int console_fd, results_fd; /* files in memory that QEMU appends to */
	int error_fd;		    /* QEMU's own stderr, a pipe */
	int dump_fd;		    /* for the guest's memory, or -1 */
	struct vm_qmp qmp;
	char version[16];
	char **argv; /* NULL-terminated */
};
/* NULL, or why @program cannot be used; @version receives "10.0.2". */
const char *vm_qemu_version(const char *program, char *version, size_t size);
void vm_qemu_build_argv(struct vm_qemu *qemu, const struct vm_options *options);
/* The command as a shell would take it, to stdout. */
void vm_qemu_print_command(const struct vm_qemu *qemu);
/* Starts QEMU; with all that it started it dies with this program. False: said why. */
bool vm_qemu_start(struct vm_qemu *qemu, int initramfs_fd);
/*
 * Bounds what the QEMU @pid, one of its threads (0: this process, which becomes one), writes to a file, so
 * that a guest fills no memory that nobody reads, whether this program runs or is stopped. Without
 * @limited it may write what its user may: a dump of the guest's memory.
 */
void vm_qemu_limit_files(pid_t pid, bool limited);
/* Ends QEMU if it still runs (monitor, SIGTERM, SIGKILL) and reaps it: wait status. */
int vm_qemu_stop(struct vm_qemu *qemu);

/*
 * Guest time, to the second, as the board's clock shows it: the guest need not say a word. Negative:
 * the monitor does not answer.
 */
double vm_qemu_guest_s(struct vm_qemu *qemu);

/* keeper.c: of the process that is forked to start QEMU, and stays */
/* Before QEMU starts. @parent is whose end is QEMU's, too. */
void vm_keeper_begin(pid_t parent);
/* Waits for the end of @child, or of the parent, ends all that is left, and then ends as @child did. */
void vm_keeper_keep(pid_t child) __attribute__((noreturn));

/* hold.c: the guest held still */
/* QEMU's thread that runs the first CPU, or -1; is it the @only one, which runs all of them? */
pid_t vm_hold_thread(struct vm_qmp *qmp, bool *only);
struct vm_hold {
	pid_t thread; /* QEMU's, that runs the CPUs; 0: not held by that */
	bool stopped; /* by QEMU's "stop", which the run does not survive unchanged */
};
/*
 * @gently: so that the guest runs on afterwards as if nothing had been; where the system does not
 * allow that, it is stopped all the same. False: neither, qmp->error says why.
 */
bool vm_hold_guest(struct vm_hold *hold, struct vm_qmp *qmp, bool gently);
void vm_hold_release(struct vm_hold *hold, struct vm_qmp *qmp);

/* symbols.c: names of functions */
/*
 * Reads @image and, unless NULL, its System.map @map. The names are the map's, or the Image's own when
 * the map is not of this Image: then returned is what is wrong with it (a static string), else NULL.
 * @kernel has no symbols when there are no names at all; kernel_free() in any case.
 */
const char *vm_symbols_load(struct kernel *kernel, const char *image, const char *map);
/* Where the map of @image should be; false: nowhere. */
bool vm_symbols_find_map(const char *image, char *map, size_t size);

/* registers.c: what QEMU's monitor shows */
/* Reads "info registers -a" into @cpus by number. How many CPUs it names, at most @cpus_max. */
size_t vm_registers_parse(const char *dump, struct kernel_registers *cpus, size_t cpus_max);
/* Reads "x /Ngx @address" into @words. How many of @count it shows. */
size_t vm_memory_parse(const char *text, uint64_t address, uint64_t *words, size_t count);

/* census.c: all of them, of a guest that is held. An array of groups, or NULL: qmp->error. */
json_t *vm_census_take(struct vm_qmp *qmp, const struct kernel *kernel, double timeout_s,
		       unsigned int *cpus);
/* A census of census.json (docs/schemas/census.schema.json) for people. */
void vm_census_print(FILE *out, const json_t *census);

/* postmortem.c */
struct vm_postmortem {
	struct vm_qemu *qemu;
	const struct vm_options *options;
	struct vm_census_request requests[CENSUS_REQUESTS_MAX];
	struct kernel kernel; /* its names; read at the first census */
	bool kernel_read;
	bool dumped; /* the guest's memory is in qemu->dump_fd */
	json_t *censuses;
	/* Takes what the guest has said by now; calls vm_postmortem_see_phase() for each phase. */
	void (*read_guest)(void *of);
	void *read_guest_of;
};
/* "PHASE" or "PHASE+SECONDS"; false: neither. */
bool vm_census_request_parse(const char *text, struct vm_census_request *request);
void vm_postmortem_begin(struct vm_postmortem *postmortem, struct vm_qemu *qemu,
			 const struct vm_options *options, void (*read_guest)(void *of), void *of);
/* The workload entered @phase at @guest_s; "": it has ended. */
void vm_postmortem_see_phase(struct vm_postmortem *postmortem, const char *phase, double guest_s);
/* Takes the censuses that are due. True while there are more to come. */
bool vm_postmortem_tick(struct vm_postmortem *postmortem, const char *phase);
/* Takes one of a guest that will not go on; @reason is an outcome's name. */
void vm_postmortem_take(struct vm_postmortem *postmortem, const char *reason, const char *phase,
			double guest_s);
/* The object of census.json, or NULL when no census was taken. */
json_t *vm_postmortem_end(struct vm_postmortem *postmortem);

/*
 * watch.c: follows the run to its end; fills outcome, rows, lockups, host. @censuses receives the
 * object of census.json or NULL. True when the guest's memory was dumped.
 */
bool vm_watch_run(struct vm_qemu *qemu, const struct vm_options *options, struct result *result,
		  int console_log_fd, json_t **censuses);

/* What a guest may write to its console, and to its result channel; more than any run does. */
#define CHANNEL_MAX (64l << 20)
/* Guest time beyond this is no time: 30 years. */
#define GUEST_SECONDS_MAX 1e9

/* console.c: what the kernel's own messages say. */
struct vm_console {
	double guest_s; /* last timestamp */
	bool panicked;
	char panic[128];
	bool no_port; /* the workload began, and found no virtio port: its records are here */
};
/* Takes one line; soft lockups go to @stuck_s by CPU. */
void vm_console_take_line(struct vm_console *console, const char *line,
			  unsigned int stuck_s[RESULT_CPUS_MAX]);

#endif
