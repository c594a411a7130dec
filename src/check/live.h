/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * live.h: the running kernel
 */
#ifndef ICACHE_IPI_LIVE_H
#define ICACHE_IPI_LIVE_H

#include "check/input.h"

/* Judge the kernel that runs (or the one options->root describes); one result into *@list. */
void live_check(const struct options *options, struct result **list);

#endif
