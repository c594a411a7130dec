# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# debian-headers.sh: Debian's linux-headers for arm64, made usable on any machine. Sourced after
# debian-kernels.sh.

# The host's kbuild programs are taken for this machine; those of newer suites want a newer libc than
# it may have, and get that suite's own.
give_libc()
(
	program=$1 libc=$2
	if ldd "$program" 2>&1 | grep --quiet 'not found'; then
		mv "$program" "$program.real"
		printf '#!/bin/sh\nexec %s --library-path %s %s "$@"\n' \
			"$(find "$libc" -name 'ld-linux-*.so.*' -type f | head -n 1)" \
			"$(dirname "$(find "$libc" -name libc.so.6 | head -n 1)")" "$program.real" >"$program"
		chmod +x "$program"
	fi
)

# headers_fetch SUITE DIRECTORY: the packages, unpacked under DIRECTORY/root
headers_fetch()
(
	cd "$2" || exit
	debian_apt apt-get "$1" update >&2
	name=$(debian_apt apt-cache "$1" depends linux-headers-arm64 |
		sed -n 's/ *Depends: \(linux-headers-[0-9].*\)/\1/p')
	needs=$(debian_apt apt-cache "$1" depends "$name")
	# shellcheck disable=SC2046
	debian_apt apt-get "$1" download "$name" \
		$(echo "$needs" | sed -n 's/ *Depends: \(linux-headers-[0-9].*\)/\1/p') >&2
	# shellcheck disable=SC2034 # debian_apt reads it
	debian_architecture=$(dpkg --print-architecture)
	debian_apt apt-get "$1" update >&2
	# shellcheck disable=SC2046
	debian_apt apt-get "$1" download libc6 \
		$(echo "$needs" | sed -n 's/ *Depends: \(linux-kbuild-[0-9].*\)/\1/p') >&2
	mkdir -p root libc
	dpkg-deb --extract libc6_*.deb libc
	rm libc6_*.deb
	for deb in *.deb; do
		dpkg-deb --extract "$deb" root
	done
	rm ./*.deb
	# Their paths are absolute, and not those of the place they are in now.
	sed -i "s#\([ =]\)/usr/src/#\1$PWD/root/usr/src/#g" root/usr/src/linux-headers-*-arm64/Makefile
	for program in root/usr/lib/linux-kbuild-*/scripts/mod/modpost* \
		root/usr/lib/linux-kbuild-*/scripts/basic/fixdep*; do
		give_libc "$PWD/$program" "$PWD/libc"
	done
	touch complete
)

# debian_headers SUITE: the directory to build modules in; it stays in the cache
debian_headers()
(
	store=$(cache_dir)/debian-arm64/$1/headers
	mkdir -p "$(dirname "$store")"
	exec 9>"$store.lock"
	flock 9
	if [ ! -e "$store/complete" ]; then
		rm -rf "$store"
		mkdir "$store"
		headers_fetch "$1" "$store" || exit
	fi
	ls -d "$store"/root/usr/src/linux-headers-*-arm64
)
