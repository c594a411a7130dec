// SPDX-License-Identifier: GPL-2.0-only
/*
 * edges.c: what the calls below a function are said to lead to, one rule after the other
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

#include "../lib/words.h"
#include "kernel/edges.c"
#include "kernel/roles.c"
#include "kernel/symbols.c"

/* Instructions, as the assembler of binutils makes them. */
#define MOV 0xaa0103e0u	    /* mov x0, x1 */
#define IC_IVAU 0xd50b7520u /* ic ivau, x0 */
#define BR 0xd61f0200u	    /* br x16 */
#define BLR 0xd63f0100u	    /* blr x8 */
#define BRAA 0xd71f0a11u    /* braa x16, x17 */
#define PROBE 0xd4200080u   /* brk #4: a kprobe */
#define BUG 0xd4210000u	    /* brk #0x800 */
#define ADRP 0x90000010u    /* adrp x16, . */
#define RETAA 0xd65f0bffu

/* What is expected of the function called first. */
struct expectation {
	bool broadcasts, strangers_broadcast;
	int bodies;
	unsigned int count, unresolved, indirect, probes, maintenance, too_deep;
};

#define KERNEL(...) \
	((const struct words_function[]){ __VA_ARGS__ }), \
		sizeof((const struct words_function[]){ __VA_ARGS__ }) / \
			sizeof(struct words_function)

static struct kernel_edges collected(const struct words_function *functions, size_t count)
{
	struct kernel kernel = words_kernel(functions, count);
	struct kernel_edges edges;

	kernel_edges_collect(&kernel, 0, &edges);
	words_free(&kernel);
	return edges;
}

static void expect(const char *rule, const struct words_function *functions, size_t count,
		   struct expectation wanted)
{
	struct kernel_edges got = collected(functions, count);

	print_message("# %s\n", rule);
	assert_int_equal(got.broadcasts, wanted.broadcasts);
	assert_int_equal(got.strangers_broadcast, wanted.strangers_broadcast);
	assert_int_equal(got.body_count, wanted.bodies);
	assert_int_equal(got.count, wanted.count);
	assert_int_equal(got.unresolved, wanted.unresolved);
	assert_int_equal(got.indirect, wanted.indirect);
	assert_int_equal(got.probes, wanted.probes);
	assert_int_equal(got.maintenance, wanted.maintenance);
	assert_int_equal(got.too_deep, wanted.too_deep);
}

#define ROOT ROOT_ALIASES
#define FLUSH "__flush_icache_range"
#define KICK { BROADCAST, kick, 1 }
static const uint32_t kick[] = { RET };

static void finds_broadcasts(void **state)
{
	(void)state;
	expect("none", KERNEL(FUNCTION(ROOT, IC_IVAU, RET), KICK),
	       (struct expectation){ .bodies = 1, .maintenance = 1 });
	expect("a call", KERNEL(FUNCTION(ROOT, CALL(1), RET), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("a jump", KERNEL(FUNCTION(ROOT, JUMP(1)), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("a condition", KERNEL(FUNCTION(ROOT, SKIP(1), RET), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("cbz", KERNEL(FUNCTION(ROOT, 0xb4000040 /* cbz x0, +8 */, RET), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("tbz", KERNEL(FUNCTION(ROOT, 0x36000040 /* tbz w0, #0, +8 */, RET), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("behind a branch that is always taken",
	       KERNEL(FUNCTION(ROOT, 0x14000002 /* b +8 */, CALL(1), RET), KICK),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("two calls away",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION(FLUSH, IC_IVAU, JUMP(2)), KICK),
	       (struct expectation){ .broadcasts = true,
				     .bodies = 2,
				     .count = 2,
				     .maintenance = 1 });
	expect("the other name of a place counts",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), { "somewhere " BROADCAST, kick, 1 }),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("in either order",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), { BROADCAST " somewhere", kick, 1 }),
	       (struct expectation){ .broadcasts = true, .bodies = 1, .count = 1 });
	expect("of instrumentation, nothing",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("_mcount", CALL(2), RET), KICK),
	       (struct expectation){ .bodies = 1, .count = 1 });
}

/* A function that this program does not know may do what no walk can see. */
static void tells_strangers(void **state)
{
	(void)state;
	expect("a quiet one is followed",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("vendor", IC_IVAU, RET)),
	       (struct expectation){ .bodies = 2, .count = 1, .maintenance = 1 });
	expect("one that broadcasts",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("vendor", CALL(2), RET), KICK),
	       (struct expectation){ true, true, .bodies = 2, .count = 2 });
	expect("... beside a call that is known, before it",
	       KERNEL(FUNCTION(ROOT, CALL(2), CALL(1), RET), FUNCTION("vendor", CALL(2), RET),
		      KICK),
	       (struct expectation){ true, true, .bodies = 2, .count = 3 });
	expect("... and behind it",
	       KERNEL(FUNCTION(ROOT, CALL(1), CALL(2), RET), FUNCTION("vendor", CALL(2), RET),
		      KICK),
	       (struct expectation){ true, true, .bodies = 2, .count = 3 });
	expect("a stranger that calls what was read before",
	       KERNEL(FUNCTION(ROOT, CALL(2), CALL(1), RET), FUNCTION("vendor", CALL(2), RET),
		      FUNCTION(FLUSH, JUMP(3)), KICK),
	       (struct expectation){ true, true, .bodies = 3, .count = 4 });
	expect("a stranger that calls the function which is being read",
	       KERNEL(FUNCTION(ROOT, CALL(1), CALL(2), RET), FUNCTION("vendor", CALL(0), RET),
		      KICK),
	       (struct expectation){ true, true, .bodies = 2, .count = 3 });
	expect("a stranger two calls before",
	       KERNEL(FUNCTION(ROOT, CALL(1), CALL(3), RET), FUNCTION("vendor", CALL(2), RET),
		      FUNCTION("vendor_2", CALL(3), RET), FUNCTION(FLUSH, JUMP(4)), KICK),
	       (struct expectation){ true, true, .bodies = 4, .count = 5 });
	expect("a quiet one beside a broadcast",
	       KERNEL(FUNCTION(ROOT, CALL(2), CALL(1), RET), FUNCTION("vendor", RET), KICK),
	       (struct expectation){ true, .bodies = 2, .count = 2 });
	expect("... and before it",
	       KERNEL(FUNCTION(ROOT, CALL(1), CALL(2), RET), FUNCTION("vendor", RET), KICK),
	       (struct expectation){ true, .bodies = 2, .count = 2 });
	expect("a place with a known name is none",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("vendor " FLUSH, CALL(2), RET), KICK),
	       (struct expectation){ true, .bodies = 2, .count = 2 });
}

/* A function need not end with a return. */
static void runs_on_into_the_next(void **state)
{
	(void)state;
	expect("cache.S",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION(FLUSH, MOV),
		      FUNCTION("__flush_cache_user_range", IC_IVAU, CALL(3), RET), KICK),
	       (struct expectation){ true, .bodies = 3, .count = 2, .maintenance = 1 });
	expect("into what was read before",
	       KERNEL(FUNCTION(ROOT, CALL(2), CALL(1), RET), FUNCTION("vendor", MOV),
		      FUNCTION(FLUSH, JUMP(3)), KICK),
	       (struct expectation){ true, true, .bodies = 3, .count = 3 });
	expect("into a broadcast", KERNEL(FUNCTION(ROOT, MOV), KICK),
	       (struct expectation){ true, .bodies = 1 });
	expect("by a condition", KERNEL(FUNCTION(ROOT, SKIP(0)), KICK),
	       (struct expectation){ true, .bodies = 1 });
	expect("not into a stranger",
	       KERNEL(FUNCTION(ROOT, MOV), FUNCTION("vendor", CALL(2), RET), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("not behind a return", KERNEL(FUNCTION(ROOT, RET), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("not behind retaa", KERNEL(FUNCTION(ROOT, RETAA), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("not behind a jump", KERNEL(FUNCTION(ROOT, JUMP(0)), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("not behind br", KERNEL(FUNCTION(ROOT, BR), KICK),
	       (struct expectation){ .bodies = 1, .indirect = 1 });
	expect("not behind a bug", KERNEL(FUNCTION(ROOT, MOV, BUG), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("not behind a call of what does not come back",
	       KERNEL(FUNCTION(ROOT, MOV, CALL(2)), KICK, FUNCTION("panic", JUMP(2))),
	       (struct expectation){ .bodies = 2, .count = 1 });
	expect("not behind padding", KERNEL(FUNCTION(ROOT, RET, NOP, 0, NOP), KICK),
	       (struct expectation){ .bodies = 1 });
	expect("at the end of the image", KERNEL(FUNCTION(ROOT, MOV)),
	       (struct expectation){ .bodies = 1 });
}

/* What is not as the compiler left it, or cannot be read. */
static void notes_what_is_odd(void **state)
{
	struct kernel_edges edges;

	(void)state;
	expect("blr", KERNEL(FUNCTION(ROOT, BLR, RET)),
	       (struct expectation){ .bodies = 1, .indirect = 1 });
	expect("braa", KERNEL(FUNCTION(ROOT, BRAA, RET)),
	       (struct expectation){ .bodies = 1, .indirect = 1 });
	expect("a branch that is not known",
	       KERNEL(FUNCTION(ROOT, MOV, 0x74200041 /* cbge w1, w0, .+8, of Armv9.6 */, RET, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("eretaa", KERNEL(FUNCTION(ROOT, MOV, 0xd69f0bff, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("system instructions are none",
	       KERNEL(FUNCTION(ROOT, MOV, NOP, 0xd4000002 /* hvc #0 */, RET)),
	       (struct expectation){ .bodies = 1 });
	expect("a probe", KERNEL(FUNCTION(ROOT, MOV, PROBE, RET)),
	       (struct expectation){ .bodies = 1, .probes = 1 });
	expect("a bug is none", KERNEL(FUNCTION(ROOT, MOV, BUG, RET)),
	       (struct expectation){ .bodies = 1 });
	expect("at the entry any breakpoint is one", KERNEL(FUNCTION(ROOT, BUG, RET)),
	       (struct expectation){ .bodies = 1, .probes = 1 });
	expect("those of KASAN, UBSAN, __builtin_trap() and kCFI are none",
	       KERNEL(FUNCTION(ROOT, MOV, 0xd4212000 /* brk #0x900 */, 0xd42abfe0 /* brk #0x55ff */,
			       0xd4207d00 /* brk #0x3e8 */, 0xd4307fe0 /* brk #0x83ff */, RET)),
	       (struct expectation){ .bodies = 1 });
	expect("a zero word", KERNEL(FUNCTION(ROOT, MOV, 0, RET)),
	       (struct expectation){ .bodies = 1, .probes = 1 });
	expect("at the entry, too", KERNEL(FUNCTION(ROOT, 0, RET)),
	       (struct expectation){ .bodies = 1, .probes = 1 });
	expect("one behind the end is padding", KERNEL(FUNCTION(ROOT, RET, 0, 0)),
	       (struct expectation){ .bodies = 1 });
	expect("one behind a jump, too", KERNEL(FUNCTION(ROOT, JUMP(0), 0)),
	       (struct expectation){ .bodies = 1 });
	expect("one behind anything else is not", KERNEL(FUNCTION(ROOT, MOV, 0, 0)),
	       (struct expectation){ .bodies = 1, .probes = 2 });
	expect("a call of what has no name",
	       KERNEL(FUNCTION(ROOT, RET, CALL(2)), FUNCTION("end", RET, NOP),
		      FUNCTION("", MOV, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("a call into the function itself",
	       KERNEL(FUNCTION(ROOT, 0x94000002 /* bl .+8 */, MOV, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("a jump into it is none", KERNEL(FUNCTION(ROOT, 0x14000002 /* b .+8 */, MOV, RET)),
	       (struct expectation){ .bodies = 1 });
	expect("outside the image", KERNEL(FUNCTION(ROOT, 0x97ffffff /* bl -4 */, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	edges = collected(KERNEL(FUNCTION(ROOT, MOV, BLR, PROBE, RET)));
	assert_int_equal(edges.odd_at, 4);
	edges = collected(KERNEL(FUNCTION(ROOT, MOV, MOV, 0x97ffff00 /* bl back */, PROBE, RET)));
	assert_int_equal(edges.odd_at, 8);
	edges = collected(KERNEL(FUNCTION(ROOT, MOV, PROBE, BLR, RET)));
	assert_int_equal(edges.odd_at, 4);
}

/* ADRP, ADD, BR to a function is as good as a branch to it; anything like it is not. */
static void follows_veneers(void **state)
{
	static const struct {
		uint32_t adrp, add, br;
		bool followed;
	} cases[] = {
		{ 0x90000010, 0x91004210, 0xd61f0200, true },  /* x16 throughout; add #0x10 */
		{ 0x90000011, 0x91004231, 0xd61f0220, true },  /* x17 */
		{ 0x10ffffd0, 0x91000210, 0xd61f0200, false }, /* adr x16, .-8; add #0 */
		{ 0x90000010, 0x91404210, 0xd61f0200, false }, /* add, lsl #12 */
		{ 0x90000010, 0xd1004210, 0xd61f0200, false }, /* sub */
		{ 0x90000010, 0x91004210, 0xd63f0200, false }, /* blr */
		{ 0x90000010, 0x91004210, 0xd65f0200, false }, /* ret x16 */
		{ 0x90000011, 0x91004210, 0xd61f0200, false }, /* adrp x17 */
		{ 0x90000010, 0x91004211, 0xd61f0200, false }, /* add x17, x16 */
		{ 0x90000010, 0x91004230, 0xd61f0200, false }, /* add x16, x17 */
		{ 0x90000010, 0x91004210, 0xd61f0220, false }, /* br x17 */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* root: 0, end: 0x8, broadcast: 0x10, veneer: 0x18 */
		struct kernel_edges edges = collected(
			KERNEL(FUNCTION(ROOT, CALL(3), RET), FUNCTION("end", RET, NOP),
			       FUNCTION(BROADCAST, RET, NOP),
			       FUNCTION("", cases[i].adrp, cases[i].add, cases[i].br)));

		print_message("# %zu\n", i);
		assert_int_equal(edges.broadcasts, cases[i].followed);
		assert_int_equal(edges.unresolved, !cases[i].followed);
	}
	/* One that the image cuts is none, whatever lies behind it. */
	for (int cut = 0; cut < 3; cut++) {
		struct kernel kernel = words_kernel(
			KERNEL(FUNCTION(ROOT, CALL(2), RET), KICK,
			       FUNCTION("", ADRP, 0x91002210 /* add x16, x16, #8 */, BR)));
		struct kernel_edges edges;

		kernel.size -= 4 * cut;
		kernel_edges_collect(&kernel, 0, &edges);
		assert_int_equal(edges.broadcasts, !cut);
		words_free(&kernel);
	}
}

/* A branch between the pieces of a function may land anywhere in them; a call may not. */
static void knows_pieces(void **state)
{
	const uint32_t into = 0x14000003; /* b +12: one word behind the start of the next but one */

	(void)state;
	expect("of one function",
	       KERNEL(FUNCTION(ROOT, into, RET), FUNCTION(ROOT ".cold", MOV, MOV, RET)),
	       (struct expectation){ .bodies = 2, .count = 1 });
	expect("which broadcasts",
	       KERNEL(FUNCTION(ROOT, into, RET), FUNCTION(ROOT ".cold", MOV, MOV, JUMP(2)), KICK),
	       (struct expectation){ true, .bodies = 2, .count = 2 });
	expect("clang's",
	       KERNEL(FUNCTION(ROOT "$1", into, RET), FUNCTION(ROOT ".cold", MOV, MOV, RET)),
	       (struct expectation){ .bodies = 2, .count = 1 });
	expect("of another function",
	       KERNEL(FUNCTION(ROOT, into, RET), FUNCTION(FLUSH, MOV, MOV, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("of one whose name only begins so",
	       KERNEL(FUNCTION(ROOT, into, RET), FUNCTION(ROOT "_2.cold", MOV, MOV, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
	expect("a call",
	       KERNEL(FUNCTION(ROOT, 0x94000003 /* bl +12 */, RET),
		      FUNCTION(ROOT ".cold", MOV, MOV, RET)),
	       (struct expectation){ .bodies = 1, .count = 1, .unresolved = 1 });
}

/* Where reading stops, that is noted. */
static void notes_what_is_too_deep(void **state)
{
	static uint32_t many[BODIES_MAXIMUM + 2], large[65536 / 4 + 1];
	struct words_function functions[BODIES_MAXIMUM + 2] = { { ROOT, many, 0 } };
	char names[BODIES_MAXIMUM + 2][8];
	struct kernel_edges edges;

	(void)state;
	expect("four calls deep",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("a", CALL(2), RET),
		      FUNCTION("b", CALL(3), RET), FUNCTION("c", CALL(4), RET),
		      FUNCTION("d", CALL(5), RET), KICK),
	       (struct expectation){ true, true, .bodies = 5, .count = 5 });
	expect("five calls deep",
	       KERNEL(FUNCTION(ROOT, CALL(1), RET), FUNCTION("a", CALL(2), RET),
		      FUNCTION("b", CALL(3), RET), FUNCTION("c", CALL(4), RET),
		      FUNCTION("d", CALL(5), RET), FUNCTION("e", CALL(6), RET), KICK),
	       (struct expectation){ .bodies = 5, .count = 5, .too_deep = 1 });
	for (unsigned int callees = BODIES_MAXIMUM - 1; callees <= BODIES_MAXIMUM; callees++) {
		for (unsigned int i = 0; i < callees; i++) {
			many[i] = CALL(i + 1);
			sprintf(names[i], "f%u", i);
			functions[i + 1] = (struct words_function){ names[i], kick, 1 };
		}
		many[callees] = RET;
		functions[0].count = callees + 1;
		edges = collected(functions, callees + 1);
		assert_int_equal(edges.body_count, BODIES_MAXIMUM);
		assert_int_equal(edges.count, callees);
		assert_int_equal(edges.too_deep, callees - (BODIES_MAXIMUM - 1));
		assert_int_equal(edges.broadcasts, false);
	}
	for (int odd = 0; odd < 4; odd++) {
		struct kernel kernel = words_kernel(
			KERNEL(FUNCTION("first", IC_IVAU, IC_IVAU, RET)));

		kernel_symbols_add(&kernel.symbols, odd, 't', ROOT, strlen(ROOT));
		kernel_edges_collect(&kernel, odd, &edges);
		assert_int_equal(edges.too_deep, !!odd);
		assert_int_equal(edges.maintenance, odd ? 0 : 2);
		words_free(&kernel);
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++)
		large[i] = NOP;
	large[1] = CALL(2);
	large[65536 / 4 - 1] = large[65536 / 4] = RET;
	for (int more = 0; more < 2; more++) {
		const struct words_function two[] = { FUNCTION(ROOT, JUMP(1)),
						      { FLUSH, large, 65536 / 4 + more },
						      KICK };

		edges = collected(two, 3);
		assert_int_equal(edges.broadcasts, !more);
		assert_int_equal(edges.too_deep, more);
	}
}

/* Calls from the functions that were read are not from elsewhere. */
static void counts_callers(void **state)
{
	const struct words_function functions[] = {
		FUNCTION(ROOT, CALL(4), SKIP(4), RET),
		FUNCTION("module_load", CALL(4), CALL(0), RET),
		FUNCTION("kprobe", MOV, JUMP(4)),
		FUNCTION("other", CALL(3), RET),
		KICK,
	};
	struct kernel kernel = words_kernel(functions, 5);
	struct kernel_edges edges;

	(void)state;
	kernel_edges_collect(&kernel, 0, &edges);
	assert_int_equal(kernel_callers_count(&kernel, words_offset(functions, 4), NULL), 3);
	assert_int_equal(kernel_callers_count(&kernel, words_offset(functions, 4), &edges), 2);
	assert_int_equal(kernel_callers_count(&kernel, 0, &edges), 1);
	assert_true(kernel_edges_read_body(&kernel, &edges, 8));
	assert_false(kernel_edges_read_body(&kernel, &edges, words_offset(functions, 1)));
	kernel.text_start = words_offset(functions, 2);
	assert_int_equal(kernel_callers_count(&kernel, words_offset(functions, 4), NULL), 1);
	kernel.text_end += 400;
	kernel.size = words_offset(functions, 3);
	assert_int_equal(kernel_callers_count(&kernel, words_offset(functions, 4), NULL), 1);
	kernel.size -= 4;
	assert_int_equal(kernel_callers_count(&kernel, words_offset(functions, 4), NULL), 0);
	words_free(&kernel);
}

/* What is shown to the reader: the branches in order, as many as there is room for. */
static void keeps_branches(void **state)
{
	static uint32_t many[EDGES_KEPT + 2];
	const struct words_function functions[] = { { ROOT, many, EDGES_KEPT + 2 }, KICK };
	struct kernel_edges edges;

	(void)state;
	for (int i = 0; i <= EDGES_KEPT; i++)
		many[i] = CALL(1);
	many[EDGES_KEPT + 1] = RET;
	edges = collected(functions, 2);
	assert_int_equal(edges.count, EDGES_KEPT + 1);
	for (int i = 0; i < EDGES_KEPT; i++) {
		assert_int_equal(edges.kept[i].at, 4 * i);
		assert_int_equal(edges.kept[i].to, 4 * (EDGES_KEPT + 2));
		assert_int_equal(edges.kept[i].word, 0x94000000 | (EDGES_KEPT + 2 - i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_broadcasts),	  cmocka_unit_test(tells_strangers),
		cmocka_unit_test(runs_on_into_the_next),  cmocka_unit_test(notes_what_is_odd),
		cmocka_unit_test(follows_veneers),	  cmocka_unit_test(knows_pieces),
		cmocka_unit_test(notes_what_is_too_deep), cmocka_unit_test(counts_callers),
		cmocka_unit_test(keeps_branches),
	};

	return cmocka_run_group_tests_name("edges", tests, NULL, NULL);
}
