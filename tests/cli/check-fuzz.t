#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-fuzz.t: a minute of libFuzzer, under ASan and UBSan, over every parser of src/kernel, and over the
# files that describe a running kernel
#
# FUZZ_SECONDS and what is kept: tests/lib/fuzz.sh
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/mini-kernel.sh"
. "$top/tests/lib/trees.sh"
. "$top/tests/lib/fuzz.sh"
targets='unpack package elf kallsyms code map tree live core dmesg'
# shellcheck disable=SC2086 # one target a word
fuzz_build 'jansson libelf libarchive zlib liblzma libzstd liblz4 nettle' lib kernel result check -- $targets
seeds=$scratch/seeds

# --- seeds: small kernels in every wrapping ---
mini_vmlinux POSTED "$scratch/vmlinux"
cp "$scratch/vmlinux" "$seeds/elf/vmlinux"
for layout in 4.19 5.10 6.2 6.4 7.0 absolute; do
	mini_image "$scratch/vmlinux" "$scratch/image" --layout $layout
	cp "$scratch/image" "$seeds/kallsyms/$layout"
done
xz --check=crc32 <"$scratch/image" >"$seeds/unpack/xz"
xz --format=lzma <"$scratch/image" >"$seeds/unpack/lzma"
gzip <"$scratch/image" >"$seeds/unpack/gzip"
bzip2 <"$scratch/image" >"$seeds/unpack/bzip2"
zstd -q <"$scratch/image" >"$seeds/unpack/zstd"
lz4 -q -l <"$scratch/image" >"$seeds/unpack/lz4-legacy"
lz4 -q <"$scratch/image" >"$seeds/unpack/lz4"
mkdir -p "$scratch/root/DEBIAN" "$scratch/root/boot"
cp "$seeds/unpack/gzip" "$scratch/root/boot/vmlinuz-0"
printf '%s\n' 'Package: k' 'Version: 0' 'Architecture: arm64' 'Maintainer: k <k@k>' \
	'Description: k' >"$scratch/root/DEBIAN/control"
for compressor in gzip xz zstd; do
	dpkg-deb -Z$compressor --build "$scratch/root" "$seeds/package/$compressor" >/dev/null
done
head -c 60000 "$scratch/image" >"$scratch/part"
for form in elf zlib zstd raw flat; do
	"$top/tests/lib/make-core.py" "$scratch/part" $form "$seeds/core/$form"
done
# A flattened dump without a record
{
	head -c 4096 "$seeds/core/flat"
	printf '\377%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
} >"$seeds/core/flat-empty"
for form in ring records; do
	printf '[    1.%06d][C%d] line %d of a log\n' 1 1 1 2 2 2 3 3 3 4 40 4 |
		"$top/tests/lib/dmesg_memory.py" $form >"$seeds/dmesg/$form"
done
head -n 200 "$scratch/image.map" >"$seeds/map/map"
{ printf '\37\0\0\0\3\0\140\0\220\0\240\0'; tail -c +2049 "$scratch/image" | head -c 2048; } \
	>"$seeds/code/code"
tree_make "$scratch/source"
tree_patch "$scratch/source" 4.19.y-posted
{
	cat "$scratch/source/$flush"
	printf '\f'
	cat "$scratch/source/$header"
	printf '\f'
	cat "$scratch/source/$uprobes"
} >"$seeds/tree/posted"


# A running kernel: symbols, modules, notes, CPUs, what our module says, and files in /boot.
{
	head -n 50 "$scratch/image.map" | sed 's/$/\t/'
	printf '\ficache_ipi_mitigate 16384 0 - Live 0x0000000000000000\n\f'
	"${mini_cross}objcopy" -O binary --only-section=.notes "$scratch/vmlinux" "$scratch/notes"
	cat "$scratch/notes"
	printf '\f0-63\n\fmitigated\n\f4.19.1\n\f'
	head -c 8192 "$scratch/image"
} >"$seeds/live/machine"

for target in $targets; do
	fuzz_run "$target" -max_len=131072
done

done_testing
