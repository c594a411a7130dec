#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-kernels.t: icache-ipi-check on whole kernels: the proof's own, and Debian's for arm64
#
# CORPUS=full also builds -Os, 64K, KALLSYMS_ALL=n and KALLSYMS=n, some minutes each.
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/debian-kernels.sh"
check=$O/icache-ipi-check
objdump=${CROSS_COMPILE-aarch64-linux-gnu-}objdump
[ "$(uname -m)" != aarch64 ] || objdump=${CROSS_COMPILE-}objdump

verdicts()
{
	"$check" --json "$@" | sed 's/.*"verdict":"\([^"]*\)","form":"*\([^",]*\).*/\1 \2/' | sort -u
}

# explained VMLINUX: every branch shown is what objdump reads at that address, and no call is left out
explained()
{
	"$check" --json "$1" >"$scratch/explained.json" || true
	run /usr/bin/python3 - "$objdump" "$1" "$scratch/explained.json" <<'END'
import json, re, subprocess, sys
objdump, vmlinux, answer = sys.argv[1:4]
branches = json.load(open(answer))["evidence"]["branches"]
def disassemble(function):
	text = subprocess.run([objdump, "-d", "--disassemble=" + function, vmlinux],
			      capture_output=True, check=True, text=True).stdout
	return re.findall(r"^([0-9a-f]+):\t([0-9a-f]{8}) ?\t(\S+)\s(?:\S+, )*([0-9a-f]{16}) <", text, re.M)
seen = {}
for name in {b["from"].split("+")[0] for b in branches}:
	seen.update({int(a, 16): (w, m, int(t, 16)) for a, w, m, t in disassemble(name)})
for b in branches:
	word, mnemonic, target = seen[int(b["address"], 16)]
	assert int(word, 16) == int(b["word"], 16), b
	assert target == int(b["target"], 16), b
	assert mnemonic in ("bl", "b", "cbz", "cbnz", "tbz", "tbnz") or mnemonic[:2] == "b.", b
shown = {int(b["address"], 16) for b in branches}
for root in ("__sync_icache_dcache", "sync_icache_aliases"):
	for address, _, mnemonic, _ in disassemble(root):
		assert mnemonic != "bl" or int(address, 16) in shown, (root, address)
assert len(branches) >= 3, branches
print(len(branches))
END
	is "$rc$err" 0 "objdump reads the same $out branches"
}

# --- the proof's kernels: vmlinux and Image agree ---
directory=$(kernel_build_dir regress) || skip_all 'no kernel to test with (scripts/kernel-source)'
affected=$directory
is "$(verdicts "$directory/vmlinux" "$directory/arch/arm64/boot/Image")" 'affected affected' \
	'the affected half of the proof'
explained "$directory/vmlinux"
like "$("$check" "$directory/vmlinux")" \
	'__sync_icache_dcache\+0x[0-9a-f]+ -> sync_icache_aliases\+0x[0-9a-f]+ -> kick_all_cpus_sync' \
	'the chain in full'
directory=$(kernel_build_dir)
is "$(verdicts "$directory/vmlinux" "$directory/arch/arm64/boot/Image")" 'fixed merged' \
	'the fixed half of the proof'
explained "$directory/vmlinux"
run "$check" --map "$directory/System.map" "$affected/arch/arm64/boot/Image"
is "$rc" 3 'the map of the fixed half on the affected one: unknown'
directory=$(kernel_build_dir regress 5.10.y-posted)
is "$(verdicts "$directory/vmlinux" "$directory/arch/arm64/boot/Image")" 'fixed posted' \
	'the posted form'
explained "$directory/vmlinux"

directory=$(kernel_build_dir regress-stale)
is "$(verdicts "$directory/vmlinux" "$directory/arch/arm64/boot/Image")" 'unknown not recognised' \
	'a kernel that lost the I-cache maintenance is not fixed'

# KALLSYMS=n, by taking the digits' tokens out of a copy
python3 - "$affected/arch/arm64/boot/Image" "$scratch/no-kallsyms" <<'END'
import sys
data = open(sys.argv[1], "rb").read()
digits = b"".join(b"%d\0" % i for i in range(10))
open(sys.argv[2], "wb").write(data.replace(digits, bytes(len(digits))))
END
is "$(verdicts "$scratch/no-kallsyms")" 'unknown null' 'an Image without symbols: unknown'
is "$(verdicts --map "$affected/System.map" "$scratch/no-kallsyms")" 'affected affected' \
	'... and its map helps'

# --- variants of the affected half, in a copy of its build directory ---
variant()
{
	name=$1 wanted=$2
	shift 2
	cp -a "$affected" "$scratch/$name"
	tree=$(kernel_tree regress)
	(cd "$scratch/$name" && "$tree/scripts/config" "$@")
	for target in olddefconfig Image; do
		make -C "$tree" O="$scratch/$name" ARCH=arm64 HOSTCFLAGS='-fcommon -O2' --silent -j2 \
			CROSS_COMPILE="${objdump%objdump}" $target >"$scratch/log" 2>&1 ||
			tail "$scratch/log"
	done
	is "$(verdicts "$scratch/$name/vmlinux")" 'affected affected' "$name: vmlinux"
	is "$(verdicts "$scratch/$name/arch/arm64/boot/Image")" "$wanted" "$name: Image"
	rm -rf "${scratch:?}/$name"
}
if [ "${CORPUS-}" = full ]; then
	variant KALLSYMS_ALL=n 'affected affected' --disable KALLSYMS_ALL
	variant KALLSYMS=n 'unknown null' --disable KALLSYMS_ALL --disable KALLSYMS --disable KPROBES \
		--disable FTRACE --disable BPF_SYSCALL --disable DEBUG_KERNEL
	variant Os 'affected affected' --disable CC_OPTIMIZE_FOR_PERFORMANCE \
		--enable CC_OPTIMIZE_FOR_SIZE
	variant 64K 'affected affected' --disable ARM64_4K_PAGES --enable ARM64_64K_PAGES
else
	skip '-Os, 64K, KALLSYMS_ALL=n, KALLSYMS=n' 'CORPUS=full builds them'
fi

# --- Debian's kernels: the package, and the file in it ---
for suite in bullseye bookworm trixie sid; do
	package=$(debian_kernel $suite 2>"$scratch/err") || package=
	if [ -z "$package" ]; then
		skip "$suite" "not to be had: $(tail -n 1 "$scratch/err")"
		continue
	fi
	mkdir "$scratch/$suite"
	dpkg-deb --fsys-tarfile "$package" | tar --extract --directory="$scratch/$suite" \
		--wildcards './boot/*' './usr/lib/modules/*/vmlinuz*' 2>/dev/null || true
	kernel=$(find "$scratch/$suite" -name 'vmlinuz*' -type f)
	# Unpacking the whole package takes seconds of xz: that is its check's time too.
	is "$(verdicts "$package" "$kernel")" 'fixed merged' "$suite: package and kernel"
	map=$(find "$scratch/$suite" -name 'System.map*')
	[ -z "$map" ] || is "$(verdicts --map "$map" "$kernel")" 'fixed merged' "$suite: its stub map"
	rm -rf "${scratch:?}/$suite"
done

done_testing
