/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trial.h: is the running kernel affected? It is tried, not read
 *
 * Which branches of which functions lead to an interrupt depends on arguments, on compilers and on
 * vendors' patches. A page of our own, sent through __sync_icache_dcache() as set_pte_at() would,
 * while probes watch who interrupts all CPUs, answers without any of that.
 */
#ifndef ICACHE_IPI_TRIAL_H
#define ICACHE_IPI_TRIAL_H

#include "code.h"
#include "refuse.h"

/* The functions that the fault runs through. */
enum {
	TRIAL_SYNC,		/* __sync_icache_dcache(), with a user pte */
	TRIAL_KICK,		/* kick_all_cpus_sync(), the broadcast */
	TRIAL_SEND,		/* what every broadcast is sent by: either of two names */
	TRIAL_SEND_COND,
	TRIAL_ALIASES,		/* between the first and the second; compilers may inline them */
	TRIAL_FLUSH,
	TRIAL_ICACHE,		/* a word of data, whose bit 0 says that an I-cache is VIPT */
	TRIAL_FUNCTIONS
};

extern struct code_function trial_functions[TRIAL_FUNCTIONS];

int trial_find(void);
int trial_broadcasts(void);
enum refusal trial_refusal(int error);
const char *trial_explain(int error);
bool trial_icache_is_vipt(void);

#endif
