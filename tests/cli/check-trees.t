#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# check-trees.t: icache-ipi-check on source trees, and that scripts/backport --check agrees
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
check=$O/icache-ipi-check

# form TREE: "verdict form" as --json has them
form()
{
	"$check" --json "$1" | sed 's/.*"verdict":"\([^"]*\)","form":"\([^"]*\)".*/\1, \2/'
}

# agrees TREE WANTED: this program's answer, and that backport's has the same meaning
agrees()
{
	is "$(form "$1")" "$2" "$(basename "$1"): $2"
	theirs=$("$top/scripts/backport" --check "$1" 2>/dev/null | head -n 1) || true
	case $2 in
	'affected, affected') wanted=affected ;;
	'fixed, posted') wanted='fixed as posted' ;;
	'fixed, merged') wanted='fixed as merged' ;;
	'unknown, partly applied') wanted='partly applied' ;;
	'unknown, not recognised') wanted='not recognised' ;;
	*) wanted='not affected' ;;
	esac
	like "$theirs" "$wanted" "... and backport --check says so"
}

for name in affected posted merged stale comment-only no-header no-uprobes no-flush renamed empty-body; do
	tree_make "$scratch/$name"
done
tree_patch "$scratch/posted" 4.19.y-posted
tree_patch "$scratch/merged" 4.19.y-merged
tree_patch "$scratch/stale" 4.19.y-merged
tree_patch "$scratch/stale" regress-stale
sed -i 's|^void sync_icache_aliases|/* Do not issue kick_all_cpus_sync(): __flush_icache_range() */\n&|' \
	"$scratch/comment-only/$flush"
for name in no-header no-uprobes no-flush; do
	tree_patch "$scratch/$name" 4.19.y-posted
done
tree_make "$scratch/again"
cp "$scratch/again/$header" "$scratch/no-header/$header"
cp "$scratch/again/$uprobes" "$scratch/no-uprobes/$uprobes"
cp "$scratch/again/$flush" "$scratch/no-flush/$flush"
sed -i 's/flush_icache_range(addr/vendor_flush(addr/' "$scratch/renamed/$flush"

agrees "$scratch/affected" 'affected, affected'
agrees "$scratch/posted" 'fixed, posted'
agrees "$scratch/merged" 'fixed, merged'
agrees "$scratch/comment-only" 'affected, affected'
for name in no-header no-uprobes no-flush; do
	agrees "$scratch/$name" 'unknown, partly applied'
done
agrees "$scratch/stale" 'unknown, not recognised'
agrees "$scratch/renamed" 'unknown, not recognised'
run "$check" "$scratch/posted"
is "$rc" 0 'exit code of a fixed tree'
like "$out" ': fixed \(as posted\)$' 'text names the form'
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
		is "$(form "$scratch/without-$hunk")" 'unknown, partly applied' "without hunk $hunk"
	done
fi

real_trees | while read -r tree; do
	[ -z "$tree" ] || form "$tree"
done >"$scratch/real"
is "$(grep -c 'unknown' "$scratch/real")" 0 'real trees are recognised'

done_testing
