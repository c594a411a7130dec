#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-fuzz.t: a minute of libFuzzer, under ASan and UBSan, over every parser of src/kernel
#
# FUZZ_SECONDS is for all targets together (default 63: 9 each). What was found stays in
# $O/fuzz/TARGET-*; a corpus grows in the cache from run to run.
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
. "$top/tests/lib/mini-kernel.sh"
. "$top/tests/lib/trees.sh"
targets='unpack package elf kallsyms code map tree'
seconds=$((${FUZZ_SECONDS:-63} / 7))
work=$O/fuzz
corpus=$(cache_dir)/fuzz
mkdir -p "$work"
libraries='libelf libarchive zlib liblzma libzstd liblz4 nettle'

printf 'int main(void) { return 0; }' >"$scratch/none.c"
clang -fsanitize=fuzzer-no-link,address "$scratch/none.c" -o "$scratch/none" 2>/dev/null ||
	skip_all 'no clang with sanitizers (scripts/setup check)'

# What reads kernels once, the targets each with it.
mkdir -p "$work/objects"
for source in "$top"/src/kernel/*.c "$top"/src/lib/*.c "$top"/tests/fuzz/[!l]*.c; do
	object=$work/objects/$(basename "$(dirname "$source")")-$(basename "$source" .c).o
	[ -z "$(find "$source" "$top/src/kernel" "$top/src/lib" -name '*.[ch]' -newer "$object" 2>&1 | head -n 1)" ] ||
		clang -std=c11 -D_GNU_SOURCE -DICACHE_IPI_VERSION='"fuzz"' \
			-I"$top/src" -g -O1 -fsanitize=fuzzer-no-link,address,undefined \
			-fno-sanitize-recover=undefined -c -o "$object" "$source"
done
for target in $targets; do
	# shellcheck disable=SC2046,SC2086 # one option a word
	clang -fsanitize=fuzzer,address,undefined -o "$work/$target" "$work/objects/fuzz-$target.o" \
		"$work"/objects/kernel-*.o "$work"/objects/lib-*.o \
		$(pkg-config --libs $libraries) -lbz2 -lpthread
done

# --- seeds: small kernels in every wrapping ---
for target in $targets; do
	mkdir -p "$corpus/$target" "$scratch/$target"
done
mini_vmlinux POSTED "$scratch/vmlinux"
cp "$scratch/vmlinux" "$scratch/elf/vmlinux"
for layout in 4.19 5.10 6.2 6.4 7.0 absolute; do
	mini_image "$scratch/vmlinux" "$scratch/image" --layout $layout
	cp "$scratch/image" "$scratch/kallsyms/$layout"
done
xz --check=crc32 <"$scratch/image" >"$scratch/unpack/xz"
xz --format=lzma <"$scratch/image" >"$scratch/unpack/lzma"
gzip <"$scratch/image" >"$scratch/unpack/gzip"
bzip2 <"$scratch/image" >"$scratch/unpack/bzip2"
zstd -q <"$scratch/image" >"$scratch/unpack/zstd"
lz4 -q -l <"$scratch/image" >"$scratch/unpack/lz4-legacy"
lz4 -q <"$scratch/image" >"$scratch/unpack/lz4"
mkdir -p "$scratch/root/DEBIAN" "$scratch/root/boot"
cp "$scratch/unpack/gzip" "$scratch/root/boot/vmlinuz-0"
printf '%s\n' 'Package: k' 'Version: 0' 'Architecture: arm64' 'Maintainer: k <k@k>' \
	'Description: k' >"$scratch/root/DEBIAN/control"
for compressor in gzip xz zstd; do
	dpkg-deb -Z$compressor --build "$scratch/root" "$scratch/package/$compressor" >/dev/null
done
head -n 200 "$scratch/image.map" >"$scratch/map/map"
{ printf '\37\0\0\0\3\0\140\0\220\0\240\0'; tail -c +2049 "$scratch/image" | head -c 2048; } \
	>"$scratch/code/code"
tree_make "$scratch/source"
tree_patch "$scratch/source" 4.19.y-posted
{
	cat "$scratch/source/$flush"
	printf '\f'
	cat "$scratch/source/$header"
	printf '\f'
	cat "$scratch/source/$uprobes"
} >"$scratch/tree/posted"

for target in $targets; do
	run "$work/$target" -max_total_time="$seconds" -max_len=131072 -timeout=20 \
		-rss_limit_mb=1024 -artifact_prefix="$work/$target-" \
		"$corpus/$target" "$scratch/$target"
	runs=$(printf '%s\n' "$err" | sed -n 's/^Done \([0-9]*\) runs.*/\1/p')
	if [ "$rc" = 0 ]; then pass "$target: ${runs:-0} runs"; else
		fail "$target" "$(printf '%s\n' "$err" | grep -E 'ERROR|SUMMARY|runtime error' | head -n 4)"
	fi
done

done_testing
