#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check.t: icache-ipi-check on small kernels: compilers, symbol tables, containers, lies, damage
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
check=$O/icache-ipi-check
cd "$scratch"

# verdict FILE [OPTION...]: "verdict form", one line per kernel
verdict()
{
	"$check" --json "$@" | sed 's/.*"verdict":"\([^"]*\)","form":"*\([^",]*\).*/\1 \2/'
}

# forms NAME...: files NAME-AFFECTED, NAME-POSTED, NAME-MERGED get the verdicts their names say
forms()
{
	is "$(for name; do verdict "$name-AFFECTED" "$name-POSTED" "$name-MERGED"; done)" \
		"$(for name; do printf '%s\n' 'affected affected' 'fixed posted' 'fixed merged'; done)" \
		"three forms: $*"
}

# refused FILE WORDS NAME: unknown, exit code 3, and the reason has these words
refused()
{
	run sh -c 'ulimit -t 60; exec timeout 600 "$1" "$2"' sh "$check" "$1"
	is "$rc" 3 "$3: exit code 3"
	like "$out" "$2" "$3: says why"
}

# --- compilers and their options (the edge may be BL or B, in either function) ---
# From clang 17 on "undefined" puts two words before each function, which no kernel asks for.
clang='clang --target=aarch64-linux-gnu'
gcc=${mini_cross}gcc
while read -r name command; do
	for form in AFFECTED POSTED MERGED STALE; do
		# shellcheck disable=SC2086 # one option a word
		mini_vmlinux $form "$name-$form" $command
	done
	forms "$name"
	is "$(verdict "$name-STALE")" 'unknown not recognised' "no maintenance is no fix: $name"
done <<END
gcc-O1 $gcc -O1
gcc-O2 $gcc -O2
gcc-O3 $gcc -O3
gcc-Os $gcc -Os
gcc-calls $gcc -O2 -fno-optimize-sibling-calls
gcc-kgdb $gcc -O2 -DKGDB
gcc-mcount $gcc -O2 -pg
gcc-kcov $gcc -O2 -fsanitize-coverage=trace-pc
gcc-stack $gcc -O2 -fstack-protector-all
gcc-pac-bti $gcc -O2 -mbranch-protection=standard
gcc-patchable $gcc -O2 -fpatchable-function-entry=2
gcc-big-endian $gcc -O2 -mbig-endian
gcc-kasan $gcc -O2 -fsanitize=kernel-address --param asan-globals=0 --param asan-instrumentation-with-call-threshold=0
gcc-kasan-tags $gcc -O2 -fsanitize=kernel-hwaddress
gcc-ubsan $gcc -O2 -fsanitize=undefined
gcc-kcsan $gcc -O2 -fsanitize=thread --param tsan-distinguish-volatile=1
clang-O1 $clang -O1
clang-O2 $clang -O2
clang-O3 $clang -O3
clang-Os $clang -Os
clang-kgdb $clang -O2 -DKGDB
clang-kasan $clang -O2 -fsanitize=kernel-address -mllvm -asan-globals=0 -mllvm -asan-instrumentation-with-call-threshold=0
clang-ubsan $clang -O2 -fsanitize=undefined -fno-sanitize=function
clang-kcsan $clang -O2 -fsanitize=thread
clang-scs $clang -O2 -ffixed-x18 -fsanitize=shadow-call-stack
clang-pac-bti $clang -O2 -mbranch-protection=standard
END

# --- embedded symbol tables, as each kernel lays them out ---
for layout in 4.19 5.10 6.2 6.4 7.0 absolute; do
	for option in '' --no-data --big-endian --long-name; do
		for form in AFFECTED POSTED MERGED; do
			# shellcheck disable=SC2086 # no option, or one
			mini_image "gcc-O2-$form" "Image$layout$option-$form" --layout $layout $option
		done
		forms "Image$layout$option"
	done
done
for form in AFFECTED POSTED MERGED; do
	mini_image "gcc-O2-$form" "Image-$form" --layout 4.19
	"${mini_cross}strip" -o "stripped-$form" "gcc-O2-$form"
done
for layout in 4.19 5.10 6.4 7.0; do
	mini_image gcc-O2-MERGED bad-marker --layout $layout --bad-marker
	refused bad-marker kallsyms "a table with a wrong marker, $layout"
done

# Elsewhere in memory, and further from the start of the file.
mini_place='--defsym=BASE=0xffff800010000000 --defsym=HEAD=0xfff8'
for form in AFFECTED POSTED MERGED; do
	mini_vmlinux $form "moved-$form"
	for layout in 4.19 5.10 6.2 6.4 7.0; do
		mini_image "moved-$form" "moved$layout-$form" --layout $layout
		mini_image "moved-$form" "moved$layout-code-$form" --layout $layout --no-data
	done
done
mini_place=
forms moved moved4.19 moved5.10 moved6.2 moved6.4 moved7.0
forms moved4.19-code moved5.10-code moved6.2-code moved6.4-code moved7.0-code
image=Image-AFFECTED
refused stripped-AFFECTED 'kallsyms' 'a stripped vmlinux without a table'
is "$(verdict --map Image-AFFECTED.map stripped-AFFECTED)" 'affected affected' 'its map helps'
is "$(verdict --map Image-MERGED.map stripped-MERGED)" 'fixed merged' 'its map helps, fixed'

# --- the wrong map, and Debian's stub of one ---
for pair in 'AFFECTED MERGED' 'MERGED AFFECTED' 'POSTED AFFECTED'; do
	# shellcheck disable=SC2086 # two words
	set -- $pair
	run "$check" --map "Image-$2.map" "Image-$1"
	is "$rc" 3 "$1 with the map of $2 is unknown"
	like "$out" "control|slide" "... and says which control failed"
done
echo 'ffffffffffffffff B The real System.map is in the linux-image-dbg package' >stub
is "$(verdict --map stub "$image")" 'affected affected' "a stub map is passed over"

# --- containers ---
for form in AFFECTED POSTED MERGED; do
	plain=Image-$form
	python3 -c 'import os, struct, sys
sys.stdout.buffer.write(struct.pack("<I", os.path.getsize(sys.argv[1])))' "$plain" >size
	gzip -9 <"$plain" >"gz-$form"
	xz --check=crc32 --arm64 --lzma2 <"$plain" >"xz-$form" 2>/dev/null ||
		xz --check=crc32 <"$plain" >"xz-$form"
	xz --format=lzma <"$plain" >"lzma-$form"
	zstd -q -19 <"$plain" >"zst-$form"
	lz4 -q -l <"$plain" >"lz4-$form"
	lz4 -q <"$plain" >"lz4frame-$form"
	bzip2 <"$plain" >"bz2-$form"
	for stream in gz xz lzma zst lz4 bz2; do
		cat "$stream-$form" size >"$stream+size-$form"
	done
	xz <"gz-$form" >"xz.gz-$form"
	for kind in gzip:gz xzkern:xz zstd22:zst lz4:lz4 lzma:lzma; do
		python3 - "${kind%:*}" "${kind#*:}-$form" "zboot-${kind%:*}-$form" <<'END'
import struct, sys
payload = open(sys.argv[2], "rb").read()
head = bytearray(4096)
struct.pack_into("<2s2x4sII", head, 0, b"MZ", b"zimg", 4096, len(payload))
struct.pack_into("<8s", head, 0x18, sys.argv[1].encode())
head[0x38:0x3c] = b"\xcd\x23\x82\x81"
open(sys.argv[3], "wb").write(head + payload + bytes(100))
END
	done
	mkdir -p "pkg-$form/boot" "pkg-$form/DEBIAN"
	cp "$plain" "pkg-$form/boot/vmlinuz-0"
	cp stub "pkg-$form/boot/System.map-0"
	printf '%s\n' 'Package: k' 'Version: 0' 'Architecture: arm64' 'Maintainer: k <k@k>' \
		'Description: k' >"pkg-$form/DEBIAN/control"
	for compressor in gzip xz zstd none; do
		dpkg-deb -Z$compressor --build "pkg-$form" "deb-$compressor-$form" >/dev/null
	done
	cat >k.spec <<-END
		Name: k
		Version: 0
		Release: $form
		Summary: k
		License: k
		%description
		%install
		mkdir -p %{buildroot}/lib/modules/0
		cp $scratch/gz-$form %{buildroot}/lib/modules/0/vmlinuz
		%files
		/lib/modules/0/vmlinuz
	END
	for payload in w9.gzdio w2.xzdio w3.zstdio; do
		rpmbuild -bb --quiet --target aarch64-linux --define "_topdir $scratch/rpm" \
			--define "_binary_payload $payload" --define '__strip /bin/true' k.spec \
			>rpm.log 2>&1 || cat rpm.log
		mv rpm/RPMS/aarch64/k-0-"$form".aarch64.rpm "rpm-$payload-$form"
	done
done
forms gz xz lzma zst lz4 lz4frame bz2 gz+size xz+size lzma+size zst+size lz4+size bz2+size xz.gz
forms zboot-gzip zboot-xzkern zboot-zstd22 zboot-lz4 zboot-lzma
forms deb-gzip deb-xz deb-zstd deb-none
forms rpm-w9.gzdio rpm-w2.xzdio rpm-w3.zstdio

# --- what lies behind the last kernel that a package lists is not read ---
mkdir -p listed/DEBIAN listed/boot listed/lib/modules/0
cp pkg-AFFECTED/DEBIAN/control listed/DEBIAN/
cp pkg-AFFECTED/boot/vmlinuz-0 listed/boot/vmlinuz-0
cp pkg-MERGED/boot/vmlinuz-0 listed/boot/vmlinuz-1
head -c 4000000 /dev/urandom >listed/lib/modules/0/modules
(cd listed && find boot lib -type f -exec md5sum {} +) >listed/DEBIAN/md5sums
dpkg-deb -Zgzip --build listed listed.deb >/dev/null
cat >two.spec <<-END
	Name: two
	Version: 0
	Release: 1
	Summary: k
	License: k
	%description
	%install
	mkdir -p %{buildroot}/boot
	cp -r $scratch/listed/boot $scratch/listed/lib %{buildroot}/
	touch %{buildroot}/boot/vmlinuz-2
	%files
	/boot/vmlinuz-0
	/boot/vmlinuz-1
	%ghost /boot/vmlinuz-2
	/lib/modules/0/modules
END
rpmbuild -bb --quiet --target aarch64-linux --define "_topdir $scratch/rpm" \
	--define '_binary_payload w1.gzdio' --define '__strip /bin/true' two.spec >rpm.log 2>&1 || cat rpm.log
mv rpm/RPMS/aarch64/two-0-1.aarch64.rpm listed.rpm
sed -i '/vmlinuz-1/d' listed/DEBIAN/md5sums
dpkg-deb -Zgzip --build listed short.deb >/dev/null
rm listed/DEBIAN/md5sums
dpkg-deb -Zgzip --build listed unlisted.deb >/dev/null
for package in listed.deb listed.rpm; do
	head -c 2500000 "$package" >"cut-$package"
	for file in "$package" "cut-$package"; do
		run "$check" "$file"
		is "$rc:$(printf '%s\n' "$out" | grep -c -e 'vmlinuz-0: affected' -e 'vmlinuz-1: fixed as merged')" '2:2' \
			"$file: both kernels, without what is behind them"
	done
done
run "$check" --explain listed.deb
like "$out" '^  not read     [1-9][0-9]{5,} bytes of the package' '--explain says what was not read'
run "$check" --explain unlisted.deb
is "$(printf '%s\n' "$out" | grep -c 'not read')" 0 '... and nothing where all was'
run "$check" unlisted.deb
is "$rc:$(printf '%s\n' "$out" | grep -c -e 'vmlinuz-[01]: ')" '2:2' 'a package without a list: both kernels'
head -c 2500000 unlisted.deb >cut-unlisted.deb
run "$check" cut-unlisted.deb
like "$rc:$out" 'damaged or cut short' 'a package without a list is read to its end'
run "$check" short.deb
is "$rc:$(printf '%s\n' "$out" | grep -c 'vmlinuz-0: affected')" '2:1' 'what a package does not list is not looked for'
# A list may lie: a fixed kernel in it hides no other one.
mv listed/boot/vmlinuz-1 listed/boot/vmlinuz-fixed
mv listed/boot/vmlinuz-0 listed/boot/vmlinuz-other
(cd listed && md5sum boot/vmlinuz-fixed) >listed/DEBIAN/md5sums
dpkg-deb -Zgzip --build listed lying.deb >/dev/null
run "$check" lying.deb
is "$rc:$(printf '%s\n' "$out" | grep -c -e 'vmlinuz-other: affected' -e 'vmlinuz-fixed: fixed')" '2:2' \
	'but for one that it calls fixed'
rm -f cut-*

# --- the verdict is in the code: names and texts lie ---
cp Image-AFFECTED vmlinuz-6.12.0-fixed
python3 - Image-AFFECTED lies <<'END'
import sys
data = bytearray(open(sys.argv[1], "rb").read())
text = b"Linux version 6.12.0 (root@fixed) merged posted\0"
data[0x100:0x100 + len(text)] = text
open(sys.argv[2], "wb").write(data)
END
is "$(verdict vmlinuz-6.12.0-fixed lies Image-MERGED)" \
	"$(printf 'affected affected\naffected affected\nfixed merged')" 'names and banners do not count'

# --- code that was changed ---
# change IMAGE OUT FUNCTION+OFFSET-OF-NTH-BL WORD: see the Python below
cat >change.py <<'END'
import struct, sys
image, map_file, out, what = sys.argv[1:5]
data = bytearray(open(image, "rb").read())
symbols = {n: int(a, 16) - 0xffffff8008080000 for a, _, n in map(str.split, open(map_file))}
kick, pte = symbols["kick_all_cpus_sync"], symbols["__sync_icache_dcache"]
start = symbols["sync_icache_aliases"]
site = next(a for a in range(start, start + 256, 4)
	    if (w := struct.unpack_from("<I", data, a)[0]) >> 26 in (5, 0x25)
	    and (a + (((w & 0x3ffffff) ^ 0x2000000) - 0x2000000) * 4) == kick)
words = {
	"nop": (site, 0xd65f03c0 if data[site + 3] >> 2 == 5 else 0xd503201f),
	"astray": (site, 0x94000000 | ((kick + 4 - site) // 4 & 0x3ffffff)),
	"breakpoint": (pte, 0xd4200080), "indirect": (pte + 8, 0xd63f0100),
}
if what == "zero":
	data[2048:symbols["_etext"]] = bytes(symbols["_etext"] - 2048)
elif what == "flip":
	data[-9000] ^= 0x55
	data[-12000] ^= 0x55
else:
	struct.pack_into("<I", data, *words[what])
open(out, "wb").write(data)
END
mini_vmlinux AFFECTED calls-AFFECTED "$gcc" -O2 -fno-optimize-sibling-calls \
	-fno-inline-small-functions -fno-inline-functions
mini_image calls-AFFECTED calls --layout 5.10
for change in nop astray breakpoint indirect zero flip; do
	python3 change.py calls calls.map "calls-$change" $change
done
is "$(verdict calls calls-nop)" "$(printf 'affected affected\nfixed merged')" \
	'without the call it is fixed'
refused calls-astray "control 'edges'" 'a call to no function'
refused calls-breakpoint "control 'probe'" 'a breakpoint at the entry'
refused calls-zero "slide|control 'landing'" 'code that is all zero'
is "$(verdict calls-indirect)" 'affected affected' 'a call through a register hides nothing'
python3 change.py calls-indirect calls.map calls-indirect-nop nop
refused calls-indirect-nop "control 'indirect'" 'a call through a register, no other'
run "$check" calls-flip
like "$rc" '^[23]$' 'a damaged table is never good'

# --- what is no arm64 kernel ---
: >empty
printf 'int x;' | "$gcc" -x c -c -o module.ko -
head -c 600 /dev/zero >x86
printf 'HdrS' | dd of=x86 bs=1 seek=514 conv=notrunc status=none
rm -rf pkg-AFFECTED/boot
dpkg-deb --build pkg-AFFECTED modules.deb >/dev/null
refused empty 'empty' 'an empty file'
refused /etc/passwd 'not recognised' 'a text file'
refused module.ko 'module' 'a module'
refused x86 'not an arm64 kernel' 'an x86 kernel'
refused /bin/sh '(not an arm64 kernel|segments|kallsyms|_stext)' 'a program'
refused modules.deb 'no kernel in this package' 'a package without a kernel'
mkdir -p meta/DEBIAN
printf '%s\n' 'Package: linux-image-7.2-arm64' 'Version: 0' 'Architecture: arm64' 'Maintainer: k <k@k>' \
	'Depends: kmod, linux-binary-7.2-arm64 (= 7.2-1), linux-base' 'Description: k' >meta/DEBIAN/control
dpkg-deb --build meta image.deb >/dev/null
refused image.deb 'it is in the package linux-binary-7\.2-arm64$' 'a package that depends on the one with the kernel'
printf 'Format: 3.0 (quilt)\nSource: linux\n' >linux_6.1.dsc
if command -v rpmbuild >/dev/null; then
	printf 'Name: k\nVersion: 1\nRelease: 1\nSummary: k\nLicense: GPL\n%%description\nk\n' >sources.spec
	rpmbuild -bs --define "_topdir $PWD/sources" sources.spec >/dev/null 2>&1
	refused sources/SRPMS/k-1-1.src.rpm 'rpmbuild -bp' 'an RPM source package'
fi
refused linux_6.1.dsc 'dpkg-source -x' 'a Debian source package'
refused . 'is not a kernel tree' 'any other folder'
refused nothing-here 'cannot open' 'a file that is not there'

# --- damage and malice ---
for whole in Image-MERGED xz-MERGED deb-xz-MERGED rpm-w9.gzdio-MERGED gcc-O2-MERGED; do
	size=$(stat -c %s "$whole") at=0
	while [ $at -lt "$size" ]; do
		head -c $at "$whole" >"cut-$whole-$at"
		at=$((at + 4096))
	done
done
ls cut-* >cuts
run timeout 600 "$check" --json --files-from cuts
printf '%s\n' "$out" | grep -c . >count
is "$(cat count)" "$(wc -l <cuts)" 'cut at every 4 KiB: an answer for each'
# Cut behind the symbol table, only padding is gone.
is "$(printf '%s\n' "$out" | grep '"verdict":"fixed"' | grep -cv 'cut-Image-MERGED-\(6\|7\)')" 0 \
	'a file that lacks anything is never fixed'
printf '%s\n' "$out" >cut.json
rm -f cut-*

# limited FILE: at most 1 GiB of memory and 5 s of CPU, and the answer is unknown
limited()
{
	run sh -c 'ulimit -v "$3"; ulimit -t 60; exec timeout 600 "$1" "$2"' sh "$check" "$1" "$(memory_limit 1048576)"
	is "$rc$err" 3 "$1: unknown, within 1 GiB and a minute of CPU"
}
dd if=/dev/zero bs=1M count=600 status=none | gzip -1 >bomb.gz
dd if=/dev/zero bs=1M count=600 status=none | xz -0 >bomb.xz
dd if=/dev/zero bs=1M count=600 status=none | zstd -q >bomb.zst
dd if=/dev/zero bs=1M count=100 status=none | bzip2 -1 >bomb.bz2
dd if=/dev/zero bs=1M count=600 status=none | lz4 -q -l >bomb.lz4
mkdir -p bomb/DEBIAN bomb/boot
truncate -s 600M bomb/boot/vmlinuz-0
cp pkg-MERGED/DEBIAN/control bomb/DEBIAN/control
dpkg-deb -Zzstd --build bomb bomb.deb >/dev/null
rm -rf bomb
truncate -s 3G huge
printf 'ARM\144' | dd of=huge bs=1 seek=56 conv=notrunc status=none
python3 - Image5.10-AFFECTED many-symbols <<'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
digits = data.index(b"0\0" b"1\0" b"2\0" b"3\0")
for at in range(2048, digits, 8):	# any of these may be the count
	if 500 < struct.unpack_from("<Q", data, at)[0] < 2000:
		struct.pack_into("<Q", data, at, 0xffffffff)
open(sys.argv[2], "wb").write(data)
open("digits", "wb").write(b"ARMd" * 20 + bytes(100) + b"".join(b"%d\0" % i for i in range(10)) * 2000000)
END
for file in bomb.gz bomb.xz bomb.zst bomb.bz2 bomb.lz4 bomb.deb huge many-symbols digits; do
	limited $file
done

# --- output ---
run "$check" "$image"
is "$rc" 2 'exit code of affected'
like "$out" '^Image-AFFECTED: affected$' 'the verdict behind the name'
like "$out" '-> kick_all_cpus_sync    \((bl|b), 0x[0-9a-f]{8}\)' 'the chain with the instruction'
like "$out" 'fix: icache-ipi-backport\(1\), stopgap: icache-ipi-mitigate\(8\)' 'what to do about it'
run "$check" Image-MERGED
is "$rc $out" '0 Image-MERGED: fixed as merged' 'fixed is one quiet line'
run "$check" --quiet Image-MERGED "$image" empty
is "$rc$out" 2 'the worst of several counts; --quiet says nothing'
run "$check" --quiet Image-MERGED empty
is "$rc" 3 'unknown is worse than fixed'
printf '%s\n' Image-MERGED Image-POSTED "$image" | "$check" --files-from - --json >many || true
is "$(sed 's/.*"path":"\([^"]*\)".*/\1/' many | tr '\n' ' ')" "Image-MERGED Image-POSTED $image " \
	'answers come in the order of the list'
cp "$image" "$(printf 'a\033[31m"\377\nb')"
"$check" --json ./a* >strange || true
"$check" --json /etc/passwd "$image" Image-POSTED deb-xz-MERGED . pkg-MERGED >>strange || true
cat many strange cut.json >all.json
run python3 - "$top/docs/schemas/icache-ipi-check.schema.json" all.json <<'END'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
count = 0
for line in open(sys.argv[2]):
	jsonschema.validate(json.loads(line), schema)
	count += 1
assert count > 20, count
END
is "$rc$err" 0 'every line of --json follows the schema'
is "$("$check" ./a* | tr -d '[:print:]\n' | wc -c)" 0 'no file name commands the terminal'
run "$check" --nagios Image-MERGED "$image"
is "$rc" 2 '--nagios: exit code'
like "$out" '^ICACHE-IPI CRITICAL: Image-AFFECTED affected \(of 2 kernels\) \| fixed=1 ' '--nagios: one line'
run "$check" --quiet --prometheus metrics.prom Image-MERGED "$image"
is "$rc$out$err" 0 '--prometheus: exit code 0, no text'
like "$(cat metrics.prom)" '^icache_ipi_kernel_verdict\{input="Image-AFFECTED",state="affected"\} 1$' \
	'--prometheus: one series per state'
is "$(grep -c 'state=' metrics.prom) $(find . -name 'metrics.prom*' | grep -c .)" '10 1' \
	'--prometheus: five states an input, no temporary file left'
run "$check" --prometheus /nowhere/metrics.prom Image-MERGED
is "$rc" 3 '--prometheus: a file that cannot be written is an error'
run "$check" --bogus
is "$rc" 64 'usage: an unknown option'
run "$check" --map stub Image-MERGED "$image"
is "$rc" 64 'usage: --map with two kernels'
run "$check" --files-from /dev/null
is "$rc" 3 'an empty list is not good'
run "$check" --help
is "$rc" 0 '--help'

done_testing
