# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# halves.sh: a kernel without and with the fix; sourced after common.sh, never run. $here is the
# folder of scripts.
# shellcheck disable=SC2154

regress=false

# half FIX LABEL TREE
half()
{
	printf '%s:%s:%s\n' "$@"
}

# halves_make KERNEL [SERIES]...: one line FIX:LABEL:TREE a half, the affected one first. FIX is
# none, posted or merged. What KERNEL is, scripts/kernel-source says; without SERIES the default
# form is taken, or, of Debian's kernel, the one it was shipped with. Of Debian's kernel, and of any
# with $regress=true, the affected half is the one with the fix taken out.
halves_make()
(
	kernel=$1
	shift
	case $kernel in auto | debian-*) regress=true ;; esac
	tree=$("$here/kernel-source" "$kernel")
	version=$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) *= *//p' "$tree/Makefile" |
		paste -s -d .)
	# A tree that the series fits is affected: backport has read its code, which is enough.
	patched='' code=0
	[ "$regress" = true ] ||
		patched=$("$here/backport" --series "${1:-4.19.y-posted}" "$tree") || code=$?
	[ "$code" != "$EXIT_USAGE" ] || exit "$code"
	state=affected
	if [ -z "$patched" ] || [ "$patched" = "$tree" ]; then
		patched='' refused=$code code=0
		state=$("$here/backport" --check "$tree") || code=$?
		[ "$code" != "$EXIT_UNKNOWN" ] ||
			die "$EXIT_UNKNOWN" "$tree is '$state': no affected and fixed kernel can be made from it"
		[ "$state:$refused" != "affected:$EXIT_UNKNOWN" ] || exit "$refused"
	fi
	case $state:$regress in
	affected:*)
		[ $# -gt 0 ] || set -- 4.19.y-posted
		half none "$version" "$tree"
		;;
	*:true)
		broken=$("$here/backport" --series regress "$tree")
		half none "$version+regress" "$broken"
		[ $# -gt 0 ] || set -- "${state#fixed as }"
		;;
	*)
		say "$tree is '$state' already: no affected kernel can be made from it"
		half "${state#fixed as }" "$version" "$tree"
		return
		;;
	esac
	for name; do
		form=${name#*.y-}
		if [ "$state" = "fixed as $form" ]; then
			half "$form" "$version" "$tree"
			continue
		fi
		[ -n "$patched" ] || if [ "$state" = affected ]; then
			patched=$("$here/backport" --series "$name" "$tree")
		else
			patched=$("$here/backport" --series regress --series "$name" "$tree")
		fi
		half "$form" "$version+$form" "$patched"
		patched=''
	done
)

# halves_build PAGES HALVES: the same lines, with the folder of a finished build for each TREE. It
# holds System.map, and Image or arch/arm64/boot/Image.
halves_build()
(
	first=${2%%
*}
	while IFS=: read -r fix label tree; do
		if [ -n "${CONFIG:-}" ]; then
			build=$(config_build "$CONFIG" "$1" "${first#*:*:}" "$fix" "$tree")
		else
			build=$("$here/kernel-build" --pages "$1" "$tree" </dev/null)
		fi
		half "$fix" "$label" "$build"
	done <<-END
	$2
	END
	[ -z "${CONFIG:-}" ] || config_changes "$CONFIG" "$build" "$here/../configs/distribution.config" |
		while read -r line; do say "$CONFIG: $line"; done
)

# half_image BUILD: its Image
half_image()
{
	for image in "$1/Image" "$1/arch/arm64/boot/Image"; do
		[ ! -f "$image" ] || { echo "$image"; return; }
	done
}

# halves_keep DIR HALVES: copies what was built to DIR/FIX; last, DIR/halves says FIX:LABEL of each
halves_keep()
{
	while IFS=: read -r fix label build; do
		mkdir -p "$1/$fix"
		cp "$(half_image "$build")" "$build/System.map" "$1/$fix"
		echo "$fix:$label" >&3
	done 3>"$1/halves.new" <<-END
	$2
	END
	mv "$1/halves.new" "$1/halves"
}

# half_build WORK TREE [OPTION]...: TREE's kernel in WORK/build, by kernel-build with these options,
# from WORK/tree, a copy. All halves are built there, one after the other: what the fix does not
# touch is compiled once, which may be most of an hour. The caller holds a lock on WORK.
half_build()
{
	half_work=$1 half_tree=$2
	shift 2
	mkdir -p "$half_work/tree"
	# By content, and with the time of now: make then sees what the fix changed, and only that.
	rsync --recursive --links --perms --chmod=u+rwX,u-s,go-ws,g-s,o-t --checksum --delete --exclude=/.git \
		"$half_tree/" "$half_work/tree/"
	# No count of builds in the banner: the same sources give the same Image.
	KBUILD_BUILD_VERSION=1 "$here/kernel-build" "$@" --output "$half_work/build" \
		"$half_work/tree" </dev/null >/dev/null
}
