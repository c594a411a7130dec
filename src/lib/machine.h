/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h: facts about an arm64 machine that more than one program asks for
 *
 * @root is where its proc and sys are: "" for the machine this runs on.
 */
#ifndef ICACHE_IPI_LIB_MACHINE_H
#define ICACHE_IPI_LIB_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* modules/mitigate, as /proc/modules and /sys/module have it */
#define MACHINE_MITIGATION "icache_ipi_mitigate"

/* The first line of @root/@name without its newline; "" when there is none. */
void machine_line(const char *root, const char *name, char *line, size_t size);

/* The GNU build-id of the running kernel in hexadecimal, from sys/kernel/notes; "" without one. */
void machine_build_id(const char *root, char *hex, size_t size);

/*
 * The I-cache policy of the CPUs this thread may run on, the worst of all: "PIPT", "VPIPT", "VIPT".
 * NULL: one of them went offline meanwhile. Only on the machine itself; the CPUs allowed stay as they
 * are. On anything but arm64: "VPIPT".
 */
const char *machine_icache(void);

/* Is a module of this name loaded and past its initialisation, by proc/modules? */
bool machine_module_is_live(const char *root, const char *module);

/* What icache_ipi_mitigate says of itself: "mitigated", "affected", "dormant"; "" without it. */
void machine_mitigation(const char *root, char *state, size_t size);

#endif
