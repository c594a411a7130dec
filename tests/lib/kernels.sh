# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kernels.sh: kernels for tests. Sourced; needs $top from tap.sh, or set by the caller.
# shellcheck disable=SC2154 # top

# kernel_tree SERIES...: debian-5.10's sources with these series applied in turn; none: as shipped. Or those
# of $kernel_source.
kernel_tree()
{
	tree=$("$top/scripts/kernel-source" "${kernel_source:-debian-5.10}") || return
	options=''
	for name; do
		options="$options --series $name"
	done
	# shellcheck disable=SC2086 # options are words
	[ -z "$options" ] || tree=$("$top/scripts/backport" $options "$tree") || return
	echo "$tree"
}

# kernel_build_dir SERIES...: where that kernel is built (vmlinux, System.map, arch/arm64/boot/Image)
kernel_build_dir()
{
	"$top/scripts/kernel-build" "$(kernel_tree "$@")"
}

# The kernels most tests use: affected, and fixed in both forms.
prepare_kernels()
{
	kernel_build_dir regress >/dev/null
	kernel_build_dir >/dev/null
	kernel_build_dir regress 5.10.y-posted >/dev/null
}
