#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# walk.t: what the walk claims to know is what a processor does, for thousands of random programs; and the
# tables of tests/unit/walk.c have the words of the instructions beside them
set -eu

. "$(dirname "$0")/../lib/tap.sh"
cross=${CROSS_COMPILE-aarch64-linux-gnu-}
[ "$(uname -m)" != aarch64 ] || cross=${CROSS_COMPILE-}

# --- the tables of the unit test ---
# Each row as "word text"; the reader of C may have put it on two lines.
tr '\n' ' ' <"$top/tests/unit/walk.c" | grep -oE '\{ 0x[0-9a-f]{8}, +"[^"]*"' |
	sed 's/{ 0x\([0-9a-f]*\), *"\(.*\)"/\1 \2/' >"$scratch/rows"
words=$(wc -l <"$scratch/rows")
[ "$words" -gt 200 ] || fail "only $words rows of the tables were found"
{
	echo '.arch armv9.3-a+mops+ls64+memtag'
	cut -d ' ' -f 2- "$scratch/rows"
} >"$scratch/rows.s"
if "${cross}as" -o "$scratch/rows.o" "$scratch/rows.s" 2>"$scratch/err"; then
	"${cross}objdump" -d "$scratch/rows.o" | awk -F '\t' 'NF > 2 { print $2 }' | tr -d ' ' >"$scratch/words"
	is "$(cut -d ' ' -f 1 "$scratch/rows" | diff - "$scratch/words")" '' "$words words are those of the assembler"
else
	skip 'words are those of the assembler' "$(grep -m 1 -i error "$scratch/err" || tail -n 1 "$scratch/err")"
fi

# --- random programs ---
processor=
if [ "$(uname -m)" != aarch64 ]; then
	processor=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || processor=
	if [ -z "$processor" ]; then
		skip 'random programs' 'no qemu-aarch64 (qemu-user, qemu-user-static)'
		done_testing
		exit
	fi
fi
source=$top/tests/lib/walk
count=20000

# compare_build FILE FOLDER: with the kernel/walk.c of the folder
compare_build()
{
	gcc -std=c11 -D_GNU_SOURCE -O1 -I"$2" -I"$top/src" -o "$1" "$source/compare.c"
}

# judge SEED COMPARE: into $out, $rc, and what stands behind a word of it
judge()
{
	run sh -c '"$1" judge "$2" "$3" <"$4"' sh "$2" "$1" "$count" "$scratch/ends-$1"
}
number()
{
	printf '%s\n' "$out" | sed -n "s/^$1 //p"
}
compare_build "$scratch/compare" "$top/src"
"${cross}gcc" -std=gnu11 -O1 -static -o "$scratch/run" "$source/run.c"
for seed in 1 2; do
	"$scratch/compare" make $seed $count >"$scratch/cases-$seed"
	rc=0
	# shellcheck disable=SC2086 # nothing on a processor of this kind
	timeout 300 $processor "$scratch/run" <"$scratch/cases-$seed" >"$scratch/ends-$seed" || rc=$?
	is "$rc" 0 "seed $seed: $count programs were run"
	judge $seed "$scratch/compare"
	is "$rc:$(printf '%s\n' "$out" | grep contradiction || :)$(number wrong)" 0:0 \
		"seed $seed: $(number values) values and $(number flags) flags are as the walk knows them"
	# It would say nothing if nothing were compared.
	is "$(number ended | awk '{ print ($1 > 5000) }') $(number values | awk '{ print ($1 > 100000) }') $(
		number flags | awk '{ print ($1 > 2000) }') $(number one-way | awk '{ print ($1 > 3000) }')" '1 1 1 1' \
		"seed $seed: $(number ended) programs ended, $(number one-way) where the walk reached one exit alone"
	is "$(printf '%s\n' "$out" | awk '/^class/ && $2 < 20')" '' "seed $seed: every class of instructions was in 20 of them"
done

# --- a walk that is wrong would be seen ---
# wrong NAME SED-SCRIPT: a walk.c changed so contradicts the processor
wrong()
{
	mkdir -p "$scratch/wrong/kernel"
	sed "$2" "$top/src/kernel/walk.c" >"$scratch/wrong/kernel/walk.c"
	if cmp -s "$scratch/wrong/kernel/walk.c" "$top/src/kernel/walk.c"; then
		fail "$1: would be seen" 'the text to change is not there'
		return
	fi
	compare_build "$scratch/compare-wrong" "$scratch/wrong"
	judge 1 "$scratch/compare-wrong"
	like "$out" '^contradiction: ' "$1: would be seen ($(number wrong) times)"
}
wrong 'a call keeps x9' 's/r <= 18; r++/r <= 8; r++/'
wrong 'TBZ takes bit 32 for bit 0' 's/(word >> 26 \& 32) | //'
wrong 'CBZ of 32 bits looks at 64' 's/else if (!(word >> 31))/else if (0)/'
wrong 'a write of 32 bits keeps the upper ones' 's/	if (!wide)$/	if (0)/'
wrong 'paths that meet agree' 's/(other->is \&\& other->value == known->value)/other->is/'
wrong 'writeback keeps the base' 's/if (word >> 10 \& 1)/if (0)/'
done_testing
