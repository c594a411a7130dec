// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree.c, reach.c, body.c, condition.c: what the source of a user pte's path says of its kernel
 *
 * Each case changes a few lines of one small tree. A broadcast that some run may come to is affected or
 * unknown, never fixed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/tree.h"
#include "lib/text.h"

#define KICK "kick_all_cpus_sync()"
#define X KICK ";\n"
/* What maintains, as every path of a user pte must. */
#define M "sync_icache_aliases(page_address(page), page_size(page));\n"
#define QUIET "__flush_icache_range(addr, addr + len);\n"
#define LOUD "flush_icache_range(addr, addr + len);\n"

#define HEADER \
	"extern void __flush_icache_range(unsigned long start, unsigned long end);\n" \
	"extern void sync_icache_aliases(void *kaddr, unsigned long len);\n" \
	"static inline void flush_icache_range(unsigned long start, unsigned long end)\n" \
	"{\n__flush_icache_range(start, end);\nsmp_mb();\nkick_all_cpus_sync();\n}\n" \
	"static inline void __flush_icache_all(void)\n{\nasm(\"ic\tialluis\");\ndsb(ish);\n}\n"
#define CACHE \
	"ENTRY(__flush_icache_range)\n\tinvalidate_icache_by_line x0, x1, x2, x3, 9f\n\tret\n" \
	"ENDPROC(__flush_icache_range)\n" \
	"ENTRY(__clean_dcache_area_pou)\n\tret\nENDPROC(__clean_dcache_area_pou)\n"

#define ALIASES(branch) \
	"void sync_icache_aliases(void *kaddr, unsigned long len)\n{\n" \
	"unsigned long addr = (unsigned long)kaddr;\n" \
	"if (icache_is_aliasing()) {\n__clean_dcache_area_pou(kaddr, len);\n__flush_icache_all();\n" \
	"} else {\n" branch "}\n}\n"
#define PTE(body) \
	"void __sync_icache_dcache(pte_t pte)\n{\nstruct page *page = pte_page(pte);\n" body "}\n"

/* Text that decides: flush.c begins with @top; the rest is NULL for what is usual. */
struct tree {
	const char *top, *aliases, *pte;
	const char *header, *cache, *uprobes;
	enum kernel_tree_state state;
};

static enum kernel_tree_state judge(const struct tree *tree, char why[static REASON_SIZE])
{
	struct kernel_sources sources = {
		.flush = text("%s%s%s", tree->top ?: "", tree->aliases ?: ALIASES(QUIET),
			      tree->pte ?: PTE(M)),
		.header = text("%s", tree->header ?: HEADER),
		.cache = text("%s", tree->cache ?: CACHE),
		.uprobes = tree->uprobes ? text("%s", tree->uprobes) : NULL,
	};
	enum kernel_tree_state state;

	why[0] = '\0';
	state = kernel_tree_judge(&sources, why);
	free(sources.flush);
	free(sources.header);
	free(sources.cache);
	free(sources.uprobes);
	return state;
}

static void is(const struct tree *tree, const char *what)
{
	char why[REASON_SIZE];
	const enum kernel_tree_state state = judge(tree, why);

	if (state != tree->state)
		fail_msg("%s\n%s, and not %s: %s", what, kernel_tree_words[state],
			 kernel_tree_words[tree->state], why);
}

struct pte_case {
	const char *body;
	enum kernel_tree_state state;
};

/* The body of __sync_icache_dcache() in a tree that is fixed but for that. */
static void are(const struct pte_case *cases, size_t count, const char *top)
{
	for (size_t i = 0; i < count; i++) {
		char *pte = text(PTE("%s"), cases[i].body);

		is(&(struct tree){ .top = top, .pte = pte, .state = cases[i].state },
		   cases[i].body);
		free(pte);
	}
}

/* The same of one body, which this frees. */
static void one_is(char *body, enum kernel_tree_state state, const char *top)
{
	are(&(struct pte_case){ body, state }, 1, top);
	free(body);
}

#define all_are(cases, top) are(cases, sizeof(cases) / sizeof(*(cases)), top)

/* Every statement, and every part of one, that a run may come to. */
static void statements(void **state)
{
	static const struct pte_case cases[] = {
		{ M, TREE_MERGED },
		{ "", TREE_NOT_RECOGNISED },
		{ M X, TREE_AFFECTED },
		{ X M, TREE_AFFECTED },
		{ M "{ { " X "} }", TREE_AFFECTED },
		{ M "; ; " X, TREE_AFFECTED },
		{ M "if (a) " X, TREE_AFFECTED },
		{ M "if (a) ; else " X, TREE_AFFECTED },
		{ M "if (a) ; else if (b) ; else " X, TREE_AFFECTED },
		{ M "if (" KICK ") ;", TREE_AFFECTED },
		{ M "return; " X, TREE_MERGED },
		{ M "return " X, TREE_AFFECTED },
		{ M "if (a) return; " X, TREE_AFFECTED },
		{ M "if (a) ; else return; " X, TREE_AFFECTED },
		{ M "if (a) return; else return; " X, TREE_MERGED },
		{ M "if (a) { return; } else { return; } " X, TREE_MERGED },
		{ M "if (0) return; " X, TREE_AFFECTED },
		{ M "if (1) return; " X, TREE_MERGED },
		{ M "if (1) ; else return; " X, TREE_AFFECTED },
		{ M "while (a) return; " X, TREE_AFFECTED },
		{ M "do return; while (0); " X, TREE_MERGED },
		{ M "if (a) goto out; return; out: " X, TREE_AFFECTED },
		{ M "if (a) goto out; return; out :" X, TREE_AFFECTED },
		{ M "switch (a) { case 1: return; case 2: " X "}", TREE_AFFECTED },
		{ M "switch (a) { case 1: return; default: " X "}", TREE_AFFECTED },
		{ M "switch (a) { default: return; case A: " X "}", TREE_AFFECTED },
		{ M "switch (" KICK ") { }", TREE_AFFECTED },
		{ M "if (0) switch (a) { case 1: " X "}", TREE_MERGED },
		{ M "if (0) switch (a) { default: " X "}", TREE_MERGED },
		{ M "for (i = 0; i < n; i++) " X, TREE_AFFECTED },
		{ M "for (i = 0; i < n; i++) { b(); " X "}", TREE_AFFECTED },
		{ M "for (" KICK "; i < n; i++) ;", TREE_AFFECTED },
		{ M "for (i = 0; " KICK "; i++) ;", TREE_AFFECTED },
		{ M "for (i = 0; i < n; " KICK ") ;", TREE_AFFECTED },
		{ M "while (" KICK ") ;", TREE_AFFECTED },
		{ M "do { " X "} while (a);", TREE_AFFECTED },
		{ M "do a(); while (" KICK ");", TREE_AFFECTED },
		{ M "do a(); while (b); " X, TREE_AFFECTED },
		{ M "a && " X, TREE_AFFECTED },
		{ M "a || " X, TREE_AFFECTED },
		{ M KICK " || a;", TREE_AFFECTED },
		{ M "0 && " X, TREE_MERGED },
		{ M "1 && " X, TREE_AFFECTED },
		{ M "1 || " X, TREE_MERGED },
		{ M "0 || " X, TREE_AFFECTED },
		{ M "a ? " KICK " : 0;", TREE_AFFECTED },
		{ M "a ? 0 : " X, TREE_AFFECTED },
		{ M KICK " ? 0 : 0;", TREE_AFFECTED },
		{ M "0 ? " KICK " : 0;", TREE_MERGED },
		{ M "1 ? 0 : " X, TREE_MERGED },
		{ M "1 ? " KICK " : 0;", TREE_AFFECTED },
		{ M "0 ? 0 : " X, TREE_AFFECTED },
		{ M "int b = 0 ? " KICK " : 0;", TREE_MERGED },
		{ M "return 0 ? 0 : " X, TREE_AFFECTED },
		{ M "vendor(" KICK ");", TREE_AFFECTED },
		{ M "vendor(1, (2, " KICK "));", TREE_AFFECTED },
		{ M "b = (int)(c + " KICK ");", TREE_AFFECTED },
		{ M "b = ({ a(); " KICK "; 1; });", TREE_AFFECTED },
		{ M "b = ({ if (0) " KICK "; 1; });", TREE_MERGED },
		{ M "b = sizeof(" KICK ");", TREE_MERGED },
		{ M "/* " X " */", TREE_MERGED },
		{ M "vendor(\"" KICK "\");", TREE_MERGED },
	};

	(void)state;
	all_are(cases, NULL);
}

/* A condition is decided where it is known, and nowhere else. */
static void conditions(void **state)
{
	static const struct pte_case cases[] = {
		{ M "if (0) " X, TREE_MERGED },
		{ M "if (false) " X, TREE_MERGED },
		{ M "if (1) " X, TREE_AFFECTED },
		{ M "if (true) ; else " X, TREE_MERGED },
		{ M "if (!0) " X, TREE_AFFECTED },
		{ M "if (!1) " X, TREE_MERGED },
		{ M "if (!a) " X, TREE_AFFECTED },
		{ M "if (unlikely(0)) " X, TREE_MERGED },
		{ M "if (unlikely(a)) " X, TREE_AFFECTED },
		{ M "if (vendor(0)) " X, TREE_AFFECTED },
		{ M "if ((0)) " X, TREE_MERGED },
		{ M "if ((0) + a) " X, TREE_AFFECTED },
		{ M "if (0 && a) " X, TREE_MERGED },
		{ M "if (a && 0) " X, TREE_MERGED },
		{ M "if (1 && a) " X, TREE_AFFECTED },
		{ M "if (1 && a) ; else " X, TREE_AFFECTED },
		{ M "if (1 && 1) ; else " X, TREE_MERGED },
		{ M "if (1 || a) ; else " X, TREE_MERGED },
		{ M "if (0 || a) " X, TREE_AFFECTED },
		{ M "if (0 || a) ; else " X, TREE_AFFECTED },
		{ M "if (0 || 0) " X, TREE_MERGED },
		{ M "if (1 || a && 0) ; else " X, TREE_MERGED },
		{ M "if (1 == 0) " X, TREE_MERGED },
		{ M "if (1 == 1) " X, TREE_AFFECTED },
		{ M "if (1 != 1) " X, TREE_MERGED },
		{ M "if (1 != 0) " X, TREE_AFFECTED },
		{ M "if (a == 0) " X, TREE_AFFECTED },
		{ M "if (a != 1) ; else " X, TREE_AFFECTED },
		{ M "if (A & 0) " X, TREE_MERGED },
		/* Numbers that are true may have no bit in common. */
		{ M "if (1 & 1) ; else " X, TREE_AFFECTED },
		/* A constant with a name may be anything. */
		{ M "if (A) " X, TREE_AFFECTED },
		{ M "if (A) ; else " X, TREE_AFFECTED },
		{ M "if (A == A) ; else " X, TREE_AFFECTED },
		{ M "if (A && A) ; else " X, TREE_AFFECTED },
		{ M "if (2) ; else " X, TREE_AFFECTED },
		{ M "if (00) " X, TREE_AFFECTED },
	};

	(void)state;
	all_are(cases, NULL);
}

/* Of configurations nothing is known, but that a kernel is SMP. */
static void configurations(void **state)
{
	static const struct pte_case cases[] = {
		{ M "\n#ifdef V\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#ifndef V\n#else\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#ifdef V\n#endif\n" X, TREE_AFFECTED },
		{ M "\n#ifdef V\nreturn;\n#endif\n" X, TREE_NOT_RECOGNISED },
		{ M "\n#ifdef V\nif (a) return;\n#endif\n" X, TREE_AFFECTED },
		{ M "\n#if 0\n" X "#endif\n", TREE_MERGED },
		{ M "\n#if 0\n#else\n" X "#endif\n", TREE_AFFECTED },
		{ M "\n#if 0\n#ifdef V\n#endif\n" X "#endif\n", TREE_MERGED },
		{ M "\n#if 0\n#if 0\n#endif\n" X "#endif\n", TREE_MERGED },
		{ M "\n#if 0\n#elif V\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#if 1\n" X "#endif\n", TREE_AFFECTED },
		{ M "\n#if 1\n#else\n" X "#endif\n", TREE_MERGED },
		{ M "\n#if 1\n#elif V\n" X "#endif\n", TREE_MERGED },
		{ M "\n#if 10\n#else\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#if 0 + V\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#ifdef CONFIG_SMP\n" X "#endif\n", TREE_AFFECTED },
		{ M "\n#ifndef CONFIG_SMP\n" X "#endif\n", TREE_MERGED },
		{ M "\n#ifdef CONFIG_SMP_X\n#else\n" X "#endif\n", TREE_NOT_RECOGNISED },
		{ M "\n#ifndef __ASSEMBLY__\n" X "#endif\n", TREE_AFFECTED },
		/* Brackets that only one configuration has. */
		{ M "\n#ifdef V\nif (0) {\n#endif\n" X "\n#ifdef V\n}\n#endif\n",
		  TREE_NOT_RECOGNISED },
		{ M "\n#ifdef V\nif (0) {\n#else\n{\n#endif\n" X "}", TREE_NOT_RECOGNISED },
		{ M "\n#ifdef V\nvendor(\n#endif\n0);", TREE_NOT_RECOGNISED },
	};

	(void)state;
	all_are(cases, NULL);
}

/* What cannot be followed is not fixed. */
static void unknowns(void **state)
{
	static const struct pte_case cases[] = {
		{ M "ops->go(page);", TREE_NOT_RECOGNISED },
		{ M "ops -> go(page);", TREE_NOT_RECOGNISED },
		{ M "ops.go(page);", TREE_NOT_RECOGNISED },
		{ M "(*go)(page);", TREE_NOT_RECOGNISED },
		{ M "vendor_flush(page);", TREE_NOT_RECOGNISED },
		{ M "vendor_ipi(page);", TREE_NOT_RECOGNISED },
		/* A part of a tree lacks what vendors call besides. */
		{ M "vendor_count(page);", TREE_MERGED },
		{ M "vendor(page", TREE_NOT_RECOGNISED },
		{ M "a_name_that_is_longer_than_any_function_of_a_kernel_has_ever_been_called();",
		  TREE_NOT_RECOGNISED },
	};
	static const struct {
		const char *before, *within, *after;
	} deep[] = { { "if (a) ", X, "" },
		     { "{ ", X, "} " },
		     { "(", KICK, ")" },
		     { "do ", X, " while (a);" } };

	(void)state;
	all_are(cases, NULL);
	/* Deeper than this program follows. */
	for (size_t i = 0; i < 2 * sizeof(deep) / sizeof(*deep); i++) {
		char *pte = text("%s", deep[i / 2].within);

		for (int depth = 0; depth < (i % 2 ? 70 : 62); depth++) {
			char *outer = text("%s%s%s", deep[i / 2].before, pte, deep[i / 2].after);

			free(pte);
			pte = outer;
		}
		one_is(text(M "%s;", pte), TREE_NOT_RECOGNISED, NULL);
		free(pte);
	}
}

/* Each name that interrupts other CPUs. */
static void broadcasts(void **state)
{
	static const char *const names[] = {
		"kick_all_cpus_sync",	   "on_each_cpu",
		"on_each_cpu_mask",	   "on_each_cpu_cond",
		"on_each_cpu_cond_mask",   "smp_call_function",
		"smp_call_function_many",  "smp_call_function_many_cond",
		"schedule_on_each_cpu",	   "stop_machine",
		"stop_machine_cpuslocked", "wake_up_all_idle_cpus",
		"smp_cross_call",	   "arch_send_call_function_ipi_mask",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		one_is(text(M "%s(f, NULL, 1);", names[i]), TREE_AFFECTED, NULL);
}

/* What a helper does by what it is given. */
static void parameters(void **state)
{
	static const struct {
		const char *body, *call;
		enum kernel_tree_state state;
	} cases[] = {
		{ "if (all) " X, "help(0, false)", TREE_MERGED },
		{ "if (all) " X, "help(0, true)", TREE_AFFECTED },
		{ "if (all) " X, "help(0, a)", TREE_AFFECTED },
		{ "if (all) " X, "help(0)", TREE_AFFECTED },
		{ "if (all) " X, "help(true, false)", TREE_MERGED },
		{ "if (all) " X, "help((a, b), true)", TREE_AFFECTED },
		{ "if (!all) " X, "help(0, true)", TREE_MERGED },
		{ "if (!all) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all) ; else " X, "help(0, false)", TREE_AFFECTED },
		{ "if (!all) return; " X, "help(0, false)", TREE_MERGED },
		{ "if (all) return; " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all == false) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all != false) " X, "help(0, false)", TREE_MERGED },
		{ "if (all && a) " X, "help(0, false)", TREE_MERGED },
		{ "if (all || a) " X, "help(0, false)", TREE_AFFECTED },
		{ "all ? " KICK " : 0;", "help(0, false)", TREE_MERGED },
		{ "all && " X, "help(0, false)", TREE_MERGED },
		{ "all == true ? " KICK " : 0;", "help(0, false)", TREE_MERGED },
		{ "all || " X, "help(0, true)", TREE_MERGED },
		{ "while (all) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all & A) " X, "help(0, 0)", TREE_MERGED },
		{ "if (all & A) " X, "help(0, A)", TREE_AFFECTED },
		{ "if (al) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all_of) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (all + 1) " X, "help(0, false)", TREE_AFFECTED },
		{ "if (id) " X, "help(false, true)", TREE_MERGED },
		/* With another value it may do something else. */
		{ "if (all) " X, "help(0, false); help(0, true)", TREE_AFFECTED },
		{ "if (all) " X, "help(0, true); help(0, false)", TREE_AFFECTED },
		{ "other(all);", "help(0, false)", TREE_AFFECTED },
		/* It is no longer what it was given. */
		{ "all = a; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "all = a; if (all) ; else vendor();", "help(0, false)", TREE_NOT_RECOGNISED },
		{ "all = a; if (all) " X, "help(0, a)", TREE_AFFECTED },
		{ "all++; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "++all; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "--all; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "all--; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "all += a; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "all |= a; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "vendor(&all); if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "b = all; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "b = all == a; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "b = all; all = a; if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "vendor(a &&&all); if (all) " X, "help(0, false)", TREE_NOT_RECOGNISED },
		{ "b = a & all; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "b = a[0] & all; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "recall = a; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "allow = a; if (all) " X, "help(0, false)", TREE_MERGED },
		{ "b = recall++ + ++allow; if (all) " X, "help(0, false)", TREE_MERGED },
		/* What a condition makes of it is not understood: it is no proof either way. */
		{ "if (vendor(all)) b();", "help(0, false)", TREE_NOT_RECOGNISED },
		{ "if (vendor(all)) b();", "help(0, a)", TREE_MERGED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *top = text("static void other(bool all)\n{\nif (all) " X "}\n"
				 "static void help(int id, bool all)\n{\n%s}\n",
				 cases[i].body);

		one_is(text(M "%s;", cases[i].call), cases[i].state, top);
		free(top);
	}
}

/* Functions by other names, in C and in assembly, and several of one name. */
static void callees(void **state)
{
	static const struct {
		const char *top, *header, *cache;
		enum kernel_tree_state state;
	} cases[] = {
		{ "void help(void)\n{\n" X "}\n", "", "", TREE_AFFECTED },
		{ "static int help(void) __must_check\n{\n" X "}\n", "", "", TREE_AFFECTED },
		{ "struct vendor *help(void)\n{\n" X "}\n", "", "", TREE_AFFECTED },
		{ "", "static inline void help(void)\n{\n" X "}\n", "", TREE_AFFECTED },
		{ "void help(void)\n{\nhelp();\n}\n", "", "", TREE_MERGED },
		{ "void help(void)\n{\nhelp();\n" X "}\n", "", "", TREE_AFFECTED },
		{ "void b(void)\n{\n" X "}\nvoid help(void)\n{\nb();\n}\n", "", "", TREE_AFFECTED },
		/* Macros: a call, the name of another one, a call without brackets of its own. */
		{ "#define help() " KICK "\n", "", "", TREE_AFFECTED },
		{ "#define help() do { " KICK "; } while (0)\n", "", "", TREE_AFFECTED },
		{ "#define help() do { \\\n" KICK "; \\\n} while (0)\n", "", "", TREE_AFFECTED },
		{ "#define help kick_all_cpus_sync\n", "", "", TREE_AFFECTED },
		{ "#define b kick_all_cpus_sync\n#define help b\n", "", "", TREE_AFFECTED },
		{ "#define B " KICK "\nvoid help(void)\n{\nB;\n}\n", "", "", TREE_AFFECTED },
		{ "", "#define help() " KICK "\n", "", TREE_AFFECTED },
		{ "#define help() vendor()\n", "", "", TREE_MERGED },
		{ "#if 0\n#define help() " KICK "\n#endif\n", "", "", TREE_MERGED },
		/* Some of them broadcast. */
		{ "#ifdef V\nvoid help(void)\n{\n" X "}\n#else\nvoid help(void)\n{\n}\n#endif\n",
		  "", "", TREE_NOT_RECOGNISED },
		{ "#ifdef V\n#define help() " KICK "\n#else\n#define help()\n#endif\n", "", "",
		  TREE_NOT_RECOGNISED },
		{ "void help(void)\n{\n" X "}\n", "static inline void help(void)\n{\n}\n", "",
		  TREE_NOT_RECOGNISED },
		{ "", "static inline void help(void)\n{\n}\n",
		  "ENTRY(help)\n\tb\tkick_all_cpus_sync\nENDPROC(help)\n", TREE_MERGED },
		{ "", "void help(void);\nstatic inline void help(void)\n{\n}\n",
		  "ENTRY(help)\n\tb\tkick_all_cpus_sync\nENDPROC(help)\n", TREE_NOT_RECOGNISED },
		/* Assembly. */
		{ "", "void help(void);\n",
		  "ENTRY(help)\n\tbl\tkick_all_cpus_sync\n\tret\nENDPROC(help)\n", TREE_AFFECTED },
		{ "", "void help(void);\n", "ENTRY(help)\n\tb\tkick_all_cpus_sync\nENDPROC(help)\n",
		  TREE_AFFECTED },
		{ "", "void help(void);\n",
		  "SYM_FUNC_START(help)\n\tb\tkick_all_cpus_sync\nSYM_FUNC_END(help)\n",
		  TREE_AFFECTED },
		{ "", "void help(void);\n", "help:\n\tb\tkick_all_cpus_sync\n", TREE_AFFECTED },
		{ "", "void help(void);\n", "ENTRY(help)\n\tret\nENDPROC(help)\n", TREE_MERGED },
		{ "", "void help(void);\n",
		  "ENTRY(help)\n\tret\nENDPROC(help)\nENTRY(b)\n\tb\tkick_all_cpus_sync\nENDPROC(b)\n",
		  TREE_MERGED },
		{ "", "void help(void);\n",
		  ".macro all_cpus\n\tbl\tkick_all_cpus_sync\n.endm\nENTRY(help)\n\tall_cpus\n\tret\nENDPROC(help)\n",
		  TREE_AFFECTED },
		{ "", "void help(void);\n",
		  "ENTRY(b)\n\tb\tkick_all_cpus_sync\nENDPROC(b)\nSYM_FUNC_ALIAS(help, b)\n",
		  TREE_AFFECTED },
		{ "", "void help(void);\n",
		  "ENTRY(help)\n\tadd\tx0, x0, #set\n\tret\nENDPROC(help)\n", TREE_MERGED },
		{ "", "void help(void);\n", "ENTRY(help)\n\tb\tvendor_flush\nENDPROC(help)\n",
		  TREE_NOT_RECOGNISED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *header = text("%s%s", HEADER, cases[i].header);
		char *cache = text("%s%s", CACHE, cases[i].cache);
		char *what = text("%s%s%s", cases[i].top, cases[i].header, cases[i].cache);

		is(&(struct tree){ .top = cases[i].top,
				   .pte = PTE(M "help();\n"),
				   .header = header,
				   .cache = cache,
				   .state = cases[i].state },
		   what);
		free(header);
		free(cache);
		free(what);
	}
}

/* A chain of callees is followed to its end, or it is unknown. */
static void chains(void **state)
{
	(void)state;
	for (int length = 10; length <= 50; length += 40) {
		char *top = text("void f0(void)\n{\n" X "}\n");

		for (int i = 1; i < length; i++) {
			char *more = text("%svoid f%d(void)\n{\nf%d();\n}\n", top, i, i - 1);

			free(top);
			top = more;
		}
		one_is(text(M "f%d();", length - 1),
		       length < 30 ? TREE_AFFECTED : TREE_NOT_RECOGNISED, top);
		free(top);
	}
}

/* No broadcast is no fix where nothing maintains the I-cache. */
static void maintenance(void **state)
{
	static const struct {
		const char *aliases, *header, *cache;
		enum kernel_tree_state state;
	} cases[] = {
		{ ALIASES(LOUD), NULL, NULL, TREE_AFFECTED },
		{ ALIASES(QUIET), NULL, NULL, TREE_MERGED },
		{ ALIASES("if (a) " QUIET), NULL, NULL, TREE_MERGED },
		{ ALIASES(""), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("if (0) " QUIET), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("return;\n" QUIET), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("icache_is_aliasing() ? __flush_icache_all() : 0;"), NULL, NULL,
		  TREE_NOT_RECOGNISED },
		{ ALIASES("!icache_is_aliasing() ? 0 : __flush_icache_all();"), NULL, NULL,
		  TREE_NOT_RECOGNISED },
		{ ALIASES("icache_is_aliasing() ? 0 : __flush_icache_all();"), NULL, NULL,
		  TREE_MERGED },
		{ ALIASES("if (!icache_is_aliasing()) ; else " QUIET), NULL, NULL,
		  TREE_NOT_RECOGNISED },
		{ ALIASES("asm(\"ic ivau, %0\" : : \"r\"(addr));"), NULL, NULL, TREE_MERGED },
		{ ALIASES("asm volatile(\"ic\\tivau, %0\" : : \"r\"(addr));"), NULL, NULL,
		  TREE_MERGED },
		{ ALIASES("asm(\"dc cvau, %0\" : : \"r\"(addr));"), NULL, NULL,
		  TREE_NOT_RECOGNISED },
		{ ALIASES("asm(\"magic ivau\");"), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("vendor(\"ic ivau, x0\");"), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("/* ic ivau */"), NULL, NULL, TREE_NOT_RECOGNISED },
		{ ALIASES("__clean_dcache_area_pou(kaddr, len);"), NULL, NULL,
		  TREE_NOT_RECOGNISED },
		{ ALIASES("vendor_write(addr);"), HEADER "void vendor_write(unsigned long);\n",
		  CACHE "ENTRY(vendor_write)\n\tret\nENDPROC(vendor_write)\n",
		  TREE_NOT_RECOGNISED },
		{ ALIASES("vendor_write(addr);"), HEADER "void vendor_write(unsigned long);\n",
		  CACHE "ENTRY(vendor_write)\n\tic\tivau, x0\n\tret\nENDPROC(vendor_write)\n",
		  TREE_MERGED },
		{ ALIASES("vendor_write(addr);"), HEADER "void vendor_write(unsigned long);\n",
		  CACHE
		  "ENTRY(vendor_write)\n\tinvalidate_icache_by_line x0, x1\n\tret\nENDPROC(vendor_write)\n",
		  TREE_MERGED },
		/* Nobody declares it: another file's function of that name is not what is called. */
		{ ALIASES("vendor_write_cache(addr);"), NULL,
		  CACHE
		  "ENTRY(vendor_write_cache)\n\tic\tivau, x0\n\tret\nENDPROC(vendor_write_cache)\n",
		  TREE_NOT_RECOGNISED },
		/* What is said to maintain has a definition that broadcasts. */
		{ ALIASES(QUIET),
		  "static inline void __flush_icache_range(unsigned long a, unsigned long b)\n{\n" X
		  "}\n",
		  NULL, TREE_AFFECTED },
		/* As before the fault: the function that broadcasts today is quiet. */
		{ ALIASES(LOUD), "extern void flush_icache_range(unsigned long, unsigned long);\n",
		  "ENTRY(flush_icache_range)\n\tic\tivau, x0\n\tret\nENDPROC(flush_icache_range)\n",
		  TREE_PREDATES },
		{ ALIASES("__flush_icache_range(addr, len);"),
		  "extern void __flush_icache_range(unsigned long, unsigned long);\n", CACHE,
		  TREE_MERGED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		is(&(struct tree){ .aliases = cases[i].aliases,
				   .header = cases[i].header,
				   .cache = cases[i].cache,
				   .state = cases[i].state },
		   cases[i].aliases);
}

/* The posted form, and all that can be missing of it. */
/* HEADER declares it without the argument. */
static const char with[] =
	"extern void __flush_icache_range(unsigned long start, unsigned long end);\n"
	"extern void sync_icache_aliases(void *kaddr, unsigned long len, bool sync);\n"
	"static inline void flush_icache_range(unsigned long start, unsigned long end)\n"
	"{\n__flush_icache_range(start, end);\nkick_all_cpus_sync();\n}\n"
	"static inline void __flush_icache_all(void)\n{\nasm(\"ic\tialluis\");\n}\n";

static void posted(void **state)
{
#define POSTED(parameter, branch) \
	"void sync_icache_aliases(void *kaddr, unsigned long len, " parameter ")\n{\n" \
	"unsigned long addr = (unsigned long)kaddr;\n" \
	"if (icache_is_aliasing()) {\n__clean_dcache_area_pou(kaddr, len);\n__flush_icache_all();\n" \
	"} else " branch "}\n"
#define GOOD POSTED("bool sync", "if (sync) {\n" LOUD "} else {\n" QUIET "}\n")
#define CALL(argument) "sync_icache_aliases(page_address(page), page_size(page)" argument ");\n"
#define DECLARED(parameter) \
	HEADER "extern void sync_icache_aliases(void *kaddr, unsigned long len" parameter ");\n"
#define UPROBES(argument) \
	"void arch_uprobe_copy_ixol(void)\n{\nsync_icache_aliases(dst, len" argument ");\n}\n"
#define PTRACE(argument) \
	"void flush_ptrace_access(void)\n{\nsync_icache_aliases(kaddr, len" argument ");\n}\n"
	static const char integer[] =
		"extern void __flush_icache_range(unsigned long start, unsigned long end);\n"
		"extern void sync_icache_aliases(void *kaddr, unsigned long len, int sync);\n"
		"static inline void flush_icache_range(unsigned long start, unsigned long end)\n"
		"{\n__flush_icache_range(start, end);\nkick_all_cpus_sync();\n}\n";
	static const char twice[] =
		"extern void sync_icache_aliases(void *kaddr, unsigned long len, bool sync);\n" HEADER;
	static const struct tree cases[] = {
		{ .state = TREE_POSTED },
		{ .top = PTRACE(", true"), .state = TREE_POSTED },
		{ .uprobes = UPROBES(", true"), .state = TREE_POSTED },
		{ .aliases = POSTED("bool all", "if (!all) {\n" QUIET "} else {\n" LOUD "}\n"),
		  .state = TREE_POSTED },
		/* Hunks that are missing. */
		{ .header = HEADER, .state = TREE_PARTIAL },
		{ .header = DECLARED(", bool sync"), .state = TREE_PARTIAL },
		{ .header = twice, .state = TREE_PARTIAL },
		{ .header = integer, .state = TREE_PARTIAL },
		{ .uprobes = UPROBES(""), .state = TREE_PARTIAL },
		{ .uprobes = UPROBES(", false"), .state = TREE_PARTIAL },
		{ .top = PTRACE(""), .state = TREE_PARTIAL },
		{ .top = PTRACE(", false"), .state = TREE_PARTIAL },
		{ .pte = PTE(CALL("")), .state = TREE_PARTIAL },
		{ .pte = PTE(CALL(", true")), .state = TREE_PARTIAL },
		{ .pte = PTE(CALL(", vendor")), .state = TREE_PARTIAL },
		{ .pte = PTE(CALL(", false") CALL(", true")), .state = TREE_PARTIAL },
		{ .pte = PTE(CALL(", false") CALL("")), .state = TREE_PARTIAL },
		{ .aliases = POSTED("int sync", "if (sync) {\n" LOUD "} else {\n" QUIET "}\n"),
		  .state = TREE_PARTIAL },
		{ .aliases = ALIASES(LOUD), .state = TREE_PARTIAL },
		{ .aliases = ALIASES(QUIET), .state = TREE_PARTIAL },
		/* The argument decides nothing, or the wrong way. */
		{ .aliases = POSTED("bool sync", "{\n" LOUD "}\n"), .state = TREE_PARTIAL },
		{ .aliases = POSTED("bool sync", "{\n" QUIET "}\n"), .state = TREE_PARTIAL },
		{ .aliases = POSTED("bool sync", "if (!sync) {\n" LOUD "} else {\n" QUIET "}\n"),
		  .state = TREE_PARTIAL },
		{ .aliases = POSTED("bool sync", "{\n" QUIET X "}\n"),
		  .state = TREE_NOT_RECOGNISED },
		/* What a user pte comes to is not known, or maintains nothing. */
		{ .aliases = POSTED("bool sync", "if (sync) {\n" LOUD "}\n"),
		  .state = TREE_NOT_RECOGNISED },
		{ .aliases = POSTED("bool sync", "if (sync) {\n" LOUD
						 "} else {\nvendor_flush(addr);\n" QUIET "}\n"),
		  .state = TREE_NOT_RECOGNISED },
		{ .aliases = POSTED("bool sync", "if (sync) {\n" LOUD
						 "} else {\nvendor_flush(addr);\n" QUIET "}\n"),
		  .pte = PTE("unsigned long addr = 0, len = 0;\nif (0) " CALL(", false") QUIET),
		  .state = TREE_NOT_RECOGNISED },
		{ .pte = PTE(CALL(", false") X), .state = TREE_NOT_RECOGNISED },
		{ .pte = PTE(CALL(", false") "ops->sync(page);"), .state = TREE_NOT_RECOGNISED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tree tree = cases[i];
		char *what = text("case %zu: %s%s%s", i, tree.top ?: "", tree.aliases ?: "",
				  tree.pte ?: "");

		tree.aliases = tree.aliases ?: GOOD;
		tree.pte = tree.pte ?: PTE(CALL(", false"));
		tree.header = tree.header ?: with;
		is(&tree, what);
		free(what);
	}
}

/* Files that are missing, cut in two by a merge, or without the function that decides. */
static void files(void **state)
{
	static const char *const markers[] = { "<<<<<<< HEAD\n", "\n||||||| base\n",
					       ">>>>>>> topic\n", "\n<<<<<<<\n" };
	char why[REASON_SIZE];

	(void)state;
	assert_int_equal(kernel_tree_judge(&(struct kernel_sources){ 0 }, why),
			 TREE_NOT_RECOGNISED);
	is(&(struct tree){ .pte = "", .state = TREE_NOT_RECOGNISED }, "no __sync_icache_dcache()");
	is(&(struct tree){ .pte = "void __sync_icache_dcache(pte_t pte);\n",
			   .state = TREE_NOT_RECOGNISED },
	   "declared only");
	is(&(struct tree){ .aliases = "", .state = TREE_NOT_RECOGNISED },
	   "no sync_icache_aliases()");
	for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++) {
		char *header = text("%s%s", markers[i], HEADER);
		char *cache = text("%s%s", markers[i], CACHE);

		is(&(struct tree){ .top = markers[i], .state = TREE_NOT_RECOGNISED }, markers[i]);
		is(&(struct tree){ .header = header, .state = TREE_NOT_RECOGNISED }, markers[i]);
		is(&(struct tree){ .cache = cache, .state = TREE_NOT_RECOGNISED }, markers[i]);
		is(&(struct tree){ .uprobes = markers[i], .state = TREE_NOT_RECOGNISED },
		   markers[i]);
		free(header);
		free(cache);
	}
	is(&(struct tree){ .top = "/*\n<<<<<<<< 8 of them\n */\n", .state = TREE_MERGED },
	   "no marker");
}

/* What each state means for the kernel that is built of the tree. */
static void words(void **state)
{
	static const struct {
		enum verdict verdict;
		enum form form;
	} means[TREE_STATES] = {
		[TREE_NOT_RECOGNISED] = { VERDICT_UNKNOWN, FORM_NONE },
		[TREE_AFFECTED] = { VERDICT_AFFECTED, FORM_AFFECTED },
		[TREE_POSTED] = { VERDICT_FIXED, FORM_POSTED },
		[TREE_MERGED] = { VERDICT_FIXED, FORM_MERGED },
		[TREE_PREDATES] = { VERDICT_FIXED, FORM_NONE },
		[TREE_PARTIAL] = { VERDICT_UNKNOWN, FORM_NONE },
		[TREE_NONE] = { VERDICT_UNKNOWN, FORM_NONE },
	};

	(void)state;
	for (int i = 0; i < TREE_STATES; i++) {
		assert_int_equal(kernel_tree_verdict(i), means[i].verdict);
		assert_int_equal(kernel_tree_form(i), means[i].form);
	}
}

/* What a compiler reads as a broadcast, and a reader in a hurry does not: never fixed. */
static void disguises(void **state)
{
#define DEFINE(directive) directive "__flush_icache_range(a, b) flush_icache_range(a, b)\n"
#define ENTRY_OF(instructions) \
	"ENTRY(__flush_icache_range)\n\tic ivau, x1\n\t" instructions \
	"\n\tret\nENDPROC(__flush_icache_range)\n"
#define MACRO(name, instructions) ".macro " name "\n\t" instructions "\n.endm\n"
#define FALSE_ALIASES(statements) \
	"void sync_icache_aliases(void *kaddr, unsigned long len, bool sync)\n{\n" statements \
	"if (sync)\n" LOUD "else\n" QUIET "}\n"
	static const struct tree trees[] = {
		{ .top = DEFINE("#def\\\nine ") },
		{ .top = DEFINE("%:define ") },
		{ .top = DEFINE("# /* */ define ") },
		{ .top = DEFINE("#\fdefine ") },
		{ .top = DEFINE("#define\r") },
		{ .top = "#define return\n", .pte = PTE(M "return; " X) },
		{ .top = "#define false 1\n", .pte = PTE(M "if (false) " X) },
		{ .top = "#define if(x) if (1)\n", .pte = PTE(M "if (0) " X) },
		{ .top = "#include \"beside.h\"\n" },
		{ .pte = PTE(M "x = 1 /\\\n/ 2; /*\n; " X "/* */") },
		{ .pte = PTE(M "kick_all_cpus_s\\u0079nc();") },
		{ .pte = PTE(M "s = R\"(\" )\"; " X "s = \"\";") },
		{ .pte = PTE(M "void (*f)(void) = kick_all_cpus_sync; f();") },
		{ .top = "static void z(void) { " X "}\n",
		  .pte = PTE(M "void (*f)(void) = z; f();") },
		{ .pte = PTE(M "(kick_all_cpus_sync)();") },
		{ .pte = PTE(M "(&kick_all_cpus_sync)();") },
		{ .pte = PTE(M "f = flush_icache_range; f(a, b);") },
		{ .pte = PTE(M "return (" KICK ");") },
		{ .pte = PTE(M "return (flush_icache_range(a, b));") },
		{ .pte = PTE(M "a = sizeof(int[(" KICK ", 1)]);") },
		{ .pte = PTE(M "asm(\"bl kick_all_cpus_sync\");") },
		{ .pte = PTE(M "asm(\"b\" \"l kick_all_cpus_sync\");") },
		{ .pte = PTE(M "asm(\"nop\\n\\tB\\tkick_all_cpus_sync\\n\");") },
		{ .pte = PTE(M "asm(\"\\x62l kick_all_cpus_sync\");") },
		{ .pte = PTE(M "asm(\".inst 0x94000000\");") },
		{ .top = "extern void x(void) __asm__(\"kick_all_cpus_sync\");\n",
		  .pte = PTE(M "x();") },
		{ .top = "static void x(void) __attribute__((alias(\"kick_all_cpus_sync\")));\n",
		  .pte = PTE(M "x();") },
		{ .top = "static void z(int *p) { " X "}\n",
		  .pte = PTE(M "int a __attribute__((cleanup(z)));") },
		{ .pte = PTE("if (1) goto out; if (0) { return; out: " X "} " M) },
		{ .pte = PTE(M "switch (a) { if (0) { case 1: " X "} }") },
		{ .pte = PTE(M "do { if (a) break; return; } while (0); " X) },
		{ .pte = PTE(M "if (0 & 1, 1) " X) },
		{ .pte = PTE(M "if (0 && 1, 1) " X) },
		{ .pte = PTE(M "if (0 & 1 | 1) " X) },
		{ .pte = PTE(M "if (0 & 1 ? 0 : 1) " X) },
		{ .pte = PTE(M "if (1 & 0 == 0) " X) },
		{ .pte = PTE(M "1 || 0, " X) },
		{ .pte = PTE(M "1 ? 1 : 2, " X) },
		{ .cache = ENTRY_OF("BL kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("b.al kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("cbz xzr, kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("cbnz x0, kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("tbz xzr, #0, kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("tbnz x0, #0, kick_all_cpus_sync") },
		{ .cache = ENTRY_OF("b . + 4 * 1000") },
		{ .cache = ENTRY_OF("adrp x1, kick_all_cpus_sync\n\tbr x1") },
		{ .cache = ENTRY_OF("ldr x1, =kick_all_cpus_sync\n\tblr x1") },
		{ .cache = ENTRY_OF(".inst 0x94000000 + (kick_all_cpus_sync - .) / 4") },
		{ .cache = "#define GO b kick_all_cpus_sync\n" ENTRY_OF("GO") },
		{ .cache = ".macro go f\n\tbl \\f\n.endm\n" ENTRY_OF("go kick_all_cpus_sync") },
		{ .cache = MACRO("go1", "bl kick_all_cpus_sync") MACRO("go2", "go1")
			  MACRO("go3", "go2") MACRO("go4", "go3") MACRO("go5", "go4")
				  MACRO("go6", "go5") ENTRY_OF("go6") },
		{ .cache = ".set quiet, kick_all_cpus_sync\n" ENTRY_OF("b quiet") },
		{ .cache = ENTRY_OF("#include \"beside.S\"") },
	};
	static const char *const changes[] = {
		";",
		"a = b == c, sync = true;",
		"for (sync = true; 0; ) ;",
		"while (sync = true, 0) ;",
		"switch (sync = 1) { }",
		"bool *p = &sync; *p = 1;",
		"pr_debug(0, sync = 1);",
		"int y = sync = 1;",
		"asm(\"mov %0, #1\" : \"=r\"(sync));",
		"SET;",
		"SET2();",
		"1 ? (sync = 1) : 0;",
		"a && (sync = 1);",
		"((char *)&sync)[0] = 1;",
		"a = b && c, set(&sync);",
		"sync <<= 1;"
	};
	char why[REASON_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++)
		if (kernel_tree_verdict(judge(&trees[i], why)) == VERDICT_FIXED)
			fail_msg("tree %zu is fixed: %s", i, why);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		char *aliases = text(FALSE_ALIASES("%s\n"), changes[i]);
		const struct tree tree = {
			.top = "#define SET sync = 1\n#define SET2() sync = 1\n",
			.aliases = aliases,
			.pte = PTE(
				"sync_icache_aliases(page_address(page), page_size(page), false);\n"),
			.header = with,
		};

		/* An empty statement changes nothing: that tree is fixed. */
		if ((kernel_tree_verdict(judge(&tree, why)) == VERDICT_FIXED) != (i == 0))
			fail_msg("fixed, or not, with %s: %s", changes[i], why);
		free(aliases);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements),	  cmocka_unit_test(conditions),
		cmocka_unit_test(configurations), cmocka_unit_test(unknowns),
		cmocka_unit_test(broadcasts),	  cmocka_unit_test(parameters),
		cmocka_unit_test(callees),	  cmocka_unit_test(chains),
		cmocka_unit_test(maintenance),	  cmocka_unit_test(posted),
		cmocka_unit_test(files),	  cmocka_unit_test(words),
		cmocka_unit_test(disguises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
