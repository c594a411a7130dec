#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-layout.t: the autopkgtests and the tests for tmt find a kernel in each layout that there has been
set -eu

. "$(dirname "$0")/../lib/tap.sh"
sed -n '/^\(other_\)*kernel_below()/,/^}/p' "$top/debian/tests/lib.sh" >"$scratch/function"
is "$(grep -c '^[a-z_]*kernel_below()' "$scratch/function")" 2 'the functions are there'
# shellcheck disable=SC1091 # made above
. "$scratch/function"
. "$top/rpm/tmt/lib.sh"

for layout in '6.1.0-56-arm64 boot/vmlinuz-6.1.0-56-arm64' '6.12.117-arm64 boot/vmlinuz-6.12.117-arm64' \
	'7.2.13-arm64 usr/lib/modules/7.2.13-arm64/vmlinuz' \
	'7.2.14-arm64 usr/lib/modules/7.2.14-arm64/vmlinuz.unsigned'; do
	release=${layout%% *} file=${layout#* }
	rm -rf "$scratch/root"
	mkdir -p "$scratch/root/${file%/*}" "$scratch/root/usr/lib/modules/$release/kernel"
	: >"$scratch/root/$file"
	is "$(kernel_below "$scratch/root" "$release")" "$scratch/root/$file" "$release: $file"
	is "$(other_kernel_below "$scratch/root")" "$scratch/root/$file" "$release: $file, of a package"
done
rm "$scratch/root/$file"
is "$(kernel_below "$scratch/root" "$release"):$(other_kernel_below "$scratch/root")" ':' 'no kernel: nothing'

# Fedora and EL; an image without /boot; the same with /lib a link; kernel-install's own names in /boot.
release=6.11.4-301.fc41.aarch64
for files in "boot/vmlinuz-$release lib/modules/$release/vmlinuz" "lib/modules/$release/vmlinuz" \
	"usr/lib/modules/$release/vmlinuz" "lib/modules/$release/vmlinuz boot/0123abcd/$release/linux"; do
	rm -rf "$scratch/root"
	for file in $files; do
		mkdir -p "$scratch/root/${file%/*}"
		: >"$scratch/root/$file"
	done
	is "$(kernel_of "$scratch/root" "$release")" "$scratch/root/${files%% *}" "tmt: $files"
done
rm -r "$scratch/root"
run kernel_of "$scratch/root" "$release"
is "$rc:$out" 1: 'tmt: no kernel: an error'
like "$err" "no kernel $release .*KERNEL_IMAGE" 'tmt: no kernel: says what to do'
done_testing
