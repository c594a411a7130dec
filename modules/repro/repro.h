/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * repro.h: one run of icache_ipi_repro: main.c starts and ends it, replay.c and inject.c are runs
 */
#ifndef ICACHE_IPI_REPRO_H
#define ICACHE_IPI_REPRO_H

#include <linux/types.h>

enum run_mode { RUN_REPLAY_AFFECTED, RUN_REPLAY_FIXED, RUN_INJECT, RUN_MODES };

/* What came of a run. Written by the run alone, read when it is over. */
struct run_outcome {
	enum run_mode mode;
	const char *ended_by;		/* "rounds", "time", "stop" */
	unsigned int threads;		/* wanted, 0: all; then those that there are */
	unsigned int rounds, ptes;
	unsigned long holds, broadcasts, skipped;
	u64 hold_min, hold_median, hold_p99, hold_max, longest_wait, elapsed;	/* ns */
};

/* main.c: was the run stopped, or is its time up? Any context. */
bool run_is_over(void);
/* main.c: wait for the end, at most a tenth of a second. May sleep. */
void run_wait_for_end(void);

/*
 * Each mode: prepare before the run, which says why not and returns a negative error; then run.
 * Both may sleep; one caller at a time.
 */
int replay_prepare(struct run_outcome *outcome);
void replay_run(struct run_outcome *outcome);
int inject_prepare(struct run_outcome *outcome);
void inject_run(struct run_outcome *outcome);

#endif
