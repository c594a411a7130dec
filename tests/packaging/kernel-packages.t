#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-packages.t: kernels to install, as .deb and as .rpm, and a module built against each
#
# Two kernels are built for it, once for all tests of the same tree, and packaged twice.
set -eu
. "$(dirname "$0")/../lib/tap.sh"
. "$top/tests/lib/kernels.sh"
. "$top/tests/lib/modules.sh"
[ "$(uname -m)" != aarch64 ] || CROSS_COMPILE=''
unset CONFIG SERIES PAGES

packages=$top/scripts/kernel-packages
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || :)

for wrong in --nonsense --kernel '--format tgz' '--pages 8K'; do
	# shellcheck disable=SC2086 # options are words
	run "$packages" $wrong
	is "$rc" 64 "$wrong: usage"
done
run "$packages" --kernel "$scratch"
like "$rc $err" '^3 .*not a kernel tree' 'a folder that is no kernel: exit 3'

# expect_headers NAME RELEASE DIRECTORY: programs of arm64 alone, and a module built by them
expect_headers()
{
	name=$1 release=$2 headers=$3
	programs=$(find "$headers" -type f -exec sh -c 'for file; do
			[ "$(head --bytes=4 "$file" | tr -d "\177\0")" != ELF ] || echo "$file"
		done' sh {} +)
	like "$(echo "$programs" | sed "s|^$headers/||" | sort | xargs)" \
		'^scripts/basic/fixdep scripts/mod/modpost$' "$name: the programs a module needs"
	for program in $programs; do
		like "$(readelf --file-header --program-headers "$program")" 'Machine: +AArch64' \
			"$name: ${program##*/} is for arm64"
		is "$(readelf --program-headers "$program" | grep -c INTERP)" 0 \
			"$name: ${program##*/} asks for no libc"
		[ "$(uname -m)" = aarch64 ] || {
			mv "$program" "$program.arm64"
			printf '#!/bin/sh\nexec %s "%s.arm64" "$@"\n' "$emulator" "$program" >"$program"
			chmod +x "$program"
		}
	done
	ko=$(module_build "$headers" mitigate "$scratch/$1-module") || sed 's/^/# /' "$scratch/$1-module/log"
	like "$(modinfo --field vermagic "${ko:-none}" 2>&1)" "^$release SMP" "$name: our module builds"
	is "$(module_warnings "$scratch/$1-module/log")" '' "$name: without a warning"
}

# The headers of a kernel that is built already
(
	here=$top/scripts work=$scratch/work
	. "$top/scripts/common.sh"
	. "$top/scripts/packages.sh"
	packages_environment
	mkdir "$work"
	ln -s "$(kernel_tree regress)" "$work/tree"
	ln -s "$(kernel_build_dir regress)" "$work/build"
	headers_copy "$scratch/headers"
	headers_for_arm64 "$scratch/headers"
) || fail 'headers are made'
expect_headers headers 5.10.223 "$scratch/headers"

store=$O/kernel-packages
run "$packages" --kernel debian-5.10 --format deb --format rpm --output "$store"
is "$rc" 0 'debian-5.10 as .deb and .rpm'
[ "$rc" = 0 ] || printf '# %s\n' "$err"
is "$(echo "$out" | sed "s|^$store/||")" "deb/linux-headers-5.10.223-affected_5.10.223-affected-1_arm64.deb
deb/linux-headers-5.10.223-merged_5.10.223-merged-1_arm64.deb
deb/linux-image-5.10.223-affected_5.10.223-affected-1_arm64.deb
deb/linux-image-5.10.223-merged_5.10.223-merged-1_arm64.deb
rpm/kernel-5.10.223_affected-1.aarch64.rpm
rpm/kernel-5.10.223_merged-1.aarch64.rpm
rpm/kernel-devel-5.10.223_affected-1.aarch64.rpm
rpm/kernel-devel-5.10.223_merged-1.aarch64.rpm
rpm/kernel-headers-5.10.223_affected-1.aarch64.rpm
rpm/kernel-headers-5.10.223_merged-1.aarch64.rpm" 'both halves, each with its release in its name'
listed=$out
# shellcheck disable=SC2086 # one file a word
before=$(stat --format '%n %i %Y' $listed)
run "$packages" --kernel debian-5.10 --format deb --format rpm --output "$store"
is "$rc $(echo "$err" | grep -v '^icache-ipi-backport: ')" '0 ' 'a second call says which tree, no more'
is "$out" "$listed" 'a second call prints the same'
# shellcheck disable=SC2086
is "$(stat --format '%n %i %Y' $listed)" "$before" 'a second call makes nothing'

# What the tools of dpkg and rpm say of them
for half in affected merged; do
	release=5.10.223-$half
	is "$(dpkg-deb --field "$store/deb/linux-image-${release}_$release-1_arm64.deb" \
		Package Version Architecture | sed 's/.*: //' | xargs)" \
		"linux-image-$release $release-1 arm64" "deb, $half: fields"
	like "$(rpm --query --provides --package "$store/rpm/kernel-5.10.223_$half-1.aarch64.rpm")" \
		"^kernel-uname-r = $release\$" "rpm, $half: the kernel provides what a module asks for"
	like "$(rpm --query --provides --package "$store/rpm/kernel-devel-5.10.223_$half-1.aarch64.rpm")" \
		"^kernel-devel-uname-r = $release\$" "rpm, $half: so does kernel-devel"
	is "$(rpm --query --qf '%{NAME} %{VERSION} %{ARCH}' \
		--package "$store/rpm/kernel-devel-5.10.223_$half-1.aarch64.rpm")" \
		"kernel-devel 5.10.223_$half aarch64" "rpm, $half: fields"
done

# unpack PACKAGE DIRECTORY
unpack()
{
	mkdir -p "$2"
	case $1 in
	*.deb) dpkg-deb --extract "$1" "$2" ;;
	*) rpm2cpio "$1" | cpio --extract --make-directories --quiet --directory="$2" ;;
	esac
}

# expect_image NAME RELEASE CODE PACKAGE: a kernel that boots, and is what its name says
expect_image()
{
	name=$1 release=$2 code=$3 root=$scratch/$1
	unpack "$4" "$root"
	image=$root/boot/vmlinuz-$release
	run "$O/icache-ipi-check" --quiet "$4"
	is "$rc" "$code" "$name: icache-ipi-check on the package: exit $code"
	like "$(gzip --decompress --stdout "$image" | strings | grep -m 1 '^Linux version 5')" \
		"^Linux version $release \(icache-ipi@proof\)" "$name: the banner"
	like "$(cat "$root/boot/config-$release")" '^CONFIG_VIRTIO_BLK=y' "$name: its configuration"
	like "$(cat "$root/boot/System.map-$release")" ' T sync_icache_aliases$' "$name: its System.map"
	find "$root/lib/modules/$release" -name '*.ko' >"$scratch/modules"
	for module in overlay loop vfat; do
		file=$(grep "/$module.ko\$" "$scratch/modules") || :
		like "$(modinfo --field vermagic "${file:-none}" 2>&1)" "^$release SMP" "$name: $module.ko"
	done
	gzip --decompress --stdout "$image" >"$root/Image"
	run "$O/icache-ipi-vm" --quiet --tier=count --cpus=2 --output="$root/result" "$root/Image" -- fault
	is "$rc" "$code" "$name: what its guest measures: exit $code"
}

# expect_package NAME RELEASE PACKAGE DIRECTORY: headers in a package
expect_package()
{
	unpack "$3" "$scratch/$1"
	is "$(readlink "$scratch/$1/lib/modules/$2/build")" "/$4" "$1: /lib/modules/*/build"
	expect_headers "$1" "$2" "$scratch/$1/$4"
}

for half in affected:2 merged:0; do
	code=${half#*:} half=${half%:*}
	release=5.10.223-$half
	expect_image "deb-$half" "$release" "$code" \
		"$store/deb/linux-image-${release}_$release-1_arm64.deb"
	expect_image "rpm-$half" "$release" "$code" "$store/rpm/kernel-5.10.223_$half-1.aarch64.rpm"
	expect_package "headers-$half" "$release" \
		"$store/deb/linux-headers-${release}_$release-1_arm64.deb" "usr/src/linux-headers-$release"
	expect_package "devel-$half" "$release" \
		"$store/rpm/kernel-devel-5.10.223_$half-1.aarch64.rpm" "usr/src/kernels/$release"
done

done_testing
