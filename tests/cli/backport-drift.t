#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-drift.t: trees that drifted away from the patches, a few hundred of a fixed seed: --check, both
# series and both semantic forms are never wrong about one. What is true of a tree is known from how it was
# made, and seen when its functions run. DRIFT_COUNT= and DRIFT_SEED= make others.
set -eu

. "$(dirname "$0")/../lib/tap.sh"
export XDG_CACHE_HOME="$scratch/cache"
count=${DRIFT_COUNT:-300} seed=${DRIFT_SEED:-18}

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
	like "$(cat "$scratch"/trees/*/truth | grep -c "^$state|")" '^[1-9][0-9]' "trees that are $state"
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
done_testing
