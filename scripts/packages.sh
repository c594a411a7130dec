# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# packages.sh: a built kernel as .deb and .rpm; sourced by kernel-packages (whose $work and $pages
# it uses, and which locks $work), never run
# shellcheck disable=SC2154

packages_need()
{
	command -v "$1" >/dev/null ||
		die "$EXIT_UNKNOWN" "no $1 on PATH" "install $2 (scripts/setup packages does)"
}

# packages_environment: the same as in kernel-build, so that nothing is compiled a second time.
packages_environment()
{
	export ARCH=arm64
	export KBUILD_BUILD_TIMESTAMP='@0' KBUILD_BUILD_USER=icache-ipi KBUILD_BUILD_HOST=proof
	# No count of builds in the banner, and no "+" for a patched git checkout in the release.
	export KBUILD_BUILD_VERSION=1 LOCALVERSION=
	[ "$(uname -m)" = aarch64 ] || export CROSS_COMPILE="${CROSS_COMPILE:-aarch64-linux-gnu-}"
	command -v "${CROSS_COMPILE:-}gcc" >/dev/null ||
		die "$EXIT_UNKNOWN" "no ${CROSS_COMPILE:-}gcc" "scripts/setup packages installs it"
}

kernel_make()
{
	make -C "$work/tree" O="$work/build" HOSTCFLAGS='-fcommon -O2' --silent "$@" \
		</dev/null >>"$work/package.log" 2>&1 ||
		die "$EXIT_UNKNOWN" "make $* failed in $work/tree; the last lines of $work/package.log:" \
			"$(tail -n 12 "$work/package.log")"
}

# half_kernel FIX TREE: TREE's kernel in $work/build; sets $release.
half_kernel()
{
	name=$1
	[ "$name" != none ] || name=affected
	# No guard is taken off a kernel that people install.
	printf '%s\n' "CONFIG_LOCALVERSION=\"-$name\"" '# CONFIG_KPROBE_EVENTS_ON_NOTRACE is not set' \
		>"$work/release.config"
	half_build "$work" "$2" --pages "$pages" --fragment "$here/../configs/packages.config" \
		${CONFIG:+--fragment "$here/../configs/distribution.config"} --fragment "$work/release.config"
	: >"$work/package.log"
	# All that a distribution's .config wants built, too.
	kernel_make -j"$(($(nproc) + 1))" all
	release=$(cat "$work/build/include/config/kernel.release")
	SOURCE_DATE_EPOCH=$(stat --format %Y "$2/Makefile")
	export SOURCE_DATE_EPOCH
	say "packaging $release"
}

# arm64_program NAME SOURCE...: scripts/NAME, one of the programs that building a module runs.
# Static, so that it runs on any arm64 system.
arm64_program()
{
	program=$1
	shift
	for source; do
		shift
		if [ -f "$work/build/scripts/$source" ]; then
			set -- "$@" "$work/build/scripts/$source"
		else
			set -- "$@" "$work/tree/scripts/$source"
		fi
	done
	directory=$(dirname "$work/build/scripts/$program")
	"${CROSS_COMPILE:-}gcc" -static -O2 -fcommon -w -I "$directory" \
		-I "$(dirname "$work/tree/scripts/$program")" -I "$work/tree/tools/include" \
		-o "$headers/scripts/$program" "$@" >>"$work/package.log" 2>&1 ||
		die "$EXIT_UNKNOWN" "cannot compile scripts/$program of this kernel: $work/package.log"
}

# headers_for_arm64 DIR: kernel headers whose programs are the build machine's get arm64 ones. Those
# that building a module never runs are left out.
headers_for_arm64()
{
	headers=$1
	find "$headers" \( -name '*.o' -o -name '*.a' -o -name '.*.cmd' \) -delete
	find "$headers/scripts" "$headers/tools" -type f -perm /111 2>/dev/null |
		while read -r file; do
			[ "$(head --bytes=4 "$file" | tr -d '\177')" != ELF ] || rm "$file"
		done
	arm64_program basic/fixdep basic/fixdep.c
	arm64_program mod/modpost mod/modpost.c mod/file2alias.c mod/sumversion.c
	! grep --quiet '^CONFIG_MODVERSIONS=y' "$headers/.config" ||
		arm64_program genksyms/genksyms genksyms/genksyms.c genksyms/parse.tab.c \
			genksyms/lex.lex.c
	! grep --quiet '^CONFIG_FTRACE_MCOUNT_RECORD=y' "$headers/.config" ||
		arm64_program recordmcount recordmcount.c
}

# headers_copy DIR: what builddeb of the kernel takes into its headers, for the other format.
headers_copy()
{
	rm -rf "$1"
	mkdir -p "$1"
	(cd "$work/tree" && {
		find . arch/arm64 -maxdepth 1 -name 'Makefile*'
		find include scripts arch/arm64/include -type f -o -type l
		find . -name 'Kconfig*' -type f
		find arch/arm64 -name module.lds -o -name Kbuild.platforms -o -name Platform
	} | sort -u | tar --create --no-recursion --files-from=-) | tar --extract --directory="$1"
	(cd "$work/build" && find Module.symvers .config include scripts arch/arm64/include \
		-type f | sort | tar --create --files-from=-) | tar --extract --directory="$1"
}

# half_deb DIR: linux-image and linux-headers of $work/build
half_deb()
{
	gain_root='fakeroot -u'
	[ "$(id -u)" != 0 ] || gain_root='env'
	rm -f "$work"/*.deb
	# gzip: these are for a test machine, and xz takes longer than all the rest.
	KDEB_PKGVERSION=$release-1 KDEB_CHANGELOG_DIST=unstable KDEB_COMPRESS=gzip \
		kernel_make KBUILD_PKG_ROOTCMD="$gain_root" DPKG_FLAGS=-d bindeb-pkg
	mv "$work/linux-image-${release}_$release-1_arm64.deb" "$1"
	root=$work/headers-deb
	rm -rf "$root"
	dpkg-deb --raw-extract "$work/linux-headers-${release}_$release-1_arm64.deb" "$root"
	headers_for_arm64 "$root/usr/src/linux-headers-$release"
	(cd "$root" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' | LC_ALL=C sort --zero-terminated |
		xargs --null md5sum >DEBIAN/md5sums)
	dpkg-deb --root-owner-group -Zgzip --build "$root" "$1" >>"$work/package.log"
	rm -rf "$root" "$work"/*.deb "$work"/*.changes "$work"/*.buildinfo
}

# half_rpm DIR: kernel, kernel-headers and kernel-devel of $work/build
half_rpm()
{
	version=$(echo "$release" | tr - _)-1.aarch64.rpm
	rm -rf "$work/rpmbuild"
	echo 1 >"$work/build/.version" # mkspec takes it for Release
	macros="--define '_topdir $work/rpmbuild' --define '_buildhost proof'"
	for macro in use_source_date_epoch_as_buildtime clamp_mtime_to_source_date_epoch; do
		macros="$macros --define '$macro 1'"
	done
	# PROVIDES: what a prebuilt module asks for; mkspec adds to it. rpm 4.20 wants to be told to
	# build where it is, and by an absolute path: the kernel's Makefile says "_builddir .".
	mkdir -p "$work/bin"
	# shellcheck disable=SC2016 # the wrapper's own words
	printf '#!/bin/sh\nexec %s "$@" --define "_builddir $PWD"\n' "$(command -v rpmbuild)" >"$work/bin/rpmbuild"
	chmod +x "$work/bin/rpmbuild"
	PATH="$work/bin:$PATH" PROVIDES="kernel-uname-r = $release," kernel_make \
		RPMOPTS="$macros --build-in-place --noprep" binrpm-pkg
	headers_copy "$work/headers-rpm"
	headers_for_arm64 "$work/headers-rpm"
	eval "rpmbuild $macros -bb --target aarch64" \
		"--define 'uname_r $release' --define 'headers $work/headers-rpm'" \
		'"$here/kernel-devel.spec"' </dev/null >>"$work/package.log" 2>&1 ||
		die "$EXIT_UNKNOWN" "rpmbuild of kernel-devel failed: $work/package.log"
	for name in kernel kernel-headers kernel-devel; do
		mv "$work/rpmbuild/RPMS/aarch64/$name-$version" "$1" || exit "$EXIT_UNKNOWN"
	done
	rm -rf "$work/rpmbuild" "$work/headers-rpm"
}
