#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-packages.t: kernels where each distribution puts them; packages that are cut, linked or too large
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
check=$O/icache-ipi-check
cd "$scratch"

for form in AFFECTED MERGED; do
	mini_vmlinux $form "vmlinux-$form"
done
cat >make.py <<'END'
"""Packages of the table below, and in "cases": FILE|VERDICTS|WORDS OF A REASON|WHAT."""
import gzip
import io
import lzma
import struct
import tarfile

GOOD, BAD = (open("vmlinux-" + form, "rb").read() for form in ("MERGED", "AFFECTED"))
CASES = open("cases", "w")


def member(name, content=b"", kind=tarfile.REGTYPE, link=""):
	entry = tarfile.TarInfo(name)
	entry.size, entry.type, entry.linkname = len(content), kind, link
	return entry, content


def tar(members, end=True):
	out = io.BytesIO()
	archive = tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT)
	for entry, content in members:
		archive.addfile(entry, io.BytesIO(content))
	size = archive.offset
	archive.close()
	return out.getvalue() if end else out.getvalue()[:size]


def ar(parts):
	out = b"!<arch>\n"
	for name, content in parts:
		head = "%-16s%-12d%-6d%-6d%-8s%-10d`\n" % (name, 0, 0, 0, "100644", len(content))
		out += head.encode() + content + b"\n" * (len(content) % 2)
	return out


def deb(data, name="data.tar"):
	return ar([("debian-binary", b"2.0\n"), ("control.tar", tar([member("./control", b"Package: k\n")])),
		   (name, data)])


def cpio(members):
	"""As rpm writes it: members are (NAME, CONTENT, INODE, LINKS)."""
	out = b""
	for name, content, inode, links in members + [("TRAILER!!!", b"", 0, 1)]:
		out += b"070701" + b"".join(b"%08x" % field for field in (
			inode, 0o100644, 0, 0, links, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0))
		out += name.encode() + b"\0"
		out += bytes(-len(out) % 4) + content
		out += bytes(-len(out) % 4)
	return out


def header(tags=()):
	"""Of an RPM: tags are (NUMBER, TYPE, COUNT, DATA)."""
	index = data = b""
	for number, kind, count, values in tags:
		index += struct.pack(">IIII", number, kind, len(data), count)
		data += values
	return struct.pack(">IIII", 0x8eade801, 0, len(tags), len(data)) + index + data


def rpm(members, tags=()):
	"""A lead and two headers, the first of which says nothing, then the archive."""
	lead = struct.pack(">IBBHH86x", 0xedabeedb, 3, 0, 0, 1)
	return lead + header() + header(tags) + (members if isinstance(members, bytes) else cpio(members))


def case(file, content, verdicts, reason, what):
	open(file, "wb").write(content)
	print(file, verdicts, reason, what, sep="|", file=CASES)


# --- places ---
PLACES = """boot/vmlinuz-0 boot/vmlinux-0 boot/vmlinuz boot/Image boot/Image-0 boot/Image.gz boot/kernel8.img
	lib/modules/0/vmlinuz lib/modules/0/vmlinux lib/modules/0/Image
	usr/lib/modules/0/vmlinuz usr/lib/modules/0/vmlinux usr/lib/modules/0/Image
	usr/lib/debug/boot/vmlinux-0 usr/lib/debug/lib/modules/0/vmlinux usr/lib/debug/usr/lib/modules/0/vmlinux"""
OTHERS = """boot/System.map-0 boot/config-0 boot/initrd.img-0 boot/old/vmlinuz-0 usr/boot/vmlinuz-0 vmlinuz-0
	lib/modules/0/build/vmlinux lib/modules/vmlinuz usr/lib/vmlinuz boot/vmlinu-0 boot/kernel8
	usr/share/boot/Image"""
for i, place in enumerate(PLACES.split()):
	prefix = ("", "./", "/")[i % 3]
	case("place-%d.deb" % i, deb(tar([member(prefix + place, GOOD)])), "fixed", "", prefix + place)
for i, place in enumerate(OTHERS.split()):
	case("other-%d.deb" % i, deb(tar([member("./" + place, GOOD)])), "unknown", "no kernel in this package", place)

# --- what is a file ---
LINK, SYMLINK, FOLDER = tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.DIRTYPE
case("link.deb", deb(tar([member("./boot/vmlinuz-0", GOOD),
			  member("./boot/vmlinuz", kind=LINK, link="./boot/vmlinuz-0")])),
     "fixed", "", "a hard link is the file that it links to")
case("symlink.deb", deb(tar([member("./boot/vmlinuz-0", GOOD),
			     member("./boot/vmlinuz", kind=SYMLINK, link="vmlinuz-0")])),
     "fixed", "", "a symbolic link is no file")
case("folder.deb", deb(tar([member("./boot/vmlinuz-1", kind=FOLDER), member("./boot/vmlinuz-0", GOOD)])),
     "fixed", "", "a folder is no file")
# Of hard links rpm gives the content to the last one.
case("link.rpm", rpm([("./boot/vmlinuz-0", b"", 7, 2), ("./lib/modules/0/vmlinuz", BAD, 7, 2)]),
     "affected", "", "hard links of an RPM are one kernel")
case("links.rpm", rpm([("./boot/vmlinuz-0", b"", 7, 3), ("./boot/vmlinuz-1", GOOD, 8, 1), ("./boot/vmlinuz-2", b"", 7, 3),
		       ("./boot/vmlinuz-3", BAD, 7, 3)]), "fixed affected", "", "... and others beside them another one")
case("empty.rpm", rpm([("./boot/vmlinuz-0", b"", 7, 1)]), "unknown", "empty", "an empty kernel is no kernel")
case("two.deb", deb(tar([member("./boot/vmlinuz-0", GOOD), member("./boot/vmlinuz-1", BAD)])),
     "fixed affected", "", "two kernels")

# --- cut ---
CUT = "damaged or cut short"
whole = tar([member("./boot/vmlinuz-0", GOOD), member("./boot/x", b"x" * 5000), member("./boot/vmlinuz-1", GOOD)])
second = whole.index(b"./boot/x")
third = whole.index(b"./boot/vmlinuz-1")
case("whole.deb", deb(whole), "fixed fixed", "", "a package that is whole")
for size, verdicts, what in (
		(1000, "unknown", "in the first kernel"),
		(len(GOOD) // 2, "unknown", "in the middle of the first kernel"),
		(second + 300, "fixed unknown", "in the header behind the first kernel"),
		(second + 600, "fixed unknown", "in a file that is no kernel"),
		(third + 600, "fixed unknown", "in the second kernel"),
		(third + 512 + len(GOOD) - 1, "fixed unknown", "one byte before the end of the second kernel")):
	case("cut-tar-%d.deb" % size, deb(whole[:size]), verdicts, CUT, "data.tar is cut " + what)
	packed = deb(whole)
	at = packed.index(whole[:512]) + size
	# How much comes out of it before that depends on libarchive.
	case("cut-ar-%d.deb" % size, packed[:at], "*", CUT, "the package is cut " + what)
squeezed = gzip.compress(whole, 1)
for part in (2, 3):
	case("cut-gz-%d.deb" % part, deb(squeezed[:len(squeezed) * (part - 1) // part], "data.tar.gz"),
	     "*", CUT, "data.tar.gz is cut, part %d" % part)
case("no-data.deb", ar([("debian-binary", b"2.0\n")]), "unknown", "without data.tar", "an ar archive of something else")

# --- more than a package can hold ---
for size, wanted in ((250, "fixed"), (300, "fixed unknown")):
	bomb = tar([member("./boot/vmlinuz-0", GOOD), member("./usr/zeros", bytes(size << 20))])
	case("bomb-%d.deb" % size, deb(gzip.compress(bomb, 1), "data.tar.gz"), wanted,
	     "expands more than 60 times" if size == 300 else "", "%d MiB of zeros in a file that is no kernel" % size)
empty = tar([member("./usr/empty")], end=False)
case("empty-members.deb", deb(gzip.compress(empty * (600 << 11), 1), "data.tar.gz"), "unknown",
     "expands more than 60 times", "600 MiB of members without content")
case("garbage.rpm", rpm(gzip.compress(cpio([("./a", b"", 7, 1)])[:-124] + bytes(600 << 20), 1)), "unknown",
     "expands more than 60 times", "600 MiB in which no member begins")
case("kernels.deb", deb(tar([member("./boot/vmlinuz-%d" % i, GOOD) for i in range(33)])),
     "fixed " * 32 + "unknown", "more than 32 kernels", "33 kernels")
# libarchive looks for one compressor in another, and in the name in a header of gzip for its end.
case("twice.deb", deb(gzip.compress(gzip.compress(whole)), "data.tar.gz"), "unknown", CUT, "a package that is packed twice")
name = lzma.compress(b"\x1f\x8b\x08\x08" + bytes(5) + b"\3" + b"A" * (256 << 20), preset=0)
case("name.deb", deb(lzma.compress(name), "data.tar.xz"), "unknown", CUT, "a header of gzip in xz in xz, that has no end")
# Basenames, and the one name of a folder among many that each of them has.
FILES, FOLDERS = 60000, 4000000
case("folders.rpm", rpm([("./boot/vmlinuz-0", GOOD, 7, 1)], (
	(1117, 8, FILES, b"Image\0" * FILES), (1118, 8, FOLDERS, bytes(FOLDERS)),
	(1116, 4, FILES, struct.pack(">I", FOLDERS - 1) * FILES), (1030, 3, FILES, struct.pack(">H", 0o100644) * FILES),
	(1037, 4, FILES, bytes(4 * FILES)))), "fixed", "", "an RPM of 60,000 files in 4,000,000 folders")
END
python3 make.py
sed 's/|.*//' cases >list
run sh -c 'ulimit -v "$2"; exec timeout 300 "$1" --json --files-from list' sh "$check" "$(memory_limit 1048576)"
printf '%s\n' "$out" >answers
while IFS='|' read -r file verdicts reason name; do
	got=$(grep -F "\"path\":\"$file\"" answers)
	[ "$verdicts" = '*' ] || is "$(printf '%s\n' "$got" | sed 's/.*"verdict":"\([a-z]*\)".*/\1/' | xargs)" \
		"$(echo "$verdicts" | xargs)" "$name"
	[ -z "$reason" ] || like "$got" "\"verdict\":\"unknown\".*\"reason\":\"[^\"]*$reason" "$name: and says why"
done <cases
is "$rc" 2 'the worst of all'

done_testing
