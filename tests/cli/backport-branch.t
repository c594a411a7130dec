#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# backport-branch.t: backport --branch makes commits as git am does, and leaves the checkout alone
set -eu

. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/trees.sh"
export HOME="$scratch" GIT_CONFIG_NOSYSTEM=1
git config --global user.name 'The Maintainer'
git config --global user.email maintainer@example.invalid

backport()
{
	run "$O/icache-ipi-backport" "$@"
}

# as_it_was NAME: the checkout, its branches apart
as_it_was()
{
	is "$(git -C "$tree" status --porcelain):$(git -C "$tree" rev-parse HEAD):$(tree_sum "$tree")" \
		"$status:$head:$sum" "$1: the checkout is as it was"
	is "$(git -C "$tree" worktree list | wc -l)" "${2-1}" "$1: no worktree left"
}

note()
{
	status=$(git -C "$tree" status --porcelain) head=$(git -C "$tree" rev-parse HEAD)
	sum=$(tree_sum "$tree")
}

tree=$scratch/tree
tree_make "$tree"
tree_commit "$tree"
note
for form in posted merged; do
	backport "$tree" --branch "fix/$form" --series "$form"
	is "$rc:$out" "0:fix/$form" "$form: made"
	as_it_was "$form"
	is "$(git -C "$tree" rev-parse "fix/$form^")" "$head" "$form: one commit upon HEAD"
	is "$(git -C "$tree" show --no-patch --format='%an <%ae> %ad%n%cn' "fix/$form")" \
		"Catalin Marinas <catalin.marinas@arm.com> Mon Jan 21 09:21:35 2019 -0500
The Maintainer" "$form: author and date are his, the committer is here"
	is "$(git -C "$tree" show --no-patch --format=%B "fix/$form" | sed -n '$!p' | tail -n 1)" \
		'Signed-off-by: Catalin Marinas <catalin.marinas@arm.com>' "$form: tags are kept"
	is "$(git -C "$tree" show --no-patch --format=%B "fix/$form" | grep -c '^\(Origin\|Bug\|Last-Update\):' || :)" \
		0 "$form: no DEP-3 in the message"
	git -C "$tree" worktree add --quiet "$scratch/$form" "fix/$form"
	is "$(tree_state "$scratch/$form")" "fixed as $form" "$form: is fixed"
	git -C "$tree" worktree remove "$scratch/$form"
done
backport "$tree" --branch fix/signed --signoff
is "$(git -C "$tree" show --no-patch --format=%B fix/signed | tail -n 3)" \
	'Signed-off-by: Catalin Marinas <catalin.marinas@arm.com>
Signed-off-by: The Maintainer <maintainer@example.invalid>' "--signoff: behind the author's"
is "$(git -C "$tree" diff --name-only fix/posted fix/signed)" '' "--signoff: the same change"

# What is not committed stays where it is.
echo 'int local_change;' >>"$tree/$flush"
echo new >"$tree/new"
note
backport "$tree" --branch fix/dirty
is "$rc" 0 "local changes: made"
like "$err" 'uncommitted changes: they are not in the branch' "local changes: says so"
as_it_was "local changes"
is "$(git -C "$tree" diff --name-only fix/posted fix/dirty)" '' "local changes: not in it"
git -C "$tree" checkout --quiet -- . && rm "$tree/new"

# From a worktree with a detached HEAD, whose path is no ordinary one.
odd="$scratch/a b
c"
git -C "$tree" worktree add --quiet --detach "$odd" HEAD
backport "$odd" --branch fix/detached
is "$rc:$out" 0:fix/detached "detached worktree, with a newline in its path: made"
is "$(git -C "$tree" diff --name-only fix/posted fix/detached)" '' "detached worktree: the same change"
backport "$odd"
is "$rc:$(tree_state "$out")" "0:fixed as posted" "detached worktree: a copy of it"
git -C "$tree" worktree remove --force "$out"
git -C "$tree" worktree remove "$odd"
note

# Refused, and nothing left of it.
git -C "$tree" branch taken
for case in "taken:3:there is a branch taken already" "a..b:64:git refuses the branch name" \
	"-x:64:git refuses the branch name"; do
	rest=${case#*:}
	backport "$tree" "--branch=${case%%:*}"
	is "$rc:$out" "${rest%%:*}:" "--branch ${case%%:*}: refused"
	like "$err" "${rest#*:}" "--branch ${case%%:*}: why"
	as_it_was "${case%%:*}"
done
tree_make "$scratch/plain"
backport "$scratch/plain" --branch x
is "$rc" 3 "no checkout: refused"
like "$err" 'not the top of a git checkout' "no checkout: why"
git -C "$tree" checkout --quiet fix/posted
note
backport "$tree" --branch fix/again
is "$rc:$out" 0:HEAD "already fixed: nothing to do"
is "$(git -C "$tree" branch --list fix/again)" '' "already fixed: no branch"
git -C "$tree" checkout --quiet master 2>/dev/null || git -C "$tree" checkout --quiet main
sed -i 's/flush caches (dcache/flush caches (Dcache/' "$tree/$uprobes"
git -C "$tree" commit --quiet --all --message='drift'
note
backport "$tree" --branch fix/drift
is "$rc:$(git -C "$tree" branch --list fix/drift)" 3: "does not fit: refused, no branch"
as_it_was "does not fit"
git config --global --unset user.name
git config --global --unset user.email
git config --global user.useConfigOnly true
git -C "$tree" checkout --quiet 'HEAD^'
backport "$tree" --branch fix/nobody
is "$rc:$(git -C "$tree" branch --list fix/nobody)" 3: "git does not know who commits: no branch"
like "$err" 'git am failed: ' "git does not know who commits: its words"
for options in "$tree --branch" "$tree --branch x --output y" "$tree --signoff" \
	"$tree --branch x --reverse" "$tree --branch x --in-place"; do
	# shellcheck disable=SC2086 # options
	backport $options
	is "$rc:$out" 64: "usage: ${options#"$tree "}"
done
done_testing
