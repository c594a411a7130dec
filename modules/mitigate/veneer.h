/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * veneer.h: a stepping stone for a branch of the kernel to a module that is out of its reach
 *
 * B and BL reach 128 MiB. With CONFIG_RANDOMIZE_MODULE_REGION_FULL modules are up to 4 GiB away
 * from the kernel's text, and the kernel has veneers (PLTs) for branches out of modules alone. But
 * a kernel that was moved by KASLR lies in the midst of the vmalloc area (kernel/kaslr.c), and
 * __vmalloc_node_range() takes bounds: a page of our own within reach of the text, for two
 * instructions and an address, as the linker makes them:
 *
 *	ldr	x16, .+8
 *	br	x16
 *	.quad	target
 *
 * x16 is there for this: AAPCS64 lets a veneer between a caller and a function have it, and a
 * branch by it may land on the BTI c or PACIASP that a function of a kernel with BTI begins with.
 * BL itself is never checked, nor is a page without the guarded bit. No C code calls through the
 * veneer, so CFI has nothing to check. The page is never writable and executable at once.
 */
#ifndef ICACHE_IPI_VENEER_H
#define ICACHE_IPI_VENEER_H

#include <linux/sizes.h>
#include <linux/types.h>

/* Does a B or BL at @from reach @to? The distance is 26 bits of words, signed. */
static inline bool veneer_reaches(unsigned long from, unsigned long to)
{
	const long distance = to - from;

	return distance >= -SZ_128M && distance < SZ_128M;
}

const char *veneer_make(unsigned long from, unsigned long target);
unsigned long veneer_address(void);
void veneer_free(void);

#endif
