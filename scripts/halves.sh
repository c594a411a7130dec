# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# halves.sh: a kernel without and with the fix; sourced after common.sh, never run. $here is the
# folder of scripts.
# shellcheck disable=SC2154

# half FIX LABEL TREE
half()
{
	printf '%s:%s:%s\n' "$@"
}

# halves_make KERNEL [SERIES]...: one line FIX:LABEL:TREE a half, the affected one first. FIX is
# none, posted or merged. What KERNEL is, scripts/kernel-source says; without SERIES the default
# form is taken, or, of Debian's kernel, the one it was shipped with.
halves_make()
(
	kernel=$1
	shift
	tree=$("$here/kernel-source" "$kernel")
	code=0
	state=$("$here/backport" --check "$tree") || code=$?
	[ "$code" != "$EXIT_UNKNOWN" ] ||
		die "$EXIT_UNKNOWN" "$tree is '$state': neither half can be made from it"
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *//p' "$tree/Makefile" |
		paste -s -d .)
	if [ "$state" = affected ]; then
		[ $# -gt 0 ] || set -- 4.19.y-posted
		half none "$version" "$tree"
		for name; do
			patched=$("$here/backport" --series "$name" "$tree")
			half "${name#*.y-}" "$version+${name#*.y-}" "$patched"
		done
	elif [ "$kernel" = auto ] || [ "$kernel" = debian-5.10 ]; then
		broken=$("$here/backport" --series regress "$tree")
		half none "$version+regress" "$broken"
		[ $# -gt 0 ] || half "${state#fixed as }" "$version" "$tree"
		for name; do
			patched=$("$here/backport" --series regress --series "$name" "$tree")
			half "${name#*.y-}" "$version+${name#*.y-}" "$patched"
		done
	else
		say "$tree is '$state' already: there is no affected half to be had from it"
		half "${state#fixed as }" "$version" "$tree"
	fi
)
