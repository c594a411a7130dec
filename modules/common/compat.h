/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * compat.h: what changed between Linux 4.19 and today that these modules notice
 *
 * One entry a change, with the commit that made it. The rest is written so that every one of these
 * kernels takes it.
 */
#ifndef ICACHE_IPI_COMPAT_H
#define ICACHE_IPI_COMPAT_H

#include <linux/compiler.h>
#include <linux/version.h>

#include <asm/cacheflush.h>

/* 4.19, cce188bd58cf ("bpf/error-inject/kprobes: Clear current_kprobe"): a handler may return 1. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(4, 19, 0)
#error "Linux 4.19 or newer is needed: on an older kernel method=kprobe breaks all probes"
#endif

/* 5.13, cf68fffb66d6 ("add support for Clang CFI"): for calls through looked-up pointers. */
#ifndef __nocfi
#define __nocfi
#endif

/* 5.14, fade9c2c6ee2 ("rename arm64-internal cache maintenance functions") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
#define caches_clean_inval_pou(start, end) __flush_icache_range(start, end)
#endif

/* 6.14, f3227ffda0a2 ("module: Constify 'struct module_attribute'") */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define COMPAT_ATTRIBUTE_CONST
#else
#define COMPAT_ATTRIBUTE_CONST const
#endif

/* 6.6, 4a169d61c2ed ("implement the new page table range API"): PG_dcache_clean of a whole folio */
#define MARKS_HUGE_PAGES_WHOLE (LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0))

#endif
