#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# style.t: what every file here has in common
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

files=$(git ls-files 2>/dev/null | grep -v '\.patch$') || :
[ -n "$files" ] || skip_all 'not a git checkout'

missing=''
for file in $files; do
	[ ! -f "$file" ] || head -n 2 "$file" | grep --quiet 'SPDX-License-Identifier: GPL-2.0-only' ||
		case $file in *.expected | COPYING | */.fmf/version | debian/changelog | debian/*.README.Debian | debian/*.NEWS | debian/copyright | debian/*.dkms | debian/*.links | debian/source/*) ;; *) missing="$missing $file" ;; esac
done
is "$missing" '' 'SPDX on line 1 (or below the #!) of every file'

still=''
for file in $(echo "$files" | grep '^tests/.*\.t$'); do
	[ -x "$file" ] || still="$still $file"
done
is "$still" '' 'every test can be run'

shell=$(for file in $files; do
	head -n 3 "$file" | grep --quiet -e '^#!/bin/sh' -e '^#!/usr/bin/env bash' \
		-e 'shellcheck shell=sh' && echo "$file"
done) || :
# shellcheck disable=SC2086 # one file a word
if [ -n "$shell" ] && shellcheck $shell >"$scratch/shellcheck"; then
	pass "shellcheck: $(echo "$shell" | wc -l) scripts"
else
	fail 'shellcheck' "$(cat "$scratch/shellcheck")"
fi

long=''
for file in $(echo "$files" | grep '^scripts/'); do
	[ "$(wc -l <"$file")" -le 170 ] || long="$long $file"
done
is "$long" '' 'no script has outgrown the shell'

# Numbers that stand in two languages are the same in both.
for name in GOOD DORMANT AFFECTED UNKNOWN USAGE; do
	like "$(sed -n 's/^EXIT_GOOD=/EXIT_GOOD=/p' scripts/common.sh)" \
		"EXIT_$name=$(sed -n "s/.*EXIT_$name = \([0-9]*\).*/\1/p" src/lib/exit.h)( |$)" \
		"exit code $name: C and shell agree"
done

done_testing
