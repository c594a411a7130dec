#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# docs.t: what the guides name is there: files, doors of the Makefile, a manual for every command
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

# Paths in backquotes that begin with a folder of ours, and links of markdown
# shellcheck disable=SC2016
named_paths()
{
	grep -o '`[a-zA-Z0-9_./-]*`' "$1" | tr -d '`' |
		grep -E '^(scripts|src|tests|docs|modules|patches|\.ci)(/|$)|^Makefile$' || :
	grep -o '](\([^)#:]*\))' "$1" | sed 's/](\(.*\))/\1/' |
		while read -r link; do realpath --relative-to=. -m "$(dirname "$1")/$link"; done
}
for guide in README.md CONTRIBUTING.md docs/*.md patches/README.md; do
	[ -f "$guide" ] || continue
	missing=$(named_paths "$guide" | sort -u | while read -r path; do [ -e "$path" ] || echo "$path"; done)
	is "$missing" '' "$guide: what it names is there"
	# In code: an indented line, or backquotes
	doors=$(grep -o -E -e '^    make [a-z-]+' -e '`make [a-z-]+' "$guide" | sort -u |
		while read -r _ door; do
			grep --quiet "^\.PHONY:.*\b$door\b" Makefile scripts/*.mk || echo "$door"
		done)
	is "$doors" '' "$guide: every door it names is one"
done

# A manual a command
for command in check report status stress vm proof matrix backport; do
	page=$(ls "docs/icache-ipi-$command".[18] 2>/dev/null || echo none)
	run mandoc -T lint -W warning "$page"
	is "$rc$out" 0 "a manual for $command, without an error"
done
help=$(make --no-print-directory help)
for door in proof check matrix bench install clean; do
	like "$help" "make $door " "make help: $door"
done

done_testing
