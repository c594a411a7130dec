/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * result.h: one measured kernel, as result.json carries it (docs/schemas/result.schema.json)
 */
#ifndef ICACHE_IPI_RESULT_RESULT_H
#define ICACHE_IPI_RESULT_RESULT_H

#include <jansson.h>
#include <stdbool.h>

#include "lib/row.h"
#include "lib/verdict.h"

/* Room for a path and a reason. */
#define RESULT_REASON_SIZE (4096 + REASON_SIZE + 100)
#define RESULT_ROWS_MAX 128
#define RESULT_SKIPS_MAX 64
#define RESULT_CPUS_MAX 512

/* How a run ended. Anything but OUTCOME_COMPLETED makes the verdict unknown. */
enum result_outcome {
	OUTCOME_COMPLETED,
	OUTCOME_PANIC,	      /* the guest's kernel panicked */
	OUTCOME_BOOT_FAILURE, /* the workload never started */
	OUTCOME_GUEST_DIED,   /* the guest ended before its workload did */
	OUTCOME_STALLED,      /* nothing came any more */
	OUTCOME_TIMEOUT,      /* work went on beyond a deadline */
	OUTCOME_GARBLED,      /* the result stream is not what the workload writes */
	OUTCOME_QEMU_FAILED,  /* QEMU did not start, or was killed */
	OUTCOME_INTERRUPTED,  /* SIGINT, SIGTERM, SIGHUP */
	OUTCOMES
};

extern const char *const result_outcome_names[OUTCOMES];

/* A scenario, or one step of it, that this machine or its user could not run. */
struct result_skip {
	char scenario[16], step[24]; /* @step: "" for the whole scenario */
	char reason[160];
};

struct result {
	char label[64]; /* what people call this kernel, e.g. "4.19.19+posted" */
	char fix[32];	/* the fix that was applied: "none", "posted", ... */
	char tool[32];	/* version of the program that measured */
	char release[128], banner[512], build_id[65];
	unsigned int cpus, nodes, watchdog_thresh;
	uint64_t page_size, huge_page_size; /* bytes */
	char icache[8];			    /* "PIPT", "VPIPT", "VIPT" */
	char mitigation[16]; /* what icache_ipi_mitigate said of itself; "": not loaded */
	struct row rows[RESULT_ROWS_MAX];
	size_t rows_count;
	struct result_skip skips[RESULT_SKIPS_MAX];
	size_t skips_count;
	unsigned int stuck_s[RESULT_CPUS_MAX]; /* by CPU: longest lockup on the console, 0: none */
	uint64_t guest_boot_ns, guest_end_ns;  /* guest time when the workload began, ended */
	bool ended;			       /* the workload said how many rows there are */
	enum result_outcome outcome;
	enum verdict verdict;
	enum form form; /* "code" in result.json */
	char reason[REASON_SIZE];
	json_t *vm;   /* how it was run, or NULL on a real machine; owned */
	json_t *host; /* seconds of host time, or NULL; owned */
};

/* CPUs of @result that reported a soft lockup. */
unsigned int result_lockups(const struct result *result);

/*
 * Takes one record of the workload's stream (src/stress/record.c), a line of @length bytes, into
 * @result. Returns NULL, or what is wrong with it (a static string). Nothing in it is trusted:
 * names, order, ranges and sizes are checked. @at, if not NULL, receives the object of an "at"
 * record as a new reference.
 */
const char *result_take_record(struct result *result, const char *line, size_t length, json_t **at);

/* Judges what is in @result: sets verdict, form and reason. */
void result_judge(struct result *result);

/*
 * Text from outside as a new JSON string: bytes that are no UTF-8 become '?'. JSON's null for NULL.
 * json_pack() as a whole fails on such bytes. NULL means that memory is out.
 */
json_t *result_text(const char *value);

/* The JSON of a regular file, or /dev/stdin, of at most @limit bytes; NULL: @why says what is wrong with it. */
json_t *result_read_json(const char *path, size_t limit, char why[static REASON_SIZE]);

/* A new JSON object; the caller owns it. NULL: out of memory. */
json_t *result_to_json(const struct result *result);

/*
 * Reads @path (a result.json, or a directory that holds one) into @result, with the judgement that
 * is in it. False with the reason, which names the file, in @why. result_release() frees what it holds.
 */
bool result_load(struct result *result, const char *path, char why[static RESULT_REASON_SIZE]);
void result_release(struct result *result);

#endif
