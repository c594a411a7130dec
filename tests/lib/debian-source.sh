# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-source.sh: debian/ of Debian's source package linux, 5.10.223-1; sourced after tap.sh
# shellcheck disable=SC2154 # top: from tap.sh

# shellcheck source=../../scripts/common.sh
here=$top/scripts
. "$here/common.sh"
. "$here/debian-mirror.sh"
. "$here/debian-apt.sh"

# debian_source: the path of linux_5.10.223-1.debian.tar.xz, fetched by apt once, of the digest
# that the archive's signed index names. Its upstream tarball, 120 MB, is not fetched.
debian_source()
(
	store=$(cache_dir)/debian-source
	archive=$store/linux_5.10.223-1.debian.tar.xz
	[ ! -f "$archive" ] || { echo "$archive"; exit; }
	mkdir -p "$store"
	# shellcheck disable=SC2034 # debian_apt reads it
	debian_type=deb-src
	debian_apt apt-get bullseye update >&2 || exit
	# 'URI' NAME SIZE SHA256:DIGEST
	debian_apt apt-get bullseye source --print-uris linux=5.10.223-1 |
		sed -n "s/^'\(.*debian.tar.xz\)' [^ ]* [^ ]* /\1 /p" >"$store/uri"
	read -r uri digest <"$store/uri" || exit
	debian_apt /usr/lib/apt/apt-helper bullseye download-file "$uri" "$archive" "$digest" >&2 || exit
	rm "$store/uri"
	echo "$archive"
)
