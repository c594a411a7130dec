#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
drift.py FOLDER COUNT SEED: kernel trees that drifted away from the patches, with what is true of each

FOLDER/N/tree    the deciding files, drifted: names, order, layout, comments, macros, vendor hunks, extra
                 callers, inline and out of line, newer names, preprocessor lines, CRLF, conflicts
FOLDER/N/truth   STATE SEMANTIC DRIFTS: the state that --check must print; "must", "may" or "no": whether
                 --semantic changes it; what was done to it
FOLDER/N/asm.c   what its assembly does, for a program that runs the tree's functions and counts
"""
import os
import random
import sys

QUIET = "__flush_icache_range"
KINDS = (["affected"] * 10 + ["merged"] * 4 + ["posted"] * 3 + ["predates"] * 2 + ["older"] * 2 +
         ["older loud", "quiet name loud", "helper loud", "call loud", "undefined", "undeclared",
          "no maintenance", "pointer", "by configuration", "direct", "beside", "inlined"])
STATES = {"affected": "affected", "merged": "fixed as merged", "posted": "fixed as posted",
          "predates": "not affected", "older": "not affected", "older loud": "affected",
          "quiet name loud": "affected", "helper loud": "affected", "call loud": "affected",
          "undefined": "not recognised", "undeclared": "not recognised",
          "no maintenance": "not recognised", "pointer": "not recognised",
          "by configuration": "not recognised", "direct": "affected", "beside": "affected",
          "inlined": "affected"}


class Tree:
    """The parts that the files are made of; drifts change them."""

    def __init__(self, kind, rng):
        self.kind, self.rng = kind, rng
        self.quiet, self.address, self.length = QUIET, "kaddr", "len"
        self.drifts = []
        self.header_extra, self.flush_extra, self.more = [], [], {}
        self.asm = ["__clean_dcache_area_pou(void *a, unsigned long b)"]
        self.aliases_before, self.aliases_inside, self.pte_before = [], [], []
        self.braces, self.comment = True, []
        self.kgdb, self.inline_aliases, self.range_place = False, False, "inline"
        self.order, self.page, self.layout = 0, 0, 0
        self.extra_caller, self.conflict, self.crlf = False, None, False

    def call(self):
        """What sync_icache_aliases() does where no I-cache aliases."""
        k, q = self.kind, self.quiet
        name = {"affected": "flush_icache_range", "predates": "flush_icache_range",
                "undefined": "vendor_flush_range", "undeclared": "vendor_flush_range",
                "helper loud": "vendor_flush_range", "by configuration": "vendor_flush_range"}.get(k, q)
        text = "%s(addr, addr + %s);" % (name, self.length)
        if k == "no maintenance":
            return "vendor_nothing(addr);"
        if k == "pointer":
            return "vendor_ops->flush(addr, addr + %s);" % self.length
        if k == "direct":
            return text + "\n\t\tkick_all_cpus_sync();"
        if k == "call loud":
            return text + "\n\t\t" + self.rng.choice(["smp_call_function(vendor_ipi, NULL, 1);",
                                                     "on_each_cpu(vendor_ipi, NULL, 1);"])
        if k == "beside":
            return "vendor_nothing(addr);\n\t\t" + text + "\n\t\tvendor_done();"
        return text

    def header(self):
        lines = ["#ifndef __ASM_CACHEFLUSH_H", "#define __ASM_CACHEFLUSH_H", "",
                 "#include <linux/kgdb.h>", "#include <linux/mm.h>", ""]
        declared = "extern void %s(unsigned long start, unsigned long end);"
        lines += ["extern void __flush_dcache_area(void *addr, size_t len);"]
        if self.kind != "quiet name loud":
            lines.append(declared % self.quiet)
        lines += ["extern void __clean_dcache_area_poc(void *addr, size_t len);",
                  "extern void __clean_dcache_area_pop(void *addr, size_t len);",
                  "extern void __clean_dcache_area_pou(void *addr, size_t len);",
                  "extern long __flush_cache_user_range(unsigned long start, unsigned long end);"]
        lines += ["static inline void __flush_icache_all(void)", "{", '\tasm("ic\tialluis");'] + \
            (["\tkick_all_cpus_sync();"] if self.kind == "older loud" else []) + ["\tdsb(ish);", "}", ""] \
            if self.rng.random() < .5 or self.kind.startswith("older") else []
        if not any("__flush_icache_all" in line for line in lines):
            lines.insert(4, '#define __flush_icache_all()\tdo { asm("ic ialluis"); dsb(ish); } while (0)')
        if self.kind == "quiet name loud":
            lines += ["extern void vendor_asm_range(unsigned long start, unsigned long end);",
                      "static inline void %s(unsigned long start, unsigned long end)" % self.quiet, "{",
                      "\tvendor_asm_range(start, end);", "\tkick_all_cpus_sync();", "}", ""]
        # The line that the posted form looks for stands before the function that broadcasts.
        end = ["extern void __clean_dcache_area_poc(void *addr, size_t len);",
               "extern void __clean_dcache_area_pop(void *addr, size_t len);",
               "extern void __clean_dcache_area_pou(void *addr, size_t len);",
               "extern long __flush_cache_user_range(unsigned long start, unsigned long end);"]
        lines = [line for line in lines if line not in end] + end
        if not self.inline_aliases and self.kind not in ("older", "older loud", "inlined"):
            lines.append("extern void sync_icache_aliases(void *%s, unsigned long %s%s);" % (
                self.address, self.length, ", bool sync" if self.kind == "posted" else ""))
        lines.append("")
        if self.kind in ("predates", "older", "older loud"):
            lines.append(declared % "flush_icache_range")
        elif self.range_place == "inline":
            lines += ["static inline void flush_icache_range(unsigned long start, unsigned long end)", "{"]
            lines += ["\t%s(start, end);" % self.quiet]
            if self.kgdb:
                lines += ["#ifdef CONFIG_KGDB", "\tif (kgdb_connected && irqs_disabled())", "\t\treturn;", "#endif"]
            lines += ["\tkick_all_cpus_sync();", "}"]
        elif self.range_place == "macro":
            lines += ["#define flush_icache_range(start, end)\t\\", "\tdo {\t\t\t\t\\",
                      "\t\t%s(start, end);\t\\" % self.quiet, "\t\tkick_all_cpus_sync();\t\\", "\t} while (0)"]
        else:
            lines.append(declared % "flush_icache_range")
            self.more["arch/arm64/mm/range.c"] = [
                "#include <linux/mm.h>", "#include <asm/cacheflush.h>", "",
                "void flush_icache_range(unsigned long start, unsigned long end)", "{",
                "\t%s(start, end);" % self.quiet, "\tkick_all_cpus_sync();", "}"]
        lines += [""] + self.header_extra
        if self.inline_aliases:
            lines += ["static " + line if i == 0 else line for i, line in enumerate(self.aliases())]
        return lines + ["", "#endif"]

    def aliases(self):
        a, n = self.address, self.length
        lines = ["inline void sync_icache_aliases(void *%s, unsigned long %s)" % (a, n)
                 if self.inline_aliases else
                 "void sync_icache_aliases(void *%s, unsigned long %s%s)" % (
                     a, n, ", bool sync" if self.kind == "posted" else "")]
        lines += ["{"] + ["\tunsigned long addr = (unsigned long)%s;" % a] + self.aliases_before + [""]
        aliasing = ["\t\t__clean_dcache_area_pou(%s, %s);" % (a, n), "\t\t__flush_icache_all();"]
        posted = ["\t} else if (sync) {", "\t\tflush_icache_range(addr, addr + %s);" % n, "\t} else {"]
        if self.layout == 1:
            lines += ["\tif (icache_is_aliasing())", "\t{"] + aliasing + ["\t}"]
            lines += ["\telse if( sync )", "\t\tflush_icache_range(addr, addr + %s);" % n] \
                if self.kind == "posted" else []
            lines += ["\telse", "\t{"]
        elif self.layout == 2 and self.kind != "posted":
            lines += ["\tif (!icache_is_aliasing()) {"]
        else:
            lines += ["\tif (icache_is_aliasing()) {"] + aliasing
            lines += posted if self.kind == "posted" else ["\t} else {"]
        lines += ["\t\t/* %s */" % c for c in self.comment]
        lines += self.aliases_inside + ["\t\t" + self.call()]
        if self.layout == 2 and self.kind != "posted":
            lines += ["\t\treturn;", "\t}"] + [line[1:] for line in aliasing] + ["}"]
        else:
            lines += ["\t}", "}"]
        return lines

    def pte(self):
        folio = self.page == 3
        size = ["PAGE_SIZE << compound_order(page)", "page_size(page)", "page_size(page)",
                "folio_size(folio)"][self.page]
        at = "folio_address(folio)" if folio else "page_address(page)"
        flags = "&folio->flags" if folio else "&page->flags"
        if self.kind.startswith("older"):
            return ["void __sync_icache_dcache(pte_t pte, unsigned long addr)", "{",
                    "\tstruct page *page = pte_page(pte);", ""] + self.pte_before + [
                    "\tif (!page_mapping(page))", "\t\treturn;",
                    "\tif (!test_and_set_bit(PG_dcache_clean, &page->flags)) {",
                    "\t\t__flush_dcache_area(page_address(page), PAGE_SIZE);", "\t\t__flush_icache_all();",
                    "\t} else if (icache_is_aivivt()) {", "\t\t__flush_icache_all();", "\t}", "}"]
        lines = ["void __sync_icache_dcache(pte_t pte)", "{"]
        lines += ["\tstruct folio *folio = page_folio(pte_page(pte));" if folio else
                  "\tstruct page *page = pte_page(pte);", ""] + self.pte_before
        if self.page == 2:
            lines += ["\tif (PageHuge(page))", "\t\tpage = compound_head(page);", ""]
        last = ", false" if self.kind == "posted" else ""
        if self.kind == "inlined":
            return lines + ["\tif (!test_and_set_bit(PG_dcache_clean, &page->flags))",
                            "\t\tflush_icache_range((unsigned long)page_address(page),",
                            "\t\t\t\t   (unsigned long)page_address(page) + PAGE_SIZE);", "}"]
        if self.page == 0:
            return lines + ["\tif (!test_and_set_bit(PG_dcache_clean, &page->flags))",
                            "\t\tsync_icache_aliases(page_address(page),",
                            "\t\t\t\t    PAGE_SIZE << compound_order(page)%s);" % last, "}"]
        return lines + ["\tif (!test_bit(PG_dcache_clean, %s)) {" % flags,
                        "\t\tsync_icache_aliases(%s, %s%s);" % (at, size, last),
                        "\t\tset_bit(PG_dcache_clean, %s);" % flags, "\t}", "}"]

    def flush(self):
        older = self.kind.startswith("older") or self.kind == "inlined"
        call = "flush_icache_range((unsigned long)kaddr, (unsigned long)kaddr + len);" if older else \
            "sync_icache_aliases(kaddr, len%s);" % (", true" if self.kind == "posted" else "")
        parts = [[] if older or self.inline_aliases else self.aliases(),
                 ["static void flush_ptrace_access(struct vm_area_struct *vma, struct page *page,",
                  "\t\t\t\tunsigned long uaddr, void *kaddr,", "\t\t\t\tunsigned long len)", "{",
                  "\tif (vma->vm_flags & VM_EXEC)", "\t\t" + call, "}"],
                 ["/*", " * The caches of a page that another process wrote.", " */",
                  "void copy_to_user_page(struct vm_area_struct *vma, struct page *page,",
                  "\t\t       unsigned long uaddr, void *dst, const void *src,", "\t\t       unsigned long len)",
                  "{", "\tmemcpy(dst, src, len);", "\tflush_ptrace_access(vma, page, uaddr, dst, len);", "}"],
                 self.pte() + ([] if self.order == 2 else ["EXPORT_SYMBOL_GPL(__sync_icache_dcache);"]),
                 self.flush_extra]
        if self.order == 1:
            parts = [parts[1], parts[2], parts[3], parts[4], parts[0]]
        elif self.order == 2:
            parts = [parts[3], parts[0], parts[1], parts[2], parts[4],
                     ["EXPORT_SYMBOL(sync_icache_aliases);"] if parts[0] else [],
                     ["EXPORT_SYMBOL_GPL(__sync_icache_dcache);"]]
        lines = ["#include <linux/export.h>", "#include <linux/mm.h>", "#include <linux/pagemap.h>", "",
                 "#include <asm/cacheflush.h>", "#include <asm/cache.h>", "#include <asm/tlbflush.h>", ""]
        for part in parts:
            lines += part + [""] if part else []
        return lines

    def uprobes(self):
        last = ", true" if self.kind == "posted" else ""
        call = "flush_icache_range((unsigned long)dst, (unsigned long)dst + len);" \
            if self.kind in ("older", "older loud", "inlined") else "sync_icache_aliases(dst, len%s);" % last
        return ["#include <linux/highmem.h>", "#include <linux/mm.h>", "#include <asm/cacheflush.h>", "",
                "void arch_uprobe_copy_ixol(struct page *page, unsigned long vaddr,",
                "\t\tvoid *src, unsigned long len)", "{",
                "\tvoid *xol_page_kaddr = kmap_atomic(page);",
                "\tvoid *dst = xol_page_kaddr + (vaddr & ~PAGE_MASK);", "",
                "\t/* Initialize the slot */", "\tmemcpy(dst, src, len);", "",
                "\t/* flush caches (dcache/icache) */", "\t" + call, "",
                "\tkunmap_atomic(xol_page_kaddr);", "}", ""]

    def drift(self):
        """Each drift keeps what is true of the kind."""
        def renamed():
            self.address, self.length = self.rng.choice([("start", "bytes"), ("p", "n"), ("vaddr", "size")])

        def newer():
            self.quiet = "caches_clean_inval_pou"

        def commented():
            self.comment = self.rng.sample(["no kick_all_cpus_sync() here", "__flush_icache_range(addr, addr)",
                                            "was: flush_icache_range(addr, addr + len); bool sync"], 2)

        def hunks():
            self.header_extra += ["extern unsigned long vendor_counter;",
                                  "static inline void vendor_count(void)", "{", "\tvendor_counter++;", "}",
                                  "#define vendor_note(x)\tdo { vendor_counter += (x) != 0; } while (0)"]
            self.flush_extra += ["unsigned long vendor_counter;"]
            self.aliases_before += ["\tunsigned long since = vendor_counter;"] * (self.rng.random() < .5)
            self.aliases_inside += ["\t\tvendor_count();", "\t\tvendor_note(addr);"]
            self.pte_before += ["\tvendor_count();", ""]

        def conditional_hunks():
            self.aliases_inside += ["#ifdef CONFIG_VENDOR_TRACE", "\t\tpr_debug(\"kick_all_cpus_sync()\\n\");", "#endif",
                                    "#if 0", "\t\tkick_all_cpus_sync();", "#endif"]

        def unrelated():
            self.flush_extra += ["void vendor_shoot(void)", "{", "\tkick_all_cpus_sync();", "}"]

        def caller():
            self.extra_caller = True
            self.more["drivers/vendor/load.c"] = [
                "#include <linux/mm.h>", "#include <asm/cacheflush.h>", "", "int vendor_load(void *text)", "{",
                "\tsync_icache_aliases(text, 64%s);" % (", true" if self.kind == "posted" else ""),
                "\treturn 0;", "}"]

        def inlined():
            self.inline_aliases = True

        def elsewhere():
            self.range_place = self.rng.choice(["macro", "out of line"])

        def kgdb():
            self.kgdb = True

        def page():
            self.page = self.rng.choice([1, 2, 3])

        def order():
            self.order = self.rng.choice([1, 2])

        def layout():
            self.layout = self.rng.choice([1, 2])

        def crlf():
            self.crlf = True

        def conflict():
            self.conflict = self.rng.choice(["flush", "header", "cache"])

        choices = [renamed, newer, commented, hunks, conditional_hunks, unrelated, kgdb, page, order, layout]
        special = self.kind in ("older", "older loud", "inlined")
        if not special and self.kind != "posted":
            choices += [inlined]
        if not special:
            choices += [caller]
        if self.kind not in ("predates", "older", "older loud"):
            choices += [elsewhere]
        for drift in self.rng.sample(choices, self.rng.choice([0, 1, 1, 2, 3, 4])):
            if special and drift in (page, order):
                continue
            drift()
            self.drifts.append(drift.__name__)
        for drift, chance in ((crlf, .1), (conflict, .06)):
            if self.rng.random() < chance:
                drift()
                self.drifts.append(drift.__name__)

    def support(self):
        """What the kind itself needs."""
        if self.kind == "beside":
            self.header_extra += ["static inline void vendor_third(void) { on_each_cpu(vendor_ipi, NULL, 1); }",
                                  "#define vendor_done() vendor_third()"]
        if self.kind in ("beside", "no maintenance"):
            self.header_extra += ["static inline void vendor_nothing(unsigned long a) { }"]
        if self.kind == "undefined":
            self.header_extra += ["void vendor_flush_range(unsigned long a, unsigned long b);"]
        if self.kind == "undeclared":
            self.asm.append("vendor_flush_range(unsigned long a, unsigned long b)")
        if self.kind == "helper loud":
            self.header_extra += ["void vendor_flush_range(unsigned long a, unsigned long b);"]
            self.more["arch/arm64/mm/vendor.c"] = [
                "#include <linux/mm.h>", "#include <asm/cacheflush.h>", "",
                "static void really(void)", "{", "\tsmp_call_function(vendor_ipi, NULL, 1);", "}", "",
                "void vendor_flush_range(unsigned long a, unsigned long b)", "{",
                "\t%s(a, b);" % self.quiet, "\treally();", "}"]
        if self.kind == "by configuration":
            self.header_extra += ["#ifdef CONFIG_VENDOR", "static inline void vendor_flush_range(unsigned long a, unsigned long b)",
                                  "{", "\t%s(a, b);" % self.quiet, "}", "#else",
                                  "static inline void vendor_flush_range(unsigned long a, unsigned long b)",
                                  "{", "\tkick_all_cpus_sync();", "}", "#endif"]
        if self.kind == "pointer":
            self.header_extra += ["extern struct vendor_ops { void (*flush)(unsigned long, unsigned long); } *vendor_ops;"]
        if self.kind in ("predates", "older", "older loud"):
            self.asm.append("flush_icache_range(unsigned long a, unsigned long b)")
        if self.kind.startswith("older"):
            self.asm.append("__flush_dcache_area(void *a, unsigned long b)")
        self.asm.append(("vendor_asm_range" if self.kind == "quiet name loud" else self.quiet) +
                        "(unsigned long a, unsigned long b)")

    def cache(self):
        lines = ["#include <linux/linkage.h>", ""]
        for function in self.asm:
            name = function[:function.index("(")]
            new = self.quiet != QUIET
            lines += [("SYM_FUNC_START(%s)" if new else "ENTRY(%s)") % name,
                      "\tdc\tcvau, x0" if "dcache" in name else "\tic\tivau, x0", "\tret",
                      ("SYM_FUNC_END(%s)" if new else "ENDPROC(%s)") % name, ""]
        return lines

    def write(self, folder):
        self.drift()
        self.support()
        files = {"arch/arm64/include/asm/cacheflush.h": self.header(), "arch/arm64/mm/flush.c": self.flush(),
                 "arch/arm64/mm/cache.S": self.cache(), "arch/arm64/kernel/probes/uprobes.c": self.uprobes(),
                 "Makefile": ["VERSION = 4", "PATCHLEVEL = %d" % self.rng.choice([9, 18, 19, 99])],
                 "Kconfig": [], "arch/arm64/Kconfig": []}
        files.update(self.more)
        if self.conflict:
            lines = files[{"flush": "arch/arm64/mm/flush.c", "cache": "arch/arm64/mm/cache.S",
                           "header": "arch/arm64/include/asm/cacheflush.h"}[self.conflict]]
            at = self.rng.randrange(len(lines))
            lines[at:at + 1] = ["<<<<<<< HEAD", lines[at], "=======", ">>>>>>> vendor"]
        for name, lines in files.items():
            path = os.path.join(folder, "tree", name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", newline="\r\n" if self.crlf else "\n") as to:
                to.writelines(line + "\n" for line in lines)
        state = "not recognised" if self.conflict else STATES[self.kind]
        able = {"affected": "must", "direct": "must", "inlined": "merged"}.get(self.kind, "may")
        if self.extra_caller or self.inline_aliases or self.conflict:
            able = "may"
        with open(os.path.join(folder, "truth"), "w") as to:
            to.write("%s|%s|%s: %s\n" % (state, able if state == "affected" else "no", self.kind, " ".join(self.drifts)))
        with open(os.path.join(folder, "asm.c"), "w") as to:
            for function in self.asm:
                to.write("void %s { stub_maintained += %d; }\n" % (function, "dcache" not in function))


def main():
    folder, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    for i in range(count):
        kind = KINDS[i % len(KINDS)] if i < len(KINDS) else rng.choice(KINDS)
        where = os.path.join(folder, "%03d" % i)
        os.makedirs(where)
        Tree(kind, rng).write(where)


main()
