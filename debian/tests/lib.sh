# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2034 # what it leaves is for those that source it
#
# lib.sh: Debian's arm64 kernels and headers for the tests, on a testbed of any architecture. What is
# tested is installed; nothing of the source tree is used.
set -eu

work=$AUTOPKGTEST_TMP
artifacts=${AUTOPKGTEST_ARTIFACTS:-$work/artifacts}
mkdir -p "$artifacts"
native=$(dpkg --print-architecture)
cross=aarch64-linux-gnu-

fail()
{
	echo "FAIL: $*" >&2
	exit 1
}

# apt_for ARCHITECTURE PROGRAM ARGUMENT...: with the testbed's own sources, its state elsewhere
apt_for()
{
	architecture=$1 program=$2
	shift 2
	state=$work/apt-$architecture
	mkdir -p "$state/lists/partial"
	"$program" --quiet --quiet -oDir::State::Lists="$state/lists" -oDir::State::status=/dev/null \
		-oDir::Cache::PkgCache= -oDir::Cache::SrcPkgCache= -oAPT::Architecture="$architecture" \
		-oAPT::Architectures="$architecture" -oAPT::Sandbox::User= -oDebug::NoLocking=1 \
		-oAcquire::Languages=none -oAcquire::Retries=3 "$@"
}

# depends PACKAGE REGEX: the arm64 packages it depends on whose names match
depends()
{
	apt_for arm64 apt-cache depends "$1" | sed -n "s/^ *Depends: \($2\)\$/\1/p"
}

# unpack ARCHITECTURE PACKAGE...: downloaded, into $work/root
unpack()
{
	architecture=$1
	shift
	mkdir -p "$work/debs" "$work/root"
	(cd "$work/debs" && apt_for "$architecture" apt-get download "$@" >&2) ||
		fail "cannot download $*"
	for deb in "$work"/debs/*.deb; do
		dpkg-deb --extract "$deb" "$work/root"
		rm "$deb"
	done
}

# Leaves in $release what apt would install on arm64.
find_release()
{
	apt_for arm64 apt-get update >&2 || fail 'cannot read the arm64 index of this archive'
	package=$(depends linux-image-arm64 'linux-image-[0-9].*')
	release=${package#linux-image-}
	[ -n "$release" ] || fail 'linux-image-arm64 depends on no kernel'
}

# kernel_below ROOT RELEASE: the kernel in an unpacked package: Debian 12 and 13 have it in boot, Debian 14
# beside the modules, where ".unsigned" may be behind its name
kernel_below()
{
	for kernel_file in "$1/boot/vmlinuz-$2" "$1/usr/lib/modules/$2/vmlinuz" \
		"$1/usr/lib/modules/$2"/vmlinuz*; do
		[ ! -f "$kernel_file" ] || {
			printf '%s\n' "$kernel_file"
			return
		}
	done
}

# other_kernel_below ROOT: that of a package of which nothing is known but that it has one
other_kernel_below()
{
	find "$1/boot" "$1/usr/lib/modules" "$1/lib/modules" -name 'vmlinu[xz]*' -type f 2>/dev/null | sort | head -n 1
}

# The kernel, in $image and under $work/root; the one to test, and where its modules are, in $tested and
# $tested_root: the same, or what KERNEL_DEB or KERNEL_IMAGE names. An Image has its drivers built in.
fetch_kernel()
{
	find_release
	# Newer suites keep the kernel, or its modules, in packages of their own.
	# shellcheck disable=SC2046 # one package a word
	unpack arm64 "linux-image-$release" $(depends "linux-image-$release" 'linux-\(binary\|modules\)-[0-9].*')
	image=$(kernel_below "$work/root" "$release")
	[ -n "$image" ] || fail "no kernel in the package of $release"
	label="Debian $release"
	tested=$image tested_label=$label tested_root=$work/root
	if [ -n "${KERNEL_DEB-}" ]; then
		tested_root=$work/other
		mkdir "$tested_root"
		dpkg-deb --extract "$KERNEL_DEB" "$tested_root"
		tested=$(other_kernel_below "$tested_root")
		tested_label=$(basename "$KERNEL_DEB")
	elif [ -n "${KERNEL_IMAGE-}" ]; then
		tested=$KERNEL_IMAGE tested_label=$(basename "$KERNEL_IMAGE") tested_root=''
	fi
	[ -r "$tested" ] || fail "no kernel to test: ${KERNEL_DEB:-${KERNEL_IMAGE:-$image}}"
}

# port_modules ROOT: options that give the guest the drivers of its result port, where the kernel
# does not have them built in
port_modules()
{
	[ -n "$1" ] || return 0
	port=$(mktemp --directory "$work/port.XXXXXX")
	for name in virtio virtio_ring virtio_mmio virtio_console; do
		file=$(find "$1" -path '*/modules/*' -name "$name.ko*" | head -n 1)
		case $file in
		'') continue ;;
		*.xz) xz --decompress --stdout "$file" >"$port/$name.ko" ;;
		*.ko) cp "$file" "$port/$name.ko" ;;
		*) fail "$file: compressed in a way this test does not know" ;;
		esac
		echo "--module=$port/$name.ko"
	done
}

# The headers of $release, made usable on this testbed; their path in $headers.
fetch_headers()
{
	# shellcheck disable=SC2046 # one package a word
	unpack arm64 "linux-headers-$release" $(depends "linux-headers-$release" 'linux-headers-[0-9].*')
	apt_for "$native" apt-get update >&2
	# shellcheck disable=SC2046
	unpack "$native" $(depends "linux-headers-$release" 'linux-kbuild-[0-9].*')
	headers=$work/root/usr/src/linux-headers-$release
	# Their paths are absolute, and not those of the place they are in now.
	sed -i "s#\([ =]\)/usr/src/#\1$work/root/usr/src/#g" "$headers/Makefile"
}

# build_module NAME: from its installed source, against $headers; its path in $module
build_module()
{
	source=$(echo /usr/src/icache-ipi-"$1"-*)
	cp --recursive "$source" "$work/$1"
	make -C "$headers" M="$work/$1" ARCH=arm64 CROSS_COMPILE="$cross" CC="${cross}gcc" \
		CONFIG_DEBUG_INFO_BTF_MODULES='' modules >"$artifacts/build-$1.log" 2>&1 ||
		{ cat "$artifacts/build-$1.log" >&2; fail "$1 does not build for $release"; }
	module=$work/$1/icache_ipi_$1.ko
}
