/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h: what changed between Linux 4.19 and today that these modules notice
 *
 * One entry a change, with the commit or release that made it. The rest is written so that every one
 * of these kernels takes it.
 */
#ifndef ICACHE_IPI_COMPAT_H
#define ICACHE_IPI_COMPAT_H

#include <linux/compiler.h>
#include <linux/version.h>

/* 5.13, cf68fffb66d6 ("add support for Clang CFI"): functions that call through looked-up pointers. */
#ifndef __nocfi
#define __nocfi
#endif

#endif
