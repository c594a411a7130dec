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

# half_build WORK TREE [OPTION]...: TREE's kernel in WORK/build, by kernel-build with these options,
# from WORK/tree, a copy. All halves are built there, one after the other: what the fix does not
# touch is compiled once, which may be most of an hour. The caller holds a lock on WORK.
half_build()
{
	half_work=$1 half_tree=$2
	shift 2
	mkdir -p "$half_work/tree"
	# By content, and with the time of now: make then sees what the fix changed, and only that.
	rsync --recursive --links --perms --checksum --delete --exclude=/.git \
		"$half_tree/" "$half_work/tree/"
	# No count of builds in the banner: the same sources give the same Image.
	KBUILD_BUILD_VERSION=1 "$here/kernel-build" "$@" --output "$half_work/build" \
		"$half_work/tree" </dev/null >/dev/null
}
