// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk.c: what the walk says that an instruction does, a branch takes, a call leaves and paths have in
 * common; where it is lost
 *
 * tests/cli/walk.t assembles the words of both tables again, and compares the walk with a processor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "../lib/words.h"
#include "kernel/roles.c"
#include "kernel/symbols.c"
#include "kernel/walk.c"

/* Every register is known to hold this, and no flag is set, where a table does not say otherwise. */
static struct state everything_known(void)
{
	struct state state = { .z = { true, 0 }, .n = { true, 0 } };

	for (int r = 0; r < REGISTERS; r++)
		state.x[r] = (struct kernel_known){ true, 0x1000 + r };
	return state;
}

/* "x0=5 w=?": a value, or that it is not known. z and n are flags, m: maintained. "call": what one leaves. */
static void state_change(struct state *state, const char *words)
{
	while (*words) {
		struct kernel_known value = { true, 0 }, *place;
		const char *equals = strchr(words, '=');
		char *end;

		if (!strcmp(words, "call")) {
			for (int r = 0; r <= 18; r++)
				state->x[r].is = false;
			state->x[30].is = state->z.is = state->n.is = false;
			return;
		}
		assert_non_null(equals);
		value.is = equals[1] != '?';
		value.value = strtoull(equals + 1, &end, 0);
		if (*words == 'm')
			state->maintained = value.value;
		place = *words == 'z' ? &state->z :
			*words == 'n' ? &state->n :
					&state->x[strtol(words + 1, NULL, 10)];
		if (*words != 'm')
			*place = value;
		words = value.is ? end : equals + 2;
		words += strspn(words, " ");
	}
}

static void known_compare(const char *text, const char *what, struct kernel_known got,
			  struct kernel_known wanted)
{
	if (got.is != wanted.is || (got.is && got.value != wanted.value))
		fail_msg("%s: %s is %#llx%s instead of %#llx%s", text, what,
			 (unsigned long long)got.value, got.is ? "" : " (not known)",
			 (unsigned long long)wanted.value, wanted.is ? "" : " (not known)");
}

/* An instruction, what is known before it, and what of that is different afterwards. */
/* clang-format off */
static const struct {
	uint32_t word;
	const char *text, *before, *changed;
} steps[] = {
	/* moves */
	{ 0xd2824680, "movz x0, #0x1234", "x0=?", "x0=0x1234" },
	{ 0xd2f579a0, "movz x0, #0xabcd, lsl #48", "", "x0=0xabcd000000000000" },
	{ 0x52b00000, "movz w0, #0x8000, lsl #16", "x0=?", "x0=0x80000000" },
	{ 0x92800000, "movn x0, #0", "", "x0=0xffffffffffffffff" },
	{ 0x92c00020, "movn x0, #1, lsl #32", "", "x0=0xfffffffeffffffff" },
	{ 0x12800000, "movn w0, #0", "", "x0=0xffffffff" },
	{ 0xf2aacf00, "movk x0, #0x5678, lsl #16", "x0=0x1111222233334444", "x0=0x1111222256784444" },
	{ 0xf28acf00, "movk x0, #0x5678", "x0=?", "" },
	{ 0x72800020, "movk w0, #1", "x0=0xffffffffffff0000", "x0=0xffff0001" },
	{ 0xd28000bf, "movz xzr, #5", "", "" },
	{ 0xaa0103e0, "mov x0, x1", "x1=0x8000000000000001", "x0=0x8000000000000001" },
	{ 0xaa0103e0, "mov x0, x1", "x1=?", "x0=?" },
	{ 0x2a0103e0, "mov w0, w1", "x1=0xffffffff00000001", "x0=0x1" },
	{ 0x2a0003e0, "mov w0, w0", "x0=0xffffffff00000001", "x0=0x1" },
	{ 0xaa1f03e0, "mov x0, xzr", "x0=?", "x0=0" },
	{ 0x910003e0, "mov x0, sp", "", "x0=?" },
	{ 0x9100001f, "mov sp, x0", "", "" },
	{ 0xaa2103e0, "mvn x0, x1", "", "x0=? z=? n=?" },
	/* addresses: where a kernel runs is not known */
	{ 0x10000040, "adr x0, .+8", "", "x0=?" },
	{ 0x90000000, "adrp x0, .", "", "x0=?" },
	/* sums */
	{ 0x91001420, "add x0, x1, #5", "x1=0xffffffffffffffff", "x0=4" },
	{ 0x91401420, "add x0, x1, #5, lsl #12", "x1=1", "x0=0x5001" },
	{ 0x91001420, "add x0, x1, #5", "x1=?", "x0=?" },
	{ 0x11000420, "add w0, w1, #1", "x1=0x1ffffffff", "x0=0" },
	{ 0x910043e0, "add x0, sp, #16", "", "x0=?" },
	{ 0x9100401f, "add sp, x0, #16", "", "" },
	{ 0xd1000420, "sub x0, x1, #1", "x1=0", "x0=0xffffffffffffffff" },
	{ 0x51000420, "sub w0, w1, #1", "x1=0x500000000", "x0=0xffffffff" },
	{ 0x8b020020, "add x0, x1, x2", "x1=3 x2=4", "x0=7" },
	{ 0xcb020020, "sub x0, x1, x2", "x1=3 x2=4", "x0=0xffffffffffffffff" },
	{ 0x8b020020, "add x0, x1, x2", "x1=3 x2=?", "x0=?" },
	{ 0x8b020020, "add x0, x1, x2", "x1=? x2=3", "x0=?" },
	{ 0x8b0203e0, "add x0, xzr, x2", "x2=9", "x0=9" },
	{ 0x0b020020, "add w0, w1, w2", "x1=0xffffffff x2=1", "x0=0" },
	{ 0x8b020c20, "add x0, x1, x2, lsl #3", "x1=3 x2=4", "x0=? z=? n=?" },
	{ 0x8b224020, "add x0, x1, w2, uxtw", "x1=3 x2=4", "x0=? z=? n=?" },
	{ 0x8b220020, "add x0, x1, w2, uxtb", "x1=3 x2=0x104", "x0=? z=? n=?" },
	{ 0xcb0103e0, "neg x0, x1", "x1=1", "x0=0xffffffffffffffff" },
	/* compares and flags */
	{ 0xf1000c20, "subs x0, x1, #3", "x1=3 z=0 n=1", "x0=0 z=1 n=0" },
	{ 0xf1001020, "subs x0, x1, #4", "x1=3 z=1 n=0", "x0=0xffffffffffffffff z=0 n=1" },
	{ 0xf1000c20, "subs x0, x1, #3", "x1=?", "x0=? z=? n=?" },
	{ 0x31000420, "adds w0, w1, #1", "x1=0xffffffff z=0 n=1", "x0=0 z=1 n=0" },
	{ 0x31000420, "adds w0, w1, #1", "x1=0x7fffffff z=1 n=0", "x0=0x80000000 z=0 n=1" },
	{ 0xb1000420, "adds x0, x1, #1", "x1=0xffffffff z=1 n=1", "x0=0x100000000 z=0 n=0" },
	{ 0xf100003f, "cmp x1, #0", "x1=0x100000000 z=1 n=1", "z=0 n=0" },
	{ 0x7100003f, "cmp w1, #0", "x1=0x100000000 z=0 n=1", "z=1 n=0" },
	{ 0x7100003f, "cmp w1, #0", "x1=0x80000000 z=1 n=0", "z=0 n=1" },
	{ 0xf100003f, "cmp x1, #0", "x1=0x80000000 z=1 n=1", "z=0 n=0" },
	{ 0xeb02003f, "cmp x1, x2", "x1=7 x2=7 z=0", "z=1 n=0" },
	{ 0xeb02003f, "cmp x1, x2", "x1=6 x2=7 z=1", "z=0 n=1" },
	{ 0xeb02003f, "cmp x1, x2", "x1=7 x2=?", "z=? n=?" },
	{ 0xb100043f, "cmn x1, #1", "x1=0xffffffffffffffff", "z=1 n=0" },
	{ 0xeb02043f, "cmp x1, x2, lsl #1", "x1=8 x2=4", "z=? n=?" },
	{ 0xf10043ff, "cmp sp, #16", "", "z=? n=?" },
	{ 0xfa400820, "ccmp x1, #0, #0, eq", "x1=0 z=1", "x0=? z=? n=?" },
	{ 0x91001420, "add x0, x1, #5", "x1=1 z=1 n=1", "x0=6" },
	{ 0x92400020, "and x0, x1, #1", "x1=1 z=1 n=1", "x0=1" },
	/* logic */
	{ 0x92401c20, "and x0, x1, #0xff", "x1=0x1234", "x0=0x34" },
	{ 0x12001c20, "and w0, w1, #0xff", "x1=0xffffffffffffffff", "x0=0xff" },
	{ 0x121f7820, "and w0, w1, #0xfffffffe", "x1=0xffffffffffffffff", "x0=0xfffffffe" },
	{ 0x9200f020, "and x0, x1, #0x5555555555555555", "x1=0xffffffffffffffff", "x0=0x5555555555555555" },
	{ 0x92410420, "and x0, x1, #0x8000000000000001", "x1=0xffffffffffffffff", "x0=0x8000000000000001" },
	{ 0x924c2c20, "and x0, x1, #0xfff0000000000000", "x1=0xffffffffffffffff", "x0=0xfff0000000000000" },
	{ 0x92089c20, "and x0, x1, #0xff00ff00ff00ff00", "x1=0xffffffffffffffff", "x0=0xff00ff00ff00ff00" },
	{ 0x12041c20, "and w0, w1, #0xf000000f", "x1=0xffffffffffffffff", "x0=0xf000000f" },
	{ 0x92401c20, "and x0, x1, #0xff", "x1=?", "x0=?" },
	{ 0x9240fc20, ".inst 0x9240fc20", "", "x0=?" }, /* and of all bits: reserved */
	{ 0x12400020, ".inst 0x12400020", "", "x0=?" }, /* and of 32 bits with N: reserved */
	{ 0x8a020020, "and x0, x1, x2", "x1=0xff x2=0xf0f", "x0=0xf" },
	{ 0x8a020020, "and x0, x1, x2", "x1=? x2=0", "x0=0" },
	{ 0x8a020020, "and x0, x1, x2", "x1=0 x2=?", "x0=0" },
	{ 0x8a020020, "and x0, x1, x2", "x1=? x2=1", "x0=?" },
	{ 0x927cec3f, "and sp, x1, #0xfffffffffffffff0", "", "" },
	{ 0xb27c0c20, "orr x0, x1, #0xf0", "x1=0xf", "x0=0xff" },
	{ 0x32000020, "orr w0, w1, #1", "x1=0xff00000000", "x0=1" },
	{ 0xaa020020, "orr x0, x1, x2", "x1=0xf x2=0xf0", "x0=0xff" },
	{ 0xaa020020, "orr x0, x1, x2", "x1=? x2=0", "x0=?" },
	{ 0xaa021020, "orr x0, x1, x2, lsl #4", "x1=0xf x2=0xf", "x0=? z=? n=?" },
	{ 0xd2401c20, "eor x0, x1, #0xff", "x1=0xf0f", "x0=0xff0" },
	{ 0xca020020, "eor x0, x1, x2", "x1=0xff x2=0xf0", "x0=0xf" },
	{ 0x4a020020, "eor w0, w1, w2", "x1=0xff00000001 x2=1", "x0=0" },
	{ 0xca010020, "eor x0, x1, x1", "x1=?", "x0=?" },
	{ 0x8a220020, "bic x0, x1, x2", "x1=0xff x2=0xf", "x0=? z=? n=?" },
	{ 0xaa220020, "orn x0, x1, x2", "x1=0 x2=0", "x0=? z=? n=?" },
	{ 0xf2401c20, "ands x0, x1, #0xff", "x1=0xf00 z=0 n=1", "x0=0 z=1 n=0" },
	{ 0x72010020, "ands w0, w1, #0x80000000", "x1=0x80000000 z=1 n=0", "x0=0x80000000 z=0 n=1" },
	{ 0xf240003f, "tst x1, #1", "x1=2 z=0 n=1", "z=1 n=0" },
	{ 0x72001c3f, "tst w1, #0xff", "x1=0xff z=1 n=1", "z=0 n=0" },
	{ 0xf241003f, "tst x1, #0x8000000000000000", "x1=0xffffffffffffffff z=1 n=0", "z=0 n=1" },
	{ 0x6a02003f, "tst w1, w2", "x1=0x100000003 x2=0x100000004 z=0 n=1", "z=1 n=0" },
	{ 0xea02003f, "tst x1, x2", "x1=? x2=0 z=0 n=1", "z=1 n=0" },
	{ 0xea02003f, "tst x1, x2", "x1=? x2=1", "z=? n=?" },
	{ 0xea220020, "bics x0, x1, x2", "x1=1 x2=1", "x0=? z=? n=?" },
	/* bits */
	{ 0x53001c20, "uxtb w0, w1", "x1=0xffffff80", "x0=0x80" },
	{ 0x53003c20, "uxth w0, w1", "x1=0xffff8000", "x0=0x8000" },
	{ 0xd37ffc20, "lsr x0, x1, #63", "x1=0x8000000000000000", "x0=1" },
	{ 0x531f7c20, "lsr w0, w1, #31", "x1=0x180000000", "x0=1" },
	{ 0x53047c20, "lsr w0, w1, #4", "x1=0xfffffffffffffff0", "x0=0xfffffff" },
	{ 0xd340fc20, "lsr x0, x1, #0", "x1=0x8000000000000001", "x0=0x8000000000000001" },
	{ 0xd3482c20, "ubfx x0, x1, #8, #4", "x1=0xabc00", "x0=0xc" },
	{ 0xd37ffc20, "ubfx x0, x1, #63, #1", "x1=0x8000000000000000", "x0=1" },
	{ 0xd3482c20, "ubfx x0, x1, #8, #4", "x1=?", "x0=?" },
	{ 0xd37cec20, "lsl x0, x1, #4", "x1=1", "x0=?" },
	{ 0xd37c0420, "ubfiz x0, x1, #4, #2", "x1=1", "x0=?" },
	{ 0x13001c20, "sxtb w0, w1", "x1=1", "x0=?" },
	{ 0x93407c20, "sxtw x0, w1", "x1=1", "x0=?" },
	{ 0x93410820, "sbfx x0, x1, #1, #2", "x1=2", "x0=?" },
	{ 0xb37c0c20, "bfi x0, x1, #4, #4", "x0=0 x1=1", "x0=?" },
	{ 0x33000020, "bfxil w0, w1, #0, #1", "x0=0 x1=1", "x0=?" },
	{ 0x93c22020, "extr x0, x1, x2, #8", "x1=0 x2=0", "x0=?" },
	/* what else writes registers and flags */
	{ 0x9a820020, "csel x0, x1, x2, eq", "z=1", "x0=? z=? n=?" },
	{ 0x1a9f07e0, "cset w0, ne", "z=1", "x0=? z=? n=?" },
	{ 0x9b020c20, "madd x0, x1, x2, x3", "", "x0=? z=? n=?" },
	{ 0x9bc27c20, "umulh x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0x9ac20820, "udiv x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0x9ac22020, "lsl x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0xdac01020, "clz x0, x1", "", "x0=? z=? n=?" },
	{ 0xdac00c20, "rev x0, x1", "", "x0=? z=? n=?" },
	{ 0x9a020020, "adc x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0xba020020, "adcs x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0xba00042f, "rmif x1, #0, #15", "x15=1", "x15=? z=? n=?" },
	{ 0xdac10020, "pacia x0, x1", "", "x0=? z=? n=?" },
	{ 0xdac11020, "autia x0, x1", "", "x0=? z=? n=?" },
	{ 0xdac143e0, "xpaci x0", "", "x0=? z=? n=?" },
	{ 0x9ac23020, "pacga x0, x1, x2", "", "x0=? z=? n=?" },
	{ 0x91810420, "addg x0, x1, #16, #1", "", "x0=?" },
	{ 0xf380001f, ".inst 0xf380001f", "", "x30=?" }, /* AUTIASPPC */
	/* loads and stores */
	{ 0xf9400020, "ldr x0, [x1]", "", "x0=?" },
	{ 0xb9400820, "ldr w0, [x1, #8]", "", "x0=?" },
	{ 0x39400020, "ldrb w0, [x1]", "", "x0=?" },
	{ 0x79400020, "ldrh w0, [x1]", "", "x0=?" },
	{ 0x39800020, "ldrsb x0, [x1]", "", "x0=?" },
	{ 0x79c00020, "ldrsh w0, [x1]", "", "x0=?" },
	{ 0xb9800020, "ldrsw x0, [x1]", "", "x0=?" },
	{ 0xf940003f, "ldr xzr, [x1]", "", "" },
	{ 0x3dc00020, "ldr q0, [x1]", "", "" },
	{ 0xf9000020, "str x0, [x1]", "", "" },
	{ 0x39000420, "strb w0, [x1, #1]", "", "" },
	{ 0x3d800020, "str q0, [x1]", "", "" },
	{ 0xf9800020, "prfm pldl1keep, [x1]", "x0=1", "x0=?" },
	{ 0xf8408420, "ldr x0, [x1], #8", "", "x0=? x1=?" },
	{ 0xf8408c20, "ldr x0, [x1, #8]!", "", "x0=? x1=?" },
	{ 0xb8804420, "ldrsw x0, [x1], #4", "", "x0=? x1=?" },
	{ 0xf8008420, "str x0, [x1], #8", "", "x1=?" },
	{ 0xf81f0c20, "str x0, [x1, #-16]!", "", "x1=?" },
	{ 0x38001420, "strb w0, [x1], #1", "", "x1=?" },
	{ 0x3cc10420, "ldr q0, [x1], #16", "", "x1=?" },
	{ 0x3c9f0c20, "str q0, [x1, #-16]!", "", "x1=?" },
	{ 0xf84107e0, "ldr x0, [sp], #16", "", "x0=?" },
	{ 0xf85f8020, "ldur x0, [x1, #-8]", "", "x0=?" },
	{ 0x38dff020, "ldursb w0, [x1, #-1]", "", "x0=?" },
	{ 0xf81f8020, "stur x0, [x1, #-8]", "", "" },
	{ 0xf8400820, "ldtr x0, [x1]", "", "x0=?" },
	{ 0xf8000820, "sttr x0, [x1]", "", "" },
	{ 0xf8627820, "ldr x0, [x1, x2, lsl #3]", "", "x0=? x1=? x2=? x30=?" },
	{ 0x58000040, "ldr x0, .+8", "", "x0=? x2=?" },
	{ 0xa9400820, "ldp x0, x2, [x1]", "", "x0=? x2=?" },
	{ 0x29410820, "ldp w0, w2, [x1, #8]", "", "x0=? x2=?" },
	{ 0x69400820, "ldpsw x0, x2, [x1]", "", "x0=? x2=?" },
	{ 0xa8c10820, "ldp x0, x2, [x1], #16", "", "x0=? x1=? x2=?" },
	{ 0xa9c10820, "ldp x0, x2, [x1, #16]!", "", "x0=? x1=? x2=?" },
	{ 0xad400820, "ldp q0, q2, [x1]", "", "" },
	{ 0xacc10820, "ldp q0, q2, [x1], #32", "", "x1=?" },
	{ 0xa8400820, "ldnp x0, x2, [x1]", "", "x0=? x2=?" },
	{ 0xa9000820, "stp x0, x2, [x1]", "", "" },
	{ 0xa8810820, "stp x0, x2, [x1], #16", "", "x1=?" },
	{ 0xa9be7bfd, "stp x29, x30, [sp, #-32]!", "", "" },
	{ 0x6d810820, "stp d0, d2, [x1, #16]!", "", "x1=?" },
	/* exclusives, atomics and the like: what any field of the word could name is forgotten */
	{ 0xc85f7c20, "ldxr x0, [x1]", "", "x0=? x1=?" },
	{ 0x885ffc20, "ldaxr w0, [x1]", "", "x0=? x1=?" },
	{ 0xc87f0820, "ldxp x0, x2, [x1]", "", "x0=? x1=? x2=?" },
	{ 0xc8037c20, "stxr w3, x0, [x1]", "", "x0=? x1=? x3=?" },
	{ 0x8803fc20, "stlxr w3, w0, [x1]", "", "x0=? x1=? x3=?" },
	{ 0xc8dffc20, "ldar x0, [x1]", "", "x0=? x1=?" },
	{ 0xf8bfc020, "ldapr x0, [x1]", "", "x0=? x1=? x16=? z=? n=?" },
	{ 0xc8a37c20, "cas x3, x0, [x1]", "", "x0=? x1=? x3=?" },
	{ 0x48247c22, "casp x4, x5, x2, x3, [x1]", "", "x1=? x2=? x4=? x5=?" },
	{ 0x0864fc22, "caspal w4, w5, w2, w3, [x1]", "", "x1=? x2=? x4=? x5=?" },
	{ 0xf8238020, "swp x3, x0, [x1]", "", "x0=? x1=? x3=? z=? n=?" },
	{ 0xf8230020, "ldadd x3, x0, [x1]", "", "x0=? x1=? x3=? z=? n=?" },
	{ 0xb8233020, "ldset w3, w0, [x1]", "", "x0=? x1=? x3=? x12=? z=? n=?" },
	{ 0xf8201c20, "ldraa x0, [x1, #8]!", "", "x0=? x1=? x7=?" },
	{ 0xf83fd020, "ld64b x0, [x1]", "", "x0=? x1=? x2=? x3=? x4=? x5=? x6=? x7=? x20=? z=? n=?" },
	{ 0xf83fd036, "ld64b x22, [x1]", "", "x22=? x23=? x24=? x25=? x26=? x27=? x28=? x29=? x1=? x20=? z=? n=?" },
	{ 0xd9408020, "ldapur x0, [x1, #8]", "", "x0=? x1=? z=? n=?" },
	{ 0x190304a0, "cpyfp [x0]!, [x3]!, x5!", "", "x0=? x1=? x3=? x5=? z=? n=?" },
	{ 0x19c304a0, "setp [x0]!, x5!, x3", "", "x0=? x1=? x3=? x5=? z=? n=?" },
	{ 0x4cdf7020, "ld1 {v0.16b}, [x1], #16", "", "x0=? x1=? x28=?" },
	{ 0x19240c22, ".inst 0x19240c22", "", "x1=? x2=? x3=? x4=? x5=? z=? n=?" }, /* RCWCASP x4, x5, x2, x3, [x1] */
	{ 0x49847c22, ".inst 0x49847c22", "", "x1=? x2=? x4=? x5=?" }, /* CASPT x4, x5, x2, x3, [x1] */
	{ 0x38239020, ".inst 0x38239020", "", "x0=? x1=? x3=? x4=? z=? n=?" }, /* RCWCLR x3, x0, [x1] */
	/* system */
	{ 0xd503201f, "nop", "", "z=? n=?" },
	{ 0xd503245f, "bti c", "", "x16=? x17=? x30=? z=? n=?" },
	{ 0xd503233f, "paciasp", "", "x16=? x17=? x30=? z=? n=?" },
	{ 0xd50323bf, "autiasp", "", "x16=? x17=? x30=? z=? n=?" },
	{ 0xd503211f, "pacia1716", "", "x16=? x17=? x30=? z=? n=?" },
	{ 0xd50320ff, "xpaclri", "", "x16=? x17=? x30=? z=? n=?" },
	{ 0xd53b0020, "mrs x0, ctr_el0", "", "x0=? z=? n=?" },
	{ 0xd53b4200, "mrs x0, nzcv", "", "x0=? z=? n=?" },
	{ 0xd51b4200, "msr nzcv, x0", "", "z=? n=?" },
	{ 0xd518d080, "msr tpidr_el1, x0", "", "z=? n=?" },
	{ 0xd500401f, "cfinv", "", "z=? n=?" },
	{ 0xd5033b9f, "dsb ish", "", "z=? n=?" },
	{ 0xd5033fdf, "isb", "", "z=? n=?" },
	{ 0xd5780600, ".inst 0xd5780600", "", "x0=? x1=? z=? n=?" }, /* MRRS x0, x1 */
	{ 0xd52b7520, "sysl x0, #3, c7, c5, #1", "", "x0=? z=? n=?" },
	{ 0xd50b7b20, "dc cvau, x0", "", "z=? n=?" },
	{ 0xd50b7e20, "dc civac, x0", "", "z=? n=?" },
	{ 0xd50b7520, "ic ivau, x0", "m=0", "m=1 z=? n=?" },
	{ 0xd508711f, "ic ialluis", "m=0", "m=1 z=? n=?" },
	{ 0xd508751f, "ic iallu", "m=0", "m=1 z=? n=?" },
	{ 0xd508831f, "tlbi vmalle1is", "m=0", "z=? n=?" },
	{ 0xd50b7420, "dc zva, x0", "m=0", "z=? n=?" },
	{ 0xd4210000, "brk #0x800", "", "x0=? z=? n=?" },
	/* what answers may write what a call may */
	{ 0xd4000002, "hvc #0", "", "call" },
	{ 0xd4000003, "smc #0", "", "call" },
	{ 0xd4000001, "svc #0", "", "call" },
	{ 0xd4400000, "hlt #0", "", "call" },
	/* vectors */
	{ 0x9e660020, "fmov x0, d1", "", "x0=? z=? n=?" },
	{ 0x0e013c20, "umov w0, v1.b[0]", "", "x0=? z=? n=?" },
	{ 0x9e780020, "fcvtzs x0, d1", "", "x0=? z=? n=?" },
	{ 0x1e612000, "fcmp d0, d1", "", "x0=? z=? n=?" },
	{ 0x04e0e3e0, "cntd x0", "", "x0=? z=? n=?" },
	{ 0x04bf5020, "rdvl x0, #1", "", "x0=? z=? n=?" },
	{ 0x04215020, "addvl x0, x1, #1", "", "x0=? z=? n=?" },
	{ 0x05e0a020, "lasta x0, p0, z1.d", "", "x0=? z=? n=?" },
};

/* A branch, what is known before it, and where it can go: 1 on, 2 to its target, 3 both. */
static const struct {
	uint32_t word;
	const char *text, *before;
	unsigned int ways;
} branches[] = {
	{ 0x54000040, "b.eq .+8", "z=1", 2 },
	{ 0x54000040, "b.eq .+8", "z=0", 1 },
	{ 0x54000040, "b.eq .+8", "z=?", 3 },
	{ 0x54000041, "b.ne .+8", "z=1", 1 },
	{ 0x54000041, "b.ne .+8", "z=0", 2 },
	{ 0x54000044, "b.mi .+8", "n=1 z=0", 2 },
	{ 0x54000044, "b.mi .+8", "n=0 z=1", 1 },
	{ 0x54000045, "b.pl .+8", "n=1 z=1", 1 },
	{ 0x54000045, "b.pl .+8", "n=0 z=0", 2 },
	{ 0x54000045, "b.pl .+8", "n=? z=0", 3 },
	{ 0x54000042, "b.cs .+8", "", 3 },
	{ 0x54000043, "b.cc .+8", "", 3 },
	{ 0x54000046, "b.vs .+8", "", 3 },
	{ 0x54000047, "b.vc .+8", "", 3 },
	{ 0x54000048, "b.hi .+8", "", 3 },
	{ 0x54000049, "b.ls .+8", "", 3 },
	{ 0x5400004a, "b.ge .+8", "", 3 },
	{ 0x5400004b, "b.lt .+8", "", 3 },
	{ 0x5400004c, "b.gt .+8", "", 3 },
	{ 0x5400004d, "b.le .+8", "z=1", 3 },
	{ 0x5400004e, "b.al .+8", "z=1", 3 },
	{ 0xb4000040, "cbz x0, .+8", "x0=0", 2 },
	{ 0xb4000040, "cbz x0, .+8", "x0=0x100000000", 1 },
	{ 0xb4000040, "cbz x0, .+8", "x0=?", 3 },
	{ 0x34000040, "cbz w0, .+8", "x0=0x100000000", 2 },
	{ 0x34000040, "cbz w0, .+8", "x0=0x80000000", 1 },
	{ 0xb5000040, "cbnz x0, .+8", "x0=0", 1 },
	{ 0xb5000040, "cbnz x0, .+8", "x0=0x100000000", 2 },
	{ 0x35000040, "cbnz w0, .+8", "x0=0x100000000", 1 },
	{ 0x35000040, "cbnz w0, .+8", "x0=1", 2 },
	{ 0x35000040, "cbnz w0, .+8", "x0=?", 3 },
	{ 0xb400005f, "cbz xzr, .+8", "", 2 },
	{ 0x3500005f, "cbnz wzr, .+8", "", 1 },
	{ 0x36000040, "tbz w0, #0, .+8", "x0=0xfffffffffffffffe", 2 },
	{ 0x36000040, "tbz w0, #0, .+8", "x0=1", 1 },
	{ 0x36000040, "tbz w0, #0, .+8", "x0=?", 3 },
	{ 0x36f80040, "tbz w0, #31, .+8", "x0=0xffffffff7fffffff", 2 },
	{ 0x36f80040, "tbz w0, #31, .+8", "x0=0x80000000", 1 },
	{ 0xb6000040, "tbz x0, #32, .+8", "x0=0xfffffffeffffffff", 2 },
	{ 0xb6000040, "tbz x0, #32, .+8", "x0=0x100000000", 1 },
	{ 0xb6f80040, "tbz x0, #63, .+8", "x0=0x7fffffffffffffff", 2 },
	{ 0xb6f80040, "tbz x0, #63, .+8", "x0=0x8000000000000000", 1 },
	{ 0x37280040, "tbnz w0, #5, .+8", "x0=0xffffffffffffffdf", 1 },
	{ 0x37280040, "tbnz w0, #5, .+8", "x0=0x20", 2 },
	{ 0xb7280040, "tbnz x0, #37, .+8", "x0=0x20", 1 },
	{ 0xb7280040, "tbnz x0, #37, .+8", "x0=0x2000000000", 2 },
	{ 0xb7280040, "tbnz x0, #37, .+8", "x0=?", 3 },
};
/* clang-format on */

static void steps_as_the_manual_says(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct state state = everything_known(), wanted;
		char name[16];

		state_change(&state, steps[i].before);
		wanted = state;
		state_change(&wanted, steps[i].changed);
		step(&state, steps[i].word);
		for (int r = 0; r < REGISTERS; r++) {
			sprintf(name, "x%d", r);
			known_compare(steps[i].text, name, state.x[r], wanted.x[r]);
		}
		known_compare(steps[i].text, "z", state.z, wanted.z);
		known_compare(steps[i].text, "n", state.n, wanted.n);
		if (state.maintained != wanted.maintained)
			fail_msg("%s: maintained is %d", steps[i].text, state.maintained);
	}
}

static void branches_both_ways_unless_known(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		struct state state = everything_known();

		state_change(&state, branches[i].before);
		if (ways(&state, branches[i].word) != branches[i].ways)
			fail_msg("%s (%s): %u instead of %u", branches[i].text, branches[i].before,
				 ways(&state, branches[i].word), branches[i].ways);
	}
}

/* What follows are kernels of words. Function 0 is walked. */
#define MOV_X0_0 0xd2800000u   /* mov x0, #0 */
#define MOV_X0_1 0xd2800020u   /* mov x0, #1 */
#define MOV_W19_W2 0x2a0203f3u /* mov w19, w2 */
#define CBZ_X0_2 0xb4000040u   /* cbz x0, .+8 */
#define CBZ_W2_2 0x34000042u   /* cbz w2, .+8 */
#define CBZ_W19_2 0x34000053u  /* cbz w19, .+8 */
#define CBZ_X1_2 0xb4000041u   /* cbz x1, .+8 */
#define CBZ_X1_3 0xb4000061u   /* cbz x1, .+12 */
#define B_2 0x14000002u	       /* b .+8 */
#define IC_IVAU 0xd50b7520u    /* ic ivau, x0 */
#define BR 0xd61f0200u	       /* br x16 */
#define BLR 0xd63f0100u	       /* blr x8 */
#define BUG 0xd4210000u	       /* brk #0x800 */
#define ERETAA 0xd69f0bffu     /* eretaa */
#define CBGE 0x74200041u       /* cbge w1, w0, .+8, of Armv9.6 */

#define FLUSH "__flush_icache_range"
#define KICK FUNCTION(BROADCAST, RET)
#define KERNEL(...) \
	((const struct words_function[]){ __VA_ARGS__ }), \
		sizeof((const struct words_function[]){ __VA_ARGS__ }) / \
			sizeof(struct words_function)

static const struct kernel_arguments any = { 0 }, no = { .x[2] = { true, 0 } },
				     yes = { .x[2] = { true, 1 } };

static void expect(const char *rule, const struct words_function *functions, size_t count,
		   const struct kernel_arguments *arguments, enum kernel_walk_result wanted)
{
	struct kernel kernel = words_kernel(functions, count);
	enum kernel_walk_result got = kernel_walk(&kernel, 0, arguments, NULL);

	words_free(&kernel);
	if (got != wanted)
		fail_msg("%s: %d instead of %d", rule, got, wanted);
}

static void follows_what_is_known(void **unused)
{
	(void)unused;
	expect("a call", KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), KICK), &any, WALK_BROADCAST);
	expect("a jump", KERNEL(FUNCTION(ROOT_ALIASES, JUMP(1)), KICK), &any, WALK_BROADCAST);
	expect("a condition", KERNEL(FUNCTION(ROOT_ALIASES, SKIP(1), RET), KICK), &any,
	       WALK_BROADCAST);
	expect("none", KERNEL(FUNCTION(ROOT_ALIASES, RET), KICK), &any, WALK_CLEAN);
	expect("behind a return", KERNEL(FUNCTION(ROOT_ALIASES, RET, CALL(1), RET), KICK), &any,
	       WALK_CLEAN);
	expect("skipped", KERNEL(FUNCTION(ROOT_ALIASES, B_2, CALL(1), RET), KICK), &any,
	       WALK_CLEAN);
	for (int value = 0; value < 2; value++)
		expect("an argument", KERNEL(FUNCTION(ROOT_ALIASES, CBZ_W2_2, CALL(1), RET), KICK),
		       value ? &yes : &no, value ? WALK_BROADCAST : WALK_CLEAN);
	expect("an argument that is not known",
	       KERNEL(FUNCTION(ROOT_ALIASES, CBZ_W2_2, CALL(1), RET), KICK), &any, WALK_BROADCAST);
	expect("a condition on it that jumps",
	       KERNEL(FUNCTION(ROOT_ALIASES, 0x7100005f /* cmp w2, #0 */, SKIP(1), RET), KICK), &no,
	       WALK_CLEAN);
	expect("handed on",
	       KERNEL(FUNCTION(ROOT_PTE, CALL(1), RET),
		      FUNCTION(ROOT_ALIASES, CBZ_W2_2, CALL(2), RET), KICK),
	       &no, WALK_CLEAN);
	expect("each call by itself",
	       KERNEL(FUNCTION(ROOT_PTE, 0x52800002 /* mov w2, #0 */, CALL(1),
			       0x52800022 /* mov w2, #1 */, CALL(1), RET),
		      FUNCTION(ROOT_ALIASES, CBZ_W2_2, CALL(2), RET), KICK),
	       &any, WALK_BROADCAST);
	expect("into instrumentation, not",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), FUNCTION("_mcount", CALL(2), RET),
		      KICK),
	       &any, WALK_CLEAN);
	expect("into a stranger, not: edges.c tells of it",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), FUNCTION("vendor", CALL(2), RET), KICK),
	       &any, WALK_CLEAN);
	expect("behind a breakpoint", KERNEL(FUNCTION(ROOT_ALIASES, BUG, CALL(1), RET), KICK), &any,
	       WALK_BROADCAST);
}

/* A call leaves x19 to x29, and nothing else. */
static void knows_what_a_call_leaves(void **unused)
{
	(void)unused;
	for (int r = 0; r < REGISTERS; r++) {
		const struct words_function functions[] = {
			FUNCTION(ROOT_ALIASES, MOV_X0_0 | r, CALL(1), 0xb4000040 | r /* cbz, .+8 */,
				 CALL(2), RET),
			FUNCTION("vendor", RET), KICK
		};

		expect("a call", functions, 3, &any,
		       r >= 19 && r <= 29 ? WALK_CLEAN : WALK_BROADCAST);
	}
	expect("flags",
	       KERNEL(FUNCTION(ROOT_ALIASES, 0xf100001f /* cmp x0, #0 */, CALL(1), SKIP(2), RET),
		      FUNCTION("vendor", RET), KICK),
	       &(struct kernel_arguments){ .x[0] = { true, 0 } }, WALK_BROADCAST);
	expect("the saved argument",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_W19_W2, CALL(1), CBZ_W19_2, CALL(2), RET),
		      FUNCTION("vendor", RET), KICK),
	       &no, WALK_CLEAN);
	expect("an argument that was not saved",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), CBZ_W2_2, CALL(2), RET),
		      FUNCTION("vendor", RET), KICK),
	       &no, WALK_BROADCAST);
}

/* Where paths meet, only that is known on which they agree. */
static void joins_paths(void **unused)
{
	(void)unused;
	expect("the same value",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X1_2, MOV_X0_0, CBZ_X0_2, CALL(1), RET),
		      KICK),
	       &any, WALK_CLEAN);
	expect("another value, of the path that is walked last",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X1_2, MOV_X0_1, CBZ_X0_2, CALL(1), RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("another value, of the other path",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_1, CBZ_X1_2, MOV_X0_0, CBZ_X0_2, CALL(1), RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("no value",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X1_2, 0xf9400060 /* ldr x0, [x3] */,
			       CBZ_X0_2, CALL(1), RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("flags",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, 0xf100001f /* cmp x0, #0 */, CBZ_X1_2,
			       0xf100041f /* cmp x0, #1 */, SKIP(1), RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("the same flags",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, 0xf100001f, CBZ_X1_2, 0xf100001f, SKIP(1),
			       RET),
		      KICK),
	       &any, WALK_CLEAN);
	expect("negative on one path",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, 0xf100001f, CBZ_X1_2, 0xf100041f,
			       0x54000045 /* b.pl .+8 */, CALL(1), RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("of a loop: the second round differs",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X0_2, CALL(1), MOV_X0_1,
			       0xb5ffffa1 /* cbnz x1, .-12 */, RET),
		      KICK),
	       &any, WALK_BROADCAST);
	expect("of a loop: every round is the same",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X0_2, CALL(1), MOV_X0_0, 0xb5ffffa1,
			       RET),
		      KICK),
	       &any, WALK_CLEAN);
}

/* A path that cannot be followed is never a clean one. */
static void loses_its_way(void **unused)
{
	static uint32_t large[BODY_WORDS + 1];
	struct words_function deep[CHAIN_MAXIMUM + 2];
	static const uint32_t next[][2] = { { CALL(1), RET }, { CALL(2), RET }, { CALL(3), RET },
					    { CALL(4), RET }, { CALL(5), RET }, { CALL(6), RET },
					    { CALL(7), RET } };

	(void)unused;
	expect("br", KERNEL(FUNCTION(ROOT_ALIASES, BR)), &any, WALK_LOST);
	expect("blr", KERNEL(FUNCTION(ROOT_ALIASES, BLR, RET)), &any, WALK_LOST);
	expect("blr, and what is behind it",
	       KERNEL(FUNCTION(ROOT_ALIASES, BLR, CALL(1), RET), KICK), &any, WALK_BROADCAST);
	expect("blr leaves what a call leaves",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, BLR, CBZ_X0_2, CALL(1), RET), KICK), &any,
	       WALK_BROADCAST);
	expect("not behind br", KERNEL(FUNCTION(ROOT_ALIASES, BR, CALL(1), RET), KICK), &any,
	       WALK_LOST);
	expect("braa", KERNEL(FUNCTION(ROOT_ALIASES, 0xd71f0a11)), &any, WALK_LOST);
	expect("eretaa", KERNEL(FUNCTION(ROOT_ALIASES, ERETAA)), &any, WALK_LOST);
	expect("a branch that is not known", KERNEL(FUNCTION(ROOT_ALIASES, CBGE, RET, RET)), &any,
	       WALK_LOST);
	expect("eret", KERNEL(FUNCTION(ROOT_ALIASES, 0xd69f03e0)), &any, WALK_CLEAN);
	expect("retaa", KERNEL(FUNCTION(ROOT_ALIASES, 0xd65f0bff)), &any, WALK_CLEAN);
	expect("a callee without a name",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(2), RET), FUNCTION("end", RET),
		      FUNCTION("", RET)),
	       &any, WALK_LOST);
	expect("the middle of a function",
	       KERNEL(FUNCTION(ROOT_ALIASES, 0x94000003 /* bl .+12 */, RET),
		      FUNCTION(FLUSH, MOV_X0_0, RET)),
	       &any, WALK_LOST);
	expect("outside the image", KERNEL(FUNCTION(ROOT_ALIASES, 0x97ffffff /* bl .-4 */, RET)),
	       &any, WALK_LOST);
	expect("the end of the image", KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0)), &any, WALK_LOST);
	expect("a loop without an end", KERNEL(FUNCTION(ROOT_ALIASES, JUMP(0))), &any, WALK_CLEAN);
	expect("calls of itself", KERNEL(FUNCTION(ROOT_ALIASES, CALL(0), RET)), &any, WALK_LOST);
	for (int calls = CHAIN_MAXIMUM; calls <= CHAIN_MAXIMUM + 1; calls++) {
		for (int i = 0; i < calls; i++)
			deep[i] = (struct words_function){ i ? FLUSH : ROOT_ALIASES, next[i], 2 };
		deep[calls] = (struct words_function)FUNCTION(BROADCAST, RET);
		expect("a chain", deep, calls + 1, &any,
		       calls == CHAIN_MAXIMUM ? WALK_BROADCAST : WALK_LOST);
	}
	deep[CHAIN_MAXIMUM + 1] = (struct words_function)FUNCTION("_mcount", RET);
	expect("instrumentation of the last that is walked", deep, CHAIN_MAXIMUM + 2, &any,
	       WALK_CLEAN);
	for (int i = 0; i <= BODY_WORDS; i++)
		large[i] = MOV_X0_0;
	for (int more = 0; more < 2; more++) {
		const struct words_function functions[] = { { ROOT_ALIASES, large,
							      BODY_WORDS + more } };

		large[BODY_WORDS - 1 + more] = RET;
		expect("a large function", functions, 1, &any, more ? WALK_LOST : WALK_CLEAN);
	}
}

/* As many instructions as there are, over all functions, and not one more. */
static void keeps_its_budget(void **unused)
{
	const struct words_function functions[] = { FUNCTION(ROOT_ALIASES, CALL(1), MOV_X0_0, RET),
						    FUNCTION(FLUSH, MOV_X0_0, RET) };
	struct kernel kernel = words_kernel(functions, 2);

	(void)unused;
	for (int budget = 4; budget <= 6; budget++) {
		struct walker walker = { .kernel = &kernel, .budget = budget };
		struct state entry = { 0 };

		assert_false(function_walk(&walker, 0, &entry));
		assert_int_equal(walker.lost, budget < 6);
	}
	words_free(&kernel);
}

/* The end of a function is not always the end of a path. */
static void runs_on(void **unused)
{
	(void)unused;
	expect("cache.S",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), FUNCTION(FLUSH, CALL(2), RET), KICK), &any,
	       WALK_BROADCAST);
	expect("with what is known",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), FUNCTION(FLUSH, CBZ_X0_2, CALL(2), RET),
		      KICK),
	       &any, WALK_CLEAN);
	expect("into a broadcast", KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), KICK), &any,
	       WALK_BROADCAST);
	expect("behind a condition", KERNEL(FUNCTION(ROOT_ALIASES, SKIP(0)), KICK), &any,
	       WALK_BROADCAST);
	expect("not when it is always taken",
	       KERNEL(FUNCTION(ROOT_ALIASES, RET, 0xb4ffffff /* cbz xzr, .-4 */), KICK), &any,
	       WALK_CLEAN);
	expect("into a stranger", KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), FUNCTION("vendor", RET)),
	       &any, WALK_LOST);
	expect("not behind a call that does not come back",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(2)), KICK, FUNCTION("panic", RET)), &any,
	       WALK_CLEAN);
	expect("nor behind its padding",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(2), NOP, NOP), KICK, FUNCTION("panic", RET)),
	       &any, WALK_CLEAN);
	expect("behind the last call, which does",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(2)), FUNCTION("label", RET),
		      FUNCTION(FLUSH, RET)),
	       &any, WALK_LOST);
	expect("also behind its padding",
	       KERNEL(FUNCTION(ROOT_ALIASES, CALL(2), NOP), FUNCTION("label", RET),
		      FUNCTION(FLUSH, RET)),
	       &any, WALK_LOST);
	expect("into instrumentation",
	       KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), FUNCTION("ftrace_call", RET)), &any,
	       WALK_LOST);
	expect("not behind a bug", KERNEL(FUNCTION(ROOT_ALIASES, BUG, NOP), KICK), &any,
	       WALK_CLEAN);
	expect("not behind a zero word", KERNEL(FUNCTION(ROOT_ALIASES, 0), KICK), &any, WALK_CLEAN);
	expect("all padding, and no symbol behind it",
	       KERNEL(FUNCTION(ROOT_ALIASES, NOP, NOP), KICK), &any, WALK_LOST);
}

/* What one of the questions about a function as a whole has for an answer. */
static void expect_answer(bool (*ask)(const struct kernel *kernel, uint64_t root), const char *rule,
			  const struct words_function *functions, size_t count, bool wanted)
{
	struct kernel kernel = words_kernel(functions, count);
	bool got = ask(&kernel, 0);

	words_free(&kernel);
	if (got != wanted)
		fail_msg("%s: %d instead of %d", rule, got, wanted);
}

#define expect_cut(...) expect_answer(kernel_walk_is_cut, __VA_ARGS__)
#define expect_maintained(...) expect_answer(kernel_walk_maintains, __VA_ARGS__)
#define expect_covered(...) expect_answer(kernel_walk_covers, __VA_ARGS__)

/* A label amid a function takes the rest of it away. */
static void sees_that_a_function_is_cut(void **unused)
{
	static uint32_t large[BODY_WORDS + 1];
	const struct words_function functions[] = { { "vendor", large, BODY_WORDS + 1 } };

	(void)unused;
	expect_cut("whole", KERNEL(FUNCTION("vendor", MOV_X0_0, RET), KICK), false);
	expect_cut("a jump away", KERNEL(FUNCTION("vendor", JUMP(1)), FUNCTION("other", RET)),
		   false);
	expect_cut("a call through a register is none of its business",
		   KERNEL(FUNCTION("vendor", BLR, RET), KICK), false);
	expect_cut("padding", KERNEL(FUNCTION("vendor", RET, NOP), FUNCTION("other", RET)), false);
	expect_cut("no code behind it", KERNEL(FUNCTION("vendor", RET, MOV_X0_0)), false);
	expect_cut("a bug", KERNEL(FUNCTION("vendor", BUG), FUNCTION("other", RET)), false);
	expect_cut("panic",
		   KERNEL(FUNCTION("vendor", CALL(2)), FUNCTION("other", RET),
			  FUNCTION("panic", RET)),
		   false);
	expect_cut("it runs into cache maintenance",
		   KERNEL(FUNCTION("vendor", MOV_X0_0), FUNCTION(FLUSH, RET)), false);
	expect_cut("into a label", KERNEL(FUNCTION("vendor", MOV_X0_0), FUNCTION("label", RET)),
		   true);
	expect_cut("on one path",
		   KERNEL(FUNCTION("vendor", CBZ_X0_2, RET, MOV_X0_0), FUNCTION("label", RET)),
		   true);
	expect_cut("behind a call",
		   KERNEL(FUNCTION("vendor", CALL(2)), FUNCTION("label", RET),
			  FUNCTION(FLUSH, RET)),
		   true);
	expect_cut("by way of padding",
		   KERNEL(FUNCTION("vendor", CBZ_X0_2, RET, NOP), FUNCTION("label", RET)), true);
	expect_cut("too large to tell", functions, 1, true);
}

/* The calls on the way to the first broadcast. */
static void tells_the_chain(void **unused)
{
	const struct words_function functions[] = { FUNCTION(ROOT_PTE, CALL(1), CALL(2), JUMP(3)),
						    FUNCTION(ROOT_ALIASES, RET),
						    FUNCTION(FLUSH, MOV_X0_0, JUMP(3)), KICK };
	struct kernel kernel = words_kernel(functions, 4);
	struct kernel_chain chain = { .length = 5 };

	(void)unused;
	assert_int_equal(kernel_walk(&kernel, 0, &any, &chain), WALK_BROADCAST);
	assert_int_equal(chain.length, 2);
	assert_int_equal(chain.edges[0].at, 4);
	assert_int_equal(chain.edges[0].to, words_offset(functions, 2));
	assert_int_equal(chain.edges[0].word, 0x94000003);
	assert_int_equal(chain.edges[1].at, words_offset(functions, 2) + 4);
	assert_int_equal(chain.edges[1].to, words_offset(functions, 3));
	assert_int_equal(kernel_walk(&kernel, words_offset(functions, 1), &any, &chain),
			 WALK_CLEAN);
	assert_int_equal(chain.length, 0);
	words_free(&kernel);
}

/* Caches are maintained on every path, or they are not. */
static void asks_for_maintenance_on_every_path(void **unused)
{
	(void)unused;
	expect_maintained("none", KERNEL(FUNCTION(ROOT_ALIASES, RET)), false);
	expect_maintained("an instruction", KERNEL(FUNCTION(ROOT_ALIASES, IC_IVAU, RET)), true);
	expect_maintained("on one path", KERNEL(FUNCTION(ROOT_ALIASES, CBZ_X1_2, IC_IVAU, RET)),
			  false);
	expect_maintained(
		"on the other path, which is walked later",
		KERNEL(FUNCTION(ROOT_ALIASES, CBZ_X1_3, IC_IVAU, B_2, NOP, MOV_X0_0, RET)), false);
	expect_maintained("on the path that jumps",
			  KERNEL(FUNCTION(ROOT_ALIASES, CBZ_X1_3, MOV_X0_0, B_2, IC_IVAU, MOV_X0_0,
					  RET)),
			  false);
	expect_maintained("on both",
			  KERNEL(FUNCTION(ROOT_ALIASES, CBZ_X1_3, IC_IVAU, B_2, IC_IVAU, RET)),
			  true);
	expect_maintained("on a path that no value takes",
			  KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0, CBZ_X0_2, RET, IC_IVAU, RET)),
			  true);
	expect_maintained(
		"in what is called",
		KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), FUNCTION(FLUSH, IC_IVAU, RET)), true);
	/* cache.S loops over lines: that a range is not empty is not known, so its name must do. */
	expect_maintained("in what is called by its name",
			  KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), FUNCTION(FLUSH, RET)), true);
	expect_maintained("by a jump",
			  KERNEL(FUNCTION(ROOT_ALIASES, JUMP(1)), FUNCTION(FLUSH, RET)), true);
	expect_maintained("by running on",
			  KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), FUNCTION(FLUSH, RET)), true);
	expect_maintained("the roots decide, and are not maintenance by name",
			  KERNEL(FUNCTION(ROOT_PTE, CALL(1), RET), FUNCTION(ROOT_ALIASES, RET)),
			  false);
	expect_maintained("the other root",
			  KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET), FUNCTION(ROOT_PTE, RET)),
			  false);
	expect_maintained("a root that has another name first",
			  KERNEL(FUNCTION(ROOT_PTE, CALL(1), RET),
				 FUNCTION("also " ROOT_ALIASES, RET)),
			  false);
	expect_maintained("a root that has another name last",
			  KERNEL(FUNCTION(ROOT_PTE, CALL(1), RET),
				 FUNCTION(ROOT_ALIASES " also", RET)),
			  false);
	expect_maintained("what a root maintains counts",
			  KERNEL(FUNCTION(ROOT_PTE, CALL(1), RET),
				 FUNCTION(ROOT_ALIASES, IC_IVAU, RET)),
			  true);
	expect_maintained("a call of a stranger maintains nothing",
			  KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET),
				 FUNCTION("vendor", IC_IVAU, RET)),
			  false);
	expect_maintained("a jump to a stranger",
			  KERNEL(FUNCTION(ROOT_ALIASES, JUMP(1)), FUNCTION("vendor", IC_IVAU, RET)),
			  false);
	expect_maintained("a broadcast at the end", KERNEL(FUNCTION(ROOT_ALIASES, JUMP(1)), KICK),
			  false);
	expect_maintained("running on into a broadcast",
			  KERNEL(FUNCTION(ROOT_ALIASES, MOV_X0_0), KICK), false);
	expect_maintained("instrumentation at the end",
			  KERNEL(FUNCTION(ROOT_ALIASES, JUMP(1)), FUNCTION("ftrace_stub", RET)),
			  false);
	expect_maintained("a jump to a stranger, afterwards",
			  KERNEL(FUNCTION(ROOT_ALIASES, IC_IVAU, JUMP(1)), FUNCTION("vendor", RET)),
			  true);
	expect_maintained("a path that is lost", KERNEL(FUNCTION(ROOT_ALIASES, IC_IVAU, BLR, RET)),
			  false);
	expect_maintained("a path that ends nowhere", KERNEL(FUNCTION(ROOT_ALIASES, JUMP(0))),
			  true);
}

/* A call that no path takes may be one that a static key turns on. */
static void tells_of_calls_that_no_path_takes(void **unused)
{
	(void)unused;
	expect_covered("no call", KERNEL(FUNCTION(ROOT_ALIASES, IC_IVAU, RET)), true);
	expect_covered("all are taken",
		       KERNEL(FUNCTION(ROOT_ALIASES, CBZ_W2_2, CALL(1), RET), KICK), true);
	expect_covered("behind a return",
		       KERNEL(FUNCTION(ROOT_ALIASES, NOP, RET, CALL(1), RET), KICK), false);
	expect_covered("a jump", KERNEL(FUNCTION(ROOT_ALIASES, NOP, RET, JUMP(1)), KICK), false);
	expect_covered("a condition", KERNEL(FUNCTION(ROOT_ALIASES, NOP, RET, SKIP(1), RET), KICK),
		       false);
	expect_covered("skipped", KERNEL(FUNCTION(ROOT_ALIASES, B_2, CALL(1), RET), KICK), false);
	expect_covered("of maintenance, which may broadcast",
		       KERNEL(FUNCTION(ROOT_ALIASES, B_2, CALL(1), RET), FUNCTION(FLUSH, JUMP(2)),
			      KICK),
		       false);
	expect_covered("of a stranger, of which edges.c tells",
		       KERNEL(FUNCTION(ROOT_ALIASES, B_2, CALL(1), RET), FUNCTION("vendor", RET)),
		       true);
	expect_covered("of instrumentation",
		       KERNEL(FUNCTION(ROOT_ALIASES, B_2, CALL(1), RET), FUNCTION("_mcount", RET)),
		       true);
	expect_covered("in a callee, which is asked by itself",
		       KERNEL(FUNCTION(ROOT_ALIASES, CALL(1), RET),
			      FUNCTION(FLUSH, RET, CALL(2), RET), KICK),
		       true);
	expect_covered("a path that is lost", KERNEL(FUNCTION(ROOT_ALIASES, BR)), false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_as_the_manual_says),
		cmocka_unit_test(branches_both_ways_unless_known),
		cmocka_unit_test(follows_what_is_known),
		cmocka_unit_test(knows_what_a_call_leaves),
		cmocka_unit_test(joins_paths),
		cmocka_unit_test(loses_its_way),
		cmocka_unit_test(keeps_its_budget),
		cmocka_unit_test(runs_on),
		cmocka_unit_test(sees_that_a_function_is_cut),
		cmocka_unit_test(tells_the_chain),
		cmocka_unit_test(asks_for_maintenance_on_every_path),
		cmocka_unit_test(tells_of_calls_that_no_path_takes),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
