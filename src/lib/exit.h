/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * exit.h: the exit codes of every program here (scripts/common.sh has the same numbers)
 */
#ifndef ICACHE_IPI_LIB_EXIT_H
#define ICACHE_IPI_LIB_EXIT_H

enum exit_code {
	EXIT_GOOD = 0,	   /* fixed, not affected, the proof holds */
	EXIT_DORMANT = 1,  /* dormant or mitigated */
	EXIT_AFFECTED = 2, /* affected, or the proof fails */
	EXIT_UNKNOWN = 3,  /* no proof either way; also every failure to find out */
	EXIT_USAGE = 64,   /* the command line makes no sense */
};

/*
 * The worse of two codes, for programs that judge several inputs: 2 > 3 > 1 > 0.
 * EXIT_USAGE never takes part: a wrong command line judges nothing.
 */
static inline enum exit_code exit_worst(enum exit_code a, enum exit_code b)
{
	static const int rank[] = { [EXIT_GOOD] = 0,
				    [EXIT_DORMANT] = 1,
				    [EXIT_UNKNOWN] = 2,
				    [EXIT_AFFECTED] = 3 };

	return rank[a] >= rank[b] ? a : b;
}

#endif
