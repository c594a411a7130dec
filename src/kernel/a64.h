/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * a64.h: the few A64 instructions that carry evidence, by mask
 *
 * Encodings: Arm Architecture Reference Manual (DDI 0487), C4.1 and C6.2. Code words are
 * little-endian on every arm64 kernel, big-endian ones included (B2.6.2).
 */
#ifndef ICACHE_IPI_KERNEL_A64_H
#define ICACHE_IPI_KERNEL_A64_H

#include <stdbool.h>
#include <stdint.h>

/* Sign-extend the @bits lowest bits of @value. */
static inline int64_t a64_signed(uint64_t value, unsigned int bits)
{
	return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static inline bool a64_is_bl(uint32_t word)
{
	return (word & 0xfc000000) == 0x94000000;
}

static inline bool a64_is_b(uint32_t word)
{
	return (word & 0xfc000000) == 0x14000000;
}

/* B.cond and BC.cond */
static inline bool a64_is_b_cond(uint32_t word)
{
	return (word & 0xff000000) == 0x54000000;
}

/* CBZ, CBNZ */
static inline bool a64_is_cbz(uint32_t word)
{
	return (word & 0x7e000000) == 0x34000000;
}

/* TBZ, TBNZ */
static inline bool a64_is_tbz(uint32_t word)
{
	return (word & 0x7e000000) == 0x36000000;
}

/* Anything that jumps to, or calls, an address in a register; RET is not one of them. */
static inline bool a64_is_indirect(uint32_t word)
{
	return (word & 0xffdffc1f) == 0xd61f0000 || /* BR, BLR */
	       (word & 0xfedff800) == 0xd61f0800;   /* BRA*, BLRA* with a modifier or zero */
}

/* Of these, the ones that come back: BLR, BLRA* */
static inline bool a64_is_indirect_call(uint32_t word)
{
	return a64_is_indirect(word) && word >> 21 & 1;
}

/* BR Xn alone: a veneer ends in one. */
static inline bool a64_is_br(uint32_t word)
{
	return (word & 0xfffffc1f) == 0xd61f0000;
}

/* RET, RETAA, RETAB, ERET */
static inline bool a64_is_return(uint32_t word)
{
	return (word & 0xfffffc1f) == 0xd65f0000 || (word & 0xfffffbff) == 0xd65f0bff ||
	       word == 0xd69f03e0;
}

/* SVC, HVC, SMC, HLT, DCPS: what answers may write registers. BRK, which comes back, is not one. */
static inline bool a64_is_exception(uint32_t word)
{
	return (word & 0xff000000) == 0xd4000000 && (word & 0xffe0001f) != 0xd4200000;
}

/* A branch that is none of the above: ERETAA, RETAASPPC, CB<cc> of Armv9.6, and what will be. */
static inline bool a64_is_other_branch(uint32_t word)
{
	return (word & 0x1c000000) == 0x14000000 && word >> 24 != 0xd4 && word >> 24 != 0xd5 &&
	       !a64_is_bl(word) && !a64_is_b(word) && !a64_is_b_cond(word) && !a64_is_cbz(word) &&
	       !a64_is_tbz(word) && !a64_is_indirect(word) && !a64_is_return(word);
}

/* NOP, BTI, PACIASP and whatever else does nothing on an older processor */
static inline bool a64_is_hint(uint32_t word)
{
	return (word & 0xfffff01f) == 0xd503201f;
}

static inline bool a64_is_nop(uint32_t word)
{
	return word == 0xd503201f;
}

static inline bool a64_is_brk(uint32_t word)
{
	return (word & 0xffe0001f) == 0xd4200000;
}

/*
 * A BRK that the compiler puts there: BUG and WARN (0x800), KASAN (0x900..0x9ff), UBSAN traps
 * (0x5500..0x55ff), __builtin_trap (0x3e8), kCFI (0x8000..0x83ff). Any other one is a probe.
 * Immediates: arch/arm64/include/asm/brk-imm.h.
 */
static inline bool a64_is_compiled_brk(uint32_t word)
{
	uint32_t immediate = word >> 5 & 0xffff;

	return immediate == 0x800 || immediate >> 8 == 0x09 || immediate >> 8 == 0x55 ||
	       immediate == 0x3e8 || (immediate & 0xfc00) == 0x8000;
}

/* IC IALLUIS, IC IALLU, IC IVAU: what makes fresh instructions visible */
static inline bool a64_is_icache_maintenance(uint32_t word)
{
	return (word & 0xffffffe0) == 0xd50b7520 || word == 0xd508711f || word == 0xd508751f;
}

static inline bool a64_is_adrp(uint32_t word)
{
	return (word & 0x9f000000) == 0x90000000;
}

static inline bool a64_is_adr(uint32_t word)
{
	return (word & 0x9f000000) == 0x10000000;
}

/* ADD Xd, Xn, #0..4095 */
static inline bool a64_is_add(uint32_t word)
{
	return (word & 0xffc00000) == 0x91000000;
}

/* A branch whose target is in the word */
static inline bool a64_is_direct(uint32_t word)
{
	return a64_is_bl(word) || a64_is_b(word) || a64_is_b_cond(word) || a64_is_cbz(word) ||
	       a64_is_tbz(word);
}

/* Where the direct branch @word at @at goes. Only for the branches above. */
static inline uint64_t a64_target(uint32_t word, uint64_t at)
{
	if (a64_is_bl(word) || a64_is_b(word))
		return at + a64_signed(word & 0x3ffffff, 26) * 4;
	if (a64_is_tbz(word))
		return at + a64_signed(word >> 5 & 0x3fff, 14) * 4;
	return at + a64_signed(word >> 5 & 0x7ffff, 19) * 4;
}

/* The value ADR or ADRP at @at gives. */
static inline uint64_t a64_adr_value(uint32_t word, uint64_t at)
{
	int64_t offset = a64_signed((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3), 21);

	return a64_is_adrp(word) ? (at & ~0xfffull) + offset * 4096 : at + offset;
}

#endif
