#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
specs.py FOLDER COUNT SEED TREE: packages of RPM kernels, with specs as varied as those of the field

FOLDER/N/pkg      the spec, its sources and its patches: an archive of TREE, which is affected
FOLDER/N/truth    ABLE|SPEC|SOURCES|TREES|WHAT: "must" where an export has to succeed, "no" where it cannot,
                  "may" where either will do; the spec and its sources below pkg; how many trees %prep
                  leaves; what the package is
FOLDER/N/options  what rpmbuild and the export are given, a word a line
"""
import os
import random
import subprocess
import sys

OURS = "linux-kernel-test.patch"
VENDOR = """--- a/Makefile
+++ b/Makefile
@@ -1,2 +1,3 @@
 VERSION = 0
 PATCHLEVEL = 0
+EXTRAVERSION = -vendor
"""
NEW_FILE = """--- /dev/null
+++ b/vendor-%d.txt
@@ -0,0 +1 @@
+vendor
"""
MAIL = """From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A <a@example.invalid>
Date: Thu, 1 Jan 2026 00:00:00 +0000
Subject: vendor %d

---
%s--
2.0

"""
APPLY = """ApplyPatch()
{
  local patch=$1
  shift
  if [ ! -f $RPM_SOURCE_DIR/$patch ]; then
    exit 1
  fi
  if ! grep -E "^Patch[0-9]+: $patch\\$" %{_specdir}/${RPM_PACKAGE_NAME}.spec >/dev/null; then
    if [ "${patch:0:8}" != "patch-4." ]; then
      echo "$patch is not listed"
      exit 1
    fi
  fi 2>/dev/null
  case "$patch" in
  *.xz) unxz < "$RPM_SOURCE_DIR/$patch" | patch -p1 -F1 -s ${1+"$@"} ;;
  *) patch -p1 -F1 -s ${1+"$@"} < "$RPM_SOURCE_DIR/$patch" ;;
  esac
}
ApplyOptionalPatch()
{
  local patch=$1
  shift
  [ -f $RPM_SOURCE_DIR/$patch ] || exit 1
  local C=$(wc -l $RPM_SOURCE_DIR/$patch | awk '{print $1}')
  if [ "$C" -gt 9 ]; then
    ApplyPatch $patch ${1+"$@"}
  fi
}"""
STYLES = ["autosetup", "autopatch", "patchN", "patch -P", "ApplyPatch", "optional", "loop", "git am",
          "series", "by hand", "patchlist", "unnumbered", "include", "hard-coded", "none"]



def takes_percent_patch_number(folder):
    """Whether this machine's rpm still reads %patch1; from 4.20 on it wants %patch -P 1"""
    spec = os.path.join(folder, "probe.spec")
    with open(spec, "w", encoding="utf-8") as file:
        file.write("Name: x\nVersion: 1\nRelease: 1\nSummary: x\nLicense: x\nPatch1: x.patch\n"
                   "%description\n%prep\n%patch1 -p1\n")
    result = subprocess.run(["rpmspec", "--parse", spec], capture_output=True, text=True, check=False)
    os.remove(spec)
    return "obsolete" not in result.stderr


class Package:
    patch_number = True

    def __init__(self, rng, folder):
        self.rng, self.folder, self.what = rng, folder, []
        self.able, self.options, self.trees = "must", [], 1
        self.version = rng.choice(["4.19.13", "4.19.1", "4.20.3"])
        self.style = rng.choice(STYLES)
        self.what.append(self.style)
        self.place = rng.choice(["beside", "SPECS", "SPECS", "elsewhere"])
        self.what.append(self.place)
        self.spec_dir, self.source_dir = {"beside": ("", ""), "SPECS": ("SPECS", "SOURCES"),
                                          "elsewhere": ("packaging", "store/sources")}[self.place]
        self.head, self.tags, self.prep, self.tail = [], [], [], []
        self.name = rng.choice(["kernel", "kernel-lt", "kernel"])
        self.top = "linux-%{version}"
        self.numbers = []

    def write(self, name, text):
        path = os.path.join(self.folder, "pkg", self.source_dir, name)
        with open(path, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        return path

    def chance(self, share):
        return self.rng.random() < share

    def condition(self, on):
        """The words that open a conditional, and the macros that it needs."""
        kind = self.rng.choice(["define", "bcond", "arch", "not", "global", "given"])
        if kind == "given" and on:
            self.options += ["--define", "vendor_build 1"]
            return "%if 0%{?vendor_build}"
        if kind in ("define", "global", "given"):
            self.head.append("%%%s with_extra %d" % ("define" if kind == "given" else kind, on))
            return "%if 0%{?with_extra}"
        if kind == "bcond":
            self.head.append("%bcond_without extra" if on else "%bcond_with extra")
            return "%if %{with extra}"
        if kind == "arch":
            return "%ifarch aarch64" if on else "%ifarch ppc64le s390x"
        self.head.append("%%define nopatches %d" % (not on))
        return "%if !%{nopatches}"

    def setup(self):
        """The lines that unpack, up to the folder of the tree."""
        if self.style in ("autosetup", "patchlist", "unnumbered", "include"):
            return ["%%autosetup -p1 -n %s" % self.top]
        kind = self.rng.choice(["plain", "plain", "moved", "copied"])
        self.what.append("unpacked: " + kind)
        if kind == "plain":
            return ["%setup -q -n " + self.top]
        if kind == "moved":
            return ["%setup -q -n %{name}-%{version} -c", "mv linux-%{version} linux-%{version}-1.aarch64",
                    "cd linux-%{version}-1.aarch64"]
        self.trees = 2
        return ["if [ ! -d kernel-%{version}/vanilla ]; then", "%setup -q -n kernel-%{version} -c",
                "mv linux-%{version} vanilla", "else", "  cd kernel-%{version}/", "fi",
                "cp -rl vanilla linux-%{version}-1", "cd linux-%{version}-1"]

    def patches(self, count):
        """Patches of the vendor's, written; their names."""
        names = []
        for i in range(count):
            names.append("%s-%d.patch" % (self.rng.choice(["vendor", "0001-arm64-fix", "ABI"]), i))
            text = VENDOR if not i else NEW_FILE % i
            self.write(names[-1], MAIL % (i, text) if self.style == "git am" else text)
        return names

    def tag_lines(self, names):
        start, width = self.rng.choice([(0, 1), (1, 1), (1, 4), (10, 1), (100, 1)])
        lines = []
        for i, name in enumerate(names):
            number = start + i * self.rng.choice([1, 1, 10])
            number = max(number, self.numbers[-1] + 1 if self.numbers else 0)
            self.numbers.append(number)
            blank = self.rng.choice([" ", "  ", "\t"]) if self.style not in ("ApplyPatch", "optional") else " "
            lines.append("Patch%0*d:%s%s" % (width, number, blank, name))
        return lines

    def wrapped(self, lines, opening):
        return [opening] + lines + ["%endif"]

    def fill_series(self):
        kind, flag = self.rng.choice([("gz", "z"), ("bz2", "j"), ("xz", "J")])
        on = self.chance(.7)
        inner = os.path.join(self.folder, "patches")
        os.makedirs(inner)
        with open(os.path.join(inner, "vendor.patch"), "w", encoding="utf-8") as file:
            file.write(VENDOR)
        archive = os.path.join(self.folder, "pkg", self.source_dir, "patches.tar." + kind)
        subprocess.run(["tar", "-c%sf" % flag, archive, "-C", self.folder, "patches"], check=True)
        self.write("series.conf", "# of the vendor\npatches/vendor.patch" + ("" if self.chance(.3) else "\n"))
        opening = self.condition(on)
        self.tags += self.wrapped(["Source9002: series.conf", "Source9998: patches.tar." + kind], opening)
        self.prep += self.setup() + self.wrapped(
            ["tar -xf %{SOURCE9998}",
             self.rng.choice(["sed -e '/^#/d' -e 's!^!patch -s -F0 -E -p1 -i !' %{SOURCE9002} | sh -e",
                              "for p in $(grep -v '^#' %{SOURCE9002}); do patch -s -p1 -i $p; done"])], opening)
        self.what.append("on" if on else "off")
        if not on:
            self.able = "no"

    def fill(self):
        rng, style = self.rng, self.style
        if style == "series":
            self.fill_series()
            return
        names = self.patches(rng.choice([1, 1, 2, 3]))
        if style == "none":
            self.prep += self.setup()
            self.able = "no"
            return
        if style == "hard-coded":
            self.prep += self.setup() + ["patch -p1 -s <$RPM_SOURCE_DIR/%s" % name for name in names]
            self.tags += ["Source%d: %s" % (i + 1, name) for i, name in enumerate(names)]
            self.able = "may"
            return
        if style == "patchlist":
            self.tail += ["%patchlist"] + names + [""]
            self.prep += self.setup()
            self.able = "may"
            return
        if style == "unnumbered":
            self.tags += ["Patch: " + name for name in names]
            self.prep += self.setup()
            return
        if style == "include":
            self.write("patches.inc", "\n".join(self.tag_lines(names)) + "\n")
            self.tags.append("Source77: patches.inc")
            self.tags.append("%include %{_sourcedir}/patches.inc")
            self.prep += self.setup()
            self.able = "may"
            return
        if style == "optional":
            self.write(OURS, "")
        tags = self.tag_lines(names + ([OURS] if style == "optional" else []))
        if style == "optional":
            tags[-1] = "Patch999999: " + OURS
        calls = {
            "autosetup": [], "autopatch": ["%autopatch -p1"],
            "patchN": ["%%patch%s -p1%s" % (n, rng.choice(["", "", " -b .old"])) for n in self.numbers],
            "patch -P": ["%%patch -P %d -p1" % n for n in self.numbers],
            "ApplyPatch": ["ApplyPatch " + name for name in names],
            "optional": ["ApplyPatch " + name for name in names] + ["ApplyOptionalPatch " + OURS],
            "loop": ["for patch in %{patches}; do", "  patch -p1 -F1 -s <$patch", "done"],
            "git am": ["git init -q", "git config user.name x", "git config user.email x@example.invalid",
                       "git add .", "git commit -q -m x", "git am -q %{patches}"],
            "by hand": ["patch -p1 -s < %%{PATCH%d}" % n for n in self.numbers]}[style]
        prep = self.setup()
        if style in ("ApplyPatch", "optional"):
            self.prep += APPLY.split("\n")
        where = rng.choice(["", "", "both", "last"])
        if where == "both" and calls:
            opening = self.condition(True)
            tags, calls = self.wrapped(tags, opening), self.wrapped(calls, opening)
            self.what.append("all conditional")
        elif where == "last" and style in ("patchN", "patch -P", "ApplyPatch", "by hand") and len(names) > 1:
            on = self.chance(.5)
            opening = self.condition(on)
            tags = tags[:-1] + self.wrapped(tags[-1:], opening)
            calls = calls[:-1] + self.wrapped(calls[-1:], opening)
            self.what.append("last one %s" % ("on" if on else "off"))
        self.tags += tags
        self.prep += prep + calls

    def text(self):
        rng = self.rng
        self.tags.insert(0, "Source0: https://host.invalid/pub/linux-%{version}.tar")
        if self.chance(.3):
            self.head.append(rng.choice(["# define buildid .local", "%define buildid .vendor"]))
            self.what.append("buildid")
        if self.chance(.3):
            self.tags.append(rng.choice(["# Patch5: of-the-past.patch", "#Patch7: gone.patch",
                                         "# the patches end here: Patch9999: is not one"]))
        lines = self.head + ["Name: " + self.name, "Version: " + self.version, "Release: 1%{?buildid}%{?dist}",
                             "Summary: A kernel of a test", "License: GPL-2.0-only"]
        if self.chance(.3):
            lines.insert(0, "%global flavour test")
        lines += self.tags
        if self.chance(.4):
            lines += ["", "%package devel", "Summary: Headers", "", "%description devel", "Headers."]
        lines += ["", "%description", "A kernel.", ""]
        lines += self.tail + ["%prep"] + self.prep + ["", "%build", "", "%files", ""]
        if self.chance(.5):
            lines += ["%changelog", "* Thu Jan 01 2026 A <a@example.invalid> - " + self.version,
                      "- Patch1: a change that a line of the changelog tells of", ""]
        return "\n".join(lines)

    def make(self, tree):
        pkg = os.path.join(self.folder, "pkg")
        os.makedirs(os.path.join(pkg, self.spec_dir), exist_ok=True)
        os.makedirs(os.path.join(pkg, self.source_dir), exist_ok=True)
        archive = os.path.join(pkg, self.source_dir, "linux-%s.tar" % self.version)
        subprocess.run(["tar", "-cf", archive, "-C", os.path.dirname(tree), "--transform",
                        "s,^%s,linux-%s," % (os.path.basename(tree), self.version), os.path.basename(tree)],
                       check=True)
        self.fill()
        if self.style == "patchN" and not self.patch_number:
            self.able = "no"
        spec = os.path.join(self.spec_dir, self.name + ".spec")
        with open(os.path.join(pkg, spec), "w", encoding="utf-8") as file:
            file.write(self.text())
        if self.place == "elsewhere":
            self.options += ["--define", "_sourcedir " + os.path.join(pkg, self.source_dir)]
        with open(os.path.join(self.folder, "options"), "w", encoding="utf-8") as file:
            file.write("".join(word + "\n" for word in self.options))
        with open(os.path.join(self.folder, "truth"), "w", encoding="utf-8") as file:
            file.write("%s|%s|%s|%d|%s\n" % (self.able, spec, self.source_dir or ".", self.trees,
                                             ", ".join(self.what)))


def main():
    folder, count, seed, tree = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), os.path.abspath(sys.argv[4])
    os.makedirs(folder, exist_ok=True)
    Package.patch_number = takes_percent_patch_number(folder)
    for number in range(count):
        path = os.path.join(os.path.abspath(folder), "%03d" % number)
        os.makedirs(path)
        Package(random.Random(seed * 100003 + number), path).make(tree)


main()
