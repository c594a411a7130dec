#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-specs.t: exports into packages whose specs vary as those of the field do, of a fixed seed: either
# rpmbuild -bp leads to the fix, or exit 3 and nothing was changed. SPECS_COUNT= and SPECS_SEED= make others.
set -eu

# In memory where that can be: each run waits for its files to be on disk.
[ ! -w /dev/shm ] || TMPDIR=/dev/shm
export TMPDIR="${TMPDIR:-/tmp}"
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export HOME="$scratch/home" XDG_CACHE_HOME="$scratch/cache" TMPDIR="$scratch/tmp"
mkdir "$HOME" "$TMPDIR"
count=${SPECS_COUNT:-12} seed=${SPECS_SEED:-18}

tree_make "$scratch/tree"
python3 "$top/tests/lib/specs.py" "$scratch/specs" "$count" "$seed" "$scratch/tree"
find "$scratch/specs" -mindepth 1 -maxdepth 1 -print0 | sort -z |
	xargs -0 -n 1 -P 2 sh "$top/tests/lib/specs-one.sh" "$O/icache-ipi-backport" "$scratch/tree" >"$scratch/answers"
for form in posted merged; do
	is "$(grep "^wrong $form (" "$scratch/answers" || :)" '' "$form: 0 wrong"
	like "$(grep -c "^right $form\$" "$scratch/answers")" '^[1-9]' \
		"$form: $(grep -c "^right $form\$" "$scratch/answers") right, $(grep -c "^unsure $form\$" "$scratch/answers" || :) unsure"
done
is "$(grep -Evc '^(right|unsure) ' "$scratch/answers" || :):$(grep -c . "$scratch/answers")" "0:$((2 * count))" \
	'every package was asked for both forms'
like "$(grep -l '^must' "$scratch"/specs/*/truth | wc -l)" '^[1-9]' 'packages that must take the fix'
like "$(grep -l '^no' "$scratch"/specs/*/truth | wc -l)" '^[1-9]' 'packages that cannot take it'

# The judge sees what is wrong: a program that does nothing and calls it done; one that spoils what it refuses.
# shellcheck disable=SC2016 # for the other shell
printf '#!/bin/sh\n[ "$1" != --check ] || exec "%s" "$@"\n' "$O/icache-ipi-backport" >"$scratch/idler"
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" != --check ] || exec "%s" "$@"\necho x >>"$4"; echo "nothing was changed" >&2; exit 3\n' \
	"$O/icache-ipi-backport" >"$scratch/spoiler"
chmod +x "$scratch/idler" "$scratch/spoiler"
must=$(grep -l '^must' "$scratch"/specs/*/truth | head -n 1)
for program in idler spoiler; do
	run sh "$top/tests/lib/specs-one.sh" "$scratch/$program" "$scratch/tree" "${must%/truth}"
	like "$out" '^wrong' "a $program is seen"
done
is "$(find "$TMPDIR" -mindepth 1 | wc -l)" 0 'nothing is left behind'
done_testing
