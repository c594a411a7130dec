# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-kernels.sh: Debian's arm64 packages, for tests on any machine. Sourced after common.sh, with
# $top from tap.sh or from a bench.
# shellcheck disable=SC2154 # top, scratch

. "$top/scripts/debian-mirror.sh"
. "$top/scripts/debian-apt.sh"

# debian_arm64_package SUITE NAME: the path of the downloaded .deb; it stays in the cache
debian_arm64_package()
(
	store=$(cache_dir)/debian-arm64/$1/$2
	if ! ls "$store"/*.deb >/dev/null 2>&1; then
		mkdir -p "$store"
		cd "$store" || exit
		debian_apt apt-get "$1" update >&2
		debian_apt apt-get "$1" download "$2" >&2
	fi
	ls "$store"/*.deb
)

# debian_kernel SUITE: the .deb with that suite's kernel (linux-image-*, since sid linux-binary-*)
debian_kernel()
(
	store=$(cache_dir)/debian-arm64/$1/kernel
	if ! ls "$store"/*.deb >/dev/null 2>&1; then
		mkdir -p "$store"
		cd "$store" || exit
		debian_apt apt-get "$1" update >&2
		name=$(debian_apt apt-cache "$1" depends linux-image-arm64 |
			sed -n 's/ *Depends: \(linux-image-[0-9].*\)/\1/p')
		binary=$(debian_apt apt-cache "$1" depends "$name" |
			sed -n 's/ *Depends: \(linux-binary-[0-9].*\)/\1/p')
		debian_apt apt-get "$1" download "${binary:-$name}" >&2
	fi
	ls "$store"/*.deb
)

# debian_kernel_unpacked SUITE: that kernel's package is in $scratch/kernel-SUITE, and $image names the Image in it.
# False: it is not to be had, and a test was skipped.
debian_kernel_unpacked()
{
	debian=$(debian_kernel "$1" 2>"$scratch/why") || {
		skip "$1's kernel" "not to be had: $(tail -n 1 "$scratch/why")"
		return 1
	}
	mkdir "$scratch/kernel-$1"
	dpkg-deb --extract "$debian" "$scratch/kernel-$1"
	# shellcheck disable=SC2034 # tests read it
	image=$(find "$scratch/kernel-$1" -name 'vmlinuz*' -type f)
}
