// SPDX-License-Identifier: GPL-2.0-only
/*
 * source.c, slice.c: what of a source text is code
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/source.h"

/* A quote behind a backslash ends neither a string nor a character; nothing in them is code. */
static void strings_end_where_they_do(void **state)
{
	static const struct {
		const char *text;
		int uses; /* of kick() */
	} cases[] = {
		{ "kick();", 1 },
		{ "\"kick();\"", 0 },
		{ "\"\\\"kick();\"", 0 },
		{ "\"\\\\\" kick();", 1 },
		{ "\"\\\\\\\"kick();\"", 0 },
		{ "\"a\\\"\" kick(); \"\\\"\"", 1 },
		{ "'\"' kick(); '\"'", 1 },
		{ "'\\'' kick(); '\\''", 1 },
		{ "'\\\\' kick();", 1 },
		{ "\"'\" kick(); \"'\"", 1 },
		{ "\"/*\" kick(); \"*/\"", 1 },
		{ "\"//\" kick();", 1 },
		{ "/* \" */ kick(); /* \" */", 1 },
		{ "// \" \nkick(); // \"", 1 },
		{ "// \\\nkick();", 0 },
		{ "/* kick(); // */ kick();", 1 },
		{ "// /*\nkick();\n// */", 1 },
		/* A comment of a directive may have more lines than it. */
		{ "#define x /*\nkick(); */ 1\n", 0 },
		{ "#define x /* 1 */\nkick();\n", 1 },
		{ "#define x \\\nkick();\nkick();\n", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = kernel_source_strip(cases[i].text);
		const struct kernel_slice all = { text, strlen(text) };

		if (kernel_source_uses(all, "kick") != cases[i].uses)
			fail_msg("%s: %s", cases[i].text, text);
		free(text);
	}
}

/* A longer name is another one; a name is used where a bracket follows. */
static void names_are_whole(void **state)
{
	static const struct {
		const char *text;
		int uses; /* of kick() */
	} cases[] = {
		{ "kick();", 1 },	   { "kick ();", 1 },
		{ "(kick());", 1 },	   { "kick(kick());", 2 },
		{ "my_kick();", 0 },	   { "2kick();", 0 },
		{ "kick_2();", 0 },	   { "kick;", 0 },
		{ "kick + ();", 0 },	   { "kick", 0 },
		{ "akick(); kick();", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kernel_slice all = { cases[i].text, strlen(cases[i].text) };

		if (kernel_source_uses(all, "kick") != cases[i].uses)
			fail_msg("%s", cases[i].text);
	}
}

/* Commas in brackets part no arguments. */
static void arguments_are_counted(void **state)
{
	static const struct {
		const char *list;
		int count;
		const char *last;
	} cases[] = {
		{ "", 0, "" },
		{ " ", 0, "" },
		{ "a", 1, "a" },
		{ "a, b", 2, "b" },
		{ "f(a, b)", 1, "f(a, b)" },
		{ "f(a, b), c ", 2, "c" },
		{ "a, f(b, (c, d))", 2, "f(b, (c, d))" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct kernel_slice list = { cases[i].list, strlen(cases[i].list) };

		assert_int_equal(kernel_source_count(list), cases[i].count);
		assert_true(kernel_slice_is(kernel_source_last(list), cases[i].last));
	}
}

/* A word is eaten whole or not at all; a sign stands alone. */
static void eats_whole_words(void **state)
{
	static const struct {
		const char *text, *word, *rest; /* NULL: it is not there */
	} cases[] = {
		{ "if (x)", "if", " (x)" }, { "  if(x)", "if", "(x)" },
		{ " if", "if", "" },	    { "iffy (x)", "if", NULL },
		{ "if_x", "if", NULL },	    { "if2", "if", NULL },
		{ "i", "if", NULL },	    { "", "if", NULL },
		{ "IF", "if", NULL },	    { "!x", "!", "x" },
		{ " ! x", "!", " x" },	    { "((", "(", "(" },
		{ "x if", "if", NULL },	    { "else if", "else", " if" },
		{ "elseif", "else", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kernel_slice text = { cases[i].text, strlen(cases[i].text) };
		const bool eaten = kernel_slice_eat(&text, cases[i].word);

		if (eaten != !!cases[i].rest || (eaten && !kernel_slice_is(text, cases[i].rest)))
			fail_msg("%s of \"%s\"", cases[i].word, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_end_where_they_do),
		cmocka_unit_test(names_are_whole),
		cmocka_unit_test(arguments_are_counted),
		cmocka_unit_test(eats_whole_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
