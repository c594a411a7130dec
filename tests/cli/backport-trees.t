#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-trees.t: trees that are awkward: the right result, or a clear refusal and nothing changed
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export XDG_CACHE_HOME="$scratch/cache"

backport()
{
	run "$O/icache-ipi-backport" --patches "$patches" "$@"
}

# fresh [DIR]: an affected tree, as $tree
fresh()
{
	tree=$scratch/${1-tree}
	chmod -R u+w "$tree" 2>/dev/null || :
	rm -rf "$tree"
	cp -a "$scratch/base" "$tree"
	sum=$(tree_sum "$tree")
}

# refused NAME REASON OPTION...: exit 3, the reason, nothing changed, nothing left
refused()
{
	name=$1 reason=$2
	shift 2
	backport "$tree" "$@"
	is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "$name: refused, and nothing changed"
	like "$err" "$reason" "$name: why"
	is "$(find "$tree" -name '*backport*')" '' "$name: nothing left in the tree"
}

# fixed NAME OPTION...: exit 0, and what it prints is fixed
fixed()
{
	name=$1
	shift
	backport "$tree" "$@"
	[ "$rc" = 0 ] || printf '%s\n' "$err" | sed 's/^/# /'
	is "$rc:$(tree_state "$out")" "0:fixed as posted" "$name: patched"
}

tree_make "$scratch/base"

# Names.
newline='
'
for odd in "a b" "with${newline}newline" "--check" "quote's \"and\" \$(dollar) *"; do
	fresh "$odd"
	shown=$(printf '%s' "$odd" | tr '\n' '|')
	fixed "'$shown'"
	is "$(tree_sum "$tree")" "$sum" "'$shown': a copy; the tree itself is untouched"
	fixed "'$shown', --output" --output "$scratch/out of $odd"
	fixed "'$shown', --in-place" --in-place
	is "$out" "$tree" "'$shown', --in-place: prints its path"
	rm -rf "$tree" "$scratch/out of $odd"
done
fresh
cd "$tree"
run "$O/icache-ipi-backport" . --in-place
is "$rc:$(tree_state .)" "0:fixed as posted" "'.': patched"
cd "$top"

# Read-only trees, for a person who is not root.
fresh
chmod -R a+rX "$scratch" 2>/dev/null || :
as=''
if [ "$(id -u)" = 0 ]; then
	as='setpriv --reuid=65534 --regid=65534 --clear-groups'
	mkdir "$scratch/home" && chown 65534 "$scratch/home"
	chmod 755 "$scratch"
fi
chmod -R a-w "$tree"
# What that person cannot reach is copied to where they can.
mkdir "$scratch/program"
cp "$O/icache-ipi-backport" "$O/icache-ipi-check" "$scratch/program"
cp -r "$patches" "$scratch/patches"
chmod -R a+rX "$scratch/program" "$scratch/patches"
# shellcheck disable=SC2086 # a command and its options
run env HOME="$scratch/home" XDG_CACHE_HOME="$scratch/home" TMPDIR="$scratch/home" $as \
	"$scratch/program/icache-ipi-backport" "$tree" --in-place
is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "read-only, --in-place: refused"
like "$err" "cannot write to $tree: nothing was changed" "read-only, --in-place: why"
# shellcheck disable=SC2086
run env HOME="$scratch/home" XDG_CACHE_HOME="$scratch/home" TMPDIR="$scratch/home" $as \
	"$scratch/program/icache-ipi-backport" "$tree"
is "$rc:$(tree_state "$out")" "0:fixed as posted" "read-only: a copy of it is patched"
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	fresh
	# shellcheck disable=SC2016 # for the other shell
	run unshare --mount sh -c 'mount --bind "$2" "$2" && mount -o remount,ro,bind "$2" && exec "$1" "$2" --in-place' \
		sh "$O/icache-ipi-backport" "$tree"
	is "$rc:$out:$(tree_sum "$tree")" "3::$sum" "read-only file system, for root: refused"
	like "$err" "cannot write to $tree" "read-only file system: why"
	# shellcheck disable=SC2016
	run unshare --mount sh -c 'mount -t tmpfs tmpfs /proc && exec "$1" "$2" --check' sh "$O/icache-ipi-backport" "$tree"
	is "$rc:$out" 3: "no /proc: refused"
	like "$err" 'is /proc mounted' 'no /proc: why'
else
	skip "read-only file system" "mounts are not for us here"
fi

# Another file system in the midst of the tree: nothing can be renamed from one into the other.
if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	fresh
	# shellcheck disable=SC2016
	run unshare --mount sh -c 'mount -t tmpfs tmpfs "$2/arch/arm64/mm" && cp "$3"/* "$2/arch/arm64/mm/" &&
		"$1" "$2" --in-place; code=$?; cp "$2/arch/arm64/mm/flush.c" "$4"; exit $code' sh \
		"$O/icache-ipi-backport" "$tree" "$scratch/base/${flush%/*}" "$scratch/mounted"
	is "$rc:$(tree_sum "$tree"):$(cmp "$scratch/mounted" "$scratch/base/$flush" && echo same)" \
		"3:$sum:same" "another file system in the midst: refused, nothing changed"
	like "$err" "${flush##*/} is on another file system than $tree\$" "another file system in the midst: why"
else
	skip "another file system in the midst" "mounts are not for us here"
fi

# Links.
fresh
mkdir "$scratch/elsewhere"
mv "$tree/arch/arm64/mm" "$scratch/elsewhere/mm"
ln -s "$scratch/elsewhere/mm" "$tree/arch/arm64/mm"
elsewhere=$(tree_sum "$scratch/elsewhere")
for option in "--output=$scratch/linked" --in-place; do
	backport "$tree" "$option"
	is "$rc:$out:$(tree_sum "$scratch/elsewhere")" "3::$elsewhere" \
		"a folder that leads out of the tree, ${option%%=*}: refused, nothing changed there"
done
fresh
mv "$tree/$flush" "$scratch/elsewhere/flush.c"
ln -s "$scratch/elsewhere/flush.c" "$tree/$flush"
elsewhere=$(tree_sum "$scratch/elsewhere")
backport "$tree" --in-place
is "$rc:$out:$(tree_sum "$scratch/elsewhere")" "3::$elsewhere" "a file that leads out of it: refused"
like "$err" 'link' "a file that leads out of it: why"
fresh
ln -s "$tree" "$scratch/link"
backport "$scratch/link" --in-place
is "$rc:$out:$(readlink "$scratch/link")" "0:$tree:$tree" "a link to a tree: the tree is patched, the link stays"

# Line ends.
fresh
for file in "$flush" "$header" "$uprobes"; do sed -i 's/$/\r/' "$tree/$file"; done
for option in "--output=$scratch/crlf" --in-place; do
	fixed "CRLF, ${option%%=*}" "$option"
	is "$(cat "$out/$flush" "$out/$header" "$out/$uprobes" | grep -cv "$(printf '\r')\$" || :)" 0 \
		"CRLF, ${option%%=*}: every line keeps it"
	sed 's/\r$//' "$out/$flush" >"$scratch/unix"
done
cp -a "$scratch/base" "$scratch/goal"
tree_patch "$scratch/goal" 4.19.y-posted
is "$(cmp "$scratch/unix" "$scratch/goal/$flush" && echo same)" same "CRLF: exactly the patch"
fresh
sed -i '30,34s/$/\r/' "$tree/$flush"
sum=$(tree_sum "$tree")
refused "some lines with CRLF" 'does not fit' --in-place

# Half of it.
for half in "$header $uprobes" "$flush"; do
	fresh
	for file in $half; do cp "$scratch/goal/$file" "$tree/$file"; done
	sum=$(tree_sum "$tree")
	refused "half-applied: $half" "is 'partly applied'" --in-place
done
fresh
patch --directory="$tree" --strip=1 --quiet --no-backup-if-mismatch \
	--input="$(echo "$patches"/4.19.y-merged/*.patch)"
sum=$(tree_sum "$tree")
refused "the other form" "is 'fixed as merged'" --in-place --series 4.19.y-posted

# Local changes.
fresh
tree_commit "$tree"
printf '\nint vendor_change;\n' >>"$tree/$flush"
fixed "local changes beside it, --in-place" --in-place
is "$(tail -n 1 "$tree/$flush")" 'int vendor_change;' "local changes beside it: still there"
fresh
tree_commit "$tree"
sed -i 's/^\t\tflush_icache_range(addr, addr + len);/&\n\t\tvendor_count();/' "$tree/$flush"
sum=$(tree_sum "$tree")
refused "a local change in the midst of it" 'does not fit' --in-place
like "$err" '--semantic' "a local change in the midst of it: what else there is"

# A worktree with a detached HEAD.
fresh
tree_commit "$tree"
git -C "$tree" worktree add --quiet --detach "$scratch/detached" HEAD
main=$tree tree=$scratch/detached
fixed "detached worktree: a copy"
is "$(git -C "$out" rev-parse HEAD)" "$(git -C "$main" rev-parse HEAD)" "detached worktree: a worktree of the same commit"
is "$(git -C "$tree" status --porcelain)" '' "detached worktree: itself clean"
fixed "detached worktree, --in-place" --in-place
is "$(git -C "$tree" status --porcelain | wc -l):$(git -C "$main" status --porcelain)" 3: \
	"detached worktree, --in-place: three files changed, the main one clean"

# What a hook of somebody's git has in its environment is not meant for us.
fresh
tree_commit "$tree"
GIT_DIR=$main/.git GIT_INDEX_FILE=$scratch/index fixed "GIT_DIR in the environment"
is "$(git -C "$out" rev-parse --show-toplevel)" "$out" "GIT_DIR in the environment: not followed"
is "$(find "$scratch" -maxdepth 1 -name 'icache-ipi-backport.*')" '' "no work folder is left"
done_testing
