#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# causes.t: src/lib/causes.c says of each function which file has it; what it says of 5.10 is looked up in
# a tree of 5.10
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/scripts/common.sh"
cd "$top"
tree=$(scripts/kernel-source debian-5.10) || skip_all 'no kernel tree'

# "file range name", of the table
sed -n 's/^\tOTHER([A-Z_]*, "\([^"]*\)", "\([^"]*\)", "\([^"]*\)").*/\1 \2: \3/p
	s/^\tBECAUSE([A-Z_]*, "\([^"]*\)", "\([^"]*\)", "\([^"]*\)").*/\1 \2: \3/p' src/lib/causes.c >"$scratch/table"
like "$(wc -l <"$scratch/table")" '^[23][0-9][0-9]$' 'functions in the table'
is "$(grep -c -e '^	OTHER(' -e '^	BECAUSE(' src/lib/causes.c)" "$(wc -l <"$scratch/table")" 'all of them were read'
is "$(sed 's/.*: //' "$scratch/table" | sort | uniq -d)" '' 'none is there twice'
is "$(cut -d' ' -f2 "$scratch/table" | grep -v -E '^(|[0-9]+\.[0-9]+-|-[0-9]+\.[0-9]+|[0-9]+\.[0-9]+-[0-9]+\.[0-9]+):$')" '' 'ranges are ranges'

# holds VERSION RANGE
holds()
{
	awk -v version="$1" -v range="$2" 'function number(text, parts) { split(text, parts, "."); return parts[1] * 1000 + parts[2] }
		BEGIN { split(range, ends, "-")
			exit !(range == "" || ((ends[1] == "" || number(version) >= number(ends[1])) &&
				(ends[2] == "" || number(version) <= number(ends[2])))) }'
}
missing='' strange='' looked=0
while read -r file range name; do
	# Names of other architectures are made by macros.
	case $file in arch/x86/*) continue ;; esac
	# Macros of the assembler make these.
	case $name in el[01]*) continue ;; esac
	found=no
	# A definition, or an assembler's label, begins a line; a macro of the assembler names it.
	! grep -q -E -e "^[a-zA-Z_].*\b$name\(" -e "^SYM_.*\b$name\b" -e "^[a-z ]*$name\(" -e "^(ENTRY|SYM_[A-Z_]*)\($name\)" \
		-e "^SYSCALL_DEFINE[0-9]\(${name#__arm64_sys_}," "$tree/$file" 2>/dev/null || found=yes
	looked=$((looked + 1))
	if holds 5.10 "${range%:}"; then
		[ $found = yes ] || missing="$missing $file:$name"
	elif [ $found = yes ]; then
		strange="$strange $file:$name"
	fi
done <"$scratch/table"
like "$looked" '^[23][0-9][0-9]$' 'functions were looked up'
is "$missing" '' 'each function of 5.10 is in its file'
is "$strange" '' 'none is there that should not be'

done_testing
