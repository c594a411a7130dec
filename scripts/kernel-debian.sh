# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# kernel-debian.sh: the kernel source that the tests use, through apt; sourced by kernel-source
# (whose $store it uses), never run
# shellcheck disable=SC2154
. "$here/debian-apt.sh"

debian_package=linux-source-5.10
debian_version=5.10.223-1 # the last one of the suite, which is frozen
debian_suite=bullseye

debian()
{
	tree=$store/debian-$debian_version
	[ ! -d "$tree" ] || return 0
	command -v apt-get >/dev/null || die "$EXIT_UNKNOWN" "debian-5.10 needs apt-get, not found" \
		"name a tree or a tarball instead"
	lock debian
	[ ! -d "$tree" ] || return 0
	say "downloading $debian_package $debian_version from $DEBIAN_MIRROR"
	rm -rf "$store/apt"
	mkdir "$store/apt"
	debian_architecture=$(dpkg --print-architecture)
	(cd "$store/apt" && debian_apt apt-get "$debian_suite" update &&
		debian_apt apt-get "$debian_suite" download "$debian_package=$debian_version") >&2 ||
		die "$EXIT_UNKNOWN" "cannot download $debian_package $debian_version ($debian_suite)" \
			"look at the network, or set DEBIAN_MIRROR=http://archive.debian.org/debian"
	dpkg-deb --fsys-tarfile "$store/apt/${debian_package}_${debian_version}_all.deb" |
		tar --extract --to-stdout "./usr/src/$debian_package.tar.xz" | unpack - "$tree" --xz ||
		exit "$EXIT_UNKNOWN"
	rm -rf "$store/apt"
}
