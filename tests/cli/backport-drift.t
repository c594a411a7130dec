#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-drift.t: trees that drifted away from the patches, a hundred of a fixed seed: --check, both
# series and both semantic forms are never wrong about one. What is true of a tree is known from how it was
# made, and seen when its functions run. DRIFT_COUNT= and DRIFT_SEED= make others. Then the same of real trees,
# DRIFT_REAL_COUNT= of each.
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export XDG_CACHE_HOME="$scratch/cache"
count=${DRIFT_COUNT:-100} seed=${DRIFT_SEED:-18}

python3 "$top/tests/lib/drift.py" "$scratch/trees" "$count" "$seed"
python3 "$top/tests/lib/drift.py" "$scratch/again" "$count" "$seed"
is "$(cd "$scratch/again" && find . -type f -exec sha256sum {} + | sort | sha256sum)" \
	"$(cd "$scratch/trees" && find . -type f -exec sha256sum {} + | sort | sha256sum)" 'a seed makes the same trees'
rm -rf "$scratch/again"
mkdir -p "$scratch/stubs/linux" "$scratch/stubs/asm"
for name in linux/export linux/mm linux/pagemap linux/highmem linux/kgdb asm/cache asm/tlbflush; do
	: >"$scratch/stubs/$name.h"
done

find "$scratch/trees" -mindepth 1 -maxdepth 1 -print0 | sort -z |
	xargs -0 -n 1 -P 2 sh "$top/tests/lib/drift-one.sh" "$O/icache-ipi-backport" "$top/tests/lib" \
		"$scratch/stubs" >"$scratch/answers"
for what in check truth posted merged 'posted --semantic' 'merged --semantic'; do
	is "$(grep "^wrong $what (" "$scratch/answers" || :)" '' "$what: 0 wrong"
	like "$(grep -c "^right $what\$" "$scratch/answers")" '^[1-9]' \
		"$what: $(grep -c "^right $what\$" "$scratch/answers") right, $(grep -c "^unsure $what\$" "$scratch/answers" || :) unsure"
done
is "$(grep -c . "$scratch/answers"):$(grep -Ev '^(right|wrong|unsure) ' "$scratch/answers" || :)" \
	"$(($(grep -c ' truth' "$scratch/answers") + 5 * count)):" 'every tree was asked in every way'
for state in affected 'fixed as merged' 'fixed as posted' 'not affected' 'not recognised'; do
	like "$(cat "$scratch"/trees/*/truth | grep -c "^$state|")" '^([5-9]|[1-9][0-9])' "trees that are $state"
done

# The judge sees what is wrong: a program that calls every tree fixed, and changes nothing.
printf '#!/bin/sh\necho "fixed as merged"\n' >"$scratch/liar"
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\ncp -a "$1" "$3"; echo "$3"\n' >"$scratch/idler"
chmod +x "$scratch/liar" "$scratch/idler"
affected=$(grep -l '^affected' "$scratch"/trees/*/truth | head -n 1)
for program in liar idler; do
	run sh "$top/tests/lib/drift-one.sh" "$scratch/$program" "$top/tests/lib" "$scratch/stubs" "${affected%/truth}"
	like "$out" '^wrong' "a $program is seen"
done

# Real trees, and those that were fixed without their fix as well. Other names, since 5.14, are in no script.
real_trees | grep . | grep -v '/debian-6' >"$scratch/real" || skip 'real trees' 'none cached; KERNEL_TREE=DIR[:DIR...] names some'
while read -r real; do
	for state in "$(tree_state "$real" || :)" affected; do
		rm -rf "$scratch/drift"
		tree_excerpt "$real" "$scratch/drift/base"
		[ "$(tree_state "$scratch/drift/base" || :)" = "$state" ] || tree_patch "$scratch/drift/base" regress
		python3 "$top/tests/lib/drift-real.py" "$O/icache-ipi-backport" "$scratch/drift" "${DRIFT_REAL_COUNT:-3}" \
			"$seed" "$state" >"$scratch/answers" || echo "wrong: $?" >>"$scratch/answers"
		is "$(grep ^wrong "$scratch/answers" || :):$(grep -c . "$scratch/answers")" ":$((5 * ${DRIFT_REAL_COUNT:-3}))" \
			"$(basename "$real"), $state, drifted: 0 wrong, $(grep -c ^right "$scratch/answers") right"
		[ "$state" != affected ] || break
	done
done <"$scratch/real"
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\n[ "$1" != --check ] || echo affected\n[ "$1" = --check ] || { cp -a "$1" "$3"; echo "$3"; }\n' >"$scratch/idler"
rm -rf "$scratch/drift"
mkdir "$scratch/drift"
tree_make "$scratch/drift/base"
run python3 "$top/tests/lib/drift-real.py" "$scratch/idler" "$scratch/drift" 1 1 affected
like "$out" '^wrong merged .*got affected' 'an idler is seen on real trees'
done_testing
