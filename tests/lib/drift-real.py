#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
drift-real.py PROGRAM FOLDER COUNT SEED STATE: lets the deciding files of a real tree drift, COUNT times, and
asks PROGRAM about each in every way

FOLDER/base has those files, and STATE is true of them. Each drift keeps what the code does, or changes it in
a way that is known. Prints "right WHAT", "unsure WHAT" where refusing is no fault, "wrong WHAT: why".
"""
import os
import random
import re
import shutil
import subprocess
import sys

FLUSH = "arch/arm64/mm/flush.c"
HEADER = "arch/arm64/include/asm/cacheflush.h"


def read(folder, path):
    with open(os.path.join(folder, path), encoding="utf-8", newline="") as file:
        return file.read()


def write(folder, path, text):
    with open(os.path.join(folder, path), "w", encoding="utf-8", newline="") as file:
        file.write(text)


def files(folder):
    for top, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(top, name), folder)


def edit(folder, path, pattern, by, count=0):
    """Whether anything was there to edit."""
    text, done = re.subn(pattern, by, read(folder, path), count=count, flags=re.M)
    write(folder, path, text)
    return done > 0


def comments(tree, rng):
    for path in (FLUSH, HEADER):
        edit(tree, path, r"^}$", lambda m: "}\n\n/* drift: of the vendor, %d */" % rng.randrange(99))


def function(tree, rng):
    write(tree, FLUSH, read(tree, FLUSH) + "\nint drift_%d(int one)\n{\n\treturn one + 1;\n}\n" % rng.randrange(99))


def includes(tree, _):
    edit(tree, FLUSH, r"^#include <linux/mm.h>$", "#include <linux/mm.h>\n#include <linux/drift.h>", 1)


def arguments(tree, rng):
    new = rng.choice(["vaddr", "drift_start", "p"])
    edit(tree, FLUSH, r"\bkaddr\b", new)


def exports(tree, _):
    edit(tree, FLUSH, r"^EXPORT_SYMBOL\(", "EXPORT_SYMBOL_GPL(")


def quiet_name(tree, rng):
    new = rng.choice(["vendor_sync_icache", "__vendor_icache_range"])
    for path in files(tree):
        edit(tree, path, r"\b__flush_icache_range\b", new)


def carriage_returns(tree, _):
    for path in files(tree):
        write(tree, path, read(tree, path).replace("\n", "\r\n"))


def blank_lines(tree, _):
    edit(tree, FLUSH, r"^{$", "{\n")


def conflict(tree, _):
    edit(tree, FLUSH, r"^(void sync_icache_aliases.*)$", r"<<<<<<< HEAD\n\1\n=======\n\1\n>>>>>>> drift", 1)


KEEP = [comments, function, includes, arguments, exports, quiet_name, blank_lines]


def body(tree):
    """Of sync_icache_aliases()."""
    text = read(tree, FLUSH).replace("\r\n", "\n")
    found = re.search(r"^[^\n;]*\bsync_icache_aliases\([^;{]*\)\n{\n(.*?)^}", text, re.M | re.S)
    return found.group(1) if found else ""


def meaning(tree):
    """What it does, by no more than its lines."""
    code = re.sub(r"/\*.*?\*/", "", body(tree), flags=re.S)
    loud = re.search(r"(?<!_)\bflush_icache_range\(", code)
    if loud:
        return "fixed as posted" if re.search(r"\bsync\b", code) else "affected"
    return "fixed as merged" if "(" in code else "nothing"


def marks(tree):
    return sum(read(tree, path).count("drift") for path in files(tree))


def sums(tree):
    return {path: read(tree, path) for path in files(tree)}


def main():
    program, folder, count, seed, state = sys.argv[1:6]
    for number in range(int(count)):
        rng = random.Random(int(seed) * 100003 + number)
        tree, out = os.path.join(folder, "tree"), os.path.join(folder, "out")
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(os.path.join(folder, "base"), tree)
        drifts = [] if not number else rng.sample(KEEP, rng.randrange(1, 4))
        truth = state
        if number % 8 == 7:
            drifts, truth = drifts + [conflict], "not recognised"
        if number % 3 == 2:
            drifts.append(carriage_returns)
        for drift in drifts:
            drift(tree, rng)
        name = "(%s)" % ", ".join(drift.__name__ for drift in drifts)

        def says(what, got, wanted):
            print("right %s" % what if got == wanted else "wrong %s %s: got %s, wanted %s" % (what, name, got, wanted))

        run = subprocess.run([program, "--check", tree], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        says("check", run.stdout.strip(), truth)
        before = sums(tree)
        for way in ("posted", "merged", "posted --semantic", "merged --semantic"):
            shutil.rmtree(out, ignore_errors=True)
            form = way.split()[0]
            run = subprocess.run([program, tree, "--output", out, "--no-compile", "--series"] + way.split()
                                 if "semantic" in way else [program, tree, "--output", out, "--series", form],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if sums(tree) != before:
                print("wrong %s %s: the tree was changed" % (way, name))
            elif run.returncode == 0 and run.stdout.strip() == tree:
                says(way, truth, "fixed as " + form)
            elif run.returncode == 0 and truth != "affected":
                print("wrong %s %s: changed a tree that is %s" % (way, name, truth))
            elif run.returncode == 0 and marks(out) != marks(tree):
                print("wrong %s %s: what the vendor added is not all there" % (way, name))
            elif run.returncode == 0:
                says(way, meaning(out), "fixed as " + form)
            elif run.returncode != 3:
                print("wrong %s %s: exit code %d" % (way, name, run.returncode))
            elif truth == "affected" and not drifts:
                print("wrong %s %s: refused: %s" % (way, name, run.stderr.split("\n")[0]))
            else:
                print(("right " if truth != "affected" else "unsure ") + way)


main()
