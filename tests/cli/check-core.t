#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-core.t: icache-ipi-check on dumps of memory, in every form, whole and damaged
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/mini-kernel.sh"
check=$O/icache-ipi-check
make_core=$top/tests/lib/make-core.py
cd "$scratch"

for code in AFFECTED MERGED; do
	mini_vmlinux $code vmlinux
	mini_image vmlinux Image.$code --layout 5.10
	run "$check" Image.$code
	wanted="$rc ${out#*: }"
	like "$wanted" '^(2 affected|0 fixed)' "$code: an Image"
	for form in elf raw zlib zstd lzo snappy holes flat; do
		"$make_core" Image.$code $form core
		run "$check" core
		is "$rc ${out#*: }" "$wanted" "$code, $form: as the Image"
	done
	"$make_core" --lost Image.$code zlib core
	run "$check" core
	is "$rc ${out#*: }" "$wanted" "$code, with an Image's header that is gone: as the Image"
done
run "$check" --explain core
like "$out" '^  format       vmcore, kdump$' '--explain: what it is'
"$make_core" Image.MERGED flat core
like "$("$check" --json core)" '"vmcore, flattened kdump"' '--json: what it is'

# --- damaged, and hostile ---
unknown=''
size=$(wc -c <core)
for cut in 20 4000 4112 5000 70000 $((size / 2)) $((size - 20)); do
	head -c "$cut" core >part
	run timeout 600 "$check" part
	[ "$rc" = 3 ] || unknown="$unknown $cut:$rc"
done
is "$unknown" '' 'a dump that was cut short is unknown'
"$make_core" Image.AFFECTED zlib core
python3 - core <<'END'
import random, sys
data = open(sys.argv[1], "rb").read()
rng = random.Random(9)
for number in range(40):
    bad = bytearray(data[:300000])
    for _ in range(30):
        bad[rng.randrange(0, min(len(bad), rng.choice([500, 9000, 300000])))] = rng.choice([0, 1, 127, 255])
    open("bad.%d" % number, "wb").write(bad)
END
run timeout 1200 "$check" bad.*
like "$rc" '^[23]$' 'forty damaged dumps: an answer each'
is "$(echo "$out" | grep -c '^bad')" 40 '... and no more'
# 200 ranges of memory that are the same 256 MiB of the file, each with the header of an Image and no kernel
python3 - many <<'END'
import struct, sys
count, size, at = 200, 256 << 20, 16384
head = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1" + bytes(9), 4, 183, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
for i in range(count):
    head += struct.pack("<IIQQQQQQ", 1, 7, at, 0, 0x40000000 + i * size, size, size, 0)
image = bytearray(4096)
struct.pack_into("<QQ", image, 8, 0, size)
image[0x38:0x3c] = b"ARM\x64"
with open(sys.argv[1], "wb") as file:
    file.write(head)
    file.seek(at)
    file.write(image)
    file.truncate(at + size)
END
run sh -c 'ulimit -t 60; exec "$1" many' sh "$check"
is "$rc" 3 'a dump that claims 200 kernels is given up'
rm many
printf 'KDUMP   ' >short
run "$check" short
is "$rc" 3 'eight bytes'

done_testing
