#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-kernels.t: icache-ipi-check on whole kernels: the proof's own, and Debian's for arm64 (SUITES=)
#
# Kernels built in other ways are in check-variants.t.
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

# explained VMLINUX: every line of --explain is what objdump and nm say, and no call is left out
explained()
{
	"$check" --explain "$1" >"$scratch/explained" || true
	run /usr/bin/python3 - "${objdump%objdump}" "$1" "$scratch/explained" <<'END'
import re, subprocess, sys
cross, vmlinux, answer = sys.argv[1:4]
def tool(name, *options):
	return subprocess.run([cross + name, *options, vmlinux], capture_output=True, check=True,
			      text=True).stdout
symbols = {n: int(a, 16) for a, _, n in map(str.split, tool("nm").splitlines())}
def place(text):
	name, _, offset = text.partition("+")
	return symbols[name] + int(offset or "0", 16)
def disassemble(function):
	return re.findall(r"^([0-9a-f]+):\t([0-9a-f]{8}) ?\t(\S+)\s(?:\S+, )*([0-9a-f]{16}) <",
			  tool("objdump", "-d", "--disassemble=" + function), re.M)
shown = re.findall(r"^    ([0-9a-f]{16})  ([0-9a-f]{8})  (\S+) +(\S+) (\S+)$", open(answer).read(), re.M)
seen = {}
for name in {line[2].split("+")[0] for line in shown}:
	seen.update({int(a, 16): (w, m, int(t, 16)) for a, w, m, t in disassemble(name)})
for address, word, here, mnemonic, there in shown:
	their_word, theirs, target = seen[int(address, 16)]
	assert (word, int(address, 16), target) == (their_word, place(here), place(there)), here
	assert theirs == mnemonic or theirs == mnemonic[:2] + "n" + mnemonic[2:] or \
		(mnemonic, theirs[:2]) == ("b.cond", "b."), (here, theirs)
addresses = {int(line[0], 16) for line in shown}
for root in ("__sync_icache_dcache", "sync_icache_aliases"):
	for address, _, mnemonic, _ in disassemble(root):
		assert mnemonic != "bl" or int(address, 16) in addresses, (root, address)
assert len(shown) >= 3, shown
print(len(shown))
END
	is "$rc$err" 0 "objdump reads the same $out branches as --explain shows"
	is "$("$check" --json "$1" | grep -o '"found"' | wc -l)" \
		"$(sed -n '/^  controls:/,$p' "$scratch/explained" | grep -Ec '^    (holds|FAILS|-) +[a-z]+ .* \(needed')" \
		'... and every control, found and needed'
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
run "$check" --map "$affected/System.map" "$directory/arch/arm64/boot/Image"
is "$rc" 3 'the map of the affected half on the fixed one: unknown'
like "$out" "control '" '... and the control that failed is named'
# Of another build, where something before these functions has grown; of another version.
for shift in 4 64 4096; do
	/usr/bin/python3 - "$affected/System.map" $shift >"$scratch/moved.map" <<'END'
import sys
lines = [line.split(" ", 1) for line in open(sys.argv[1])]
here = next(int(address, 16) for address, rest in lines if rest == "t __sync_icache_dcache\n"
	    or rest == "T __sync_icache_dcache\n")
for address, rest in lines:
	print("%016x" % (int(address, 16) + (int(sys.argv[2]) if int(address, 16) >= here else 0)),
	      rest, end="")
END
	run "$check" --map "$scratch/moved.map" "$affected/arch/arm64/boot/Image"
	is "$rc" 3 "a map that is $shift bytes off: unknown"
done
if [ -z "${KERNEL_TREE-}" ]; then
	skip 'the map of another version' 'no KERNEL_TREE='
else
	other=$("$top/scripts/kernel-build" "${KERNEL_TREE%%:*}")
	run "$check" --map "$other/System.map" "$affected/arch/arm64/boot/Image"
	is "$rc" 3 "the map of $(basename "$other"): unknown"
	run "$check" --map "$affected/System.map" "$other/arch/arm64/boot/Image"
	is "$rc" 3 "its Image with a map that is not its: unknown"
fi

# What a file is called, how it is packed, what it says it is, and what is asked before: nothing.
"${objdump%objdump}strip" --strip-all -o "$scratch/stripped" "$affected/vmlinux"
"${objdump%objdump}strip" --strip-all -o "$scratch/stripped-fixed" "$directory/vmlinux"
python3 - "$affected/arch/arm64/boot/Image" "$scratch/lies" <<'END'
import re, sys
data = open(sys.argv[1], "rb").read()
lie, count = re.subn(rb"Linux version 5[^ ]* ", lambda m: b"Linux version 6.12.0".ljust(len(m[0])), data)
assert count, "no banner"
open(sys.argv[2], "wb").write(lie.replace(b"5.10.", b"7.99."))
END
gzip -1 <"$scratch/lies" >"$scratch/vmlinuz-6.12.0-fixed"
zstd -q -1 <"$directory/arch/arm64/boot/Image" >"$scratch/Image-4.19.0-affected"
for order in '' --reverse; do
	printf '%s\n' "$scratch/stripped" "$scratch/lies" "$scratch/vmlinuz-6.12.0-fixed" \
		"$scratch/Image-4.19.0-affected" "$scratch/stripped-fixed" | sort $order >"$scratch/list"
	# shellcheck disable=SC2086 # no option, or one
	is "$("$check" --json --files-from "$scratch/list" |
		sed 's|.*"path":"[^"]*/\([^"]*\)".*"verdict":"\([^"]*\)".*|\1 \2|' | sort | tr '\n' ' ')" \
		'Image-4.19.0-affected fixed lies affected stripped affected stripped-fixed fixed vmlinuz-6.12.0-fixed affected ' \
		"without symbols, packed, under false names and banners: no change $order"
done
rm -f "$scratch/lies" "$scratch"/stripped* "$scratch"/*6.12* "$scratch"/Image*
directory=$(kernel_build_dir regress 5.10.y-posted)
is "$(verdicts "$directory/vmlinux" "$directory/arch/arm64/boot/Image")" 'fixed posted' \
	'the posted form'
explained "$directory/vmlinux"

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

# --- the affected half once more, with flush.o compiled otherwise ---
affected_tree=$(kernel_tree regress)
fixed_tree=$(kernel_tree)
stale_tree=$(kernel_tree regress-stale)
copy=$scratch/relinked
cp -a "$affected" "$copy"
compile=$(sed -n '1s/^[a-z]*cmd_[^ ]* := //p' "$copy/arch/arm64/mm/.flush.o.cmd")
# What instrumented code calls; none of it comes back to the functions that matter.
for name in __asan_load1_noabort __asan_load8_noabort __sanitizer_cov_trace_pc \
	__ubsan_handle_shift_out_of_bounds __ubsan_handle_type_mismatch_v1; do
	printf '.globl %s\n%s: ret\n' $name $name
done | "${objdump%objdump}as" -o "$scratch/stubs.o" -

# relinked NAME TREE VERDICT CALLS [SED-SCRIPT]: flush.c of TREE, by a command changed so. CALLS is
# something that its code calls, or a regular expression for it.
relinked()
{
	name=$1 wanted=$3 calls=$4
	command=$(printf '%s\n' "$compile" | sed "s| [^ ]*/flush\.c\$| $2/arch/arm64/mm/flush.c|; ${5-}")
	(cd "$copy" && eval "$command") 2>"$scratch/log" || cat "$scratch/log"
	"${objdump%objdump}ld" -r -o "$scratch/flush.o" "$copy/arch/arm64/mm/flush.o" "$scratch/stubs.o"
	mv "$scratch/flush.o" "$copy/arch/arm64/mm/flush.o"
	relink Image
	like "$("$objdump" -d --disassemble=__sync_icache_dcache "$copy/vmlinux")" "<$calls>" \
		"$name: compiled so"
	is "$(verdicts "$copy/vmlinux" "$copy/arch/arm64/boot/Image")" "$wanted" "$name"
}

relink()
{
	make -C "$affected_tree" O="$copy" ARCH=arm64 HOSTCFLAGS='-fcommon -O2' --silent -j2 \
		KBUILD_BUILD_TIMESTAMP=@0 KBUILD_BUILD_USER=icache-ipi KBUILD_BUILD_HOST=proof \
		CROSS_COMPILE="${objdump%objdump}" "$@" >"$scratch/log" 2>&1 || tail "$scratch/log"
}

relinked 'a kernel that lost the I-cache maintenance is not fixed' "$stale_tree" \
	'unknown not recognised' sync_icache_aliases
sanitize='s| -o | -fsanitize=kernel-address --param asan-globals=0 --param asan-instrumentation-with-call-threshold=0 -fsanitize=shift,null,alignment -fsanitize-coverage=trace-pc&|'
relinked 'KASAN, UBSAN and KCOV, affected' "$affected_tree" 'affected affected' \
	__asan_load8_noabort "$sanitize"
relinked 'KASAN, UBSAN and KCOV, fixed' "$fixed_tree" 'fixed merged' \
	__ubsan_handle_type_mismatch_v1 "$sanitize"
if command -v clang >/dev/null; then
	# Its own way to inline: all of it into __sync_icache_dcache().
	clang='s|^[^ ]*gcc|clang --target=aarch64-linux-gnu -w|; s| -W[^ap][^ ]*||g; s| -mabi=lp64||; s| -fno-allow-store-data-races||; s| -fconserve-stack||; s| -ftrivial-auto-var-init=zero||'
	relinked 'clang, affected' "$affected_tree" 'affected affected' kick_all_cpus_sync "$clang"
	relinked 'clang, fixed' "$fixed_tree" 'fixed merged' '__flush_(icache|cache_user)_range' "$clang"
else
	skip 'clang' 'not installed'
fi
rm -rf "$copy"

# --- Debian's kernels: the package, and the file in it ---
for suite in ${SUITES:-bullseye sid}; do
	package=$(debian_kernel "$suite" 2>"$scratch/err") || package=
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
