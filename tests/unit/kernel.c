// SPDX-License-Identifier: GPL-2.0-only
/*
 * kernel.c: the parts that read a kernel and are easier to try alone: decoding, names, C, walking
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/a64.h"
#include "kernel/edges.c"
#include "kernel/roles.c"
#include "kernel/source.c"
#include "kernel/symbols.c"
#include "kernel/judge.c"
#include "kernel/walk.c"

/* Words as the assembler of binutils makes them. */
static void decodes_branches(void **state)
{
	(void)state;
	assert_true(a64_is_bl(0x97ffffae));
	assert_int_equal(a64_target(0x97ffffae, 0x14a8c), 0x14944);
	assert_true(a64_is_b(0x14000002));
	assert_int_equal(a64_target(0x17ffffff, 8), 4);
	assert_true(a64_is_b_cond(0x54000040));
	assert_int_equal(a64_target(0x54ffffe0, 8), 4); /* b.eq .-4 */
	assert_true(a64_is_cbz(0x34000042));
	assert_true(a64_is_tbz(0x36000044));
	assert_int_equal(a64_target(0x36000044, 0), 8);
	assert_true(a64_is_indirect(0xd63f0100)); /* blr x8 */
	assert_true(a64_is_indirect(0xd63f091f)); /* blraaz x8 */
	assert_true(a64_is_indirect(0xd73f0901)); /* blraa x8, x1 */
	assert_true(a64_is_indirect(0xd61f0200)); /* br x16 */
	assert_true(a64_is_indirect_call(0xd63f0100));
	assert_false(a64_is_indirect_call(0xd61f0200));
	assert_false(a64_is_indirect(0xd65f03c0)); /* ret */
	assert_true(a64_is_return(0xd65f0bff));	   /* retaa */
	assert_true(a64_is_brk(0xd4200080));
	assert_false(a64_is_compiled_brk(0xd4200080)); /* brk #4: a kprobe */
	assert_true(a64_is_compiled_brk(0xd4210000));  /* brk #0x800: BUG */
	assert_int_equal(a64_adr_value(0xb0000002, 0x1234), 0x2000);
}

static void knows_roles(void **state)
{
	(void)state;
	assert_int_equal(kernel_role_of("kick_all_cpus_sync"), ROLE_BROADCAST);
	assert_int_equal(kernel_role_of("sync_icache_aliases.constprop.0"), ROLE_FLUSH);
	assert_int_equal(kernel_role_of("__ll_sc_atomic64_fetch_or"), ROLE_INNOCENT);
	assert_int_equal(kernel_role_of("ftrace_caller"), ROLE_INNOCENT);
	assert_int_equal(kernel_role_of("kick_all_cpus_sync_later"), ROLE_STRANGER);
}

static void reads_c(void **state)
{
	char *text = kernel_source_strip(
		"/* f() { x(); } */\n#if 0 \\\n f()\nint f(int a, int b); \"f(\"\n"
		"int f(int a, g(b, c))\n{ y(1, z(2, 3)); } // f(");
	struct kernel_use f, y;
	struct kernel_slice rest;

	(void)state;
	assert_int_equal(kernel_source_definition(text, "f", &f), 1);
	assert_int_equal(kernel_source_count(f.arguments), 2);
	assert_int_equal(kernel_source_uses(f.body, "x"), 0);
	rest = f.body;
	assert_true(kernel_source_next(&rest, "y", &y));
	assert_int_equal(kernel_source_count(y.arguments), 2);
	assert_true(kernel_slice_is(kernel_source_last(y.arguments), "z(2, 3)"));
	assert_false(kernel_source_next(&rest, "y", &y));
	assert_int_equal(kernel_source_count((struct kernel_slice){ " ", 1 }), 0);
	free(text);
	text = kernel_source_strip("__flush(1); /* unclosed");
	assert_int_equal(kernel_source_uses((struct kernel_slice){ text, strlen(text) }, "flush"),
			 0);
	free(text);
}

/* What "#if 0" hides is gone with its lines; any other condition leaves a sign of itself. */
static void drops_if_0(void **state)
{
	static const char *const texts[][2] = {
		{ "a\n#if 0\nb\n#endif\nc", "a c" },
		{ "a\n # if 0 // why\nb\n#else\nc\n#endif\nd", "a c d" },
		{ "a\n#if 0\n#ifdef X\nb\n#else\nc\n#endif\nd\n#endif\ne", "a e" },
		{ "#ifdef X\na\n#if 0\nb\n#endif\nc\n#else\nd\n#endif\ne", "# a c # d # e" },
		{ "#if 0\na\n#elif X\nb\n#else\nc\n#endif", "# b # c " },
		{ "#if 0 || X\na\n#endif", "# a #" },
		{ "#if 0\na", "" },
		{ "#endif\na\n#else\nb", "# a # b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char *text = kernel_source_strip(texts[i][0]);

		assert_string_equal(text, texts[i][1]);
		free(text);
	}
}

/* Brackets in brackets cost no more than the text is long: once this took a minute. */
static void reads_nested_brackets(void **state)
{
	enum { DEPTH = 300000 };
	char *text = malloc(4 * DEPTH + 100);
	struct kernel_slice rest;
	struct kernel_use use;
	size_t length;
	int uses = 0;

	(void)state;
	length = sprintf(text, "f(void) {");
	for (int i = 0; i < DEPTH; i++)
		length += sprintf(text + length, "if(");
	for (int i = 0; i < DEPTH; i++)
		text[length++] = ')';
	strcpy(text + length, " }");
	assert_int_equal(kernel_source_definition(text, "f", &use), 1);
	for (rest = use.body; kernel_source_next(&rest, "if", &use); uses++)
		;
	assert_int_equal(uses, DEPTH);
	free(text);
}

/* A kernel of these words, with a root at 0 and a broadcast behind them. */
static enum kernel_walk_result walked(const uint32_t *words, size_t count,
				      struct kernel_arguments arguments)
{
	struct kernel kernel = { .size = 4 * count, .text_end = 4 * count };
	enum kernel_walk_result result;

	kernel.image = malloc(kernel.size);
	memcpy(kernel.image, words, kernel.size);
	kernel_symbols_add(&kernel.symbols, 0, 'T', ROOT_ALIASES, strlen(ROOT_ALIASES));
	kernel_symbols_add(&kernel.symbols, 4 * (count - 1), 'T', BROADCAST, strlen(BROADCAST));
	result = kernel_walk(&kernel, 0, &arguments, NULL);
	kernel_symbols_free(&kernel.symbols);
	free(kernel.image);
	return result;
}

static void follows_arguments(void **state)
{
	static const uint32_t saved[] = {
		0x2a0203f3, /* mov w19, w2 */
		0x92401e73, /* and x19, x19, #0xff */
		0x34000053, /* cbz w19, +8 */
		0x94000002, /* bl kick */
		0xd65f03c0, /* ret */
		0xd65f03c0, /* kick: ret */
	};
	static const uint32_t compared[] = {
		0x7100005f, /* cmp w2, #0 */
		0x54000040, /* b.eq +8 */
		0x94000002, /* bl kick */
		0xd65f03c0, 0xd65f03c0,
	};
	static const uint32_t overwritten[] = {
		0xf9400062, /* ldr x2, [x3] */
		0x36000042, /* tbz w2, #0, +8 */
		0x94000002, 0xd65f03c0, 0xd65f03c0,
	};
	const struct kernel_arguments no = { .x[2] = { true, 0 } }, yes = { .x[2] = { true, 1 } };
	const struct kernel_arguments any = { 0 };

	(void)state;
	assert_int_equal(walked(saved, 6, no), WALK_CLEAN);
	assert_int_equal(walked(saved, 6, yes), WALK_BROADCAST);
	assert_int_equal(walked(saved, 6, any), WALK_BROADCAST);
	assert_int_equal(walked(compared, 5, no), WALK_CLEAN);
	assert_int_equal(walked(compared, 5, yes), WALK_BROADCAST);
	assert_int_equal(walked(overwritten, 5, no), WALK_BROADCAST);
}

static void loses_its_way(void **state)
{
	static const uint32_t jump[] = { 0xd61f0200, 0xd65f03c0 }; /* br x16 */
	static const uint32_t loop[] = { 0x14000000, 0xd65f03c0 }; /* b . */

	(void)state;
	assert_int_equal(walked(jump, 2, (struct kernel_arguments){ 0 }), WALK_LOST);
	assert_int_equal(walked(loop, 2, (struct kernel_arguments){ 0 }), WALK_CLEAN);
}

/* Every control alone can keep a kernel from being called fixed; none may be forgotten. */
static void one_control_is_enough(void **state)
{
	const struct kernel_runtime file = { 0 };
	struct judgement judgement;

	(void)state;
	for (int failing = -1; failing < 3; failing++) {
		struct kernel_evidence evidence = { .control_count = 3 };

		for (int i = 0; i < 3; i++)
			evidence.controls[i] = (struct kernel_control){ .name = "c",
									.holds = i != failing,
									.for_fixed_only = i == 2 };
		judgement = kernel_judge(&evidence, &file);
		assert_int_equal(judgement.verdict, failing < 0 ? VERDICT_FIXED : VERDICT_UNKNOWN);
		evidence.pte_broadcasts = true;
		judgement = kernel_judge(&evidence, &file);
		assert_int_equal(judgement.verdict,
				 failing < 0 || failing == 2 ? VERDICT_AFFECTED : VERDICT_UNKNOWN);
	}
}

static void refuses_too_many_symbols(void **state)
{
	struct kernel_symbols symbols = { 0 };
	static char name[1 << 20];

	(void)state;
	for (int i = 0; i < 63; i++)
		assert_true(kernel_symbols_add(&symbols, i, 't', name, sizeof(name)));
	assert_false(kernel_symbols_add(&symbols, 64, 't', name, sizeof(name)));
	kernel_symbols_free(&symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_branches),
		cmocka_unit_test(knows_roles),
		cmocka_unit_test(reads_c),
		cmocka_unit_test(drops_if_0),
		cmocka_unit_test(reads_nested_brackets),
		cmocka_unit_test(follows_arguments),
		cmocka_unit_test(loses_its_way),
		cmocka_unit_test(one_control_is_enough),
		cmocka_unit_test(refuses_too_many_symbols),
	};

	return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
