#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# patches.t: every series is accepted by git am, quilt and patch alike, and is what it says it is
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
here=$top/scripts
# shellcheck source=../../scripts/common.sh
. "$here/common.sh"

# three_ways NAME TREE SERIES: all three tools take the series, to the same result.
three_ways()
{
	for tool in patch quilt am; do
		rm -rf "${scratch:?}/$tool"
		cp -a "$2" "$scratch/$tool"
	done
	tree_commit "$scratch/am"
	run tree_patch "$scratch/patch" "$3"
	is "$rc:$err" "0:" "$1: patch --fuzz=0 takes $3"
	run git -C "$scratch/am" -c user.name=test -c user.email=test@example.invalid am --quiet \
		"$patches/$3"/*.patch
	is "$rc:$err" "0:" "$1: git am takes $3"
	run env -C "$scratch/quilt" QUILT_PATCHES="$patches/$3" QUILT_PATCH_OPTS=--fuzz=0 \
		quilt --quiltrc - push -a
	is "$rc:$err" "0:" "$1: quilt push -a takes $3"
	rm -rf "$scratch/quilt/.pc"
	is "$(tree_sum "$scratch/quilt") $(tree_sum "$scratch/am")" \
		"$(tree_sum "$scratch/patch") $(tree_sum "$scratch/patch")" "$1: $3: one result"
}

# blob_ids NAME BEFORE AFTER PATCH: each file that had the id left of the dots has the right one.
blob_ids()
{
	sed -n -e 's/^diff --git a\/\([^ ]*\) .*/\1/p' -e 's/^index \([0-9a-f.]*\).*/\1/p' "$4" |
		while read -r file && read -r ids; do
			case $(git hash-object "$2/$file") in
			"${ids%..*}"*) ;;
			*) echo "$file: before"; continue ;;
			esac
			case $(git hash-object "$3/$file") in
			"${ids#*..}"*) ;;
			*) echo "$file: after" ;;
			esac
		done >"$scratch/ids"
	is "$(cat "$scratch/ids")" "" "$1: blob ids are those of the patch"
}

# Each series, by itself.
for series in "$patches"/*/series; do
	dir=${series%/series} name=$(basename "${series%/series}")
	is "$(sed -n '1s/^# //p' "$series")" "SPDX-License-Identifier: GPL-2.0-only" "$name: licence"
	is "$(grep -v '^#' "$series")" "$(cd "$dir" && printf '%s\n' *.patch)" "$name: lists its patches"
	like "$(cat "$series")" '^# from: (affected|fixed as)' "$name: says what it starts from"
	like "$(cat "$series")" '^# to: (affected|fixed as|not recognised)' "$name: says what it leads to"
done
is "$(grep -Ehoi '132fdc379eb1[0-9a-f]+' -r "$patches" || :)" "" "no digits past the known twelve"

is "$(grep -n '^[-+ ] \{2,\}' "$patches"/*/*.patch | grep -v '|' || :)" "" "tabs, not blanks"

# Headers, as git am and as a DEP-3 reader see them.
for file in "$patches"/*/*.patch; do
	name=${file#"$patches/"}
	run python3 - "$file" <<-'END'
		import email, re, sys
		head = email.message_from_file(open(sys.argv[1]))
		for field in ("From", "Date", "Subject", "Origin", "Last-Update"):
		    assert head[field], field
		assert re.fullmatch(r"\d{4}-\d\d-\d\d", head["Last-Update"])
		assert re.match(r"(upstream|backport|vendor|other), ", head["Origin"])
		assert "Forwarded" in head or "Applied-Upstream" in head
	END
	is "$rc:$err" "0:" "$name: DEP-3 fields"
	mkdir -p "$scratch/mail"
	info=$(git mailinfo "$scratch/mail/text" "$scratch/mail/diff" <"$file" 2>&1)
	body=$(cat "$scratch/mail/text")
	case $name in
	regress*/* | *-regress*/*)
		like "$body" 'TESTS ONLY' "$name: says what it is for"
		is "$(grep -c 'Signed-off-by' "$file" || :)" 0 "$name: nobody signed it off"
		continue
		;;
	esac
	like "$info" '^Author: Catalin Marinas$' "$name: author"
	like "$info" '^Email: catalin.marinas@arm.com$' "$name: author's address"
	like "$info" '^Subject: arm64: Do not issue IPIs for user executable ptes$' "$name: subject"
	like "$info" '^Date: Mon, 21 Jan 2019 09:21:35 -0500$' "$name: date of the posting"
	is "$(tail -n 3 "$scratch/mail/text" | sed 's/ *(.*//')" "Fixes: 3b8c9f1cdfc5
Cc: <stable@vger.kernel.org> # 4.19.x-
Signed-off-by: Catalin Marinas <catalin.marinas@arm.com>" "$name: tags as posted, no others"
	is "$(grep -Ec '^(Origin|Bug|Last-Update):' "$scratch/mail/text" || :)" 0 \
		"$name: DEP-3 fields stay out of the commit message"
done
like "$(sed -n '/^$/,$p' "$patches"/4.19.y-merged/*.patch | sed -n 2p)" \
	'^commit 132fdc379eb1 upstream\.$' "4.19.y-merged: names its commit as stable does"

# Made-up trees.
tree_make "$scratch/4.19"
tree_make "$scratch/5.10" 5.10.y-posted
three_ways "made-up 4.19" "$scratch/4.19" 4.19.y-posted
three_ways "made-up 4.19" "$scratch/4.19" 4.19.y-merged
cp -a "$scratch/patch" "$scratch/4.19-merged"
three_ways "made-up 4.19 merged" "$scratch/4.19-merged" regress-stale
is "$(tree_state "$scratch/patch")" "not recognised" "regress-stale: is no fix that backport knows"
three_ways "made-up 4.19 merged" "$scratch/4.19-merged" regress
is "$(tree_sum "$scratch/patch")" "$(tree_sum "$scratch/4.19")" "regress undoes 4.19.y-merged"
three_ways "made-up 5.10" "$scratch/5.10" 5.10.y-posted
tree_make "$scratch/6.1" 6.1.y-posted
three_ways "made-up 6.1" "$scratch/6.1" 6.1.y-posted
is "$(tree_state "$scratch/patch")" "fixed as posted" "6.1.y-posted: is the posted form"
cp -a "$scratch/6.1" "$scratch/6.1-merged"
tree_patch "$scratch/6.1-merged" 6.1.y-regress --reverse
is "$(tree_state "$scratch/6.1-merged")" "fixed as merged" "6.1.y-regress: the reverse of the merged form"
three_ways "made-up 6.1 merged" "$scratch/6.1-merged" 6.1.y-regress-stale
is "$(tree_state "$scratch/patch")" "not recognised" "6.1.y-regress-stale: is no fix that backport knows"
for pair in 5.10:6.1.y-posted 6.1:4.19.y-posted 4.19:5.10.y-posted 5.10:4.19.y-posted 4.19-merged:4.19.y-posted 4.19:regress; do
	cp -a "$scratch/${pair%:*}" "$scratch/wrong"
	run tree_patch "$scratch/wrong" "${pair#*:}" --dry-run
	is "$rc" 1 "made-up ${pair%:*} refuses ${pair#*:}"
	rm -rf "$scratch/wrong"
done

# Real trees: they hash to the ids in the postings.
real_trees | grep . >"$scratch/real" ||
	skip "real trees" "none cached; KERNEL_TREE=DIR[:DIR...] names some"
while read -r real; do
	name=$(basename "$real")
	excerpt=$scratch/real-$name
	tree_excerpt "$real" "$excerpt"
	case $(tree_state "$real") in
	affected) plan='4.19.y-posted 4.19.y-merged' ;;
	"fixed as merged") plan='regress-stale regress' ;;
	*) fail "$name: affected or fixed as merged"; continue ;;
	esac
	# Of which kernel the ids in the patches are.
	case $(sed -n 's/^VERSION = //p' "$real/Makefile") in
	5) exact=5.10.y-posted ;;
	6) exact=6.1.y-posted plan='6.1.y-regress-stale 6.1.y-regress' ;;
	*) exact=. ;;
	esac
	for series in $plan; do
		three_ways "$name" "$excerpt" "$series"
		[ $exact = 5.10.y-posted ] ||
			blob_ids "$name: $series" "$excerpt" "$scratch/patch" "$patches/$series"/*.patch
	done
	[ "$exact" != . ] || continue
	cp -a "$scratch/patch" "$excerpt-affected"
	three_ways "$name affected" "$excerpt-affected" $exact
	blob_ids "$name: $exact" "$excerpt-affected" "$scratch/patch" "$patches/$exact"/*.patch
done <"$scratch/real"
done_testing
