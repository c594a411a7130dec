#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# plain-english.t: sentences for users have at most 25 words, and those that first readers did not
# understand do not come back
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

# short KIND FILE...
short()
{
	kind=$1
	shift
	for file; do
		is "$(tests/lib/plain-english.py "$kind" "$file")" '' "$file: no sentence has more than 25 words"
	done
}

# The reader of sentences finds what is too long, and passes over what is no sentence.
long='one two three four five six seven eight nine ten one two three four five six seven eight nine ten one two three four five six'
printf '%s\n' "$long." '' "| $long |" '' "    $long" '' "* a" "* $long" >"$scratch/long.md"
is "$(tests/lib/plain-english.py markdown "$scratch/long.md" | grep -c ': 26 words: ')" 2 'markdown: a long sentence is found'
printf '%s\n' '.Sh SYNOPSIS' "$long" '.Sh DESCRIPTION' "$long." ".Dl $long" '.Bd -literal' "$long" '.Ed' >"$scratch/long.1"
is "$(tests/lib/plain-english.py man "$scratch/long.1" | grep -c ': 26 words: ')" 1 'man: a long sentence is found'
printf '%s\n' "usage: $long" '' "$long" '' '  --option=WORD  short' "  -o             $long" >"$scratch/long.help"
is "$(tests/lib/plain-english.py help x <"$scratch/long.help" | grep -c ': 26 words: ')" 2 'help: a long sentence is found'

short markdown README.md CONTRIBUTING.md NEWS.md SECURITY.md docs/*.md patches/README.md debian/tests/README.md rpm/README.md rpm/tmt/README.md
# shellcheck disable=SC2046 # no page has a blank in its name
short man $(find man -name '*.[18]' | sort)

# short_help NAME COMMAND...: what COMMAND prints
short_help()
{
	name=$1
	shift
	"$@" >"$scratch/help"
	is "$(tests/lib/plain-english.py help "$name" <"$scratch/help")$(grep -E '^.{101}' "$scratch/help")" '' \
		"$name --help: no sentence has more than 25 words, no line more than 100 columns"
}
for program in icache-ipi icache-ipi-check icache-ipi-triage icache-ipi-who icache-ipi-status icache-ipi-report icache-ipi-vm icache-ipi-backport; do
	short_help "$program" "$O/$program" --help
done
for script in arm64-sysroot kernel-build kernel-packages kernel-source matrix one-file proof run-tests; do
	short_help "$script" "scripts/$script" --help
done
short_help debian/build debian/build --help

# Whatever lines and strings they are broken into.
cat >"$scratch/phrases" <<END
From v4.19-rc1 on an arm64 kernel interrupts
is believed only beside
told apart
do what they say
by meaning
in the midst of it
Come in by the
bears witness
all begins anew
which is said
when the phase is over by then
the ones that tell are missing
somebody else changed the same code
cost as these
1 but some dormant
2 one is not
not to be had or not to be trusted
END
find ./*.md docs man completions contrib debian rpm scripts src modules patches/README.md Makefile -type f |
	sort >"$scratch/files"
like "$(wc -l <"$scratch/files")" '^[1-9][0-9][0-9]$' 'there are texts'
found=$(while read -r file; do
	sed 's/^[ \t]*[*#"]*//; s/\\n"$//; s/"$//' "$file" | tr -s '[:space:]' ' ' | grep -o -F -f "$scratch/phrases" |
		sed "s|^|$file: |" || :
done <"$scratch/files")
is "$found" '' 'no phrase that failed is in a text'

done_testing
