/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * matrix.h: many kernels on many machines, a cell each, as scripts/matrix leaves them in a folder
 *
 * DIR/plan has a cell a line; DIR/CELL/cell and DIR/builds/BUILD/build are lines of "key value" that
 * scripts/matrix-cell and scripts/matrix-build write last, beside what icache-ipi-vm writes.
 */
#ifndef ICACHE_IPI_REPORT_MATRIX_H
#define ICACHE_IPI_REPORT_MATRIX_H

#include "report/report.h"

enum cell_state {
	CELL_PASS,	/* it is what it was expected to be */
	CELL_FAIL,	/* it is something else */
	CELL_UNKNOWN,	/* it proves nothing, or never ran */
	CELL_STATES
};

extern const char *const cell_state_names[CELL_STATES];	/* "PASS", "FAIL", "UNKNOWN" */

/* Seconds; < 0 where nobody measured. cpu_s is user and system time. */
struct guest_cost {
	double cpu_s;
	double boot_s, work_s, total_s;		/* of wall time, as in result.json */
};

struct cell {
	char name[256], kernel[160], series[16], pages[8], compiler[64], tier[16], build[256];
	char machine[128];		/* that ran it */
	char label[64], expected[16];	/* "affected", "posted", "merged"; "dormant" on one CPU */
	unsigned int cpus;
	bool ran;
	enum cell_state state;
	enum verdict verdict;		/* the worst of its guests' */
	char code[16];
	char reason[512];		/* why it is not PASS */
	struct summary summary;		/* of the guest with the most CPUs at once */
	struct guest_cost cost, count_cost;	/* of the guest on @cpus, and of a second one */
	double wall_s;
	uint64_t guest_ns;		/* guest time of its first guest's workload */
};

struct build {
	char name[256], kernel[160], machine[128], error[512];
	double source_s, build_s, build_cpu_s;	/* < 0: not measured */
};

struct matrix {
	struct cell *cells;
	size_t count;
	struct build *builds;
	size_t builds_count;
	size_t states[CELL_STATES];	/* cells of each */
	enum exit_code code;		/* the worst of all cells */
};

/* matrix.c: reads the folder @path. False, having said why, when there is no plan in it. */
bool matrix_load(struct matrix *matrix, const char *path);
void matrix_release(struct matrix *matrix);

/*
 * What each kind of guest costs on the numbers of CPUs that were measured, in CPU seconds: means of
 * @cells guests. Between two of them, and beyond the outermost two, seconds go with a power of CPUs.
 */
struct cost_point {
	unsigned int cpus;
	double boot_s, work_s;
	size_t cells;
};

#define COST_POINTS_MAX 16

struct cost_kind {
	bool affected;
	char pages[8];
	struct cost_point points[COST_POINTS_MAX];	/* in order of CPUs */
	size_t points_count;
	double count_s;			/* mean of the count tier's second guest */
	size_t counts;
};

#define COST_KINDS_MAX 8

struct cost_model {
	struct cost_kind kinds[COST_KINDS_MAX];
	size_t kinds_count;
	double build_s;			/* mean CPU seconds of one kernel */
	bool build_is_wall;		/* or of wall time, where nobody measured the others */
	size_t builds;
	const char *assumed;		/* pages that others, not measured, are taken to cost like; or NULL */
};

/* matrix-cost.c */
void cost_measure(struct cost_model *model, const struct matrix *matrix);

/* CPU seconds of a guest of @kind on @cpus CPUs; @count: and of the second one of the count tier. */
double cost_of_guest(const struct cost_kind *kind, unsigned int cpus, bool count);

/* Whether that is more CPUs than were measured. */
bool cost_is_beyond(const struct cost_kind *kind, unsigned int cpus);

/* NULL: nothing like it was measured, or may be assumed. */
const struct cost_kind *cost_find(const struct cost_model *model, bool affected, const char *pages);

void cost_print_model(FILE *to, const struct cost_model *model);

/* matrix-plan.c: prints what @plan costs on @machines machines of @slots CPUs. */
bool cost_print_plan(FILE *to, const struct cost_model *model, const struct matrix *plan,
		     unsigned int machines, unsigned int slots);

/* The forms. */
void matrix_print_table(FILE *to, const struct matrix *matrix);
void matrix_print_junit(FILE *to, const struct matrix *matrix);
bool matrix_print_json(FILE *to, const struct matrix *matrix);
bool matrix_print_page(FILE *to, const struct matrix *matrix);

#endif
