#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# kernel-layout.t: the autopkgtests find Debian's kernel in each layout that Debian has had
set -eu

. "$(dirname "$0")/../lib/tap.sh"
sed -n '/^kernel_below()/,/^}/p' "$top/debian/tests/lib.sh" >"$scratch/function"
like "$(cat "$scratch/function")" '^kernel_below' 'the function is there'
# shellcheck disable=SC1091 # made above
. "$scratch/function"

for layout in '6.1.0-56-arm64 boot/vmlinuz-6.1.0-56-arm64' '6.12.117-arm64 boot/vmlinuz-6.12.117-arm64' \
	'7.2.13-arm64 usr/lib/modules/7.2.13-arm64/vmlinuz' \
	'7.2.14-arm64 usr/lib/modules/7.2.14-arm64/vmlinuz.unsigned'; do
	release=${layout%% *} file=${layout#* }
	rm -rf "$scratch/root"
	mkdir -p "$scratch/root/${file%/*}" "$scratch/root/usr/lib/modules/$release/kernel"
	: >"$scratch/root/$file"
	is "$(kernel_below "$scratch/root" "$release")" "$scratch/root/$file" "$release: $file"
done
rm "$scratch/root/$file"
is "$(kernel_below "$scratch/root" "$release")" '' 'no kernel: nothing'
done_testing
