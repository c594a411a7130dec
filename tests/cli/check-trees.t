#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-trees.t: icache-ipi-check on source trees, and that scripts/backport --check agrees
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
check=$O/icache-ipi-check

# form TREE: "verdict, form, state" as --json has them
form()
{
	"$check" --json "$1" |
		sed 's/.*"verdict":"*\([^",]*\)"*,"form":"*\([^",]*\)"*,"state":"*\([^",]*\)"*,.*/\1, \2, \3/'
}

# agrees TREE VERDICT-AND-FORM CODE STATE: --json and text say so, and backport --check too
agrees()
{
	name=$(basename "$1")
	[ ! -d "$1" ] || is "$(form "$1")" "$2, $4" "$name: $2, $4"
	run "$top/scripts/backport" --check "$1"
	is "$rc:$out" "$3:$4" "$name: backport --check"
	[ "$3" != 3 ] || like "$err" '^icache-ipi-backport: .' "$name: backport --check says why"
	[ ! -d "$1" ] || [ "$3" != 3 ] || is "$("$check" "$1" | sed -n '2s/^  //p')" \
		"${err#icache-ipi-backport: }" "$name: icache-ipi-check says the same"
	[ -d "$1" ] || return 0
	run "$check" "$1"
	like "$rc:$out" "^$3:.*: (unknown \\()?$4\\)?$" "$name: text"
}

for name in affected posted merged stale comment-only no-header no-uprobes only-flush no-flush renamed \
	argument twice wrapped both; do
	tree_make "$scratch/$name"
done
tree_patch "$scratch/posted" 4.19.y-posted
tree_patch "$scratch/merged" 4.19.y-merged
tree_patch "$scratch/stale" 4.19.y-merged
tree_patch "$scratch/stale" regress-stale
sed -i 's|^void sync_icache_aliases|/* Do not issue kick_all_cpus_sync(): __flush_icache_range() */\n&|' \
	"$scratch/comment-only/$flush"
for name in no-header no-uprobes only-flush no-flush argument both; do
	tree_patch "$scratch/$name" 4.19.y-posted
done
tree_make "$scratch/again"
cp "$scratch/again/$header" "$scratch/no-header/$header"
cp "$scratch/again/$uprobes" "$scratch/no-uprobes/$uprobes"
cp "$scratch/again/$flush" "$scratch/no-flush/$flush"
cp "$scratch/again/$header" "$scratch/only-flush/$header"
cp "$scratch/again/$uprobes" "$scratch/only-flush/$uprobes"
sed -i 's/\<sync\>/everybody/g' "$scratch/argument/$flush"
sed -i 's/^\t\t__flush_icache_range(.*/&\n\t\tkick_all_cpus_sync();/' "$scratch/both/$flush"
sed 's/flush_icache_range(addr/__&/' "$scratch/twice/$flush" >"$scratch/second"
cat "$scratch/second" >>"$scratch/twice/$flush"
sed -i 's/flush_icache_range(addr.*/__&\n\t\tsmp_call_function(f, NULL, 1);/' "$scratch/wrapped/$flush"
sed -i 's/flush_icache_range(addr/vendor_flush(addr/' "$scratch/renamed/$flush"

agrees "$scratch/affected" 'affected, affected' 2 affected
agrees "$scratch/posted" 'fixed, posted' 0 'fixed as posted'
tree_make "$scratch/newer" 6.1.y-posted
agrees "$scratch/newer" 'affected, affected' 2 affected
tree_patch "$scratch/newer" 6.1.y-posted
agrees "$scratch/newer" 'fixed, posted' 0 'fixed as posted'
agrees "$scratch/argument" 'fixed, posted' 0 'fixed as posted'
agrees "$scratch/merged" 'fixed, merged' 0 'fixed as merged'
agrees "$scratch/comment-only" 'affected, affected' 2 affected
for name in no-header no-uprobes only-flush no-flush; do
	agrees "$scratch/$name" 'unknown, partly applied' 3 'partly applied'
done
for name in stale renamed twice both; do
	agrees "$scratch/$name" 'unknown, not recognised' 3 'not recognised'
done
agrees "$scratch/wrapped" 'affected, affected' 2 affected
cp -a "$scratch/affected" "$scratch/old"
: >"$scratch/old/$header"
echo 'ENTRY(flush_icache_range)' >"$scratch/old/arch/arm64/mm/cache.S"
agrees "$scratch/old" 'fixed, predates the fault' 0 'not affected'
agrees "$scratch/nothing" 'unknown, null' 3 'not an arm64 kernel tree'
agrees "$scratch/posted/Makefile" 'unknown, null' 3 'not an arm64 kernel tree'
agrees "$scratch/posted/arch" 'unknown, null' 3 'not an arm64 kernel tree'

# --- it needs no other program for that ---
mkdir -p "$scratch/house"
cp "$O/icache-ipi-backport" "$scratch/house"
run env PATH=/nonexistent "$scratch/house/icache-ipi-backport" --patches "$patches" --check "$scratch/merged"
is "$rc:$out" '0:fixed as merged' 'backport: reads a tree alone'

# --- trees that mean harm ---
# hostile NAME REASON: quick, in little memory, not recognised, and says why
hostile()
{
	run sh -c 'ulimit -v "$3"; ulimit -t 60; exec timeout 600 "$1" --check "$2"' sh "$O/icache-ipi-backport" \
		"$scratch/hostile" "$(memory_limit 262144)"
	is "$rc:$out" '3:not recognised' "$1"
	like "$err" "$2" "$1: says why"
	rm -rf "$scratch/hostile"
	cp -a "$scratch/affected" "$scratch/hostile"
	file=$scratch/hostile/$flush
}
cp -a "$scratch/affected" "$scratch/hostile"
file=$scratch/hostile/$flush
ln -sf "$scratch/merged/$flush" "$file"
hostile 'a link to another tree' 'flush\.c is a link that leads out of the tree'
mv "$file" "$file.real" && ln -s flush.c.real "$file"
run "$O/icache-ipi-backport" --check "$scratch/hostile"
is "$rc:$out" '2:affected' 'a link inside the tree is followed'
ln -sf flush.c "$file"
hostile 'a link to itself' 'flush\.c: Too many levels'
rm "$file" && mkfifo "$file"
hostile 'a FIFO' 'flush\.c is no file'
rm "$file" && mkdir "$file"
hostile 'a folder' 'flush\.c is no file'
truncate -s 8G "$file"
hostile 'a huge file' 'flush\.c is too large'
head -c 900000 /dev/urandom >"$file"
hostile 'a binary' 'flush\.c is not text'
printf '\0' >>"$scratch/hostile/$header"
hostile 'text, and a NUL' 'cacheflush\.h is not text'
python3 -c 'print("void sync_icache_aliases(void *k, int l, bool sync) {" + "if(" * 250000 + ")" * 250000 + "}")
print("void __sync_icache_dcache(int p) { sync_icache_aliases(1, 2, false); }")' >"$file"
run sh -c 'ulimit -t 60; exec "$1" --check "$2"' sh "$O/icache-ipi-backport" "$scratch/hostile"
is "$rc:$out" '3:partly applied' 'brackets in brackets'
run "$check" "$scratch/posted"
is "$rc" 0 'exit code of a fixed tree'
like "$out" ': fixed as posted$' 'text names the form'
run "$check" "$scratch/no-header"
is "$rc" 3 'exit code of a partly patched tree'
like "$out" "not arch/arm64/include/asm/cacheflush.h" 'text names the file that is missing'

# Each hunk of the posted form alone, and each one missing, is partly applied.
posted=$patches/4.19.y-posted
if command -v filterdiff >/dev/null; then
	for hunk in 1 2 3; do
		tree_make "$scratch/without-$hunk"
		filterdiff --exclude="*flush.c" "$posted"/*.patch |
			patch --directory="$scratch/without-$hunk" --strip=1 --quiet
		filterdiff --include="*flush.c" --hunks="x$hunk" "$posted"/*.patch |
			patch --directory="$scratch/without-$hunk" --strip=1 --quiet
		is "$(form "$scratch/without-$hunk")" 'unknown, partly applied, partly applied' "without hunk $hunk"
	done
fi

real_trees | grep . >"$scratch/real" ||
	skip 'real trees' 'none cached; KERNEL_TREE=DIR[:DIR...] names some'
while read -r tree; do
	like "$(form "$tree")" '^(affected, affected, affected|fixed, merged, fixed as merged)$' \
		"$(basename "$tree") is recognised"
	tree_excerpt "$tree" "$scratch/excerpt"
	sed -i 's/^\t\t*\(\(__\)*flush_icache_range(addr\|caches_clean_inval_pou(start\).*/\t\t;/' "$scratch/excerpt/$flush"
	like "$(form "$scratch/excerpt")" 'not recognised$' '... and without its maintenance it is not'
	rm -rf "$scratch/excerpt"
done <"$scratch/real"

done_testing
