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
		grep -E '^(scripts|src|tests|docs|man|completions|configs|contrib|modules|patches|\.ci)(/|$)|^Makefile$' || :
	grep -o '](\([^)#:]*\))' "$1" | sed 's/](\(.*\))/\1/' |
		while read -r link; do realpath --relative-to=. -m "$(dirname "$1")/$link"; done
}
for guide in README.md CONTRIBUTING.md NEWS.md SECURITY.md docs/*.md patches/README.md; do
	[ -f "$guide" ] || continue
	missing=$(named_paths "$guide" | sort -u | while read -r path; do [ -e "$path" ] || echo "$path"; done)
	is "$missing" '' "$guide: what it names is there"
	# In code: an indented line, or backquotes
	doors=$(grep -o -E -e '^    make [a-z-]+' -e '`make [a-z-]+' "$guide" | sort -u |
		while read -r _ door; do
			case $door in
			setup-*) scripts/setup --dry-run "${door#setup-}" >/dev/null 2>&1 ;;
			*) grep --quiet "^\.PHONY:.*\b$door\b" Makefile scripts/*.mk ;;
			esac || echo "$door"
		done)
	is "$doors" '' "$guide: every door it names is one"
done
is "$(wc -l <README.md | awk '$1 > 116')$(grep -E '^.{101}' README.md)" '' 'README.md has at most 116 lines of at most 100 columns'

# A manual a command: those that install, those the front door knows, and two doors of the Makefile
{
	make --no-print-directory install-tools install-vm O="$O" DESTDIR="$scratch/root" prefix=/usr SETUP=no >/dev/null
	ls "$scratch/root/usr/bin"
	"$O/icache-ipi" help | sed -n 's/^  \([a-z][a-z-]*\) .*/icache-ipi-\1/p'
	printf 'icache-ipi-%s\n' matrix kernel-packages
} | sort -u >"$scratch/commands"
like "$(wc -l <"$scratch/commands")" '^(9|[1-9][0-9])' 'there are commands'
while read -r command; do
	page=$(ls "man/$command".[18] 2>/dev/null || echo none)
	run mandoc -T lint -W warning "$page"
	is "$rc$out" 0 "a manual for $command, without an error"
done <"$scratch/commands"
for command in "$scratch"/root/usr/bin/*; do
	command=${command##*/}
	like "$(ls "$scratch"/root/usr/share/man/man?)" "^$command\.[18]" "$command is installed with its manual"
done
# What one page refers to is a page.
sed -n 's/^\.Xr \(icache-ipi[a-z-]*\) \([0-9]\).*/\1.\2/p' man/*.[178] | sort -u >"$scratch/pages"
while read -r page; do
	like "$(ls man)" "^$page\$" "$page, which others refer to, is there"
done <"$scratch/pages"
help=$(make --no-print-directory help)
for door in proof check matrix bench kernel-packages one-file dist install clean; do
	like "$help" "make $door " "make help: $door"
done

done_testing
