/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * core-log.h: the kernel's own log in a dump of memory
 */
#ifndef ICACHE_IPI_KERNEL_CORE_LOG_H
#define ICACHE_IPI_KERNEL_CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/stack.h"

typedef void kernel_core_log_taker(void *context, const char *text, size_t size);

/*
 * Gives the log to @take, whole lines as dmesg prints them, the oldest first. @info is kernel_core_info()'s, by which
 * the log is found: the records of Linux 3.5 to 5.9, or the ring of 5.10 and newer. @read reads the kernel's @memory,
 * as kernel_tables_read() does. False: it is not there.
 */
bool kernel_core_log(kernel_stack_reader read, void *memory, const char *info,
		     kernel_core_log_taker *take, void *context);

#endif
