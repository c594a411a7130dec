#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# format.t: every C file is as "make format" leaves it, and every file as .editorconfig asks
set -eu
. "$(dirname "$0")/../lib/tap.sh"
cd "$top"

format=clang-format-19
if command -v "$format" >/dev/null; then
	run find src tests -name '*.[ch]' -exec "$format" --dry-run --Werror {} +
	is "$rc$(printf '%s\n' "$err" | grep 'error: ' | cut -d : -f 1 | sort | uniq -c)" 0 \
		'C files are formatted; "make format" does it'
	cp .clang-format "$scratch"
	printf 'int one(void) {\n        return 1; }\n' >"$scratch/one.c"
	run "$format" --dry-run --Werror "$scratch/one.c"
	is "$rc" 1 '... and one that is not would be seen'
else
	skip 'C files are formatted' "no $format (scripts/setup check)"
fi

files=$(git ls-files 2>/dev/null | grep --invert-match --extended-regexp -e '\.(patch|expected)$' -e '^tests/cli/report/') ||
	files=''
for file in $files; do [ ! -f "$file" ] || [ -L "$file" ] || echo "$file"; done >"$scratch/files"
if [ -s "$scratch/files" ]; then
	is "$(xargs grep --files-with-matches --perl-regexp '[ \t]$' <"$scratch/files")" '' 'no blanks at the end of a line'
	is "$(xargs grep --files-with-matches --perl-regexp '\r$' <"$scratch/files")" '' 'lines end with a line feed'
	is "$(while read -r file; do
		[ -z "$(tail -c 1 "$file")" ] || echo "$file"
	done <"$scratch/files")" '' 'the last line ends, too'
else
	skip 'blanks and line ends' 'not a git checkout'
fi

done_testing
