#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# commits.t: what CONTRIBUTING.md asks of a commit, of all since the rule began
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

# The last commit before the rule was a test
base=c883fb44c8e0448b913e93afa5327fd77c3ce866
git rev-parse --quiet --verify HEAD >/dev/null 2>&1 || skip_all 'no git history here'
git merge-base --is-ancestor "$base" HEAD 2>/dev/null ||
	skip_all "this history does not reach back to $base: a shallow clone, or another repository"

# A body is text: trailers alone do not say why.
body_of()
{
	git log -1 --format=%b "$1" | grep --invert-match --extended-regexp -e '^[[:space:]]*$' \
		-e '^([A-Z][a-z]+-)+[a-z]+: .*$' | head -n 1
}

is "$(git log --merges --format='%h %s' "$base..")" '' 'no merges'
is "$(git log --format='%h %s' "$base.." |
	grep --ignore-case --extended-regexp -e '^[0-9a-f]+ (fixup|squash|amend)!' -e '\bwip\b')" '' 'nothing unfinished'
is "$(git log --format='%h %s' "$base.." |
	grep --extended-regexp '^[0-9a-f]+ .{73,}$')" '' 'a subject has at most 72 characters'
is "$(git log --format='%h %s' "$base.." | grep --extended-regexp '\.$')" '' 'a subject has no full stop'
is "$(git rev-list "$base.." | while read -r commit; do
	[ -n "$(body_of "$commit")" ] || git log -1 --format='%h %s' "$commit"
done)" '' 'every commit has a body that says why'

done_testing
