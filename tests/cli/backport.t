#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport.t: backport applies series to copies, worktrees or in place, whole or not at all
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export XDG_CACHE_HOME="$scratch/cache"
copies=$scratch/cache/icache-ipi/backport

backport()
{
	run "$top/scripts/backport" "$@"
}

# state TREE
state()
{
	"$top/scripts/backport" "$1" --check 2>&1 || :
}

# untouched NAME: the tree last used is as it was made
untouched()
{
	is "$(tree_sum "$tree")" "$sum" "$1: the tree itself is untouched"
}

there()
{
	if [ -e "$1" ]; then echo yes; else echo no; fi
}

fresh()
{
	tree=$scratch/tree
	rm -rf "$tree"
	cp -a "$scratch/${1-4.19}" "$tree"
	sum=$(tree_sum "$tree")
}

tree_make "$scratch/4.19"
tree_make "$scratch/5.10" 5.10.y-posted
for number in 4.19 5.10; do
	cp -a "$scratch/$number" "$scratch/$number-merged"
	tree_patch "$scratch/$number-merged" 4.19.y-merged
done
tree_make "$scratch/6.1" 6.1.y-posted
cp -a "$scratch/6.1" "$scratch/6.1-merged"
tree_patch "$scratch/6.1-merged" 6.1.y-regress --reverse
cp -a "$scratch/4.19" "$scratch/4.19-posted"
tree_patch "$scratch/4.19-posted" 4.19.y-posted

# A copy in the cache.
fresh
backport "$tree"
copy=$out
is "$rc:$(state "$copy")" "0:fixed as posted" "default: the posted form"
is "$(dirname "$copy")" "$copies" "default: the copy is in the cache"
untouched default
is "$(tree_sum "$copy")" "$(tree_sum "$scratch/4.19-posted")" "default: exactly the patch"
touch "$copy/mark"
backport "$tree"
is "$rc:$out" "0:$copy" "again: the same copy"
is "$(there "$copy/mark")" yes "again: not made anew"
rm -f "$copy/mark"
backport "$tree" --series 4.19.y-merged
is "$rc:$(state "$out")" "0:fixed as merged" "merged, beside it"
echo new >"$tree/new"
backport "$tree"
is "$(there "$copy/new") $(there "$out/new")" "no yes" "a changed tree gets a new copy"
copy=$out
cp "$scratch/4.19/$flush" "$copy/$flush"
backport "$tree"
is "$rc:$out" "3:" "a copy that somebody changed is neither used nor overwritten"
like "$err" "no longer 'fixed as posted'" "and it says so"
mkdir "$copies/tmp.killed"
fresh 5.10-merged
backport "$tree" --series regress
is "$(there "$copies/tmp.killed")" no "what a killed run left is removed"

# Nothing to do, and refusals.
for case in "4.19-merged:" "4.19-posted:" "4.19-merged:--series=4.19.y-merged" \
	"4.19:--series=regress" "4.19-posted:--series=4.19.y-posted" "4.19:--series=4.19.y-posted --reverse"; do
	fresh "${case%%:*}"
	# shellcheck disable=SC2086 # options
	backport "$tree" ${case#*:}
	is "$rc:$out" "0:$tree" "${case%%:*} ${case#*:}: nothing to do"
	like "$err" "already: nothing to do" "${case%%:*} ${case#*:}: says so"
done
for case in 4.19-posted:4.19.y-merged 4.19-merged:4.19.y-posted 4.19-posted:regress 4.19:5.10.y-posted \
	5.10:4.19.y-posted 5.10-merged:5.10.y-posted 6.1:5.10.y-posted 5.10-merged:6.1.y-regress; do
	fresh "${case%:*}"
	for where in --output="$scratch/refused" --in-place; do
		backport "$tree" --series "${case#*:}" "$where"
		is "$rc:$out:$(printf '%s\n' "$err" | wc -l)" "3::2" "${case%:*} refuses ${case#*:}, in two lines"
		untouched "${case%:*} ${where%%=*}"
	done
	is "$(there "$scratch/refused")" no "${case%:*}: no output"
done
fresh 4.19-posted
backport "$tree" --series 4.19.y-merged
like "$err" '--series posted --reverse' "merged on posted: says what to do"
rm "$tree/$uprobes"
backport "$tree" --series 4.19.y-posted --reverse
is "$rc" 3 "a missing file is refused"
like "$err" 'a file is missing' "and it says so"

# The short words: the series of that form that fits.
fresh 5.10
backport "$tree"
is "$rc:$(state "$out"):$(basename "${out%-*}")" "0:fixed as posted:tree-5.10.y-posted" \
	"no series named: the one that fits"
fresh 5.10-merged
backport "$tree" --series regress --series posted
is "$rc:$(state "$out"):$(basename "${out%-*}")" "0:fixed as posted:tree-regress+5.10.y-posted" \
	"posted, after regress, is the one that fits then"
fresh 6.1-merged
backport "$tree" --series regress --series posted
is "$rc:$(state "$out"):$(basename "${out%-*}")" "0:fixed as posted:tree-6.1.y-regress+6.1.y-posted" \
	"where functions have new names: 6.1.y-regress for regress, and 6.1.y-posted"
backport "$tree" --series regress-stale
is "$rc:$(basename "${out%-*}")" "0:tree-6.1.y-regress-stale" "... and 6.1.y-regress-stale for regress-stale"
is "$(state "$out" | tail -n 1)" "not recognised" "... which no form of the fix is"
backport "$tree" --series regress --output "$scratch/6.1-affected"
is "$(tree_sum "$scratch/6.1-affected")" "$(tree_sum "$scratch/6.1")" "... and regress alone"
backport "$scratch/6.1-affected" --series regress --reverse
is "$rc:$(tree_sum "$out")" "0:$sum" "... and back"
for case in 4.19:merged 5.10:merged 4.19:posted 6.1:posted; do
	fresh "${case%:*}"
	backport "$tree" --series "${case#*:}"
	is "$rc:$(state "$out")" "0:fixed as ${case#*:}" "${case%:*}: ${case#*:}"
	backport "$out" --series "${case#*:}" --reverse
	is "$rc:$(tree_sum "$out")" "0:$sum" "${case%:*}: ${case#*:}, and back"
done
fresh
sed -i 's/flush caches (dcache/flush caches (Dcache/' "$tree/$uprobes"
backport "$tree" --series posted
is "$rc:$out" "3:" "posted: none fits"
like "$err" "4.19.y-posted/.*does not fit: $uprobes: Hunk" "posted: says where"
like "$err" 'nothing was changed; 4.19.y-merged fits: take --series merged$' "posted: names the one that fits"
backport "$tree" --series merged
is "$rc:$(state "$out")" "0:fixed as merged" "... which does"
fresh
sed -i 's/^\tstruct page \*page = pte_page(pte);/&\n\n\tsmp_call_function(vendor_count, NULL, 1);/' "$tree/$flush"
sum=$(tree_sum "$tree")
backport "$tree" --series merged
is "$rc:$out" "3:" "a patch that fits and does not fix: refused"
like "$err" "after 4.19.y-merged the code should be 'fixed as merged', and is 'affected'" \
	"a patch that fits and does not fix: says so"
untouched "a patch that fits and does not fix"
fresh
sed -i 's/memcpy(dst, src, len)/memcpy(dst, src, bytes)/' "$tree/$uprobes"
sum=$(tree_sum "$tree")
backport "$tree" --series 4.19.y-posted
is "$rc:$out" "3:" "one line beside the change is another: refused"
like "$err" "4.19.y-posted/.*does not fit: $uprobes: Hunk" "one line beside the change is another: says where"
untouched "one line beside the change is another"
fresh 6.1
backport "$tree" --series merged
is "$rc:$out" "3:" "merged: none fits"
like "$err" 'nothing was changed; 6.1.y-posted fits: take --series posted$' "merged: names the one that fits"
backport "$tree" --series posted
is "$rc:$(state "$out")" "0:fixed as posted" "... which does"
fresh
sed -i 's/flush_icache_range(addr/flush_icache_range( addr/' "$tree/$flush"
backport "$tree" --series posted
is "$rc:$out" "3:" "none at all: refused"
like "$err" 'no series fits: adapt the patch by hand, or try --semantic$' "none at all: says so"

# Several series, and back.
fresh 5.10-merged
backport "$tree" --series regress --series 5.10.y-posted
is "$rc:$(state "$out")" "0:fixed as posted" "regress and posted, in turn"
backport "$out" --series 5.10.y-posted --reverse
is "$rc:$(tree_sum "$out")" "0:$(tree_sum "$scratch/5.10")" "and back"

# A folder of the user's.
fresh
backport "$tree" --output "$scratch/my copy"
is "$rc:$out" "0:$scratch/my copy" "--output, with a blank in it"
is "$(state "$out")" "fixed as posted" "--output: is patched"
backport "$tree" --output "$scratch/my copy"
is "$rc:$out" "3:" "--output that is not empty is refused"
backport "$tree" --output "$tree/inside"
is "$rc:$out" "3:" "--output inside the tree is refused"
untouched --output
is "$(find "$scratch" -maxdepth 1 -name '.backport*')" "" "--output: nothing left beside it"

# In place.
cp -al "$tree" "$scratch/hardlinks"
backport "$tree" --in-place
is "$rc:$out:$(state "$tree")" "0:$tree:fixed as posted" "--in-place"
is "$(tree_sum "$tree")" "$(tree_sum "$scratch/4.19-posted")" "--in-place: exactly the patch"
is "$(state "$scratch/hardlinks")" affected "--in-place: hard links elsewhere keep their content"
backport "$tree" --in-place --series 4.19.y-posted --reverse
is "$rc:$(tree_sum "$tree")" "0:$sum" "--in-place --reverse: as before"

# A git checkout.
fresh
tree_commit "$tree"
backport "$tree"
is "$rc:$(state "$out")" "0:fixed as posted" "git: patched"
is "$(git -C "$tree" worktree list | wc -l)" 2 "git: is a worktree"
is "$(git -C "$out" diff --name-only | wc -l):$(git -C "$tree" status --porcelain)" "3:" \
	"git: the patch is uncommitted, and the checkout clean"
copy=$out
backport "$tree"
is "$rc:$out" "0:$copy" "git: again, the same worktree"
rm -rf "$copy"
backport "$tree"
is "$rc:$(state "$out")" "0:fixed as posted" "git: again, after somebody removed it"
echo 'int local_change;' >>"$tree/$uprobes"
backport "$tree"
is "$(tail -n 1 "$out/$uprobes"):$(ls -d "$out/.git" 2>/dev/null || :)" "int local_change;:" \
	"git: uncommitted changes are in the copy, which is a plain one"

# Usage.
for options in "" "$tree --series" "$tree --series nope" "$tree --bogus" "$tree $tree" \
	"$tree --check --in-place --output=x" "$tree --in-place --output=x" "$tree --check --reverse" \
	"$tree --series regress --series 4.19.y-posted --reverse" "--check"; do
	# shellcheck disable=SC2086 # options
	backport $options
	is "$rc:$out" "64:" "usage: ${options#"$tree "}"
done
backport --help
is "$rc:$err" "0:" "--help"
for name in "$patches"/*/series; do
	like "$out" "$(basename "${name%/series}")" "--help names $(basename "${name%/series}")"
done
backport "$scratch/nothing"
is "$rc:$out" "3:" "nothing there"
done_testing
